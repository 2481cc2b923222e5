"""Lines of raw corpus files, plain or gzip, whatever state they are in."""

import glob
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from keras_dialgan.corpus.problems import Problems
from keras_dialgan.errors import UserError

MAX_LINE_BYTES = 65_536
_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINES_PER_REPORT = 2_000
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def find_files(inputs: Iterable[str | Path]) -> list[Path]:
    """Lists the files that paths, folders and patterns stand for.

    Args:
        inputs: files, folders (all files below them) or glob patterns.

    Returns:
        The files, those of a folder or pattern in alphabetical order, each
        once.

    Raises:
        UserError: if an input stands for no file.
    """
    files = {}
    for item in inputs:
        path = Path(item)
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.is_file())
        elif path.exists():
            found = [path]
        else:
            found = [Path(p) for p in sorted(glob.glob(str(item)))]
            found = [p for p in found if p.is_file()]
        if not found:
            raise UserError(f"{item}: no such file, folder or pattern")
        files.update(dict.fromkeys(found))
    return list(files)


def _open(raw: BinaryIO) -> BinaryIO:
    magic = raw.read(len(_GZIP_MAGIC))
    raw.seek(0)
    return gzip.open(raw) if magic == _GZIP_MAGIC else raw


def read_head(path: Path, size: int = MAX_LINE_BYTES) -> str:
    """The beginning of a file as text, for recognising its format."""
    try:
        with open(path, "rb") as raw:
            head = _open(raw).read(size)
    except (OSError, *_DAMAGED):
        return ""
    return head.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "replace")


def read_lines(
    path: Path,
    problems: Problems,
    advance: Callable[[int], object] | None = None,
    encodings: Sequence[str] = ("utf-8",),
) -> Iterator[tuple[int, str | None]]:
    """Streams the lines of a text file, plain or gzip.

    Args:
        path: the file.
        problems: where to note lines and files that cannot be read.
        advance: called with the number of bytes that were read from disk
            since the last call.
        encodings: tried in order on each line.

    Yields:
        The number of each line and its text without the line end; `None`
        stands for a line that cannot be used.
    """
    try:
        with open(path, "rb") as raw:
            lines = _decode(_split(_open(raw)), path, problems, encodings)
            position = 0
            for number, text in lines:
                if advance and number % _LINES_PER_REPORT == 0:
                    advance(raw.tell() - position)
                    position = raw.tell()
                yield number, text
            if advance:
                advance(raw.tell() - position)
    except _DAMAGED:
        problems.add("damaged gzip", path)
    except OSError:
        problems.add("unreadable file", path)


def _split(file: BinaryIO) -> Iterator[bytes | None]:
    """Lines of bounded length; a longer one is passed over as `None`."""
    while line := file.readline(MAX_LINE_BYTES):
        if len(line) < MAX_LINE_BYTES or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)
        yield None


def _decode(
    lines: Iterable[bytes | None],
    path: Path,
    problems: Problems,
    encodings: Sequence[str],
) -> Iterator[tuple[int, str | None]]:
    for number, line in enumerate(lines, start=1):
        text = None
        if line is None:
            problems.add("line too long", path, number)
        elif b"\0" in line:
            problems.add("NUL character", path, number)
        else:
            if number == 1:
                line = line.removeprefix(_BYTE_ORDER_MARK)
            text = _decode_line(line, encodings)
            if text is None:
                problems.add(f"invalid {encodings[0].upper()}", path, number)
        yield number, text


def _decode_line(line: bytes, encodings: Sequence[str]) -> str | None:
    for encoding in encodings:
        try:
            return line.decode(encoding).rstrip("\r\n")
        except UnicodeDecodeError:
            continue
    return None
