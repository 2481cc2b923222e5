import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers import GumbelSoftmaxEmbedding
from keras_dialgan.layers.relaxation import LEAST, gumbel

V, D = 11, 5
LOGITS = np.random.default_rng(2).normal(size=(3, 4, V)) * 3


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def make_layer(temperature=0.7, straight_through=False, seed=3):
    layer = GumbelSoftmaxEmbedding(V, D, temperature, straight_through, seed)
    layer.build()
    W = np.random.default_rng(1).normal(size=(V, D))
    layer.set_weights([W])
    return layer, W


def first_noise(seed=3):
    uniform = keras.random.uniform(
        LOGITS.shape, LEAST, 1.0, "float64", keras.random.SeedGenerator(seed)
    )
    return -np.log(-np.log(uniform.numpy()))


def test_the_hard_look_up_returns_rows_of_W(float64):
    layer, W = make_layer()
    tokens = np.array([[0, 3], [10, 3]])
    np.testing.assert_array_equal(layer(tokens), W[tokens])


@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_the_soft_look_up_equals_numpy(float64, temperature):
    layer, W = make_layer(temperature)
    expected = softmax((LOGITS + first_noise()) / temperature) @ W
    np.testing.assert_allclose(layer(LOGITS, soft=True), expected, rtol=1e-10)


def test_straight_through_has_the_hard_value_and_the_soft_gradient(float64):
    (hard, W), (soft, _) = make_layer(straight_through=True), make_layer()
    gradients = []
    for layer in (hard, soft):
        f = tf.constant(LOGITS)
        with tf.GradientTape() as tape:
            tape.watch(f)
            vectors = layer(f, soft=True)
            total = tf.reduce_sum(vectors * np.arange(D))
        gradients += [tape.gradient(total, f)]
        if layer is hard:
            sampled = np.argmax(LOGITS + first_noise(), axis=-1)
            np.testing.assert_array_equal(vectors, W[sampled])
    np.testing.assert_array_equal(*gradients)
    assert np.abs(gradients[0]).max() > 0.01


def test_the_gradient_equals_finite_differences(float64):
    weights = np.random.default_rng(3).normal(size=(3, 4, D))

    def value(f):
        layer, _ = make_layer()  # with the same noise as ever
        return tf.reduce_sum(layer(f, soft=True) * weights)

    f = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(f)
        total = value(f)
    gradient = tape.gradient(total, f).numpy()
    for place in [(0, 0, i) for i in range(V)] + [(2, 3, 1)]:
        step = np.zeros_like(LOGITS)
        step[place] = 1e-6
        numeric = float(value(LOGITS + step) - value(LOGITS - step)) / 2e-6
        assert gradient[place] == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def test_it_draws_tokens_from_the_softmax():
    layer = GumbelSoftmaxEmbedding(V, V, 0.01, straight_through=True, seed=5)
    layer.build()
    layer.set_weights([np.eye(V)])
    logits = LOGITS[0, 0].astype("float32") / 2
    draws = 40_000
    shares = layer(np.tile(logits, (draws, 1)), soft=True).numpy().mean(axis=0)
    expected = softmax(logits)
    error = np.sqrt(expected * (1 - expected) / draws)
    assert (np.abs(shares - expected) < 5 * error).all()


def test_each_call_draws_anew_and_a_seed_repeats_them():
    (first, _), (second, _) = make_layer(), make_layer()
    draws = [layer(LOGITS, soft=True) for layer in (first, first)]
    assert np.abs(draws[0] - draws[1]).max() > 0.1
    np.testing.assert_array_equal(draws[0], second(LOGITS, soft=True))


def test_the_least_and_the_largest_uniform_number_give_finite_noise():
    largest = np.nextafter(np.float32(1), np.float32(0))
    noise = gumbel(np.array([LEAST, largest], "float32"))
    assert np.isfinite(noise).all()


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan")])
def test_an_impossible_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature must be positive"):
        GumbelSoftmaxEmbedding(V, D, temperature)


def test_logits_of_another_vocabulary_are_refused():
    with pytest.raises(ValueError, match="needs logits of shape"):
        GumbelSoftmaxEmbedding(V, D)(np.zeros((2, V + 1)), soft=True)
