"""Batches of a prepared corpus for training and evaluation."""

import numpy as np
import tensorflow as tf

from keras_dialgan.corpus.permutation import Permutation
from keras_dialgan.corpus.split import Split
from keras_dialgan.errors import UserError

# With fewer batches sorted together, more of each is padding: 14 % at 64 and
# 4 % at 256 batches of 256 pairs of film subtitles.
WINDOW = 256

_PREFETCHED = 4

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
        window: int = WINDOW,
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
        self._last = None, None

    def batch(self, step: int) -> np.ndarray:
        """The pairs of batch `step`, from 0."""
        window, place = divmod(step, self._window)
        if self._last[0] != window:
            self._last = window, self._batches_of_window(window)
        return self._last[1][place]

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
    window: int = WINDOW,
    shuffle: bool = True,
    pad_multiple: int = 1,
    shard: tuple[int, int] = (0, 1),
) -> tf.data.Dataset:
    """Endless batches whose order depends on seed and step alone.

    Starting at a step costs nothing and gives what the unbroken sequence
    gives from that step on.

    Args:
        split: of a `PreparedCorpus`.
        batch_size: pairs in every batch, over all workers.
        seed: of the order, not negative.
        start_step: the number of the first batch.
        window: batches that are sorted by length together.
        shuffle: `False` for the stored order.
        pad_multiple: widths are multiples of it, to bound their number.
        shard: the number of this worker and of all workers. Together they
            get the batches that one worker gets.

    Returns:
        A dataset of `{"context": int32 [rows, Tx], "response": int32
        [rows, Ty]}`, where `rows` is this worker's part of `batch_size`. Rows
        end with the end token, then padding.

    Raises:
        UserError: if the split has no pairs, or the batch can't be shared
            out equally.
    """
    worker, workers = shard
    if batch_size % workers:
        raise UserError(
            f"a batch of {batch_size} pairs can't be shared equally by "
            f"{workers} workers"
        )
    order = BatchOrder(split, batch_size, seed, window, shuffle)

    def load(step):
        return split.gather(
            order.batch(int(step))[worker::workers], pad_multiple
        )

    def element(step):
        context, response = tf.numpy_function(load, [step], [tf.int32] * 2)
        shape = [batch_size // workers, None]
        return {
            "context": tf.ensure_shape(context, shape),
            "response": tf.ensure_shape(response, shape),
        }

    return (
        tf.data.Dataset.counter(start_step).map(element).prefetch(_PREFETCHED)
    )


def evaluation_batches(
    split: Split,
    batch_size: int,
    limit: int | None = None,
    pad_multiple: int = 1,
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
