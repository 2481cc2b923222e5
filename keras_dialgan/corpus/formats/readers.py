"""Readers: from raw corpus files to dialogues."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from keras_dialgan.corpus.formats import cornell
from keras_dialgan.corpus.formats.cornell import read_cornell
from keras_dialgan.corpus.formats.dailydialog import read_dailydialog
from keras_dialgan.corpus.formats.detection import (
    detect_format,
    is_companion,
    strip_gzip,
)
from keras_dialgan.corpus.formats.opensubtitles import read_opensubtitles
from keras_dialgan.corpus.formats.plain_text import read_pairs, read_plain_lines
from keras_dialgan.corpus.formats.raw_files import Advance, find_files
from keras_dialgan.corpus.formats.subrip import read_subrip
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.errors import UserError

# Every format that `auto` may recognise; `detection.py` says which one it is.
READERS = {
    "lines": read_plain_lines,
    "pairs": read_pairs,
    "opensubtitles": read_opensubtitles,
    "srt": read_subrip,
    "cornell": read_cornell,
    "dailydialog": read_dailydialog,
}
FORMATS = ("auto", *READERS)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def resolve_formats(
    inputs: Iterable[str | Path],
    format: str = "auto",
    problems: Problems | None = None,
) -> list[tuple[Path, str]]:
    """Lists the files of the inputs to read, each with its format.

    Of the files that a folder or a pattern stands for, those without
    dialogue are left out: files of no known format, and those that lie
    beside a corpus (a licence, a table, what else belongs to the Cornell
    corpus). Of several OpenSubtitles documents of one film, only the
    largest is taken, and of equally large ones the first by name.

    Args:
        inputs: files, folders or glob patterns.
        format: one of `FORMATS`; `auto` recognises each file's.
        problems: where to note the files that are left out.

    Raises:
        UserError: if an input does not exist, or holds no dialogue, or a
            file that is named has none of the formats; or the format is
            unknown.
    """
    if format not in FORMATS:
        raise UserError(f"format {format!r} is none of {', '.join(FORMATS)}")
    problems = Problems() if problems is None else problems
    inputs = list(inputs)
    files = find_files(inputs)
    if format in ("auto", "opensubtitles"):
        files = _one_of_each_film(files, problems)
    resolved = []
    for path, is_named in files.items():
        found = _resolve(path, is_named, format)
        if found is None:
            problems.add("not a dialogue file", path)
        elif found != "cornell" or cornell.has_dialogues(path):
            resolved.append((path, found))
    if inputs and not resolved:
        raise UserError(
            f"{', '.join(map(str, inputs))}: holds no file with dialogue; "
            f"the formats are {', '.join(READERS)}"
        )
    return resolved


def _resolve(path: Path, is_named: bool, format: str) -> str | None:
    """The format of a file; `None` if it has none and is not named."""
    if not is_named and is_companion(path, format):
        return None
    if format != "auto":
        return format
    try:
        found = detect_format(path)
    except UserError:
        if is_named:
            raise
        return None
    return None if not is_named and is_companion(path, found) else found


def _one_of_each_film(
    files: dict[Path, bool], problems: Problems
) -> dict[Path, bool]:
    """Leaves one document of each film.

    The documents of a film have the same language, year and film folder,
    `en/2017/6464116`, be they below `xml` or below `raw`.
    """
    chosen = {}
    for path in files:
        film = _film(path)
        if film:
            rank = (-_size(path), str(path))
            chosen[film] = min(chosen.get(film, (rank, path)), (rank, path))
    kept = {}
    for path, is_named in files.items():
        film = _film(path)
        if film is None or chosen[film][1] == path:
            kept[path] = is_named
        else:
            problems.add("another file of the same film", path)
    return kept


def _film(path: Path) -> tuple[str, ...] | None:
    folders = path.parts[-4:-1]
    if (
        len(folders) == 3
        and folders[1].isdecimal()
        and folders[2].isdecimal()
        and strip_gzip(path).endswith(".xml")
    ):
        return folders
    return None


def read_file(
    path: Path, format: str, problems: Problems, advance: Advance = None
) -> Iterator[list[str]]:
    """Streams the dialogues of one raw corpus file.

    Memory does not depend on the file's size, but for the lines of the
    Cornell corpus, which are looked up.

    Args:
        path: the file.
        format: one of `FORMATS` other than `auto`.
        problems: where to note input that cannot be used.
        advance: called with the number of bytes that were read from disk
            since the last call.

    Yields:
        Dialogues, lists of raw utterances; each answers the one before.
    """
    return READERS[format](path, problems, advance)


def read_dialogues(
    inputs: Iterable[str | Path],
    format: str = "auto",
    problems: Problems | None = None,
    advance: Advance = None,
) -> Iterator[list[str]]:
    """Streams the dialogues of raw corpus files.

    Args:
        inputs: files, folders or glob patterns.
        format: one of `FORMATS`; `auto` recognises each file's.
        problems: where to note input that cannot be used.
        advance: called with the number of bytes that were read from disk
            since the last call.

    Yields:
        Dialogues, lists of raw utterances; each answers the one before.

    Raises:
        UserError: as `resolve_formats`, and if a part of the Cornell corpus
            is missing.
    """
    problems = Problems() if problems is None else problems
    for path, name in resolve_formats(inputs, format, problems):
        yield from read_file(path, name, problems, advance)
