import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers.top_k import top_k_indices


@pytest.mark.parametrize("size", [3, 10, 97, 400, 1013])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_places_are_those_of_a_full_sort(size, k):
    values = np.random.default_rng(size).normal(size=(50, size))
    expected = np.argsort(-values, axis=-1)[:, :k]
    np.testing.assert_array_equal(
        top_k_indices(tf.constant(values), k), expected
    )


def test_padding_is_never_among_the_largest():
    values = np.full((2, 97), -1e30, np.float32)
    values[:, 96] = -2e30
    assert np.max(top_k_indices(tf.constant(values), 3)) < 97


def test_of_equal_values_the_first_is_largest():
    values = tf.constant([[0.0, 5.0] * 50])
    np.testing.assert_array_equal(top_k_indices(values, 2), [[1, 3]])


def test_no_rows_give_no_places():
    assert top_k_indices(tf.zeros([0, 97]), 2).shape == (0, 2)
