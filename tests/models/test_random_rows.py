import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.models.objectives.sampling import GumbelMax
from keras_dialgan.models.random_rows import RandomRows

SEED = tf.constant([3, 4])


def test_numbers_belong_to_rows_and_not_to_places_in_the_loop():
    random = RandomRows(SEED, tf.constant(6))
    everybody = random.uniform(2, tf.range(6), 5)
    some = random.uniform(2, tf.constant([4, 1]), 5)
    np.testing.assert_array_equal(some, tf.gather(everybody, [4, 1]))


@pytest.mark.parametrize("seed", [[3, 5], [5, 4]])
def test_another_seed_another_draw_and_another_row_differ(seed):
    random = RandomRows(SEED, tf.constant(6))
    first = random.uniform(0, tf.range(6), 5).numpy()
    for other in (
        random.uniform(1, tf.range(6), 5),
        RandomRows(tf.constant(seed), tf.constant(6)).uniform(
            0, tf.range(6), 5
        ),
        first[::-1],
    ):
        assert (np.abs(first - other) > 1e-6).all()


def test_copies_of_a_row_have_numbers_of_their_own():
    random = RandomRows(SEED, tf.constant(3), copies=2)
    numbers = random.uniform(0, tf.range(6), 4).numpy()
    assert len(np.unique(numbers)) == 24


def test_past_noise_is_drawn_again():
    strategy = GumbelMax(RandomRows(SEED, tf.constant(4)), scale=3.0)
    places = np.array([[0, 0], [1, 0], [3, 0], [3, 1], [0, 2], [3, 2]])
    again = strategy.noise(tf.constant(places, tf.int32), 3, 7, "float64")
    for noise, (row, step) in zip(again, places, strict=True):
        expected = strategy.random.gumbel(step, places[:, 0], 7, "float64")
        here = np.flatnonzero(places[:, 0] == row)[0]
        np.testing.assert_allclose(noise, 3 * expected[here], rtol=1e-12)
