"""A shard of a prepared corpus."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass
class Shard:
    """Pairs of one split.

    An utterance is stored once where it is both response and context. The
    response of a pair is the utterance stored after its context, so a pair
    is the number of its context.

    Args:
        tokens: the ids of all utterances, one after the other.
        offsets: uint32, where each utterance begins, and the end of the last.
        pairs: uint32, the number of each pair's context.
    """

    tokens: np.ndarray
    offsets: np.ndarray
    pairs: np.ndarray

    def is_sound(self, vocabulary_size: int) -> bool:
        """Whether all ids, offsets and pairs are possible ones.

        Args:
            vocabulary_size: ids must be smaller.
        """
        offsets = self.offsets
        if not len(offsets) or offsets[0] != 0:
            return False
        return bool(
            offsets[-1] == len(self.tokens)
            and (offsets[1:] >= offsets[:-1]).all()
            and (self.tokens < vocabulary_size).all()
            and (self.pairs + np.int64(2) < len(offsets)).all()
        )

    @classmethod
    def join(cls, shards: Iterable["Shard"]) -> "Shard":
        """One shard that holds the pairs of several in their order."""
        shards = list(shards)
        sizes = [len(shard.offsets) - 1 for shard in shards]
        firsts = np.cumsum([0, *sizes[:-1]])
        lengths = np.concatenate([np.diff(shard.offsets) for shard in shards])
        return cls(
            np.concatenate([shard.tokens for shard in shards]),
            offsets_of(lengths).astype(np.uint32),
            np.concatenate(
                [
                    shard.pairs + np.uint32(first)
                    for shard, first in zip(shards, firsts, strict=True)
                ]
            ),
        )


def token_type(vocabulary_size: int) -> np.dtype:
    """The smallest type that holds the ids of a vocabulary."""
    return np.dtype(np.uint16 if vocabulary_size <= 1 << 16 else np.uint32)


def offsets_of(lengths: np.ndarray) -> np.ndarray:
    """Where items of some lengths begin, and the end of the last."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
