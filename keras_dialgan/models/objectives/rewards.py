"""What REINFORCE rewards each step of a response with.

The reward of a response is 1 - a: how human the discriminator takes it for.
A `Reward` credits it, or an estimate of it, to the steps.
"""

import tensorflow as tf

from keras_dialgan.models.decoding import decode
from keras_dialgan.models.losses import adversarial_loss
from keras_dialgan.models.objectives.objective import read
from keras_dialgan.models.objectives.sampling import Continuation
from keras_dialgan.models.random_rows import RandomRows, step_seed
from keras_dialgan.models.sequences import valid_positions
from keras_dialgan.text.vocabulary import PAD

# Which random numbers of a training step; 0 are those of the responses.
_ROLLOUTS, _PREFIXES = 1, 2


class Reward:
    """The reward of the whole response, at each of its steps."""

    def of_steps(self, model, context, encoded, tokens, whole):
        """Computes the rewards.

        Args:
            model: the `GANDialogueModel`.
            context: integer tokens `[batch, time]`.
            encoded: the contexts, from `generator.encode`.
            tokens: sampled responses, `[batch, steps]`.
            whole: the rewards of the whole responses, `[batch]`.

        Returns:
            `[batch, steps]`; what stands after a response's end is ignored.
        """
        return tf.repeat(whole[:, tf.newaxis], tf.shape(tokens)[1], axis=1)

    def discriminator_responses(self, model, responses: list) -> list:
        """As of `Objective`."""
        return responses


class Rollouts(Reward):
    """The mean reward of responses that go on from each step at random.

    As much as a response's first tokens can be credited with; it costs a
    decoding of `number` responses for every step.

    Args:
        number: rollouts from each prefix, at least 1.

    Reference:
    - [Yu et al., 2017](https://arxiv.org/abs/1609.05473)
    - [Li et al., 2017](https://arxiv.org/abs/1701.06547)
    """

    def __init__(self, number: int):
        if number < 1:
            raise ValueError(f"rollouts must be positive, not {number!r}")
        self.number = number

    def of_steps(self, model, context, encoded, tokens, whole):
        random = RandomRows(
            step_seed(model, _ROLLOUTS), tf.shape(tokens)[0], self.number
        )
        context, encoded, tokens = tf.nest.map_structure(
            lambda part: tf.repeat(part, self.number, axis=0),
            (context, encoded, tokens),
        )

        def after(step):
            strategy = Continuation(random.stream(step), tokens, step + 1)
            decoded = decode(
                model.generator, encoded, strategy, log_probabilities=False
            )
            rewards = reward_of(model, context, decoded.tokens)
            return tf.reduce_mean(tf.reshape(rewards, [-1, self.number]), 1)

        return _for_each_step(after, tokens, whole.dtype)


class Prefixes(Reward):
    """The discriminator's opinion of the response as far as each step.

    It has to learn to judge prefixes: in its phase every response, human or
    generated, is cut at random. Each token is credited with the reward of
    the prefix that it completes, and with nothing that follows.

    Reference:
    - [Li et al., 2017](https://arxiv.org/abs/1701.06547), reward for every
      generation step.
    """

    def of_steps(self, model, context, encoded, tokens, whole):
        def until(step):
            return reward_of(model, context, tokens[:, : step + 1])

        return _for_each_step(until, tokens, whole.dtype)

    def discriminator_responses(self, model, responses: list) -> list:
        return [
            _cut(model, tokens, draw) for draw, tokens in enumerate(responses)
        ]


def reward_of(model, context, tokens):
    """Computes 1 - a for each response, `[batch]`."""
    vectors = model.generator.word_embedding(tokens)
    mask = valid_positions(tokens)
    return 1 - adversarial_loss(read(model, context, vectors, mask))


def _for_each_step(function, tokens, dtype):
    # One step after the other: side by side they would fill the memory.
    rewards = tf.map_fn(
        function,
        tf.range(tf.shape(tokens)[1]),
        fn_output_signature=tf.TensorSpec([None], dtype),
        parallel_iterations=1,
    )
    return tf.transpose(rewards)


def _cut(model, tokens, draw: int):
    """Keeps of each row a random number of its tokens, one at least."""
    rows = tf.shape(tokens)[0]
    random = RandomRows(step_seed(model, _PREFIXES), rows)
    share = random.uniform(draw, tf.range(rows), 1)
    lengths = tf.reduce_sum(
        tf.cast(valid_positions(tokens), share.dtype), axis=1, keepdims=True
    )
    kept = 1 + tf.cast(share * lengths, tf.int32)
    return tf.where(tf.range(tf.shape(tokens)[1]) < kept, tokens, PAD)
