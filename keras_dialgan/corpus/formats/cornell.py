"""Reader of the Cornell Movie-Dialogs corpus."""

import re
from collections.abc import Iterator
from pathlib import Path

from keras_dialgan.corpus.formats.raw_files import Advance, read_lines
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.errors import UserError

SEPARATOR = " +++$+++ "
CONVERSATIONS = "movie_conversations.txt"
LINES = "movie_lines.txt"

# The corpus is older than its users' habits: some lines are not UTF-8.
_ENCODINGS = ("utf-8", "cp1252")
_LINE_NUMBERS = re.compile(r"L\d+")


def _beside(path: Path, name: str) -> Path:
    """A file of the corpus in the folder of another, plain or gzip."""
    compressed = path.with_name(f"{name}.gz")
    return compressed if compressed.exists() else path.with_name(name)


def has_dialogues(path: Path) -> bool:
    """Whether a file of the corpus is the one that lists its dialogues.

    Raises:
        UserError: if that one, or the one with its lines, is missing.
    """
    if not _beside(path, CONVERSATIONS).exists():
        raise UserError(
            f"{path.parent}: has no {CONVERSATIONS}, which says which lines "
            f"of the Cornell corpus answer each other"
        )
    if not _beside(path, LINES).exists():
        raise UserError(f"{path.parent}: has no {LINES} beside {CONVERSATIONS}")
    return path.name.removesuffix(".gz") == CONVERSATIONS


def read_cornell(
    path: Path, problems: Problems, advance: Advance = None
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
    if not has_dialogues(path):
        return
    texts = _read_texts(_beside(path, LINES), problems)
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
