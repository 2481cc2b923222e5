from collections import Counter

import numpy as np
import tensorflow as tf

from keras_dialgan.models.decoding_strategies import Step
from keras_dialgan.serving.row_sampling import RowSampling

SHARES = [0.5, 0.3, 0.15, 0.05]
ROWS = 4_000


@tf.function
def choose(temperature, top_k, top_p, seed, index, numbers):
    strategy = RowSampling(temperature, top_k, top_p, seed, steps=3)
    logits = tf.tile(tf.math.log([SHARES]), [tf.size(numbers), 1])
    return strategy.choose(logits, Step(index, None, None, numbers))


def draw(temperature=1.0, top_k=0, top_p=1.0, seeds=range(ROWS), index=0):
    """The tokens of rows that differ in their seeds."""
    rows = len(seeds)
    return choose(
        tf.fill([rows], float(temperature)),
        tf.fill([rows], top_k),
        tf.fill([rows], float(top_p)),
        tf.constant(list(seeds), tf.int64),
        tf.constant(index),
        tf.range(rows),
    ).numpy()


def shares(tokens):
    counts = Counter(tokens.tolist())
    return [counts[token] / len(tokens) for token in range(len(SHARES))]


def test_tokens_are_drawn_from_the_softmax():
    np.testing.assert_allclose(shares(draw()), SHARES, atol=0.03)


def test_a_temperature_sharpens_the_softmax():
    squares = np.square(SHARES)
    expected = squares / squares.sum()
    np.testing.assert_allclose(shares(draw(0.5)), expected, atol=0.03)


def test_the_k_most_probable_tokens_are_drawn():
    expected = [5 / 8, 3 / 8, 0, 0]
    np.testing.assert_allclose(shares(draw(top_k=2)), expected, atol=0.03)
    assert set(draw(top_k=1)) == {0}
    assert set(draw(top_k=99)) == set(range(4))


def test_the_tokens_of_the_nucleus_are_drawn():
    expected = np.array([0.5, 0.3, 0.15, 0]) / 0.95
    np.testing.assert_allclose(shares(draw(top_p=0.9)), expected, atol=0.03)
    assert set(draw(top_p=1e-9)) == {0}


def test_settings_beyond_all_bounds_draw_a_token():
    for value in (np.nan, np.inf, -np.inf, -1.0, 0.0, 1e30):
        tokens = draw(value, top_k=-5, top_p=value, seeds=range(50))
        assert set(tokens) <= set(range(4))


def test_a_row_draws_the_same_whatever_stands_beside_it():
    together = draw(seeds=[3, 1, 2, 1])
    alone = [draw(seeds=[seed])[0] for seed in (3, 1, 2, 1)]
    assert together.tolist() == alone
    assert together[1] == together[3]


def test_steps_and_seeds_draw_independently():
    first, second = draw(), draw(index=1)
    agreement = np.mean(first == second)
    assert abs(agreement - np.square(SHARES).sum()) < 0.03


def test_rows_that_remain_in_the_loop_keep_their_settings():
    settings = (
        tf.constant([1.0, 0.3, 2.0, 1.0]),
        tf.constant([0, 3, 0, 1]),
        tf.constant([0.9, 1.0, 1.0, 1.0]),
        tf.constant([8, 1, 5, 2], tf.int64),
        tf.constant(1),
    )
    together = choose(*settings, tf.range(4)).numpy()
    remaining = choose(*settings, tf.constant([2, 0])).numpy()
    assert remaining.tolist() == together[[2, 0]].tolist()
    assert len(set(together.tolist())) > 1


def test_a_row_draws_the_same_from_a_head_as_from_all_tokens():
    random = np.random.default_rng(0)
    rows, size = 3_000, 40
    logits = tf.constant(random.normal(size=(rows, size)) * 2, tf.float32)
    settings = (
        tf.constant(random.choice([0.3, 1.0, 2.0], rows), tf.float32),
        tf.constant(random.choice([0, 1, 5, 20, 99], rows), tf.int32),
        tf.constant(random.choice([1e-6, 0.5, 0.9, 1.0], rows), tf.float32),
        tf.constant(np.arange(rows), tf.int64),
    )
    step = Step(0, None, None, tf.range(rows))
    drawn = [
        RowSampling(*settings, steps=1, head=head).choose(logits, step)
        for head in (size, 8)
    ]
    assert len(set(drawn[0].numpy().tolist())) == size
    np.testing.assert_array_equal(*drawn)
