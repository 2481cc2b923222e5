import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers import VocabularyProjection
from keras_dialgan.layers.vocabulary_projection import EXCLUDED

FEATURES = np.random.default_rng(0).normal(size=(2, 3, 4))
INDICES = np.array([[[5, 2], [0, 8], [3, 4]], [[1, 2], [3, 8], [7, 7]]])


@pytest.fixture
def projection(float64):
    layer = VocabularyProjection(9, excluded_ids=(0, 1))
    layer.build(FEATURES.shape)
    random = np.random.default_rng(1)
    layer.set_weights([random.normal(size=w.shape) for w in layer.weights])
    return layer


def test_logits_equal_numpy(projection):
    kernel, bias = projection.get_weights()
    expected = FEATURES @ kernel.T + bias
    expected[..., :2] += EXCLUDED
    np.testing.assert_allclose(projection(FEATURES), expected, rtol=1e-12)


def test_logits_of_chosen_tokens_equal_those_among_all(projection):
    everything = projection(FEATURES).numpy()
    chosen = projection(FEATURES, indices=INDICES)
    np.testing.assert_allclose(
        chosen, np.take_along_axis(everything, INDICES, -1), rtol=1e-12
    )


def test_the_gradient_of_chosen_tokens_touches_their_rows_alone(projection):
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(projection(FEATURES, indices=INDICES))
    gradients = tape.gradient(total, projection.trainable_variables)
    for gradient in gradients:
        touched = tf.convert_to_tensor(gradient).numpy() != 0
        rows = touched.reshape(9, -1).any(axis=1)
        assert set(np.flatnonzero(rows)) == set(INDICES.ravel())


def test_excluded_tokens_have_no_probability(projection):
    probabilities = tf.nn.softmax(projection(FEATURES)).numpy()
    assert (probabilities[..., :2] == 0).all()


def test_an_excluded_id_outside_of_the_vocabulary_is_refused():
    with pytest.raises(ValueError, match="excluded_ids"):
        VocabularyProjection(9, excluded_ids=(9,))


ROWS = FEATURES.reshape(6, 4)
TARGETS = np.array([2, 8, 3, 3, 7, 2], np.int32)


def losses_and_gradients(projection, losses_of):
    features = tf.constant(ROWS)
    weights = [w.value for w in projection.weights]
    with tf.GradientTape() as tape:
        tape.watch(features)
        losses = losses_of(features)
        total = tf.reduce_sum(losses * [1.0, 2.0, 0.5, 0.0, -1.0, 3.0])
    return [losses, *tape.gradient(total, [features, *weights])]


def test_the_likelihood_and_its_gradient_are_those_of_tensorflow(projection):
    def reference(features):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=TARGETS, logits=projection(features)
        )

    def ours(features):
        return projection.negative_log_likelihood(features, TARGETS)

    for got, wanted in zip(
        losses_and_gradients(projection, ours),
        losses_and_gradients(projection, reference),
        strict=True,
    ):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


def test_an_impossible_target_has_its_large_loss_and_not_infinity(projection):
    losses = projection.negative_log_likelihood(1e4 * ROWS, TARGETS)
    logits = projection(1e4 * ROWS).numpy()
    expected = logits.max(axis=-1) - logits[range(6), TARGETS]
    assert expected.max() > 1e4
    np.testing.assert_allclose(losses, expected, rtol=1e-6, atol=1e-6)


def test_a_step_of_decoding_gives_the_logits_of_the_layer(projection):
    logits = projection.step(tf.constant(ROWS), projection.step_weights())
    np.testing.assert_allclose(logits, projection(ROWS), rtol=1e-12)


def test_in_mixed_precision_chosen_tokens_still_have_a_gradient_of_rows():
    layer = VocabularyProjection(9, dtype="mixed_bfloat16")
    with tf.GradientTape() as tape:
        logits = layer(FEATURES, indices=INDICES)
    gradient = tape.gradient(logits, layer.kernel.value)
    assert isinstance(gradient, tf.IndexedSlices)
    assert gradient.dtype == tf.float32
    assert logits.dtype == tf.float32
