"""Sources: the units in which raw corpora are read."""

import abc
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keras_dialgan.corpus.formats import readers
from keras_dialgan.corpus.problems import Problems

# Small files are read together, so that a tree of many thousands gives work
# of a useful size. A larger file is a source of its own.
SOURCE_BYTES = 4 << 20
LARGE_FILE_BYTES = 1 << 20

# In these formats equal dialogues are common talk; elsewhere they are copies.
_REPEATING_FORMATS = ("pairs", "small-talk")

Advance = Callable[[int], object]


class Source(abc.ABC):
    """A part of the input that one process reads from its beginning.

    Attributes:
        size: of the input, in bytes or another measure of progress.
        is_large: whether its dialogues should be spread over processes.
        repeats_are_copies: whether a dialogue that occurs again is a copy to
            be dropped.
    """

    size: int
    is_large = False
    repeats_are_copies = True

    @abc.abstractmethod
    def dialogues(
        self, problems: Problems, advance: Advance | None = None
    ) -> Iterator[list[str]]:
        """Streams the dialogues, the same ones every time.

        Args:
            problems: where to note what cannot be used.
            advance: called with how much of `size` has been read since the
                last call.
        """

    @abc.abstractmethod
    def identity(self) -> Any:
        """What tells, as JSON, whether this is still the same input."""


@dataclass(frozen=True)
class FileSource(Source):
    """Files of one format, read one after the other.

    Args:
        files: their paths.
        format: one of `FORMATS` other than `auto`.
        stamps: size in bytes and time of change of each file.
    """

    files: tuple[str, ...]
    format: str
    stamps: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        return sum(size for size, _ in self.stamps)

    @property
    def is_large(self) -> bool:
        return self.size >= LARGE_FILE_BYTES and len(self.files) == 1

    @property
    def repeats_are_copies(self) -> bool:
        return self.format not in _REPEATING_FORMATS

    def dialogues(self, problems, advance=None):
        for path in self.files:
            yield from readers.read_file(
                Path(path), self.format, problems, advance
            )

    def identity(self):
        return asdict(self)


@dataclass(frozen=True)
class SmallTalkSource(Source):
    """The first pairs of the built-in small-talk corpus.

    Args:
        pairs: how many.
        seed: of the corpus.
    """

    pairs: int
    seed: int = 0

    is_large = True
    repeats_are_copies = False

    @property
    def size(self) -> int:
        return self.pairs

    def dialogues(self, problems, advance=None):
        # Imported here: other corpora need not wait for the grammar.
        from keras_dialgan.corpus.small_talk import generate_pairs

        for pair in itertools.islice(generate_pairs(self.seed), self.pairs):
            yield list(pair)
            if advance:
                advance(1)

    def identity(self):
        return {"small_talk": self.pairs, "seed": self.seed}


@dataclass(frozen=True)
class MemorySource(Source):
    """Dialogues held in memory.

    Args:
        content: the dialogues, lists of raw utterances.
    """

    content: Sequence[list[str]]

    @property
    def size(self) -> int:
        return len(self.content)

    def dialogues(self, problems, advance=None):
        for dialogue in self.content:
            yield list(dialogue)
            if advance:
                advance(1)

    def identity(self):
        return {"dialogues": [list(d) for d in self.content]}


def file_sources(files: Iterable[tuple[Path, str]]) -> list[FileSource]:
    """Groups files into sources.

    Args:
        files: paths and formats, as `resolve_formats` gives them.

    Returns:
        Sources that hold the files in the same order.
    """
    sources = []
    group, stamps, group_format = [], [], None

    def close():
        if group:
            sources.append(
                FileSource(tuple(group), group_format, tuple(stamps))
            )
            group.clear()
            stamps.clear()

    for path, format in files:
        status = path.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        filled = sum(size for size, _ in stamps) + status.st_size
        if group and (format != group_format or filled > SOURCE_BYTES):
            close()
        group_format = format
        if status.st_size >= LARGE_FILE_BYTES:
            close()
        group.append(str(path))
        stamps.append(stamp)
        if status.st_size >= LARGE_FILE_BYTES:
            close()
    close()
    return sources
