"""Prepared corpora on disk: writing, checking and reading."""

import hashlib
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_dialgan.corpus.split import Split
from keras_dialgan.errors import UserError
from keras_dialgan.files import read_manifest
from keras_dialgan.text import Vocabulary

KIND = "prepared corpus"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
VOCABULARY = "vocabulary.txt"
ENTITIES = "entities.json"
SPLITS = ("train", "validation")

_ARRAYS = ("tokens", "offsets", "pairs")


def token_type(vocabulary_size: int) -> np.dtype:
    """The smallest type that holds the ids of a vocabulary."""
    return np.dtype(np.uint16 if vocabulary_size <= 65_536 else np.uint32)


def file_record(path: Path, root: Path) -> dict[str, Any]:
    """Name, size and checksum of a file, for the manifest."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "file": str(path.relative_to(root)),
        "bytes": path.stat().st_size,
        "sha256": digest,
    }


class SplitWriter:
    """Writes the pairs of one split in shards.

    An utterance is stored once. The response of a pair is always the
    utterance stored after its context, so a pair is the number of its
    context.

    Args:
        root: the directory of the corpus.
        name: the split, a folder in it.
        vocabulary_size: decides the type of the tokens.
        shard_pairs: a shard ends with the dialogue that reaches this many.
    """

    def __init__(
        self,
        root: Path,
        name: str,
        vocabulary_size: int,
        shard_pairs: int,
    ):
        self._root = root
        self._folder = root / name
        self._folder.mkdir()
        self._type = token_type(vocabulary_size)
        self._shard_pairs = shard_pairs
        self._shards = []
        self.pairs = 0
        self.utterances = 0
        self.tokens = 0
        self._start_shard()

    def _start_shard(self):
        self._tokens = array("H" if self._type == np.uint16 else "I")
        self._offsets = array("I", [0])
        self._pairs = array("I")

    def add(self, utterance: Iterable[int]) -> None:
        """Stores an utterance."""
        self._tokens.extend(utterance)
        self._offsets.append(len(self._tokens))

    def pair(self) -> None:
        """Makes a pair of the two utterances stored last."""
        self._pairs.append(len(self._offsets) - 3)

    def end_dialogue(self) -> None:
        """Ends a dialogue, and a shard that is full."""
        if len(self._pairs) >= self._shard_pairs:
            self._write_shard()

    def _write_shard(self):
        arrays = (
            np.frombuffer(self._tokens, self._type),
            np.frombuffer(self._offsets, np.uint32),
            np.frombuffer(self._pairs, np.uint32)
            if self._pairs
            else np.zeros(0, np.uint32),
        )
        files = {}
        for name, values in zip(_ARRAYS, arrays, strict=True):
            path = self._folder / f"{len(self._shards):05d}.{name}.npy"
            np.save(path, values, allow_pickle=False)
            files[name] = file_record(path, self._root)
        self._shards.append({"pairs": len(self._pairs), "files": files})
        self.pairs += len(self._pairs)
        self.utterances += len(self._offsets) - 1
        self.tokens += len(self._tokens)
        self._start_shard()

    def close(self) -> dict[str, Any]:
        """Writes what is left and returns the split's manifest entry."""
        if self._pairs:
            self._write_shard()
        return {
            "pairs": self.pairs,
            "utterances": self.utterances,
            "tokens": self.tokens,
            "shards": self._shards,
        }


class PreparedCorpus:
    """A prepared corpus, opened for reading.

    Args:
        directory: what `prepare_corpus.py` wrote.

    Attributes:
        manifest: its description: counts, settings, files.
        vocabulary: the `Vocabulary`.
        max_length: the most tokens of an utterance, end token not counted.
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
        self.manifest = read_manifest(
            self.directory / MANIFEST, KIND, FORMAT_VERSION
        )
        self.vocabulary = Vocabulary.load(self.directory / VOCABULARY)
        if self.vocabulary.digest != self.manifest["vocabulary"]["digest"]:
            raise UserError(
                f"{self.directory / VOCABULARY}: is not the vocabulary that "
                f"the corpus was made with; prepare the corpus again"
            )
        self.max_length = self.manifest["settings"]["max_length"]
        self.entity_tagger = self.manifest["entity_tagger"]
        self.splits = tuple(self.manifest["splits"])
        for record in self._files():
            path = self.directory / record["file"]
            found = path.stat().st_size if path.is_file() else "no"
            if found != record["bytes"]:
                raise UserError(
                    f"{path}: {found} bytes where the manifest says "
                    f"{record['bytes']}; prepare the corpus again"
                )

    def _files(self):
        for split in self.manifest["splits"].values():
            for shard in split["shards"]:
                yield from shard["files"].values()

    def verify(self) -> None:
        """Checks the checksum of every file.

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
            [
                np.load(
                    self.directory / shard["files"][array_name]["file"],
                    mmap_mode="r",
                    allow_pickle=False,
                )
                for array_name in _ARRAYS
            ]
            for shard in self.manifest["splits"][name]["shards"]
        ]
        return Split(f"{self.directory}/{name}", shards, self.max_length)
