"""Sampling with settings of its own for each row of a batch."""

import tensorflow as tf

from keras_dialgan.models import Greedy

# As `parse_strategy` bounds them: beyond, logits overflow or words are alike.
TEMPERATURES = (0.01, 100.0)
LEAST_NUCLEUS = 1e-6


class RowSampling(Greedy):
    """A random token of the k most probable and of the nucleus p.

    What a row draws depends on its own settings only: a server may put rows
    of several requests into one batch.

    Args:
        temperature: float `[rows]`; brought within `TEMPERATURES`.
        top_k: integer `[rows]`; 0 or less for all tokens.
        top_p: float `[rows]`; brought within `LEAST_NUCLEUS` and 1.
        seed: integer `[rows]`.
        steps: the most tokens of a response.
    """

    def __init__(self, temperature, top_k, top_p, seed, steps: int):
        self.temperature = _bounded(temperature, *TEMPERATURES)
        self.top_k = top_k
        self.top_p = _bounded(top_p, LEAST_NUCLEUS, 1.0)
        self.chances = tf.map_fn(
            lambda one: tf.random.stateless_uniform([steps], [one, 0]),
            seed,
            fn_output_signature=tf.TensorSpec([steps], tf.float32),
        )

    def choose(self, logits, step):
        temperature, top_k, top_p, chances = (
            tf.gather(values, step.numbers)
            for values in (
                self.temperature,
                self.top_k,
                self.top_p,
                self.chances[:, step.index],
            )
        )
        logits = tf.cast(logits, tf.float32) / temperature[:, tf.newaxis]
        size = tf.shape(logits)[1]
        logits, tokens = tf.math.top_k(logits, size)
        most = tf.where(top_k > 0, top_k, size)
        kept = tf.range(size) < most[:, tf.newaxis]
        shares = tf.nn.softmax(tf.where(kept, logits, logits.dtype.min))
        before = tf.cumsum(shares, axis=1, exclusive=True)
        kept = kept & (before < top_p[:, tf.newaxis])
        mass = tf.cumsum(tf.where(kept, shares, 0.0), axis=1)
        drawn = chances[:, tf.newaxis] * mass[:, -1:]
        passed = tf.reduce_sum(tf.cast(mass <= drawn, tf.int32), axis=1)
        last = tf.reduce_sum(tf.cast(kept, tf.int32), axis=1) - 1
        choice = tf.minimum(passed, last)
        return tf.gather(tokens, choice, batch_dims=1)


def _bounded(values, least: float, largest: float):
    # What is no number, too, becomes one.
    values = tf.where(tf.math.is_nan(values), largest, values)
    return tf.clip_by_value(values, least, largest)
