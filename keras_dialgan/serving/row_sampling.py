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

    Sorting the whole vocabulary would take most of a step. The most probable
    tokens suffice for nearly every row, and only the others are sorted whole;
    either way a row draws the same.

    Args:
        temperature: float `[rows]`; brought within `TEMPERATURES`.
        top_k: integer `[rows]`; 0 or less for all tokens.
        top_p: float `[rows]`; brought within `LEAST_NUCLEUS` and 1.
        seed: integer `[rows]`.
        steps: the most tokens of a response.
        head: how many of the most probable tokens are tried first.
    """

    def __init__(
        self, temperature, top_k, top_p, seed, steps: int, head: int = 1024
    ):
        self.temperature = _bounded(temperature, *TEMPERATURES)
        self.top_k = top_k
        self.top_p = _bounded(top_p, LEAST_NUCLEUS, 1.0)
        self.head = head
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
        size = logits.shape[1]
        logits = tf.cast(logits, tf.float32) / temperature[:, tf.newaxis]
        most = tf.where(top_k > 0, tf.minimum(top_k, size), size)
        rows = (logits, most, top_p, chances)
        tokens, certain = _draw(*rows, min(self.head, size))
        left = tf.where(tf.logical_not(certain))

        def with_the_rest():
            drawn, _ = _draw(*(tf.gather_nd(part, left) for part in rows), size)
            return tf.tensor_scatter_nd_update(tokens, left, drawn)

        return tf.cond(tf.size(left) > 0, with_the_rest, lambda: tokens)


def _draw(logits, most, top_p, chances, count: int):
    """Draws a token of each row from its `count` most probable ones.

    Returns:
        A tuple of the tokens and of whether each would be drawn from all
        tokens, too.
    """
    size = logits.shape[1]
    values, tokens = tf.math.top_k(logits, count)
    kept = tf.range(count) < most[:, tf.newaxis]
    all_known = most <= count
    normaliser = tf.where(
        all_known,
        tf.reduce_logsumexp(tf.where(kept, values, values.dtype.min), axis=1),
        tf.reduce_logsumexp(logits, axis=1),
    )
    shares = tf.where(kept, tf.exp(values - normaliser[:, tf.newaxis]), 0.0)
    before = tf.cumsum(shares, axis=1, exclusive=True)
    kept = kept & (before < top_p[:, tf.newaxis])
    mass = tf.cumsum(tf.where(kept, shares, 0.0), axis=1)
    # The mass of what may be drawn is known where that ends within the
    # `count` tokens, and where nothing is excluded.
    unlimited = most == size
    ended = all_known | (unlimited & tf.logical_not(kept[:, -1]))
    nothing_excluded = unlimited & (top_p == 1)
    drawn = chances * tf.where(ended, mass[:, -1], 1.0)
    passed = tf.reduce_sum(tf.cast(mass <= drawn[:, tf.newaxis], tf.int32), 1)
    last = tf.reduce_sum(tf.cast(kept, tf.int32), axis=1) - 1
    choice = tf.gather(tokens, tf.minimum(passed, last), batch_dims=1)
    return choice, ended | (nothing_excluded & (drawn < mass[:, -1]))


def _bounded(values, least: float, largest: float):
    # What is no number, too, becomes one.
    values = tf.where(tf.math.is_nan(values), largest, values)
    return tf.clip_by_value(values, least, largest)
