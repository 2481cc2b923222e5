"""REINFORCE on models so small that every response can be listed."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.models import Reinforce
from keras_dialgan.models.losses import response_nll
from keras_dialgan.models.objectives.reinforce import mean_of_others
from keras_dialgan.models.objectives.rewards import (
    Prefixes,
    Rollouts,
    reward_of,
)
from keras_dialgan.text.vocabulary import BOS, EOS, PAD

from .small_models import (
    make_discriminator,
    make_generator,
    make_model,
    make_tokens,
    randomise,
)

V = 7
TOKENS = [token for token in range(V) if token not in (PAD, BOS)]
CONTEXT = np.array([[5, 4, EOS]], np.int32)


def all_responses(length):
    """Every response of at most so many tokens, padded."""
    rows = []
    for tokens in itertools.product(TOKENS, repeat=length):
        ends = tokens.index(EOS) + 1 if EOS in tokens else length
        rows.append(tokens[:ends] + (PAD,) * (length - ends))
    return np.array(sorted(set(rows)), np.int32)


class World:
    """A model, all its responses to one context, and what follows."""

    def __init__(self, length):
        self.model = make_model(
            generator=make_generator(
                vocabulary_size=V,
                max_length=length,
                encoder_layers=1,
                decoder_layers=1,
            ),
            discriminator=make_discriminator(layers=1),
        )
        randomise(self.model.generator, scale=0.7)
        randomise(self.model.discriminator, scale=1.5, seed=1)
        self.responses = all_responses(length)
        self.context = np.repeat(CONTEXT, len(self.responses), axis=0)
        self.encoded = self.encode()
        # A discriminator in doubt: its confidences are widely spread.
        bias = self.model.discriminator.output_layer.bias
        rewards = self.reward_of_all()
        bias.assign_add([np.log(rewards / (1 - rewards)).mean()])
        self.rewards = self.reward_of_all()
        self.probabilities = self.differentiable_probabilities().numpy()
        assert self.probabilities.sum() == pytest.approx(1, rel=1e-12)
        assert self.rewards.std() > 0.1

    def reward_of_all(self):
        return reward_of(self.model, self.context, self.responses).numpy()

    def encode(self):
        return self.model.generator.encode(self.context)

    def differentiable_probabilities(self):
        generator, encoded = self.model.generator, self.encode()
        features = generator.decode(self.responses, encoded)
        nll, _ = response_nll(generator, features, self.responses)
        return tf.exp(-nll)

    def gradient(self, compute):
        """Of a scalar, by the variables that the choice of tokens needs."""
        variables = self.model.generator.trainable_variables
        with tf.GradientTape() as tape:
            value = compute()
        return [
            tf.convert_to_tensor(gradient).numpy()
            for gradient in tape.gradient(value, variables)
        ]

    def exact_gradient(self):
        """Of the expected a = 1 - reward, by differentiating the sum."""
        return self.gradient(
            lambda: tf.reduce_sum(
                self.differentiable_probabilities() * (1 - self.rewards)
            )
        )

    def expected_estimate(self, rewards):
        """The mean of the estimator without a baseline, by enumeration."""
        objective = Reinforce(baseline="none")
        return self.gradient(
            lambda: tf.reduce_sum(
                self.probabilities
                * objective.surrogate(
                    self.model,
                    self.encode(),
                    self.responses,
                    tf.constant(rewards),
                )
            )
        )

    def expected_rewards(self):
        """The mean reward of all that goes on from each step."""
        steps = self.responses.shape[1]
        expected = np.zeros(self.responses.shape)
        for row, step in np.ndindex(expected.shape):
            given = self.responses[row, : step + 1]
            same = (self.responses[:, : step + 1] == given).all(axis=1)
            mass = self.probabilities * same
            expected[row, step] = mass @ self.rewards / mass.sum()
        assert steps > 1
        return expected


@pytest.fixture
def world(float64):
    return World(3)


def assert_equal_gradients(found, expected):
    for ours, reference in zip(found, expected, strict=True):
        scale = np.abs(reference).max()
        assert scale > 0
        assert np.abs(ours - reference).max() < 1e-10 * scale


def test_the_reward_of_the_response_gives_the_exact_gradient(world):
    steps = world.responses.shape[1]
    rewards = np.repeat(world.rewards[:, None], steps, axis=1)
    assert_equal_gradients(
        world.expected_estimate(rewards), world.exact_gradient()
    )


def test_the_expected_reward_of_rollouts_gives_the_exact_gradient(world):
    assert_equal_gradients(
        world.expected_estimate(world.expected_rewards()),
        world.exact_gradient(),
    )


def test_rollouts_have_the_expected_reward(world):
    rows, number = [0, 30, 60], 1_000
    encoded = tf.nest.map_structure(lambda p: p[: len(rows)], world.encoded)
    tokens = tf.constant(world.responses[rows])
    found = Rollouts(number).of_steps(
        world.model,
        world.context[: len(rows)],
        encoded,
        tokens,
        tf.constant(world.rewards[rows]),
    )
    # The standard deviation of a number is at most half of its range.
    error = np.ptp(world.rewards) / 2 / number**0.5
    expected = world.expected_rewards()[rows]
    np.testing.assert_allclose(found, expected, rtol=0, atol=4 * error)
    ended = np.cumsum(world.responses[rows] == EOS, axis=1) > 0
    assert ended.any()
    np.testing.assert_allclose(found[ended], expected[ended], rtol=1e-12)


def test_prefixes_are_rewarded_by_the_discriminator(world):
    """The gradient, too, is that of each step's own expected reward."""
    model, responses = world.model, world.responses
    rewards = Prefixes().of_steps(
        model, world.context, world.encoded, responses, world.rewards
    )
    for step in range(responses.shape[1]):
        cut = np.where(np.arange(responses.shape[1]) <= step, responses, PAD)
        np.testing.assert_allclose(
            rewards[:, step], reward_of(model, world.context, cut), rtol=1e-12
        )

    def sum_of_each_steps_expectation():
        features = model.generator.decode(responses, world.encode())
        chances = tf.nn.softmax(model.generator.logits(features))
        total, seen = 0.0, set()
        for row, step in np.ndindex(responses.shape):
            chosen = tuple(responses[row, : step + 1])
            if PAD in chosen or chosen in seen:
                continue
            seen.add(chosen)
            before = 1.0
            for earlier in range(step):
                before *= float(chances[row, earlier, chosen[earlier]])
            chance = chances[row, step, chosen[-1]]
            total += before * chance * (1 - rewards[row, step])
        return total

    assert_equal_gradients(
        world.expected_estimate(rewards),
        world.gradient(sum_of_each_steps_expectation),
    )


def test_the_baseline_adds_no_bias(float64):
    """Over all pairs of responses that a batch of two may hold."""
    world = World(2)
    objective = Reinforce()
    variables = world.model.generator.trainable_variables

    @tf.function(autograph=False, reduce_retracing=True)
    def estimate(tokens, rewards):
        with tf.GradientTape() as tape:
            encoded = world.model.generator.encode(tf.repeat(CONTEXT, 2, 0))
            total = tf.reduce_mean(
                objective.surrogate(world.model, encoded, tokens, rewards)
            )
        gradients = tape.gradient(total, variables)
        return [tf.convert_to_tensor(gradient) for gradient in gradients]

    expected = [np.zeros(variable.shape) for variable in variables]
    for pair in itertools.product(range(len(world.responses)), repeat=2):
        pair = list(pair)
        rewards = np.repeat(world.rewards[pair, None], 2, axis=1)
        weight = world.probabilities[pair].prod()
        gradients = estimate(world.responses[pair], rewards)
        for mean, gradient in zip(expected, gradients, strict=True):
            mean += weight * gradient.numpy()
    assert_equal_gradients(expected, world.exact_gradient())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        pytest.param(
            {"reward": "rollouts", "rollouts": 2}, marks=pytest.mark.slow
        ),
    ],
    ids=["response", "rollouts"],
)
def test_sampled_gradients_have_the_exact_mean(world, settings):
    objective, batches = Reinforce(**settings), 40
    bias = world.model.generator.projection.bias
    context = tf.constant(np.repeat(CONTEXT, 300, axis=0))

    @tf.function(autograph=False)
    def sample():
        with tf.GradientTape() as tape:
            losses = objective.losses(world.model, context, tape)
            total = tf.reduce_mean(losses)
        return tape.gradient(total, bias), total

    found, losses = [], []
    for step in range(batches):
        world.model.steps_done.assign(step)
        gradient, loss = sample()
        found.append(gradient.numpy()[TOKENS])
        losses.append(float(loss))
    variables = world.model.generator.trainable_variables
    exact = next(
        gradient[TOKENS]
        for gradient, variable in zip(
            world.exact_gradient(), variables, strict=True
        )
        if variable is bias
    )
    mean_loss = world.probabilities @ (1 - world.rewards)
    for values, expected in ((found, exact), (losses, mean_loss)):
        error = np.std(values, axis=0, ddof=1) / batches**0.5
        assert (np.abs(np.mean(values, axis=0) - expected) < 4 * error).all()
        # The test would notice a gradient that is a quarter too large.
        assert (np.abs(expected) > 16 * error).any()


def test_the_baseline_is_the_mean_of_the_other_rows():
    values = np.array([[1.0, 2.0, 9.0], [3.0, 5.0, 9.0], [8.0, 9.0, 9.0]])
    mask = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0]], bool)
    found = mean_of_others(tf.constant(values), tf.constant(mask), 5).numpy()
    expected = [[5.5, 5.0], [4.5, 2.0], [2.0]]
    for row, means in zip(found, expected, strict=True):
        np.testing.assert_allclose(row[: len(means)], means)


def test_a_discriminator_that_judges_prefixes_learns_them():
    model = make_model()
    human, generated = make_tokens(300, seed=1), make_tokens(300, seed=2)
    objective = Reinforce("prefixes")
    cuts = objective.discriminator_responses(
        model, [tf.constant(human), tf.constant(generated)]
    )
    lengths = []
    for tokens, cut in zip((human, generated), cuts, strict=True):
        kept = (cut.numpy() != PAD).sum(axis=1)
        whole = (tokens != PAD).sum(axis=1)
        assert ((kept >= 1) & (kept <= whole)).all()
        columns = np.arange(tokens.shape[1])
        np.testing.assert_array_equal(
            cut, np.where(columns < kept[:, None], tokens, PAD)
        )
        share = kept / whole
        assert 0.5 < share.mean() < 0.75
        assert (share == 1).mean() > 0.1
        lengths.append(kept)
    assert not np.array_equal(*lengths)
    same = Reinforce().discriminator_responses(model, [human, generated])
    assert same == [human, generated]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reward": "blue"}, "response, rollouts, prefixes"),
        ({"baseline": "mean"}, "leave_one_out, none"),
        ({"reward": "rollouts", "rollouts": 0}, "must be positive"),
    ],
)
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Reinforce(**arguments)
