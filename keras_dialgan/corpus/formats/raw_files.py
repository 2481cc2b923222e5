"""Lines of raw corpus files, plain or gzip, whatever state they are in."""

import glob
import gzip
import itertools
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from keras_dialgan.corpus.formats import text_encoding
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.errors import UserError

BLOCK_BYTES = 1 << 18
MAX_LINE_BYTES = 65_536
_LINE_END = re.compile(rb"\r\r\n|\r\n|\r")
_GZIP_MAGIC = b"\x1f\x8b"
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)

Advance = Callable[[int], object] | None


def find_files(inputs: Iterable[str | Path]) -> dict[Path, bool]:
    """Lists the files that paths, folders and patterns stand for.

    Args:
        inputs: files, folders (all files below them) or glob patterns.

    Returns:
        The files, those of a folder or pattern in alphabetical order, each
        with whether it is an input itself.

    Raises:
        UserError: if an input stands for no file.
    """
    files = {}
    for item in inputs:
        path = Path(item)
        named = path.exists() and not path.is_dir()
        if named:
            found = [path]
        elif path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.is_file())
        else:
            found = [Path(p) for p in sorted(glob.glob(str(item)))]
            found = [p for p in found if p.is_file()]
        if not found:
            raise UserError(f"{item}: no such file, folder or pattern")
        for one in found:
            files[one] = files.get(one, False) or named
    return files


def _open(raw: BinaryIO) -> BinaryIO:
    magic = raw.peek(len(_GZIP_MAGIC))
    return gzip.open(raw) if magic.startswith(_GZIP_MAGIC) else raw


def read_blocks(
    path: Path, problems: Problems, advance: Advance = None
) -> Iterator[bytes]:
    """Streams the bytes of a file, plain or gzip.

    Args:
        path: the file.
        problems: where to note a file that cannot be read to its end.
        advance: called with the number of bytes that were read from disk
            since the last call.

    Yields:
        Blocks of at most `BLOCK_BYTES`.
    """
    try:
        with open(path, "rb") as raw:
            file = _open(raw)
            position = 0
            # Other than `read`, `read1` gives what precedes the damage.
            while block := file.read1(BLOCK_BYTES):
                if advance:
                    advance(raw.tell() - position)
                    position = raw.tell()
                yield block
            if advance:
                advance(raw.tell() - position)
    except _DAMAGED:
        problems.add("damaged gzip", path)
    except OSError:
        problems.add("unreadable file", path)


def read_head(path: Path, size: int = MAX_LINE_BYTES) -> str:
    """The beginning of a file as text, for recognising its format."""
    head = _gather(read_blocks(path, Problems()), size)[:size]
    encoding, rest = text_encoding.split_mark(head)
    encoding = encoding or text_encoding.guess_wide(head) or "utf-8"
    return rest.decode(encoding, "replace")


def _gather(blocks: Iterator[bytes], size: int) -> bytes:
    gathered = b""
    while len(gathered) < size and (block := next(blocks, b"")):
        gathered += block
    return gathered


def guess_encoding(path: Path) -> str:
    """The encoding of a whole file, which `read_lines` takes."""
    blocks = read_blocks(path, Problems())
    head = _gather(blocks, MAX_LINE_BYTES)
    return text_encoding.guess_encoding(head, blocks)


def read_lines(
    path: Path,
    problems: Problems,
    advance: Advance = None,
    encodings: Sequence[str] = ("utf-8",),
) -> Iterator[tuple[int, str | None]]:
    r"""Streams the lines of a text file, plain or gzip.

    A line ends with `\n`, `\r\n`, `\r` or the `\r\r\n` that some programs
    leave behind.

    Args:
        path: the file.
        problems: where to note lines and files that cannot be read.
        advance: called with the number of bytes that were read from disk
            since the last call.
        encodings: tried in order on each line; a byte-order mark of UTF-16
            or UTF-32 overrules them.

    Yields:
        The number of each line and its text without the line end; `None`
        stands for a line that cannot be used.
    """
    blocks = read_blocks(path, problems, advance)
    head = _gather(blocks, text_encoding.LONGEST_MARK)
    marked, head = text_encoding.split_mark(head)
    if marked not in (None, "utf-8"):
        encodings = (marked,)
    name = encodings[0].upper()
    blocks = itertools.chain([head], blocks)
    if name.startswith(("UTF-16", "UTF-32")):
        blocks = text_encoding.to_utf8(blocks, encodings[0])
        encodings = ("utf-8",)
    number = 1
    for chunk in _whole_lines(blocks):
        texts = _decode_at_once(chunk, encodings[0])
        if texts is None:
            lines = enumerate(chunk.split(b"\n"), number)
            texts = [
                _decode(line, encodings, name, path, at, problems)
                for at, line in lines
            ]
        yield from enumerate(texts, number)
        number += len(texts)


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Cuts blocks at line ends, and makes each line end `\n`.

    Of a line that is too long only enough is kept to see that it is.
    """
    rest = b""
    for block in blocks:
        data = rest + block
        # At the end of the data `\r` may be the beginning of a line end.
        body = data.removesuffix(b"\r").removesuffix(b"\r")
        end = 1 + max(body.rfind(b"\n"), body.rfind(b"\r"))
        if end:
            yield _unify_ends(data[:end])
        rest = body[end:][: MAX_LINE_BYTES + 1] + data[len(body) :]
    if rest:
        yield _unify_ends(rest)


def _unify_ends(data: bytes) -> bytes:
    if b"\r\r" in data:
        data = _LINE_END.sub(b"\n", data)
    elif b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.removesuffix(b"\n")


def _decode_at_once(chunk: bytes, encoding: str) -> list[str] | None:
    """The lines of a chunk in which nothing is wrong, else `None`."""
    if b"\0" in chunk:
        return None
    try:
        texts = chunk.decode(encoding).split("\n")
    except UnicodeDecodeError:
        return None
    # A character has at most four bytes.
    if len(chunk) > MAX_LINE_BYTES < 4 * max(map(len, texts)):
        return None
    return texts


def _decode(line, encodings, name, path, number, problems) -> str | None:
    if len(line) > MAX_LINE_BYTES:
        problems.add("line too long", path, number)
        return None
    if b"\0" in line:
        problems.add("NUL character", path, number)
        return None
    for encoding in encodings:
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    problems.add(f"invalid {name}", path, number)
    return None
