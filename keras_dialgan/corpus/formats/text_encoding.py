"""The encoding of a raw text file, by its first bytes."""

import codecs
import itertools
from collections.abc import Iterable, Iterator

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Enough to recognise UTF-16 by.
_HEAD_BYTES = 4_096
LONGEST_MARK = max(map(len, _MARKS))


def split_mark(head: bytes) -> tuple[str | None, bytes]:
    """Takes a byte-order mark off the beginning of a file.

    Returns:
        The encoding that the mark tells, or `None`, and the bytes after it.
    """
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding, head[len(mark) :]
    return None, head


def guess_wide(head: bytes) -> str | None:
    """Recognises UTF-16 without a mark: every other byte is mostly NUL.

    Args:
        head: the beginning of the file.

    Returns:
        The encoding, or `None` if it is not UTF-16.
    """
    even, odd = head[:_HEAD_BYTES:2], head[1:_HEAD_BYTES:2]
    if 2 * odd.count(0) > len(odd) and 8 * even.count(0) <= len(even):
        return "utf-16-le"
    if 2 * even.count(0) > len(even) and 8 * odd.count(0) <= len(odd):
        return "utf-16-be"
    return None


def guess_encoding(head: bytes, blocks: Iterable[bytes]) -> str:
    """The encoding of a whole file.

    Args:
        head: the beginning of the file.
        blocks: the rest of it, read as far as needed.

    Returns:
        What the byte-order mark tells; else UTF-16 if that is what the
        beginning looks like; else UTF-8 if the whole file is valid (its end
        may be missing); else Windows-1252.
    """
    encoding = split_mark(head)[0] or guess_wide(head)
    if encoding:
        return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in itertools.chain([head], blocks):
            decoder.decode(block)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def to_utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Encodes text of a wide encoding anew.

    What is not valid becomes a byte that is not valid in UTF-8 either, so
    that its line can be found.
    """
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in blocks:
        yield _encode(decoder.decode(block))
    if rest := decoder.decode(b"", final=True):
        yield _encode(rest)


def _encode(text: str) -> bytes:
    return text.replace("\ufffd", "\udcff").encode("utf-8", "surrogateescape")
