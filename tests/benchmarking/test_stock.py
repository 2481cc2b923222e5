"""The baseline computes what our models compute, so that it is a fair one."""

import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.benchmarking.stock import StockTraining
from keras_dialgan.models import decode
from keras_dialgan.models.losses import (
    discriminator_loss,
    mle_loss,
    response_nll,
)
from keras_dialgan.models.sequences import valid_positions
from tests.models.small_models import make_batch, make_model, randomise


@pytest.fixture
def model(float64):
    model = make_model()
    randomise(model.generator)
    randomise(model.discriminator, seed=1)
    return model


@pytest.fixture
def batch():
    generated = make_batch(6, seed=7)
    batch = make_batch(6) | {f"generated_{n}": generated[n] for n in generated}
    return {name: tf.constant(tokens) for name, tokens in batch.items()}


def norm(tape, loss, model):
    gradients = tape.gradient(loss, model.trainable_variables)
    return tf.linalg.global_norm([tf.convert_to_tensor(g) for g in gradients])


def test_mle_losses_and_gradients_agree(model, batch):
    stock, generator = (
        StockTraining(model.generator, model.discriminator),
        (model.generator),
    )
    with tf.GradientTape() as tape:
        theirs = stock.mle_loss(batch)
    expected = norm(tape, theirs, stock.generator)
    with tf.GradientTape() as tape:
        encoded = generator.encode(batch["context"])
        features = generator.decode(batch["response"], encoded)
        losses = mle_loss(*response_nll(generator, features, batch["response"]))
        ours = tf.reduce_mean(losses)
    assert float(ours) == pytest.approx(float(theirs), rel=1e-10)
    assert float(norm(tape, ours, generator)) == pytest.approx(
        float(expected), rel=1e-8
    )


def test_adversarial_losses_and_gradients_agree(model, batch):
    stock = StockTraining(model.generator, model.discriminator)
    with tf.GradientTape() as tape:
        theirs = stock.adversarial_loss(batch)
    expected = norm(tape, theirs, stock.generator)
    with tf.GradientTape() as tape:
        losses = model.objective.losses(model, batch["context"], tape)
        ours = tf.reduce_mean(losses)
    assert float(ours) == pytest.approx(float(theirs), rel=1e-10)
    assert float(norm(tape, ours, model.generator)) == pytest.approx(
        float(expected), rel=1e-8
    )


def test_discriminator_losses_agree(model, batch):
    stock = StockTraining(model.generator, model.discriminator)
    context, response = (
        tf.concat([batch[name], batch[f"generated_{name}"]], axis=0)
        for name in ("context", "response")
    )
    look_up = model.generator.word_embedding
    scores = model.discriminator.score(
        {
            "context": look_up(context),
            "context_mask": valid_positions(context),
            "response": look_up(response),
            "response_mask": valid_positions(response),
        }
    )
    ours = tf.reduce_mean(discriminator_loss(scores, np.arange(12) >= 6))
    theirs = stock.discriminator_loss(batch)
    assert float(ours) == pytest.approx(float(theirs), rel=1e-10)


def test_responses_agree(model, batch):
    stock = StockTraining(model.generator, model.discriminator)
    tokens = stock.step("sample", batch).numpy()
    ours = decode(
        model.generator,
        model.generator.encode(batch["context"]),
        stop_at_end=False,
    ).tokens
    np.testing.assert_array_equal(tokens, ours)


def test_a_step_changes_the_weights_of_its_phase_alone(model, batch):
    stock = StockTraining(model.generator, model.discriminator)
    before = [w.numpy() for w in stock.generator.weights]
    stock.step("discriminator", batch)
    for weight, former in zip(stock.generator.weights, before, strict=True):
        np.testing.assert_array_equal(weight, former)
    stock.step("mle", batch)
    assert any(
        (w.numpy() != former).any()
        for w, former in zip(stock.generator.weights, before, strict=True)
    )
