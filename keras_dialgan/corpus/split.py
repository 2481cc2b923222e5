"""One split of a prepared corpus as padded arrays."""

from collections.abc import Iterator, Sequence

import numpy as np

from keras_dialgan.text import EOS, PAD


class Split:
    """The pairs of one split, addressed by number.

    Args:
        name: what to call it in messages.
        shards: for each shard its flat tokens, the offsets of its
            utterances and the utterance number of each pair's context.
        max_length: the most tokens of an utterance, end token not counted.
    """

    def __init__(
        self,
        name: str,
        shards: Sequence[Sequence[np.ndarray]],
        max_length: int,
    ):
        self.name = name
        self.max_length = max_length
        # Plain views index faster than `np.memmap`s do.
        self._shards = [[np.asarray(a) for a in shard] for shard in shards]
        pairs = [len(shard[2]) for shard in self._shards]
        self._ends = np.cumsum(pairs, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def utterances(self) -> Iterator[np.ndarray]:
        """Each stored utterance once, in stored order, without end token."""
        for tokens, offsets, _ in self._shards:
            yield from np.split(tokens, offsets[1:-1])

    def lengths(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of tokens, end token not counted.

        Args:
            indices: numbers of pairs.

        Returns:
            The lengths of their contexts and of their responses.
        """
        indices = np.asarray(indices, np.int64)
        lengths = np.zeros((2, len(indices)), np.int64)
        for rows, (_, offsets, pairs), local in self._by_shard(indices):
            first = pairs[local].astype(np.int64)
            bounds = offsets[first[:, None] + np.arange(3)].astype(np.int64)
            lengths[:, rows] = np.diff(bounds).T
        return lengths[0], lengths[1]

    def gather(
        self, indices: np.ndarray, pad_multiple: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pairs as padded arrays.

        Every row holds its tokens, the end token, and padding up to the
        longest row, rounded up to `pad_multiple` but no wider than
        `max_length + 1`.

        Args:
            indices: numbers of pairs.
            pad_multiple: the widths are multiples of it.

        Returns:
            Contexts and responses, int32, one row a pair.
        """
        indices = np.asarray(indices, np.int64)
        lengths = self.lengths(indices)
        batch = []
        for length in lengths:
            width = int(length.max(initial=0)) + 1
            width = -(-width // pad_multiple) * pad_multiple
            width = min(width, self.max_length + 1)
            batch.append(np.full((len(indices), width), PAD, np.int32))
        for rows, (tokens, offsets, pairs), local in self._by_shard(indices):
            first = pairs[local].astype(np.int64)
            for side, (out, length) in enumerate(
                zip(batch, lengths, strict=True)
            ):
                starts = offsets[first + side].astype(np.int64)
                columns = np.arange(out.shape[1])
                inside = columns < length[rows, None]
                block = np.full(inside.shape, PAD, np.int32)
                block[inside] = tokens[(starts[:, None] + columns)[inside]]
                out[rows] = block
        for out, length in zip(batch, lengths, strict=True):
            out[np.arange(len(indices)), length] = EOS
        return batch[0], batch[1]

    def _by_shard(self, indices: np.ndarray):
        """Groups rows by shard: rows, the shard, pair numbers within it."""
        if len(indices) == 0:
            return
        if indices.min() < 0 or indices.max() >= len(self):
            raise IndexError(f"{self.name} has {len(self)} pairs")
        if len(self._shards) == 1:
            yield slice(None), self._shards[0], indices
            return
        owners = np.searchsorted(self._ends, indices, side="right")
        starts = np.concatenate([[0], self._ends])
        for owner in np.unique(owners):
            rows = np.flatnonzero(owners == owner)
            yield rows, self._shards[owner], indices[rows] - starts[owner]
