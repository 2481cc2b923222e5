"""The linear layer from o~ to the logits of the vocabulary."""

import keras
import numpy as np
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
        if indices is None:
            logits = ops.matmul(inputs, ops.transpose(self.kernel))
            logits = ops.cast(logits, self.logits_dtype)
            return (
                logits
                + ops.cast(self.bias, self.logits_dtype)
                + (self._exclusion())
            )
        kernel = ops.take(self.kernel, indices, axis=0)
        logits = ops.sum(ops.expand_dims(inputs, -2) * kernel, axis=-1)
        bias = ops.take(self.bias, indices, axis=0)
        excluded = ops.take(self._exclusion(), indices, axis=0)
        return (
            ops.cast(logits, self.logits_dtype)
            + ops.cast(bias, self.logits_dtype)
            + excluded
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
