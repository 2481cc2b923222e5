"""A word matrix whose soft look-up samples: the Gumbel-softmax."""

import keras
from keras import ops

from keras_dialgan.layers.relaxation import LEAST, gumbel, straight_through
from keras_dialgan.layers.soft_embedding import SoftEmbedding


@keras.saving.register_keras_serializable(package="keras_dialgan")
class GumbelSoftmaxEmbedding(SoftEmbedding):
    """Word vectors of tokens, or of a relaxed sample of tokens.

    The hard look-up is that of `keras.layers.Embedding`. The soft look-up
    adds Gumbel noise g to the logits, whose argmax is then a sample from
    their softmax, and averages all word vectors by a softmax at a
    temperature:

        u = softmax((f + g) / temperature) W

    At low temperatures it comes near the sampled token's own vector, while
    the variance of its gradient grows. Every soft call draws anew, at
    inference, too.

    Args:
        input_dim: integer V, rows of W.
        output_dim: integer D, columns of W.
        temperature: positive float.
        straight_through: whether the soft look-up returns the vector of the
            sampled token itself, with the gradient of the average.
        seed: integer that makes the draws repeatable.
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
        ValueError: if the temperature is not positive, or if the last axis
            of the logits is not V.

    Example:

    >>> layer = GumbelSoftmaxEmbedding(1000, 8, temperature=0.5)
    >>> layer(np.array([[1, 2, 3]])).shape
    (1, 3, 8)
    >>> layer(np.random.normal(size=(1, 3, 1000)), soft=True).shape
    (1, 3, 8)

    Reference:
    - [Jang et al., 2017](https://arxiv.org/abs/1611.01144)
    - [Maddison et al., 2017](https://arxiv.org/abs/1611.00712)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        temperature: float = 1.0,
        straight_through: bool = False,
        seed: int | None = None,
        **kwargs,
    ):
        if not temperature > 0:
            raise ValueError(
                f"temperature must be positive, not {temperature!r}"
            )
        super().__init__(input_dim, output_dim, **kwargs)
        self.temperature = temperature
        self.straight_through = straight_through
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def soften(self, logits):
        dtype = keras.backend.result_type(logits.dtype, "float32")
        uniform = keras.random.uniform(
            ops.shape(logits), LEAST, 1.0, dtype, self.seed_generator
        )
        perturbed = ops.cast(logits, dtype) + gumbel(uniform)
        soft = self.mix(perturbed / self.temperature)
        if not self.straight_through:
            return soft
        # The hard look-up, as `soft` is False.
        hard = self.call(ops.argmax(perturbed, axis=-1))
        return straight_through(hard, soft)

    def get_config(self) -> dict:
        config = {
            "temperature": self.temperature,
            "straight_through": self.straight_through,
            "seed": self.seed,
        }
        return {**super().get_config(), **config}
