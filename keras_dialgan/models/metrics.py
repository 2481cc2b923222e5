"""Metrics that Keras does not have."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_dialgan")
class Perplexity(keras.metrics.Mean):
    """The exponential of the mean negative log-likelihood of a token.

    `update_state` takes mean losses and, as `sample_weight`, the numbers of
    tokens that they are means of: the result is per token, whereas Eq. 4
    first averages within each response.
    """

    def result(self):
        return ops.exp(super().result())
