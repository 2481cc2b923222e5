"""First stage of preparation: dialogues to parts of tokens."""

import contextlib
import gc
import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_write
from keras_dialgan.text import EntityTagger

# A part ends with the dialogue that reaches this many utterances: enough to
# make passing it between processes cheap, and little to do again when the
# process that makes it is killed.
PART_UTTERANCES = 20_000


@dataclass
class TokenisedPart:
    """Some tokenised dialogues.

    Args:
        words: the different tokens, in alphabetical order.
        tokens: all tokens in their order, as places in `words`.
        lengths: uint32, the number of tokens of each utterance.
        dialogues: uint32, the number of utterances of each dialogue.
        digests: uint64, a hash of each dialogue's raw text.
        entities: for each tag how often each surface form was seen.
    """

    words: list[str]
    tokens: np.ndarray
    lengths: np.ndarray
    dialogues: np.ndarray
    digests: np.ndarray
    entities: dict[str, dict[str, int]]

    def save(self, path: Path) -> None:
        """Writes the part to a file, atomically."""
        texts = {
            "words": "\n".join(self.words),
            "entities": json.dumps(self.entities),
        }
        with atomic_write(path, "wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                tokens=self.tokens,
                lengths=self.lengths,
                dialogues=self.dialogues,
                digests=self.digests,
                **{
                    name: np.frombuffer(text.encode(), np.uint8)
                    for name, text in texts.items()
                },
            )

    @classmethod
    def load(cls, path: Path) -> "TokenisedPart":
        """Reads a file written by `save`.

        Raises:
            UserError: if it is damaged.
        """
        fields = _load(path)
        words = fields["words"].tobytes().decode()
        fields["words"] = words.split("\n") if words else []
        fields["entities"] = json.loads(fields["entities"].tobytes())
        return cls(**fields)


def load_digests(path: Path) -> np.ndarray:
    """Reads only the digests of a saved part."""
    return _load(path, ["digests"])["digests"]


def _load(path: Path, names: list[str] | None = None) -> dict:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names or arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path}: unreadable ({error}); remove the folder "
            f"{path.parent.parent} and prepare the corpus again"
        ) from None


def split_into_parts(
    dialogues: Iterable[list[str]],
) -> Iterator[list[list[str]]]:
    """Groups dialogues into parts of about `PART_UTTERANCES`."""
    part = []
    size = 0
    for dialogue in dialogues:
        part.append(dialogue)
        size += len(dialogue)
        if size >= PART_UTTERANCES:
            yield part
            part = []
            size = 0
    if part:
        yield part


def tokenise(dialogues: list[list[str]], tagger: EntityTagger) -> TokenisedPart:
    """Tags and tokenises dialogues.

    Args:
        dialogues: lists of raw utterances.
        tagger: its counts of surface forms are cleared.
    """
    for counter in tagger.entities.values():
        counter.clear()
    with _without_cycle_search():
        utterances = list(tagger.tag(list(chain.from_iterable(dialogues))))
    tokens = list(chain.from_iterable(utterances))
    words = sorted(set(tokens))
    places = dict(zip(words, range(len(words)), strict=True))
    return TokenisedPart(
        words=words,
        tokens=np.fromiter(
            map(places.__getitem__, tokens),
            np.uint16 if len(words) <= 1 << 16 else np.uint32,
            len(tokens),
        ),
        lengths=_lengths(utterances),
        dialogues=_lengths(dialogues),
        digests=np.array([digest(d) for d in dialogues], np.uint64),
        entities={
            tag: dict(Counter(surfaces))
            for tag, surfaces in tagger.entities.items()
        },
    )


@contextlib.contextmanager
def _without_cycle_search() -> Iterator[None]:
    # A part makes hundreds of thousands of lists and no cycles: looking for
    # them would take a fifth of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _lengths(lists: list[list]) -> np.ndarray:
    return np.fromiter(map(len, lists), np.uint32, len(lists))


def digest(dialogue: list[str]) -> int:
    """A hash of a dialogue's text, 64 bits."""
    text = "\n".join(dialogue).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
