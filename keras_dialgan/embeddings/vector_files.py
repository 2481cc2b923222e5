"""Files of ready-made word vectors, read one vector at a time."""

import codecs
import contextlib
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from keras_dialgan.errors import UserError

MAX_DIMENSION = 4096
_LONGEST_WORD = 4096
_LONGEST_LINE = 1 << 18
_BLOCK = 1 << 20
_HEADER = re.compile(rb"(\d{1,12}) (\d{1,9})\s*\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_FASTTEXT_MAGIC = (793712314).to_bytes(4, "little")
_FOREIGN = {
    _FASTTEXT_MAGIC: "a fastText model; import the .vec file beside it",
    b"PK\3\4": "a zip archive; unpack it and import the file in it",
    b"\x80": "a Python pickle, which may run code when it is opened; save it "
    "with gensim's save_word2vec_format",
    b"\x93NUMPY": "a NumPy array, which names no words",
}


class VectorFile:
    """Words and their vectors, one after the other.

    Args:
        path: the name of the file, for messages.
        file: the open file, behind the header.
        dimension: of the vectors.
        count: how many there are by the header; `None` if it has none.

    Attributes:
        format: `text` or `binary`.
        read: how many vectors have been read.
    """

    format: str
    read: int = 0

    def __init__(
        self, path: Path, file: BinaryIO, dimension: int, count: int | None
    ):
        self.path = path
        self.dimension = dimension
        self._file = file
        self._count = count

    def records(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yields the place of each vector, its word, and its numbers.

        The numbers are not read yet: most words of a file are not needed.

        Raises:
            UserError: if the file is cut off or no such file at all.
        """
        raise NotImplementedError

    def fits(self, numbers: bytes) -> bool:
        """Whether a record has as many numbers as the others."""
        raise NotImplementedError

    def parse(self, numbers: bytes) -> np.ndarray | None:
        """The vector of a record; `None` if its numbers are none."""
        raise NotImplementedError

    def _check_count(self) -> None:
        if self._count is not None and self.read != self._count:
            raise UserError(
                f"{self.path}: the header promises {self._count:,} vectors, "
                f"but the file holds {self.read:,}; if it was cut off, get it "
                f"again"
            )


class TextVectors(VectorFile):
    """A word and its numbers on each line, with or without a header."""

    format = "text"

    def records(self):
        before = 0 if self._count is None else 1
        while line := self._file.readline(_LONGEST_LINE):
            self.read += 1
            number = before + self.read
            if len(line) == _LONGEST_LINE:
                raise UserError(
                    f"{self.path}:{number}: the line is longer than "
                    f"{_LONGEST_LINE:,} bytes; not a file of word vectors"
                )
            word, _, numbers = line.rstrip().partition(b" ")
            if self.read == 1 and self.parse(numbers) is None:
                raise UserError(
                    f"{self.path}:{number}: not a word and {self.dimension} "
                    f"numbers; word2vec text, word2vec binary (.bin), fastText "
                    f".vec and GloVe files can be imported"
                )
            if self.fits(numbers) or not self._is_phrase(numbers):
                yield number, word, numbers
        self._check_count()

    def fits(self, numbers):
        if numbers.count(b" ") == self.dimension - 1:
            return True
        return len(numbers.split()) == self.dimension

    def parse(self, numbers):
        columns = numbers.split()
        if len(columns) != self.dimension or b"_" in numbers:
            return None
        try:
            with np.errstate(over="ignore"):
                return np.array([float(c) for c in columns], np.float32)
        except ValueError:
            return None

    def _is_phrase(self, numbers: bytes) -> bool:
        """Whether the word has spaces, as some of GloVe's have."""
        extra = numbers.split()[: -self.dimension]
        return bool(extra) and not any(map(_is_number, extra))


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class BinaryVectors(VectorFile):
    """A word, a space and little-endian float32 numbers, after a header."""

    format = "binary"

    def records(self):
        size = 4 * self.dimension
        buffer, at = b"", 0
        while self.read < self._count:
            number = self.read + 1
            if len(buffer) - at < _LONGEST_WORD + 1 + size:
                buffer = buffer[at:] + self._file.read(_BLOCK)
                at = 0
            space = buffer.find(b" ", at, at + _LONGEST_WORD + 1)
            if space < 0 and len(buffer) - at > _LONGEST_WORD:
                raise UserError(
                    f"{self.path}: vector {number:,}: the word is longer than "
                    f"{_LONGEST_WORD:,} bytes; the file is damaged, or its "
                    f"header has a wrong dimension ({self.dimension})"
                )
            start, end = space + 1, space + 1 + size
            if space < 0 or end > len(buffer):
                self._check_count()
            self.read = number
            yield number, buffer[at:space].lstrip(b"\n"), buffer[start:end]
            at = end
        if (buffer[at:] + self._file.read(2)).strip(b"\n"):
            raise UserError(
                f"{self.path}: goes on after the {self._count:,} vectors of "
                f"{self.dimension} numbers that the header promises; the "
                f"header is wrong"
            )

    def fits(self, numbers):
        return True

    def parse(self, numbers):
        return np.frombuffer(numbers, "<f4")


@contextlib.contextmanager
def open_vector_file(
    path: str | Path,
) -> Iterator[tuple[VectorFile, Callable[[], int]]]:
    """Opens a file of word vectors, plain or gzip, and tells its format.

    Args:
        path: a file of word2vec (text or binary), fastText (`.vec`) or GloVe.

    Yields:
        The vectors, and a function that tells how many bytes of the file have
        been read.

    Raises:
        UserError: if it is none of these, or is damaged.
    """
    path = Path(path)
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.open(raw) if packed else contextlib.nullcontext(raw) as f:
                yield _recognise(path, f), raw.tell
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise UserError(f"{path}: a folder, not a file") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"{path}: damaged gzip ({error}); get the file again"
        ) from None


def _recognise(path: Path, file: BinaryIO) -> VectorFile:
    head = file.read(_LONGEST_LINE)
    file.seek(0)
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise UserError(f"{path}: {what}")
    header = _HEADER.match(head)
    if header is None:
        line = head.partition(b"\n")[0]
        dimension = max(0, len(line.split()) - 1)
        _check_dimension(path, dimension)
        return TextVectors(path, file, dimension, None)
    count, dimension = map(int, header.groups())
    _check_dimension(path, dimension)
    if count == 0:
        raise UserError(f"{path}: holds no vectors")
    file.seek(header.end())
    text = TextVectors(path, file, dimension, count)
    body = head[header.end() :]
    first_line = body.partition(b"\n")[0]
    if text.parse(first_line.partition(b" ")[2]) is None and _is_binary(body):
        return BinaryVectors(path, file, dimension, count)
    return text


def _is_binary(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return True
    return _CONTROL.search(head) is not None


def _check_dimension(path: Path, dimension: int) -> None:
    if not 2 <= dimension <= MAX_DIMENSION:
        raise UserError(
            f"{path}:1: {dimension} numbers a word, where 2 to "
            f"{MAX_DIMENSION:,} are possible; not a file of word vectors"
        )
