"""Readers: from raw corpus files to dialogues."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from keras_dialgan.corpus import cornell, dailydialog
from keras_dialgan.corpus.cornell import read_cornell
from keras_dialgan.corpus.dailydialog import read_dailydialog
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.corpus.raw_files import find_files, read_head, read_lines
from keras_dialgan.errors import UserError

# A corpus without dialogue boundaries is read in pieces of this many
# utterances. A piece begins with the last utterance of the one before, so
# that no pair is lost.
PIECE = 1_000

Dialogue = list[str]
Advance = Callable[[int], object] | None


def _read_lines_format(
    path: Path, problems: Problems, advance: Advance
) -> Iterator[Dialogue]:
    """One utterance a line; a blank line ends a dialogue.

    A line that cannot be used ends the dialogue too: its neighbours do not
    answer each other.
    """
    dialogue = []
    for _, text in read_lines(path, problems, advance):
        if text is None or not text.strip():
            if dialogue:
                yield dialogue
            dialogue = []
            continue
        dialogue.append(text)
        if len(dialogue) == PIECE:
            yield dialogue
            dialogue = dialogue[-1:]
    if dialogue:
        yield dialogue


def _read_pairs_format(
    path: Path, problems: Problems, advance: Advance
) -> Iterator[Dialogue]:
    """A context, a tab and its response on each line."""
    for number, text in read_lines(path, problems, advance):
        if text is None or not text.strip():
            continue
        columns = text.split("\t")
        if len(columns) == 2:
            yield columns
        else:
            problems.add("not two columns", path, number)


_READERS = {
    "lines": _read_lines_format,
    "pairs": _read_pairs_format,
    "cornell": read_cornell,
    "dailydialog": read_dailydialog,
}
FORMATS = ("auto", *_READERS)

# XML, and the time line of a subtitle file.
_FOREIGN = re.compile(
    r"\A\s*<(?:\?xml|!doctype|document)\b"
    r"|^\d\d:\d\d:\d\d[,.]\d+ *-->",
    re.IGNORECASE | re.MULTILINE,
)


def detect_format(path: str | Path) -> str:
    """Recognises the format of a file by its first lines.

    Args:
        path: the file.

    Returns:
        One of `FORMATS` other than `auto`.

    Raises:
        UserError: if the file has none of the formats.
    """
    head = read_head(Path(path))
    if cornell.SEPARATOR in head:
        return "cornell"
    if dailydialog.END_OF_UTTERANCE in head:
        return "dailydialog"
    if _FOREIGN.search(head):
        raise UserError(
            f"{path}: holds markup or times, which none of the formats "
            f"{', '.join(_READERS)} has; convert it to one of them"
        )
    lines = [line for line in head.splitlines() if line]
    pairs = sum(line.count("\t") == 1 for line in lines)
    return "pairs" if lines and pairs >= 0.9 * len(lines) else "lines"


class ReadProgress:
    """How much of the input files has been read.

    Args:
        files: the files.
    """

    def __init__(self, files: Iterable[Path]):
        self._total = sum(path.stat().st_size for path in files)
        self._read = 0

    def advance(self, size: int) -> None:
        """Notes that so many more bytes have been read."""
        self._read += size

    def share(self) -> float:
        """The share of all bytes that has been read."""
        return self._read / self._total if self._total else 1.0


def resolve_formats(
    inputs: Iterable[str | Path], format: str = "auto"
) -> list[tuple[Path, str]]:
    """Lists the files of the inputs, each with its format.

    Args:
        inputs: files, folders or glob patterns.
        format: one of `FORMATS`; `auto` recognises each file's.

    Raises:
        UserError: if an input does not exist or the format is unknown.
    """
    if format not in FORMATS:
        raise UserError(f"format {format!r} is none of {', '.join(FORMATS)}")
    return [
        (path, detect_format(path) if format == "auto" else format)
        for path in find_files(inputs)
    ]


def read_dialogues(
    inputs: Iterable[str | Path],
    format: str = "auto",
    problems: Problems | None = None,
    progress: ReadProgress | None = None,
) -> Iterator[Dialogue]:
    """Streams the dialogues of raw corpus files.

    Args:
        inputs: files, folders or glob patterns.
        format: one of `FORMATS`; `auto` recognises each file's.
        problems: where to note input that cannot be used.
        progress: where to note how much has been read.

    Yields:
        Dialogues, lists of raw utterances; each answers the one before.

    Raises:
        UserError: if an input does not exist or the format is unknown.
    """
    problems = Problems() if problems is None else problems
    advance = progress.advance if progress else None
    for path, name in resolve_formats(inputs, format):
        yield from _READERS[name](path, problems, advance)
