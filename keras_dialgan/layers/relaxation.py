"""Gumbel noise, and the straight-through gradient."""

import numpy as np
import tensorflow as tf
from keras import ops

# Of uniform numbers: the logarithm of 0 would not be finite.
LEAST = float(np.finfo("float32").tiny)


def gumbel(uniform):
    """Turns uniform numbers from `LEAST` to below 1 into Gumbel noise.

    The argmax of logits with such noise is a sample from their softmax.
    """
    return -ops.log(-ops.log(uniform))


def straight_through(hard, soft):
    """Returns the hard values with the gradient of the soft ones.

    Args:
        hard: tensor; no gradient reaches it.
        soft: tensor of the same shape and type.

    Reference:
    - [Bengio et al., 2013](https://arxiv.org/abs/1308.3432)
    """

    # Not soft + stop_gradient(hard - soft), which rounds the hard values.
    @tf.custom_gradient
    def run(soft):
        return tf.stop_gradient(hard), lambda upstream: upstream

    return run(soft)
