"""Permutations of any size that need no memory."""

import numpy as np

_ROUNDS = 6
_MIX = np.uint64(0x9E3779B97F4A7C15)


def _scramble(values: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64: every bit depends on every bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(
        0xBF58476D1CE4E5B9
    )
    values = (values ^ (values >> np.uint64(27))) * np.uint64(
        0x94D049BB133111EB
    )
    return values ^ (values >> np.uint64(31))


class Permutation:
    """A seeded permutation of 0 ... size - 1, computed where it is asked.

    A Feistel network permutes the next even power of two, and values beyond
    `size` walk on along their cycle until they are inside.

    Args:
        size: the number of values.
        seed: a sequence of integers.

    Example:

    >>> sorted(Permutation(5, seed=[7])(np.arange(5)).tolist())
    [0, 1, 2, 3, 4]
    """

    def __init__(self, size: int, seed):
        self.size = size
        half = max(1, ((size - 1).bit_length() + 1) // 2)
        self._half = np.uint64(half)
        self._mask = np.uint64((1 << half) - 1)
        self._keys = np.random.SeedSequence(seed).generate_state(
            _ROUNDS, np.uint64
        )

    def __call__(self, positions: np.ndarray) -> np.ndarray:
        """The values at `positions`, an array of integers below `size`."""
        values = self._permute(np.asarray(positions).astype(np.uint64))
        outside = values >= self.size
        while outside.any():
            values[outside] = self._permute(values[outside])
            outside = values >= self.size
        return values.astype(np.int64)

    def _permute(self, values: np.ndarray) -> np.ndarray:
        left, right = values >> self._half, values & self._mask
        for key in self._keys:
            mixed = _scramble(right * _MIX + key) & self._mask
            left, right = right, left ^ mixed
        return (left << self._half) | right
