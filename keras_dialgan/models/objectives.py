"""What the discriminator reads of a generated response."""

import tensorflow as tf


class TopKSoftmax:
    """The paper's objective: mixtures of the k most probable words.

    An objective tells the decoding pass which of each step's logits to
    remember, and turns the features of the differentiated pass into word
    vectors. Others implement the same two members.

    Args:
        k: words in a mixture, at least 2.
        straight_through: whether the discriminator reads the vector of the
            generated token while the gradient is that of the mixture.

    Reference:
    - [Lopez Zorrilla et al., 2019], Eq. 8 and 9.
    """

    def __init__(self, k: int = 2, straight_through: bool = False):
        if k < 2:
            raise ValueError(f"k must be at least 2, not {k!r}")
        self.k = k
        self.straight_through = straight_through

    @property
    def candidates(self) -> int:
        """How many of each step's most probable tokens decoding returns."""
        return self.k

    def response_vectors(self, generator, features, decoded):
        """Computes the approximated word vectors u~ of a response.

        Args:
            generator: the `Generator`.
            features: o~ under teacher forcing on `decoded.tokens`.
            decoded: the `Decoded` response, with candidates.

        Returns:
            Word vectors, `[batch, time, D]`.
        """
        logits = generator.logits(features, indices=decoded.candidates)
        soft = generator.word_embedding.mix(logits, decoded.candidates)
        if not self.straight_through:
            return soft
        hard = generator.word_embedding(decoded.tokens)
        return soft + tf.stop_gradient(hard - soft)
