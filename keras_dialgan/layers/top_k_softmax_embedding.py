"""The shared word matrix W with a hard and a soft look-up."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_dialgan")
class TopKSoftmaxEmbedding(keras.layers.Embedding):
    """Word vectors of tokens, or of the logits of tokens yet to be chosen.

    The hard look-up is that of `keras.layers.Embedding`. The soft look-up
    approximates the word vector of the token that a generator would choose
    by the average of the `k` most probable ones, weighted by the softmax of
    their logits, and so lets a gradient pass where the argmax stops it:

        f --top-k--> i, f~ --softmax--> p~ --sum_j p~[j] W[i[j]]--> u~

    With `k` equal to `input_dim` it is the dense softmax times W.

    Args:
        input_dim: integer V, rows of W.
        output_dim: integer D, columns of W.
        k: integer, 2 <= k <= V, words in the mixture.
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
        ValueError: if k is not within 2 and V, or if the last axis of the
            logits is not V.

    Example:

    >>> layer = TopKSoftmaxEmbedding(input_dim=1000, output_dim=8, k=2)
    >>> layer(np.array([[1, 2, 3]])).shape
    (1, 3, 8)
    >>> layer(np.random.normal(size=(1, 3, 1000)), soft=True).shape
    (1, 3, 8)

    Reference:
    - [Lopez Zorrilla et al., 2019], Eq. 8 and 9.
    """

    def __init__(self, input_dim: int, output_dim: int, k: int = 2, **kwargs):
        if not 2 <= k <= input_dim:
            raise ValueError(
                f"k must be within 2 and input_dim = {input_dim}, not {k!r}"
            )
        super().__init__(input_dim, output_dim, **kwargs)
        self.k = k

    def call(self, inputs, soft: bool = False):
        if not soft:
            return super().call(inputs)
        if inputs.shape[-1] != self.input_dim:
            raise ValueError(
                f"soft look-up needs logits of shape [..., {self.input_dim}], "
                f"found shape {tuple(inputs.shape)}"
            )
        logits, indices = ops.top_k(inputs, self.k)
        return self.mix(logits, indices)

    def mix(self, logits, indices):
        """Averages the word vectors of chosen tokens by their logits (Eq. 9).

        Args:
            logits: float tensor `[..., n]`, the logits f~ of n tokens.
            indices: integer tensor `[..., n]`, the tokens.

        Returns:
            The mixtures u~, `[..., D]`, in the compute dtype.
        """
        dtype = keras.backend.result_type(logits.dtype, "float32")
        weights = ops.softmax(ops.cast(logits, dtype), axis=-1)
        weights = ops.cast(weights, self.compute_dtype)
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

    def get_config(self) -> dict:
        return {**super().get_config(), "k": self.k}
