"""What all word matrices with a hard and a soft look-up have in common."""

import keras
from keras import ops


class SoftEmbedding(keras.layers.Embedding):
    """Word vectors of tokens, or of the logits of tokens yet to be chosen.

    The hard look-up is that of `keras.layers.Embedding`. A subclass says in
    `soften` which average of word vectors stands for logits.

    Args:
        input_dim: integer V, rows of W.
        output_dim: integer D, columns of W.
        **kwargs: as of `keras.layers.Embedding` (`embeddings_initializer`,
            `mask_zero`, `dtype`, `name`, ...).

    Call arguments:
        inputs: integer token ids of any shape, or with `soft=True` logits
            of shape `[..., V]`.
        soft: whether `inputs` are logits.

    Returns:
        Word vectors of shape `[..., D]` in the compute dtype. The softmax is
        taken in float32 at least.

    Raises:
        ValueError: if the last axis of the logits is not V.
    """

    def call(self, inputs, soft: bool = False):
        if not soft:
            return super().call(inputs)
        if inputs.shape[-1] != self.input_dim:
            raise ValueError(
                f"soft look-up needs logits of shape [..., {self.input_dim}], "
                f"found shape {tuple(inputs.shape)}"
            )
        return self.soften(inputs)

    def soften(self, logits):
        """Turns logits `[..., V]` into word vectors `[..., D]`."""
        raise NotImplementedError

    def mix(self, logits, indices=None):
        """Averages word vectors by the softmax of their logits.

        Args:
            logits: float tensor `[..., n]`, the logits of n tokens.
            indices: integer tensor `[..., n]`, these tokens (Eq. 9); None if
                they are all the tokens in their order.

        Returns:
            The mixtures, `[..., D]`, in the compute dtype.
        """
        dtype = keras.backend.result_type(logits.dtype, "float32")
        weights = ops.softmax(ops.cast(logits, dtype), axis=-1)
        weights = ops.cast(weights, self.compute_dtype)
        if indices is None:
            W = ops.cast(self.embeddings, self.compute_dtype)
            return ops.matmul(weights, W)
        vectors = super().call(indices)
        return ops.sum(ops.expand_dims(weights, -1) * vectors, axis=-2)

    def compute_mask(self, inputs, mask=None, soft: bool = False):
        return mask if soft else super().compute_mask(inputs, mask)

    def compute_output_shape(self, input_shape, soft: bool = False):
        leading = input_shape[:-1] if soft else input_shape
        return (*leading, self.output_dim)

    def compute_output_spec(self, inputs, soft: bool = False):
        shape = self.compute_output_shape(inputs.shape, soft=soft)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)
