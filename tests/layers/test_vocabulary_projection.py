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
