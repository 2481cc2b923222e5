"""The linear layer from o~ to the logits of the vocabulary."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

EXCLUDED = -1e9


@keras.saving.register_keras_serializable(package="keras_dialgan")
class VocabularyProjection(keras.layers.Layer):
    """Logits of every token, or of chosen tokens only.

    The kernel holds a row per token, so that the logits of a few tokens cost
    a gather of their rows, and the gradient touches these rows alone.

    Args:
        vocabulary_size: integer V.
        excluded_ids: tokens that are never generated (padding, beginning of
            sequence): their logits are a constant, -1e9.
        **kwargs: as of `keras.layers.Layer`.

    Call arguments:
        inputs: features o~ of shape `[..., units]`.
        indices: integer tensor `[..., n]` of tokens, or None for all.

    Returns:
        Logits f, `[..., V]`, or `[..., n]` with `indices`; float32 at least,
        whatever the compute dtype.
    """

    def __init__(self, vocabulary_size: int, excluded_ids=(), **kwargs):
        super().__init__(**kwargs)
        # Keras would cast all rows before a few are gathered.
        self.autocast = False
        self.vocabulary_size = vocabulary_size
        self.excluded_ids = tuple(excluded_ids)
        if any(not 0 <= i < vocabulary_size for i in self.excluded_ids):
            raise ValueError(
                f"excluded_ids must be within 0 and {vocabulary_size - 1}, "
                f"not {self.excluded_ids}"
            )

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel", shape=(self.vocabulary_size, input_shape[-1])
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.vocabulary_size,), initializer="zeros"
        )

    def call(self, inputs, indices=None):
        inputs = ops.cast(inputs, self.compute_dtype)
        if indices is None:
            kernel, bias = self.cast_weights()
            logits = ops.matmul(inputs, ops.transpose(kernel))
            return ops.cast(logits, self.logits_dtype) + bias
        kernel = ops.take(self.kernel, indices, axis=0)
        kernel = ops.cast(kernel, self.compute_dtype)
        logits = ops.sum(ops.expand_dims(inputs, -2) * kernel, axis=-1)
        bias = ops.take(self.bias, indices, axis=0)
        excluded = ops.take(self._exclusion(), indices, axis=0)
        return (
            ops.cast(logits, self.logits_dtype)
            + ops.cast(bias, self.logits_dtype)
            + excluded
        )

    def negative_log_likelihood(self, inputs, targets):
        """Computes -log softmax(f)[target] without a second array of logits.

        Between the passes forward and backward it keeps the probabilities
        alone. The gradient is that of TensorFlow's cross-entropy.

        Args:
            inputs: features o~, `[n, units]`.
            targets: integer tokens, `[n]`.

        Returns:
            Losses, `[n]`, in the dtype of logits.
        """
        inputs = ops.cast(inputs, self.compute_dtype)
        return _negative_log_likelihood(inputs, *self.cast_weights(), targets)

    def step(self, inputs, weights):
        """Computes all logits, as a decoding loop does at every step.

        Args:
            inputs: features o~, `[n, units]`.
            weights: what `step_weights` returned before the loop.

        Returns:
            Logits, `[n, V]`.
        """
        kernel, bias = weights
        logits = tf.matmul(tf.cast(inputs, kernel.dtype), kernel)
        return tf.nn.bias_add(tf.cast(logits, bias.dtype), bias)

    def step_weights(self):
        """The weights as few rows are multiplied with them fastest."""
        kernel, bias = self.cast_weights()
        return ops.transpose(kernel), bias

    def cast_weights(self):
        """The kernel in the type of computation, and the bias in that of
        logits with the penalty of the excluded tokens.
        """
        return (
            ops.cast(self.kernel, self.compute_dtype),
            ops.cast(self.bias, self.logits_dtype) + self._exclusion(),
        )

    @property
    def logits_dtype(self) -> str:
        """The dtype of the logits."""
        return keras.backend.result_type(self.compute_dtype, "float32")

    def _exclusion(self):
        penalty = np.zeros(self.vocabulary_size)
        penalty[list(self.excluded_ids)] = EXCLUDED
        return ops.convert_to_tensor(penalty, dtype=self.logits_dtype)

    def compute_output_shape(self, input_shape, indices_shape=None):
        last = self.vocabulary_size
        if indices_shape is not None:
            last = indices_shape[-1]
        return (*input_shape[:-1], last)

    def compute_output_spec(self, inputs, indices=None):
        shape = self.compute_output_shape(
            inputs.shape, None if indices is None else indices.shape
        )
        return keras.KerasTensor(shape, dtype=self.logits_dtype)

    def get_config(self) -> dict:
        config = {
            "vocabulary_size": self.vocabulary_size,
            "excluded_ids": self.excluded_ids,
        }
        return {**super().get_config(), **config}


def _negative_log_likelihood(inputs, kernel, bias, targets):
    places = tf.stack([tf.range(tf.size(targets)), targets], axis=1)

    @tf.custom_gradient
    def run(inputs, kernel, bias):
        logits = tf.matmul(inputs, kernel, transpose_b=True)
        logits = tf.nn.bias_add(tf.cast(logits, bias.dtype), bias)
        # A fused kernel computes the softmax in the time of one pass, and its
        # largest value, which is at least 1 / V, has the logarithm of the sum.
        probabilities = tf.nn.softmax(logits)
        normaliser = tf.reduce_max(logits, axis=-1) - tf.math.log(
            tf.reduce_max(probabilities, axis=-1)
        )
        losses = normaliser - tf.gather_nd(logits, places)

        def gradient(d_losses):
            difference = tf.tensor_scatter_nd_sub(
                probabilities, places, tf.ones_like(losses)
            )
            difference = tf.cast(difference, inputs.dtype)
            # The upstream gradient scales the narrow factor of each product.
            scale = tf.cast(d_losses, inputs.dtype)[:, tf.newaxis]
            d_bias = tf.matmul(scale, difference, transpose_a=True)[0]
            return (
                scale * tf.matmul(difference, kernel),
                tf.matmul(difference, scale * inputs, transpose_a=True),
                tf.cast(d_bias, bias.dtype),
            )

        return losses, gradient

    return run(inputs, kernel, bias)
