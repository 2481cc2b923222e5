import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers import TopKSoftmaxEmbedding

V, D = 11, 5


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def reference(logits, W, k):
    """Eq. 8 and 9, token by token."""
    result = np.zeros((*logits.shape[:-1], W.shape[1]))
    for place in np.ndindex(logits.shape[:-1]):
        chosen = np.argsort(-logits[place], kind="stable")[:k]
        weights = softmax(logits[place][chosen])
        result[place] = weights @ W[chosen]
    return result


@pytest.fixture
def layer_of(float64):
    def make(k):
        layer = TopKSoftmaxEmbedding(V, D, k=k)
        layer.build()
        W = np.random.default_rng(1).normal(size=(V, D))
        layer.set_weights([W])
        return layer, W

    return make


@pytest.fixture
def logits():
    return np.random.default_rng(2).normal(size=(3, 4, V)) * 3


@pytest.mark.parametrize("k", [2, 3, V])
def test_the_soft_look_up_equals_numpy(layer_of, logits, k):
    layer, W = layer_of(k)
    np.testing.assert_allclose(
        layer(logits, soft=True), reference(logits, W, k), rtol=1e-13
    )


def test_k_equal_to_V_is_the_dense_softmax_times_W(layer_of, logits):
    layer, W = layer_of(V)
    np.testing.assert_allclose(
        layer(logits, soft=True), softmax(logits) @ W, rtol=1e-13
    )


def test_the_hard_look_up_returns_rows_of_W(layer_of):
    layer, W = layer_of(2)
    tokens = np.array([[0, 3], [10, 3]])
    np.testing.assert_array_equal(layer(tokens), W[tokens])


def test_only_the_k_largest_logits_have_influence(layer_of, logits):
    layer, _ = layer_of(3)
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        total = tf.reduce_sum(layer(logits, soft=True) ** 2)
    influential = tape.gradient(total, logits).numpy() != 0
    largest = np.argsort(-logits.numpy(), axis=-1)[..., :3]
    expected = np.zeros_like(influential)
    np.put_along_axis(expected, largest, True, axis=-1)
    np.testing.assert_array_equal(influential, expected)


@pytest.mark.parametrize("k", [2, 3, V])
def test_the_gradient_equals_finite_differences(layer_of, logits, k):
    layer, _ = layer_of(k)
    weights = np.random.default_rng(3).normal(size=(3, 4, D))

    def value(f):
        return float(tf.reduce_sum(layer(f, soft=True) * weights))

    f = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(f)
        total = tf.reduce_sum(layer(f, soft=True) * weights)
    gradient = tape.gradient(total, f).numpy()
    for place in [(0, 0, i) for i in range(V)] + [(2, 3, 1), (1, 2, 7)]:
        step = np.zeros_like(logits)
        step[place] = 1e-6
        numeric = (value(logits + step) - value(logits - step)) / 2e-6
        assert gradient[place] == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def test_the_gradient_of_W_equals_finite_differences(layer_of, logits):
    layer, W = layer_of(2)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(logits, soft=True) ** 2)
    gradient = tf.convert_to_tensor(
        tape.gradient(total, layer.trainable_variables)[0]
    ).numpy()
    for place in [(i, 2) for i in range(V)]:
        values = []
        for sign in (1, -1):
            moved = W.copy()
            moved[place] += sign * 1e-6
            layer.set_weights([moved])
            values.append(float(tf.reduce_sum(layer(logits, soft=True) ** 2)))
        numeric = (values[0] - values[1]) / 2e-6
        assert gradient[place] == pytest.approx(numeric, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("k", [0, 1, V + 1])
def test_an_impossible_k_is_refused(k):
    with pytest.raises(ValueError, match="k must be within 2"):
        TopKSoftmaxEmbedding(V, D, k=k)


def test_logits_of_another_vocabulary_are_refused():
    with pytest.raises(ValueError, match="needs logits of shape"):
        TopKSoftmaxEmbedding(V, D)(np.zeros((2, V + 1)), soft=True)


def test_mask_zero_masks_the_hard_look_up():
    layer = TopKSoftmaxEmbedding(V, D, mask_zero=True)
    mask = layer.compute_mask(np.array([[1, 0]]))
    np.testing.assert_array_equal(mask, [[True, False]])
