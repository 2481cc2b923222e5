"""All words in the mixture: the approximate embedding layer."""

import tensorflow as tf

from keras_dialgan.models.objectives.objective import SoftObjective
from keras_dialgan.models.sequences import valid_positions


class DenseSoftmax(SoftObjective):
    """Mixtures of all words, weighted by the softmax of their logits.

    The approximate embedding layer, fed like the other objectives: the
    decoder reads the argmax, and no noise is added to the features.

    Args:
        straight_through: as of `SoftObjective`.

    Reference:
    - [Xu et al., 2017](https://aclanthology.org/D17-1065)
    """

    def averages(self, model, features, decoded, strategy):
        places = time_major_positions(decoded.tokens)
        logits = model.generator.logits(tf.gather_nd(features, places))
        return scatter(
            model.generator.word_embedding.mix(logits),
            places,
            tf.shape(decoded.tokens),
        )


def time_major_positions(tokens):
    """Finds the valid positions, as padding needs no array of V logits.

    Args:
        tokens: integer `[batch, time]`.

    Returns:
        Integer `[n, 2]`, row and step, ordered by step and then by row.
    """
    steps = tf.where(tf.transpose(valid_positions(tokens)))
    return tf.reverse(tf.cast(steps, tf.int32), axis=[1])


def scatter(vectors, places, shape):
    """Puts vectors `[n, D]` to their places in `[batch, time, D]`."""
    width = tf.shape(vectors)[-1:]
    return tf.scatter_nd(places, vectors, tf.concat([shape, width], axis=0))
