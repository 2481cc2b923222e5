import math

import numpy as np
import pytest

from keras_dialgan.evaluation.embedding_similarity import (
    embedding_statistics,
)

#                    0: east    1: north   2: far west
VECTORS = np.array([[1.0, 0.0], [0.0, 1.0], [-3.0, 0.0]], np.float32)


def measure(response, reference):
    statistics = embedding_statistics([response], [reference], VECTORS)
    return {
        name.removeprefix("embedding_"): statistic(None)
        for name, statistic in statistics.items()
    }


def test_average_compares_the_mean_vectors():
    # (1/2, 1/2) and (0, 1)
    found = measure([0, 1], [1])["average"]
    assert found == pytest.approx(math.sqrt(0.5))


def test_greedy_averages_the_best_matches_of_both_directions():
    # from the response: east-north 0, north-north 1; back: 1
    assert measure([0, 1], [1])["greedy"] == pytest.approx((0.5 + 1) / 2)


def test_extrema_take_the_value_farthest_from_zero_in_each_dimension():
    # east, north and far west: (-3, 1); east: (1, 0)
    found = measure([0, 1, 2], [0])["extrema"]
    assert found == pytest.approx(-3 / math.sqrt(10))


def test_the_same_response_scores_1_and_an_empty_one_0():
    same = measure([0, 1], [0, 1])
    assert list(same.values()) == pytest.approx([1.0, 1.0, 1.0])
    assert set(measure([], [0, 1]).values()) == {0.0}
    assert set(measure([0], []).values()) == {0.0}


def test_scores_are_means_over_the_pairs():
    statistics = embedding_statistics([[0], [0]], [[0], [2]], VECTORS)
    for statistic in statistics.values():
        assert statistic(None) == pytest.approx(0.0)
        assert statistic(np.array([2, 0])) == pytest.approx(1.0)
