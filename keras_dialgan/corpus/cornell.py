"""Reader of the Cornell Movie-Dialogs corpus."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from keras_dialgan.corpus.problems import Problems
from keras_dialgan.corpus.raw_files import read_lines
from keras_dialgan.errors import UserError

SEPARATOR = " +++$+++ "
CONVERSATIONS = "movie_conversations.txt"
LINES = "movie_lines.txt"

# The corpus is older than its users' habits: some lines are not UTF-8.
_ENCODINGS = ("utf-8", "cp1252")
_LINE_NUMBERS = re.compile(r"L\d+")


def read_cornell(
    path: Path,
    problems: Problems,
    advance: Callable[[int], object] | None = None,
) -> Iterator[list[str]]:
    """The conversations of `movie_conversations.txt`.

    Their lines are looked up in `movie_lines.txt` beside it; the corpus's
    other files hold no dialogue and give none.

    Raises:
        UserError: if one of the two files is missing.

    Reference:

    - Danescu-Niculescu-Mizil and Lee, *Chameleons in Imagined
      Conversations*, CMCL 2011.
    """
    if path.name != CONVERSATIONS:
        if not (path.parent / CONVERSATIONS).exists():
            raise UserError(
                f"{path.parent}: has no {CONVERSATIONS}, which says which "
                f"lines of the Cornell corpus answer each other"
            )
        return
    if not (path.parent / LINES).exists():
        raise UserError(f"{path.parent}: has no {LINES} beside {path.name}")
    texts = _read_texts(path.parent / LINES, problems)
    rows = read_lines(path, problems, advance, _ENCODINGS)
    for number, row in rows:
        if row is None or not row.strip():
            continue
        columns = row.split(SEPARATOR)
        names = _LINE_NUMBERS.findall(columns[-1])
        if len(columns) != 4 or not names:
            problems.add("not a conversation", path, number)
            continue
        dialogue = []
        for name in names:
            if name in texts:
                dialogue.append(texts[name])
                continue
            problems.add("conversation with a missing line", path, number)
            if dialogue:
                yield dialogue
            dialogue = []
        if dialogue:
            yield dialogue


def _read_texts(path: Path, problems: Problems) -> dict[str, str]:
    texts = {}
    for number, row in read_lines(path, problems, encodings=_ENCODINGS):
        if row is None or not row.strip():
            continue
        columns = row.split(SEPARATOR, 4)
        if len(columns) == 5:
            texts[columns[0]] = columns[4]
        elif len(columns) != 4 or not row.endswith(SEPARATOR.rstrip()):
            problems.add("not a movie line", path, number)
    return texts
