import numpy as np
import pytest

from keras_dialgan.training import Replay


def numbered(first, count):
    """Pairs whose context and response both hold the pair's number."""
    rows = np.arange(first, first + count, dtype=np.int32)[:, None] + 10
    return rows, rows


def drawn_numbers(replay, count, seed=0):
    contexts, _ = replay.draw(count, np.random.default_rng(seed))
    return contexts[:, 0] - 10


def test_context_and_response_stay_together():
    replay = Replay(100, 10, 3, 3)
    replay.add(*numbered(0, 50))
    contexts, responses = replay.draw(200, np.random.default_rng(0))
    np.testing.assert_array_equal(contexts, responses)


def test_the_oldest_pairs_leave_a_full_store():
    replay = Replay(8, 1000, 3, 3)
    for first in range(0, 21, 3):
        replay.add(*numbered(first, 3))
    assert len(replay) == 8
    assert replay.added == 21
    assert set(drawn_numbers(replay, 2000)) == set(range(13, 21))


def test_a_pair_is_drawn_half_as_often_after_a_half_life():
    replay = Replay(400, 50, 3, 3)
    replay.add(*numbered(0, 400))
    ages = 399 - drawn_numbers(replay, 200_000)
    counts = np.bincount(ages // 50, minlength=8)
    ratios = counts[1:6] / counts[:5]
    np.testing.assert_allclose(ratios, 0.5, atol=0.04)


def test_drawing_follows_the_law_of_ages():
    replay = Replay(20, 6, 3, 3)
    replay.add(*numbered(0, 20))
    ages = 19 - drawn_numbers(replay, 400_000)
    weights = 0.5 ** (np.arange(20) / 6)
    np.testing.assert_allclose(
        np.bincount(ages, minlength=20) / 400_000,
        weights / weights.sum(),
        atol=0.003,
    )
    assert replay.mean_age() == pytest.approx(ages.mean(), abs=0.05)


def test_the_same_randomness_draws_the_same_pairs():
    replay = Replay(20, 6, 3, 3)
    replay.add(*numbered(0, 20))
    np.testing.assert_array_equal(
        drawn_numbers(replay, 50, seed=3), drawn_numbers(replay, 50, seed=3)
    )


def test_rows_of_other_widths_are_padded_and_old_content_is_gone():
    replay = Replay(2, 5, 4, 4)
    wide = np.full((2, 4), 7)
    replay.add(wide, wide)
    replay.add(np.array([[8], [9]]), np.array([[8], [9]]))
    contexts, _ = replay.draw(10, np.random.default_rng(0))
    assert contexts.shape == (10, 1)


def test_a_row_too_long_for_the_store_is_refused():
    replay = Replay(2, 5, 4, 4)
    with pytest.raises(ValueError, match="longer than the 4 tokens"):
        replay.add(np.full((1, 5), 7), np.full((1, 4), 7))


def test_an_empty_store_says_what_is_missing():
    with pytest.raises(ValueError, match="sample phase must come before"):
        Replay(2, 5, 4, 4).draw(1, np.random.default_rng(0))


def test_its_state_restores_content_and_ages():
    replay = Replay(8, 3, 3, 3)
    replay.add(*numbered(0, 13))
    copy = Replay(8, 3, 3, 3)
    copy.restore(replay.state())
    assert copy.added == replay.added
    np.testing.assert_array_equal(
        drawn_numbers(copy, 100), drawn_numbers(replay, 100)
    )
    for store in (replay, copy):
        store.add(*numbered(13, 2))
    np.testing.assert_array_equal(
        drawn_numbers(copy, 100), drawn_numbers(replay, 100)
    )


@pytest.mark.parametrize("position", range(4))
def test_an_impossible_size_is_refused(position):
    arguments = [10, 10, 10, 10]
    arguments[position] = 0
    with pytest.raises(ValueError, match="must be positive"):
        Replay(*arguments)
