import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.models.losses import (
    adversarial_loss,
    discriminator_loss,
    mle_loss,
    response_nll,
)
from keras_dialgan.models.sequences import shift_right, valid_positions
from keras_dialgan.text.vocabulary import BOS, EOS

from .small_models import make_batch, make_generator, randomise


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def test_the_mle_loss_equals_numpy_on_ragged_lengths(float64):
    generator = make_generator()
    randomise(generator)
    batch = make_batch(6)
    encoded = generator.encode(batch["context"])
    features = generator.decode(batch["response"], encoded)
    nll, counts = response_nll(generator, features, batch["response"])

    probabilities = softmax(generator(batch).numpy())
    expected, lengths = [], []
    for row, p in zip(batch["response"], probabilities, strict=True):
        length = list(row).index(EOS) + 1
        tokens = [-np.log(p[t, row[t]]) for t in range(length)]
        expected.append(np.mean(tokens))
        lengths.append(length)
    assert len(set(lengths)) > 1
    np.testing.assert_array_equal(counts, lengths)
    np.testing.assert_allclose(mle_loss(nll, counts), expected, rtol=1e-10)


def test_the_discriminator_loss_equals_numpy():
    scores = np.array([-3.0, 0.2, 5.0, -0.5])
    labels = np.array([True, False, True, False])
    a = 1 / (1 + np.exp(-scores))
    expected = np.where(labels, -np.log(a), -np.log(1 - a))
    losses = discriminator_loss(tf.constant(scores[:, None]), labels)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)


@pytest.mark.parametrize("score", [-500.0, 500.0])
def test_a_certain_discriminator_still_has_a_gradient(score):
    scores = tf.constant([[score]])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        loss = discriminator_loss(scores, [score < 0])
    assert float(loss[0]) == pytest.approx(500.0)
    assert abs(float(tape.gradient(loss, scores)[0, 0])) == 1.0


def test_the_adversarial_loss_is_the_confidence():
    scores = np.array([-3.0, 0.2])
    np.testing.assert_allclose(
        adversarial_loss(tf.constant(scores[:, None])),
        1 / (1 + np.exp(-scores)),
        rtol=1e-12,
    )


def test_positions_after_the_first_end_are_not_valid():
    tokens = np.array([[5, EOS, 6, EOS, 0], [5, 6, 7, 8, EOS]])
    expected = [[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]
    np.testing.assert_array_equal(valid_positions(tokens), expected)


def test_the_decoder_is_fed_the_response_shifted_by_one():
    tokens = np.array([[5, 6, EOS, 0]])
    np.testing.assert_array_equal(shift_right(tokens), [[BOS, 5, 6, EOS]])
