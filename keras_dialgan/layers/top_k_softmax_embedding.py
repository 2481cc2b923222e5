"""The shared word matrix W with a hard and a soft look-up."""

import keras
from keras import ops

from keras_dialgan.layers.soft_embedding import SoftEmbedding


@keras.saving.register_keras_serializable(package="keras_dialgan")
class TopKSoftmaxEmbedding(SoftEmbedding):
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

    def soften(self, logits):
        return self.mix(*ops.top_k(logits, self.k))

    def get_config(self) -> dict:
        return {**super().get_config(), "k": self.k}
