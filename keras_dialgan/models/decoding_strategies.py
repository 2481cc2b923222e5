"""How the next token is chosen: small objects for one decoding loop.

A strategy says how many rows it decodes for each input (`rows_per_input`),
chooses the next tokens (`select`) and, when several rows belong to one input,
the row that is returned (`best_rows`). One that adds noise to the logits says
so (`is_noisy`), as candidates are then those of the noisy logits.
"""

from typing import Any, NamedTuple

import tensorflow as tf

from keras_dialgan.text.vocabulary import PAD


class Step(NamedTuple):
    """Where the loop is when a strategy is asked for the next tokens.

    Attributes:
        index: integer scalar, tokens chosen so far.
        scores: `[rows]`, the log-probability of each row so far; None where
            nobody asks for it.
        finished: boolean `[rows]`, whether a row has ended.
        numbers: integer `[rows]`, each row's place in the batch. Rows that
            have finished may have left the loop.
    """

    index: Any
    scores: Any
    finished: Any
    numbers: Any = None


class Selection(NamedTuple):
    """A strategy's choice.

    Attributes:
        tokens: integer `[rows]`.
        scores: `[rows]`, the log-probability of each row with its token, or
            None.
        parents: integer `[rows]`, the row that each new row continues; None
            where every row continues itself.
        noise: `[rows, V]`, what was added to the logits before the largest
            was taken, or None.
    """

    tokens: Any
    scores: Any
    parents: Any = None
    noise: Any = None


class Greedy:
    """The most probable token at every step (Eq. 3)."""

    rows_per_input = 1
    is_noisy = False

    def select(self, logits, step: Step) -> Selection:
        """Chooses the next tokens.

        Args:
            logits: float `[rows, V]`.
            step: the loop's position.

        Returns:
            The `Selection`. Rows that have finished are left to the loop.
        """
        return self.selection(self.choose(logits, step), logits, step)

    def selection(self, tokens, logits, step: Step) -> Selection:
        """Returns chosen tokens with the scores that they make."""
        if step.scores is None:
            return Selection(tokens, None)
        picked = tf.gather(logits, tokens, batch_dims=1)
        gained = picked - tf.reduce_logsumexp(logits, axis=-1)
        return Selection(tokens, step.scores + gained)

    def choose(self, logits, step: Step):
        """Returns one token for each row, `[rows]`."""
        return tf.argmax(logits, axis=-1, output_type=tf.int32)

    def best_rows(self, tokens, scores):
        """Returns for each input the row to keep, or None for all rows."""
        return None


class Sampling(Greedy):
    """A random token, from the softmax at a temperature.

    Args:
        temperature: positive; below 1 sharper than the model, above flatter.
        seed: integer; the choices are a function of it and of the step.

    Raises:
        ValueError: for a temperature that is not positive.
    """

    def __init__(self, temperature: float = 1.0, seed: int = 0):
        if not temperature > 0:
            raise ValueError(
                f"temperature must be positive, not {temperature!r}"
            )
        self.temperature = temperature
        self.seed = seed

    def choose(self, logits, step: Step):
        logits = self.restrict(logits / self.temperature)
        seed = tf.stack([tf.cast(self.seed, tf.int32), step.index])
        tokens = tf.random.stateless_categorical(
            logits, 1, seed, dtype=tf.int32
        )
        return tf.squeeze(tokens, 1)

    def restrict(self, logits):
        """Returns the logits with those of excluded tokens at -infinity."""
        return logits


class TopKSampling(Sampling):
    """A random token among the k most probable ones.

    Args:
        k: positive integer.
        temperature: as of `Sampling`.
        seed: as of `Sampling`.

    Raises:
        ValueError: for a k or a temperature that is not positive.
    """

    def __init__(self, k: int, temperature: float = 1.0, seed: int = 0):
        super().__init__(temperature, seed)
        if k < 1:
            raise ValueError(f"k must be positive, not {k!r}")
        self.k = k

    def restrict(self, logits):
        least = tf.math.top_k(logits, self.k).values[:, -1:]
        return tf.where(logits < least, logits.dtype.min, logits)


class NucleusSampling(Sampling):
    """A random token among the fewest that hold a share p of the mass.

    Args:
        p: within 0 (exclusive) and 1.
        temperature: as of `Sampling`.
        seed: as of `Sampling`.

    Raises:
        ValueError: for a p outside, or a temperature that is not positive.

    Reference:
    - [Holtzman et al., 2020](https://arxiv.org/abs/1904.09751)
    """

    def __init__(self, p: float, temperature: float = 1.0, seed: int = 0):
        super().__init__(temperature, seed)
        if not 0 < p <= 1:
            raise ValueError(f"p must be within 0 and 1, not {p!r}")
        self.p = p

    def restrict(self, logits):
        ordered = tf.sort(logits, axis=-1, direction="DESCENDING")
        mass = tf.cumsum(tf.nn.softmax(ordered), axis=-1, exclusive=True)
        kept = tf.reduce_sum(tf.cast(mass < self.p, tf.int32), axis=-1)
        least = tf.gather(ordered, kept - 1, batch_dims=1)
        return tf.where(logits < least[:, tf.newaxis], logits.dtype.min, logits)


class BeamSearch:
    """The responses of highest probability that a beam of `width` finds.

    Args:
        width: positive integer, hypotheses for each input.
        length_penalty: exponent a of the length by which log-probabilities
            are divided when finished hypotheses are compared; 0 for none.

    Raises:
        ValueError: for a width that is not positive.
    """

    is_noisy = False

    def __init__(self, width: int, length_penalty: float = 1.0):
        if width < 1:
            raise ValueError(f"width must be positive, not {width!r}")
        self.width = width
        self.length_penalty = length_penalty

    @property
    def rows_per_input(self) -> int:
        return self.width

    def select(self, logits, step: Step) -> Selection:
        vocabulary_size = tf.shape(logits)[-1]
        gains = tf.nn.log_softmax(logits)
        # A finished hypothesis continues with padding only, at no cost.
        only_padding = tf.where(
            tf.range(vocabulary_size) == PAD,
            tf.zeros([], gains.dtype),
            gains.dtype.min,
        )
        gains = tf.where(step.finished[:, tf.newaxis], only_padding, gains)
        # At the start all hypotheses of an input are the same: keep one.
        rows = tf.range(tf.shape(logits)[0])
        copy = tf.logical_and(step.index == 0, rows % self.width > 0)
        scores = tf.where(copy, gains.dtype.min / 2, step.scores)
        totals = tf.reshape(
            tf.maximum(scores[:, tf.newaxis] + gains, gains.dtype.min),
            [-1, self.width * vocabulary_size],
        )
        best, flat = tf.math.top_k(totals, self.width)
        first = tf.range(tf.shape(best)[0])[:, tf.newaxis] * self.width
        return Selection(
            tokens=tf.reshape(flat % vocabulary_size, [-1]),
            scores=tf.reshape(best, [-1]),
            parents=tf.reshape(first + flat // vocabulary_size, [-1]),
        )

    def best_rows(self, tokens, scores):
        lengths = tf.reduce_sum(tf.cast(tokens != PAD, scores.dtype), axis=1)
        lengths = tf.maximum(lengths, 1)
        ranking = tf.reshape(
            scores / lengths**self.length_penalty, [-1, self.width]
        )
        best = tf.argmax(ranking, axis=1, output_type=tf.int32)
        return tf.range(tf.shape(best)[0]) * self.width + best


class MixedWithTruth(Greedy):
    """The reference token, or with some probability the model's own.

    With it the decoding loop produces the decoder's inputs of scheduled
    sampling: at each step the next input is the argmax with probability
    `probability`, and the token of `truth` else.

    Args:
        truth: integer tokens `[rows, time]`.
        probability: of feeding the model's own token.
        seed: integer; the choices are a function of it and of the step.

    Reference:
    - [Bengio et al., 2015](https://arxiv.org/abs/1506.03099)
    """

    def __init__(self, truth, probability: float, seed: int = 0):
        self.truth = truth
        self.probability = probability
        self.seed = seed

    def choose(self, logits, step: Step):
        own = super().choose(logits, step)
        seed = tf.stack([tf.cast(self.seed, tf.int32), step.index])
        chance = tf.random.stateless_uniform(tf.shape(own), seed)
        truth = tf.gather(self.truth[:, step.index], step.numbers)
        return tf.where(chance < self.probability, own, truth)
