"""The paper's objective: mixtures of the k most probable words."""

from keras_dialgan.models.objectives.objective import SoftObjective


class TopKSoftmax(SoftObjective):
    """Mixtures of the k most probable words.

    Only the k logits of each step that matter are computed with a gradient.

    Args:
        k: words in a mixture, at least 2.
        straight_through: as of `SoftObjective`.

    Raises:
        ValueError: if k is less than 2.

    Reference:
    - [Lopez Zorrilla et al., 2019], Eq. 8 and 9.
    """

    def __init__(self, k: int = 2, straight_through: bool = False):
        if k < 2:
            raise ValueError(f"k must be at least 2, not {k!r}")
        super().__init__(straight_through)
        self.k = k

    @property
    def candidates(self) -> int:
        return self.k

    def averages(self, model, features, decoded, strategy):
        logits = model.generator.logits(features, indices=decoded.candidates)
        return model.generator.word_embedding.mix(logits, decoded.candidates)
