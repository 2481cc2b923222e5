"""The paper's objective: mixtures of the k most probable words."""

from keras_dialgan.models.decoding_strategies import Greedy
from keras_dialgan.models.objectives.objective import SoftObjective
from keras_dialgan.models.objectives.sampling import GumbelTopK
from keras_dialgan.models.random_rows import RandomRows, step_seed


class TopKSoftmax(SoftObjective):
    """Mixtures of the k most probable words.

    Only the k logits of each step that matter are computed with a gradient.

    With `noise` the responses are samples instead of the most probable ones,
    so that the discriminator judges more of what the generator may say.
    Gumbel noise on the logits makes their argmax a sample, from the softmax
    at the temperature `noise`; the mixture is that of the k largest noisy
    logits, in which the chosen token weighs most.

    Args:
        k: words in a mixture, at least 2.
        straight_through: as of `SoftObjective`.
        noise: factor on the Gumbel noise, not negative; 0 for the paper's
            greedy responses, 1 for samples of the generator as it is.

    Raises:
        ValueError: if k is less than 2, or the noise negative.

    Reference:
    - [Lopez Zorrilla et al., 2019], Eq. 8 and 9.
    - [Kool et al., 2019](https://arxiv.org/abs/1903.06059), for noise on the
      logits of which the k largest are taken.
    """

    def __init__(
        self, k: int = 2, straight_through: bool = False, noise: float = 0.0
    ):
        if k < 2:
            raise ValueError(f"k must be at least 2, not {k!r}")
        if not noise >= 0:
            raise ValueError(f"noise must not be negative, not {noise!r}")
        super().__init__(straight_through)
        self.k = k
        self.noise = noise

    @property
    def candidates(self) -> int:
        return self.k

    def strategy(self, model, rows):
        if not self.noise:
            return Greedy()
        return GumbelTopK(RandomRows(step_seed(model), rows), self.noise)

    def averages(self, model, features, decoded, strategy):
        logits = model.generator.logits(features, indices=decoded.candidates)
        if self.noise:
            logits += decoded.noise
        return model.generator.word_embedding.mix(logits, decoded.candidates)
