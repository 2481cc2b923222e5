"""Random numbers that belong to the rows of the global batch."""

import copy

import tensorflow as tf

from keras_dialgan.layers.relaxation import LEAST, gumbel
from keras_dialgan.models.updates import sum_over_replicas


class RandomRows:
    """Random numbers as a function of seed, draw and place in the batch.

    A row gets the same numbers on whichever replica it is, and whichever
    rows have left the decoding loop before. To be made inside of a replica,
    but outside of loops.

    Args:
        seed: int32 `[2]`.
        rows: the replica's rows of the batch.
        copies: how often each of these rows is repeated, copies of one row
            standing together.

    Example:

    ```python
    random = RandomRows(step_seed(model), tf.shape(context)[0])
    random.gumbel(step.index, step.numbers, vocabulary_size)
    ```
    """

    def __init__(self, seed, rows, copies: int = 1):
        replica = tf.distribute.get_replica_context()
        self.seed = seed
        self.copies = copies
        self._total = sum_over_replicas(rows) * copies
        # Replica i of n holds the rows i, i + n, i + 2n, ...
        self._first = replica.replica_id_in_sync_group
        self._apart = replica.num_replicas_in_sync

    def uniform(self, draw, numbers, width, dtype: str = "float32"):
        """Draws uniform numbers, never 0 or 1.

        Args:
            draw: integer scalar, the number of the draw.
            numbers: integer `[n]`, the places of rows among the replica's.
            width: numbers of a row.
            dtype: their type.

        Returns:
            `[n, width]`.
        """
        # All rows of all replicas are drawn: what a generator makes of a
        # smaller shape need not be the beginning of the larger one.
        everybody = tf.random.stateless_uniform(
            [self._total, width],
            tf.random.fold_in(self.seed, tf.cast(draw, tf.int32)),
            minval=LEAST,
            maxval=1,
            dtype=dtype,
        )
        row, turn = numbers // self.copies, numbers % self.copies
        places = (self._first + row * self._apart) * self.copies + turn
        return tf.gather(everybody, places)

    def gumbel(self, draw, numbers, width, dtype: str = "float32"):
        """As `uniform`, with Gumbel noise."""
        return gumbel(self.uniform(draw, numbers, width, dtype))

    def stream(self, data) -> "RandomRows":
        """Returns others, by an integer scalar, for the same rows.

        It may be called inside of loops.
        """
        other = copy.copy(self)
        other.seed = tf.random.fold_in(self.seed, tf.cast(data, tf.int32))
        return other


def step_seed(model, stream: int = 0):
    """Returns a seed that is a function of the model's and of the step.

    Args:
        model: the `GANDialogueModel`.
        stream: which of the independent seeds of a step.
    """
    step = tf.convert_to_tensor(model.steps_done)
    seed = tf.stack([tf.cast(model.seed, tf.int32), step])
    return tf.random.fold_in(seed, stream)
