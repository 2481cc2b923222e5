"""How objectives that need samples decode them."""

import tensorflow as tf

from keras_dialgan.models.decoding_strategies import Greedy, Selection, Step
from keras_dialgan.models.random_rows import RandomRows


class GumbelMax(Greedy):
    """A sample: the argmax of logits with Gumbel noise.

    The noise of a step can be had again after decoding, so that none of it
    is kept.

    Args:
        random: where the noise comes from.
        scale: positive factor on the noise, the temperature of the softmax
            that is sampled from.
    """

    def __init__(self, random: RandomRows, scale: float = 1.0):
        self.random = random
        self.scale = scale

    def choose(self, logits, step: Step):
        return super().choose(logits + self.noise_of_step(logits, step), step)

    def noise_of_step(self, logits, step: Step):
        """Draws noise for the logits of a step, `[rows, V]`."""
        return self.scale * self.random.gumbel(
            step.index, step.numbers, tf.shape(logits)[1], logits.dtype
        )

    def noise(self, places, steps, width, dtype: str):
        """Draws the noise of past choices once more.

        Args:
            places: integer `[n, 2]`, row and step, in the order of steps.
            steps: the number of steps; each has a row at least.
            width: the number of logits.
            dtype: their type.

        Returns:
            Noise, `[n, width]`.
        """

        def draw(step, parts):
            rows = tf.where(places[:, 1] == step)[:, 0]
            numbers = tf.gather(places[:, 0], rows)
            noise = self.random.gumbel(step, numbers, width, dtype)
            return step + 1, parts.write(step, self.scale * noise)

        parts = tf.TensorArray(
            dtype, steps, infer_shape=False, element_shape=[None, width]
        )
        _, parts = tf.while_loop(lambda step, _: step < steps, draw, (0, parts))
        return parts.concat()


class GumbelTopK(GumbelMax):
    """A sample whose candidates are the largest of the noisy logits.

    They are a sample without replacement, the first of them the token.

    Args:
        random: as of `GumbelMax`.
        scale: as of `GumbelMax`.

    Reference:
    - [Kool et al., 2019](https://arxiv.org/abs/1903.06059)
    """

    is_noisy = True

    def select(self, logits, step: Step) -> Selection:
        noise = self.noise_of_step(logits, step)
        tokens = Greedy.choose(self, logits + noise, step)
        return self.selection(tokens, logits, step)._replace(noise=noise)


class Continuation(GumbelMax):
    """Given tokens first, then a sample.

    Args:
        random: as of `GumbelMax`.
        tokens: integer `[rows, time]`.
        given: integer scalar, how many of them are kept.
    """

    def __init__(self, random: RandomRows, tokens, given):
        super().__init__(random)
        self.tokens = tokens
        self.given = given

    def choose(self, logits, step: Step):
        return tf.cond(
            step.index < self.given,
            lambda: tf.gather(self.tokens[:, step.index], step.numbers),
            lambda: super(Continuation, self).choose(logits, step),
        )
