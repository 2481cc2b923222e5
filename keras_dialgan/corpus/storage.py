"""Prepared corpora on disk: writing, checking and reading."""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from keras_dialgan.corpus.shard import Shard
from keras_dialgan.corpus.split import Split
from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_write, file_inside, read_manifest
from keras_dialgan.text import Vocabulary

KIND = "prepared corpus"
FORMAT_VERSION = 2
MANIFEST = "manifest.json"
VOCABULARY = "vocabulary.txt"
ENTITIES = "entities.json"
SPLITS = ("train", "validation")

_ARRAYS = ("tokens", "offsets", "pairs")


def file_record(path: Path, root: Path) -> dict[str, Any]:
    """Name, size and checksum of a file, for the manifest."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "file": str(path.relative_to(root)),
        "bytes": path.stat().st_size,
        "sha256": digest,
    }


def file_writer(root: Path) -> Callable[[str, bytes], None]:
    """A function that writes bytes to a file below `root`, atomically."""

    def write(file: str, content: bytes) -> None:
        with atomic_write(root / file, "wb") as stream:
            stream.write(content)

    return write


def write_shards(
    number: int,
    parts: Iterable[tuple[dict[str, Shard], Counter[str]]],
    write: Callable[[str, bytes], object],
) -> dict[str, Any]:
    """Joins encoded parts and writes them as a shard of each split.

    Args:
        number: the place of the shards in their splits.
        parts: what `Encoder.encode` gave for each part.
        write: writes bytes to a file, given by its name in the directory of
            the corpus.

    Returns:
        The manifest entry of the shard in each split, and the sum of the
        counts.
    """
    pieces = {name: [] for name in SPLITS}
    counts = Counter()
    for shards, part_counts in parts:
        counts.update(part_counts)
        for name, shard in shards.items():
            pieces[name].append(shard)
    splits = {
        name: _write_shard(name, number, Shard.join(shards), write)
        for name, shards in pieces.items()
    }
    return {"splits": splits, "counts": dict(counts)}


def _write_shard(split, number, shard, write) -> dict[str, Any]:
    entry = {
        "pairs": len(shard.pairs),
        "utterances": len(shard.offsets) - 1,
        "tokens": len(shard.tokens),
        "files": {},
    }
    for name in _ARRAYS if entry["pairs"] else ():
        file = f"{split}/{number:05d}.{name}.npy"
        buffer = io.BytesIO()
        np.save(buffer, getattr(shard, name), allow_pickle=False)
        content = buffer.getvalue()
        write(file, content)
        entry["files"][name] = {
            "file": file,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    return entry


def describe_split(shards: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest entry of a split.

    Args:
        shards: the entries of its shards, in their order.
    """
    totals = {
        name: sum(shard[name] for shard in shards)
        for name in ("pairs", "utterances", "tokens")
    }
    return {
        **totals,
        "shards": [
            {"pairs": shard["pairs"], "files": shard["files"]}
            for shard in shards
            if shard["pairs"]
        ],
    }


def check_replaceable(output: Path) -> None:
    """Refuses to replace anything but a prepared corpus.

    Raises:
        UserError: if `output` is something else.
    """
    if not output.exists():
        return
    if not output.is_dir():
        raise UserError(f"{output}: is a file, not a directory")
    if any(output.iterdir()) and not (output / MANIFEST).exists():
        raise UserError(
            f"{output}: holds other files than a prepared corpus; choose "
            f"another directory"
        )


class PreparedCorpus:
    """A prepared corpus, opened for reading.

    Args:
        directory: what `prepare_corpus.py` wrote.

    Attributes:
        manifest: its description: counts, settings, files.
        vocabulary: the `Vocabulary`.
        max_length: the most tokens of an utterance, end token not counted.
        unknown_words: what became of tokens outside the vocabulary.
        entity_tagger: the settings that `get_tagger` takes.
        splits: the names of its splits.

    Raises:
        UserError: if the directory is no prepared corpus, of another format
            version, or incomplete.

    Example:

    ```python
    corpus = PreparedCorpus("corpus")
    train = corpus.split("train")
    contexts, responses = train.gather(np.arange(8))
    ```
    """

    def __init__(self, directory: str | Path):
        self.directory = Path(directory)
        if not self.directory.is_dir():
            raise UserError(
                f"{directory}: no such directory; make it with "
                f"scripts/prepare_corpus.py"
            )
        path = file_inside(self.directory, MANIFEST)
        self.manifest = read_manifest(path, KIND, FORMAT_VERSION)
        try:
            self._open()
        except (KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{path}: is not sound ({type(error).__name__}: {error}); "
                f"prepare the corpus again"
            ) from None

    def _open(self) -> None:
        path = file_inside(self.directory, VOCABULARY)
        self.vocabulary = Vocabulary.load(path)
        if self.vocabulary.digest != self.manifest["vocabulary"]["digest"]:
            raise UserError(
                f"{path}: is not the vocabulary that the corpus was made "
                f"with; prepare the corpus again"
            )
        settings = self.manifest["settings"]
        self.max_length = int(settings["max_length"])
        self.unknown_words = str(settings["unknown_words"])
        self.entity_tagger = dict(self.manifest["entity_tagger"])
        self.splits = tuple(self.manifest["splits"])
        for record in self._files():
            path = file_inside(self.directory, record["file"])
            found = path.stat().st_size if path.is_file() else "no"
            if found != record["bytes"]:
                raise UserError(
                    f"{path}: {found} bytes where the manifest says "
                    f"{record['bytes']}; prepare the corpus again"
                )

    def _files(self) -> Iterator[dict[str, Any]]:
        for split in self.manifest["splits"].values():
            for shard in split["shards"]:
                for name in _ARRAYS:
                    yield shard["files"][name]

    def verify(self) -> None:
        """Checks the checksum of every file, and that all numbers fit.

        Raises:
            UserError: if a file is not as it was written.
        """
        for record in self._files():
            path = self.directory / record["file"]
            if file_record(path, self.directory) != record:
                raise UserError(
                    f"{path}: damaged (its SHA-256 is not that of the "
                    f"manifest); prepare the corpus again"
                )
        for name in self.splits:
            for shard in self._shards(name):
                if not shard.is_sound(self.vocabulary.size):
                    raise UserError(
                        f"{self.directory}/{name}: holds numbers that do not "
                        f"fit each other; prepare the corpus again"
                    )

    def split(self, name: str) -> Split:
        """Opens a split.

        Args:
            name: `"train"` or `"validation"`.
        """
        if name not in self.splits:
            raise UserError(
                f"{self.directory}: has no split {name!r}, only "
                f"{', '.join(self.splits)}"
            )
        shards = [
            (shard.tokens, shard.offsets, shard.pairs)
            for shard in self._shards(name)
        ]
        return Split(f"{self.directory}/{name}", shards, self.max_length)

    def _shards(self, name: str) -> Iterator[Shard]:
        for shard in self.manifest["splits"][name]["shards"]:
            yield Shard(
                *(self._map(shard["files"][array]["file"]) for array in _ARRAYS)
            )

    def _map(self, file: str) -> np.ndarray:
        path = self.directory / file
        try:
            values = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UserError(
                f"{path}: unreadable ({error}); prepare the corpus again"
            ) from None
        if values.ndim != 1 or values.dtype.kind != "u":
            raise UserError(
                f"{path}: holds {values.dtype} {values.shape} where a list of "
                f"numbers is expected; prepare the corpus again"
            )
        return values
