"""The two-pass gradients against a decoding loop under the tape."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers import cudnn
from keras_dialgan.models import (
    DenseSoftmax,
    GumbelSoftmax,
    Reinforce,
    TopKSoftmax,
)
from keras_dialgan.models.decoding import decode
from keras_dialgan.models.random_rows import RandomRows, step_seed
from keras_dialgan.text.vocabulary import BOS, EOS, PAD
from keras_dialgan.training.schedule import Phase, Schedule

from .small_models import (
    V,
    endless,
    make_batch,
    make_generator,
    make_model,
    randomise,
)

CONTEXTS = make_batch(24, seed=5)


def top_k(k):
    def average(logits, noise, W):
        values, indices = tf.math.top_k(logits, k)
        weights = tf.nn.softmax(values)
        return tf.reduce_sum(weights[..., None] * tf.gather(W, indices), axis=1)

    return average


def noisy_top_k(k):
    return lambda logits, noise, W: top_k(k)(logits + noise, None, W)


def dense(logits, noise, W):
    return tf.nn.softmax(logits) @ W


def gumbel(temperature):
    def average(logits, noise, W):
        return tf.nn.softmax((logits + noise) / temperature) @ W

    return average


# Of each objective: its class, its settings, its average in plain words and
# the factor on the noise.
OBJECTIVES = {
    "top 2": (TopKSoftmax, {"k": 2}, top_k(2), 0.0),
    "top 3": (TopKSoftmax, {"k": 3}, top_k(3), 0.0),
    "top 11": (TopKSoftmax, {"k": 11}, top_k(11), 0.0),
    "noisy top 2": (TopKSoftmax, {"noise": 1.0}, noisy_top_k(2), 1.0),
    "noisy top 3": (TopKSoftmax, {"k": 3, "noise": 0.4}, noisy_top_k(3), 0.4),
    "dense": (DenseSoftmax, {}, dense, 0.0),
    "gumbel": (GumbelSoftmax, {"temperature": 0.6}, gumbel(0.6), 1.0),
}


def loop_reference(model, context, average, scale=0.0, hard=False):
    """Eq. 6 through the decoding loop with all logits, step by step.

    The tape records everything: full logits at each step, the average of
    word vectors, and the argmax that feeds the next step.
    """
    generator = model.generator
    W = generator.word_embedding.embeddings
    encoded = generator.encode(context)
    keys = generator.attention.project_value(encoded.memory)
    weights = generator.step_weights()
    rows = context.shape[0]
    random = RandomRows(step_seed(model), rows)
    last, states = tf.fill([rows], BOS), encoded.states
    running = tf.ones([rows], bool)
    vectors, masks, tokens = [], [], []
    for step in range(generator.config.max_length):
        logits, states, _ = generator.step(last, states, encoded, keys, weights)
        noise = tf.zeros_like(logits)
        if scale:
            noise = scale * random.gumbel(step, tf.range(rows), V, "float64")
        chosen = tf.argmax(logits + noise, axis=-1, output_type=tf.int32)
        mixture = average(logits, noise, W)
        if hard:
            mixture += tf.stop_gradient(tf.gather(W, chosen) - mixture)
        vectors.append(mixture)
        masks.append(running)
        tokens.append(tf.where(running, chosen, PAD))
        running = tf.logical_and(running, chosen != EOS)
        last = chosen
        if not tf.reduce_any(running):
            break
    scores = model.discriminator.score(
        {
            "context": tf.stop_gradient(tf.gather(W, context)),
            "context_mask": encoded.mask,
            "response": tf.stack(vectors, axis=1),
            "response_mask": tf.stack(masks, axis=1),
        }
    )
    return tf.sigmoid(scores[:, 0]), tf.stack(tokens, axis=1)


def as_arrays(gradients):
    return [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]


def losses_and_gradients(model, compute):
    variables = model.generator.trainable_variables
    with tf.GradientTape() as tape:
        losses = compute(tape)
        total = tf.reduce_mean(losses)
    return losses, as_arrays(tape.gradient(total, variables))


def fresh_model(score):
    generator = make_generator(attention_score=score)
    randomise(generator, scale=0.3)
    model = make_model(generator=generator)
    randomise(model.discriminator, seed=1)
    model.compile(Schedule((Phase("mle", 40),), 24, {"mle": 0.03}))
    return model


@functools.cache
def trained_weights(score):
    model = fresh_model(score)
    model.fit(endless(CONTEXTS), steps_per_epoch=40, verbose=0, shuffle=False)
    return model.get_weights()


@pytest.fixture
def model(float64, request):
    """A model that has learned a little: its responses are ragged."""
    model = fresh_model(request.param)
    model.set_weights(trained_weights(request.param))
    generator = model.generator
    tokens = decode(generator, generator.encode(CONTEXTS["context"])).tokens
    lengths = (tokens.numpy() != PAD).sum(axis=1)
    assert len(set(lengths)) > 2
    # Rows leave the decoding loop.
    assert 2 * (lengths < lengths.max()).sum() > len(lengths)
    return model


@pytest.mark.parametrize(
    ("model", "straight_through"),
    [("concat", False), ("general", False), ("concat", True)],
    indirect=["model"],
)
def test_two_passes_equal_the_decoding_loop(model, straight_through):
    context = CONTEXTS["context"]
    for name, (kind, settings, average, noise) in OBJECTIVES.items():
        expected, expected_gradients = losses_and_gradients(
            model,
            lambda _, average=average, noise=noise: loop_reference(
                model, context, average, noise, straight_through
            )[0],
        )
        objective = kind(straight_through=straight_through, **settings)
        losses, gradients = losses_and_gradients(
            model,
            lambda tape, objective=objective: objective.losses(
                model, context, tape
            ),
        )
        np.testing.assert_allclose(losses, expected, rtol=1e-10)
        for variable, ours, reference in zip(
            model.generator.trainable_variables,
            gradients,
            expected_gradients,
            strict=True,
        ):
            scale = np.abs(reference).max()
            assert scale > 0, variable.path
            error = np.abs(ours - reference).max() / scale
            assert error < 1e-10, (name, variable.path, error)


@pytest.mark.parametrize("model", ["concat"], indirect=True)
@pytest.mark.parametrize("objective", [TopKSoftmax(), Reinforce()])
def test_a_graph_that_keeps_steps_equals_taking_them_again(
    model, objective, monkeypatch
):
    context = CONTEXTS["context"]
    variables = model.generator.trainable_variables

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)],
    )
    def compiled(context):
        with tf.GradientTape() as tape:
            losses = objective.losses(model, context, tape)
            total = tf.reduce_mean(losses)
        return losses, tape.gradient(total, variables)

    losses, gradients = compiled(context)
    monkeypatch.setattr(cudnn, "is_available", lambda: True)
    expected, expected_gradients = losses_and_gradients(
        model, lambda tape: objective.losses(model, context, tape)
    )
    np.testing.assert_allclose(losses, expected, rtol=1e-10)
    for ours, reference in zip(
        as_arrays(gradients), expected_gradients, strict=True
    ):
        error = np.abs(ours - reference).max()
        assert error < 1e-10 * np.abs(reference).max()


@pytest.mark.parametrize("model", ["concat"], indirect=True)
@pytest.mark.parametrize("name", ["noisy top 2", "dense", "gumbel"])
def test_the_gradient_equals_finite_differences(model, name):
    """Along a random direction, so short that no token changes."""
    kind, settings, *_ = OBJECTIVES[name]
    objective, context = kind(**settings), CONTEXTS["context"]
    variables = model.generator.trainable_variables
    _, gradients = losses_and_gradients(
        model, lambda tape: objective.losses(model, context, tape)
    )
    random = np.random.default_rng(7)
    W = model.generator.word_embedding.embeddings
    # Of W the discriminator's reading of the context is not differentiated.
    directions = [random.normal(size=v.shape) * (v is not W) for v in variables]

    def value(distance):
        before = [v.numpy() for v in variables]
        for v, direction in zip(variables, directions, strict=True):
            v.assign_add(distance * direction)
        with tf.GradientTape() as tape:
            total = tf.reduce_mean(objective.losses(model, context, tape))
        for v, was in zip(variables, before, strict=True):
            v.assign(was)
        return float(total)

    numeric = (value(1e-6) - value(-1e-6)) / 2e-6
    slope = sum(
        np.sum(g * d) for g, d in zip(gradients, directions, strict=True)
    )
    assert slope == pytest.approx(numeric, rel=1e-6)
    assert abs(slope) > 1e-4
