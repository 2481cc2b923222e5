"""A relaxed sample: the Gumbel-softmax."""

import tensorflow as tf

from keras_dialgan.models.objectives.dense_softmax import (
    scatter,
    time_major_positions,
)
from keras_dialgan.models.objectives.objective import SoftObjective
from keras_dialgan.models.objectives.sampling import GumbelMax
from keras_dialgan.models.random_rows import RandomRows, step_seed


class GumbelSoftmax(SoftObjective):
    """Mixtures of all words by a softmax of logits with Gumbel noise.

    The response is sampled, not decoded greedily: the decoder is fed the
    argmax of the noisy logits. The temperature falls in a geometric progress
    from `temperature` to `final_temperature` within `temperature_steps`
    adversarial updates, and stays there.

    Args:
        straight_through: as of `SoftObjective`.
        temperature: positive float, of the first update.
        final_temperature: positive float; the same temperature for ever when
            None.
        temperature_steps: updates until it is reached, at least 1.

    Raises:
        ValueError: for a temperature or a number that is not positive.

    Reference:
    - [Jang et al., 2017](https://arxiv.org/abs/1611.01144)
    - [Maddison et al., 2017](https://arxiv.org/abs/1611.00712)
    """

    def __init__(
        self,
        straight_through: bool = False,
        temperature: float = 1.0,
        final_temperature: float | None = None,
        temperature_steps: int = 1_000,
    ):
        super().__init__(straight_through)
        if final_temperature is None:
            final_temperature = temperature
        for value in (temperature, final_temperature):
            if not value > 0:
                raise ValueError(
                    f"temperatures must be positive, not {value!r}"
                )
        if temperature_steps < 1:
            raise ValueError(
                f"temperature_steps must be positive, not {temperature_steps!r}"
            )
        self.temperature = temperature
        self.final_temperature = final_temperature
        self.temperature_steps = temperature_steps

    def strategy(self, model, rows):
        return GumbelMax(RandomRows(step_seed(model), rows))

    def averages(self, model, features, decoded, strategy):
        generator = model.generator
        places = time_major_positions(decoded.tokens)
        logits = generator.logits(tf.gather_nd(features, places))
        noise = strategy.noise(
            places,
            tf.shape(decoded.tokens)[1],
            generator.config.vocabulary_size,
            logits.dtype,
        )
        temperature = self.temperature_at(model.adversarial_updates)
        mixtures = generator.word_embedding.mix(
            (logits + noise) / tf.cast(temperature, logits.dtype)
        )
        return scatter(mixtures, places, tf.shape(decoded.tokens))

    def temperature_at(self, updates):
        """Returns the temperature after a number of adversarial updates."""
        share = tf.cast(updates, tf.float64) / self.temperature_steps
        ratio = self.final_temperature / self.temperature
        return self.temperature * ratio ** tf.minimum(share, 1.0)
