"""Learning from rewards for sampled responses."""

import tensorflow as tf

from keras_dialgan.layers.relaxation import straight_through
from keras_dialgan.models.decoding import decode
from keras_dialgan.models.losses import token_nll
from keras_dialgan.models.objectives.objective import Objective
from keras_dialgan.models.objectives.rewards import (
    Prefixes,
    Reward,
    Rollouts,
    reward_of,
)
from keras_dialgan.models.objectives.sampling import GumbelMax
from keras_dialgan.models.random_rows import RandomRows, step_seed
from keras_dialgan.models.sequences import valid_positions
from keras_dialgan.models.updates import sum_over_replicas

REWARDS = {
    "response": lambda rollouts: Reward(),
    "rollouts": Rollouts,
    "prefixes": lambda rollouts: Prefixes(),
}
BASELINES = ("leave_one_out", "none")


class Reinforce(Objective):
    """The policy gradient: sampled tokens, weighted by their rewards.

    A response y is sampled from the generator, and the discriminator reads
    its tokens' own word vectors. With Q_t the reward of step t and b_t the
    baseline, the gradient of a context's loss is

        sum_t (Q_t - b_t) grad(-log p(y_t | y_1 ... y_{t-1}))

    Its expectation is the gradient of the expected confidence a of Eq. 6, by
    way of the probabilities of the responses, if Q_t is the reward 1 - a of
    the response or the mean of rollouts. W as the discriminator reads it
    counts as the discriminator's, and has no part in this gradient.

    The baseline of a step is the mean reward of the same step of the other
    responses of the global batch. It does not depend on the response that it
    is subtracted from, so that it reduces the variance and adds no bias.

    Args:
        reward: `"response"`, that of the whole response at each step;
            `"rollouts"`, the mean over responses that go on from the step;
            or `"prefixes"`, the discriminator's opinion of the response so
            far, which biases the gradient as much as it differs from the
            expected reward.
        rollouts: how many from each step; of no meaning for other rewards.
        baseline: `"leave_one_out"` or `"none"`.

    Raises:
        ValueError: for an unknown reward or baseline, or if `rollouts` is
            not positive.

    Reference:
    - [Williams, 1992](https://doi.org/10.1007/BF00992696)
    - [Yu et al., 2017](https://arxiv.org/abs/1609.05473)
    - [Li et al., 2017](https://arxiv.org/abs/1701.06547)
    """

    def __init__(
        self,
        reward: str = "response",
        rollouts: int = 4,
        baseline: str = "leave_one_out",
    ):
        if reward not in REWARDS:
            raise ValueError(
                f"reward must be one of {', '.join(REWARDS)}, not {reward!r}"
            )
        if baseline not in BASELINES:
            raise ValueError(
                f"baseline must be one of {', '.join(BASELINES)}, "
                f"not {baseline!r}"
            )
        self.reward = REWARDS[reward](rollouts)
        self.baseline = baseline

    def losses(self, model, context, tape):
        encoded = model.generator.encode(context)
        with tape.stop_recording():
            random = RandomRows(step_seed(model), tf.shape(context)[0])
            decoded = decode(
                model.generator,
                encoded,
                GumbelMax(random),
                log_probabilities=False,
                keep=True,
            )
            tokens = decoded.tokens
            whole = reward_of(model, context, tokens)
            rewards = self.reward.of_steps(
                model, context, encoded, tokens, whole
            )
        surrogate = self.surrogate(
            model, encoded, tokens, rewards, decoded.kept
        )
        return straight_through(1 - whole, surrogate)

    def surrogate(self, model, encoded, tokens, rewards, kept=None):
        """Computes what has the gradient of given responses with rewards.

        Args:
            model: the `GANDialogueModel`.
            encoded: the contexts, from `generator.encode`.
            tokens: responses, `[batch, steps]`.
            rewards: of each step, `[batch, steps]`.
            kept: what decoding the responses kept, if these weights did it.

        Returns:
            `[batch]`; the values have no meaning.
        """
        if self.baseline == "leave_one_out":
            most = model.generator.config.max_length
            rewards -= mean_of_others(rewards, valid_positions(tokens), most)
        features = model.generator.decode(tokens, encoded, kept)
        losses, places = token_nll(model.generator, features, tokens)
        weights = tf.cast(tf.gather_nd(rewards, places), losses.dtype)
        return tf.math.unsorted_segment_sum(
            losses * tf.stop_gradient(weights),
            places[:, 0],
            tf.shape(tokens)[0],
        )

    def discriminator_responses(self, model, responses: list) -> list:
        return self.reward.discriminator_responses(model, responses)


def mean_of_others(values, mask, most: int):
    """Averages each column over the other rows of the global batch.

    Args:
        values: float `[rows, columns]`.
        mask: boolean `[rows, columns]`, which values count.
        most: the most columns that a replica's values can have.

    Returns:
        `[rows, columns]`; 0 where no other row counts.
    """
    columns = tf.shape(values)[1]
    counted = tf.cast(mask, values.dtype)
    own = tf.stack([values * counted, counted])
    # Replicas may have stopped at different lengths.
    sums = tf.pad(tf.reduce_sum(own, axis=1), [[0, 0], [0, most - columns]])
    sums = sum_over_replicas(sums)[:, tf.newaxis, :columns]
    total, count = tf.unstack(sums - own)
    return tf.math.divide_no_nan(total, count)
