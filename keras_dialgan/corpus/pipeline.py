"""Batches of a prepared corpus for training and evaluation."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from keras_dialgan.corpus.permutation import Permutation
from keras_dialgan.corpus.split import Split
from keras_dialgan.errors import UserError

_SIGNATURE = {
    "context": tf.TensorSpec([None, None], tf.int32),
    "response": tf.TensorSpec([None, None], tf.int32),
}


class BatchOrder:
    """The pairs of every batch, as a function of seed and step.

    Each epoch is a permutation of the pairs, and epochs follow each other
    without a gap. A window of batches is sorted by length, so that a batch
    holds pairs of similar length, and its batches come in random order.

    Args:
        split: the pairs.
        batch_size: pairs in a batch.
        seed: of the order.
        window: batches sorted together; fewer when the split has fewer.
        shuffle: `False` for the stored order.
    """

    def __init__(
        self,
        split: Split,
        batch_size: int,
        seed: int,
        window: int = 64,
        shuffle: bool = True,
    ):
        if not len(split):
            raise UserError(
                f"{split.name}: has no pairs; prepare more data or a larger "
                f"--validation-fraction"
            )
        self._split = split
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle = shuffle
        # A window beyond the epoch would bring copies of a pair together.
        self._window = max(1, min(window, len(split) // batch_size))

    def batches_from(self, step: int) -> Iterator[np.ndarray]:
        """The pairs of batch `step` and of all that follow."""
        number, first = divmod(step, self._window)
        while True:
            yield from self._batches_of_window(number)[first:]
            number, first = number + 1, 0

    def _batches_of_window(self, number: int) -> np.ndarray:
        size = self._window * self._batch_size
        indices = self._indices(np.arange(number * size, (number + 1) * size))
        if not self._shuffle:
            return indices.reshape(self._window, self._batch_size)
        random = np.random.default_rng([self._seed, 1, number])
        contexts, responses = self._split.lengths(indices)
        ties = random.random(size)
        indices = indices[np.lexsort((ties, contexts, responses))]
        batches = indices.reshape(self._window, self._batch_size)
        return batches[random.permutation(self._window)]

    def _indices(self, places: np.ndarray) -> np.ndarray:
        """The pairs at places of the endless sequence of epochs."""
        epochs, places = np.divmod(places, len(self._split))
        if not self._shuffle:
            return places
        indices = np.empty_like(places)
        for epoch in np.unique(epochs):
            rows = epochs == epoch
            permutation = Permutation(
                len(self._split), [self._seed, 0, int(epoch)]
            )
            indices[rows] = permutation(places[rows])
        return indices


def batches(
    split: Split,
    batch_size: int,
    seed: int,
    start_step: int = 0,
    window: int = 64,
    shuffle: bool = True,
    pad_multiple: int = 4,
) -> tf.data.Dataset:
    """Endless batches whose order depends on seed and step alone.

    Starting at a step costs nothing and gives what the unbroken sequence
    gives from that step on.

    Args:
        split: of a `PreparedCorpus`.
        batch_size: pairs in every batch.
        seed: of the order, not negative.
        start_step: the number of the first batch.
        window: batches that are sorted by length together.
        shuffle: `False` for the stored order.
        pad_multiple: widths are multiples of it, to bound their number.

    Returns:
        A dataset of `{"context": int32 [batch_size, Tx], "response": int32
        [batch_size, Ty]}`. Rows end with the end token, then padding.
    """
    order = BatchOrder(split, batch_size, seed, window, shuffle)

    def generate():
        for indices in order.batches_from(start_step):
            context, response = split.gather(indices, pad_multiple)
            yield {"context": context, "response": response}

    signature = {
        key: tf.TensorSpec([batch_size, None], spec.dtype)
        for key, spec in _SIGNATURE.items()
    }
    return tf.data.Dataset.from_generator(
        generate, output_signature=signature
    ).prefetch(tf.data.AUTOTUNE)


def evaluation_batches(
    split: Split,
    batch_size: int,
    limit: int | None = None,
    pad_multiple: int = 4,
) -> tf.data.Dataset:
    """Every pair once, in stored order; the last batch may be smaller.

    Args:
        split: of a `PreparedCorpus`.
        batch_size: pairs in a batch.
        limit: use the first so many pairs; `None` for all.
        pad_multiple: widths are multiples of it.

    Returns:
        A finite dataset of elements as those of `batches`.
    """
    size = len(split) if limit is None else min(limit, len(split))

    def generate():
        for start in range(0, size, batch_size):
            indices = np.arange(start, min(start + batch_size, size))
            context, response = split.gather(indices, pad_multiple)
            yield {"context": context, "response": response}

    return tf.data.Dataset.from_generator(
        generate, output_signature=_SIGNATURE
    ).prefetch(tf.data.AUTOTUNE)
