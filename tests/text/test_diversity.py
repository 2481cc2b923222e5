import math
from collections import Counter

import numpy as np
import pytest

from keras_dialgan.text.diversity import (
    adjusted_distinct,
    distinct,
    diversity,
    diversity_statistics,
    mean_of,
    ngram_entropy,
    top_share,
)

RESPONSES = [
    ["i", "know", "."],
    ["i", "know", "."],
    ["no"],
    ["i", "know", "no", "one"],
]


def test_distinct_n_divides_different_ngrams_by_all():
    # 1-grams: i know . i know . no i know no one
    assert distinct(RESPONSES, 1) == 5 / 11
    # 2-grams: i-know know-. i-know know-. i-know know-no no-one
    assert distinct(RESPONSES, 2) == 4 / 7
    # 3-grams: i-know-. i-know-. i-know-no know-no-one
    assert distinct(RESPONSES, 3) == 3 / 4


def test_entropy_is_that_of_the_ngram_frequencies_in_bits():
    counts = [3, 3, 2, 2, 1]  # i, know, ., no, one
    expected = -sum(n / 11 * math.log2(n / 11) for n in counts)
    assert ngram_entropy(RESPONSES, 1) == pytest.approx(expected)
    assert ngram_entropy([["a", "b"], ["c", "d"]], 1) == 2.0


def test_ent_4_is_the_entropy_of_4_grams_in_nats():
    responses = [["a", "b", "c", "d", "e"], ["a", "b", "c", "d"]]
    # a-b-c-d twice, b-c-d-e once
    expected = 2 / 3 * math.log(3 / 2) + 1 / 3 * math.log(3)
    assert diversity(responses)["ent_4"] == pytest.approx(expected)


def test_the_adjusted_distinct_divides_by_what_uniform_draws_would_give():
    # 5 different of 11 tokens; of a vocabulary of two words 11 draws are
    # expected to show 2 (1 - 2^-11).
    assert adjusted_distinct(RESPONSES, 2) == pytest.approx(
        5 / (2 * (1 - 2**-11))
    )


def test_uniform_words_have_an_adjusted_distinct_of_1_at_any_length():
    random = np.random.default_rng(0)
    for words in (100, 1_000, 10_000):
        drawn = [list(random.integers(0, 1_000, words))]
        assert adjusted_distinct(drawn, 1_000) == pytest.approx(1, abs=0.05)


def test_top_share_adds_up_the_most_frequent_responses():
    assert top_share(RESPONSES, 1) == 0.5
    assert top_share(RESPONSES, 2) == 0.75
    assert top_share(RESPONSES, 10) == 1.0


def test_all_measures_of_a_set():
    assert diversity(RESPONSES) == {
        "distinct_1": 5 / 11,
        "distinct_2": 4 / 7,
        "distinct_3": 3 / 4,
        "entropy_1": pytest.approx(ngram_entropy(RESPONSES, 1)),
        "entropy_2": pytest.approx(ngram_entropy(RESPONSES, 2)),
        "ent_4": 0.0,
        "distinct_responses": 3 / 4,
        "top_1_share": 0.5,
        "top_10_share": 1.0,
        "mean_length": 11 / 4,
    }
    assert diversity(RESPONSES, 9)["adjusted_distinct"] == pytest.approx(
        adjusted_distinct(RESPONSES, 9)
    )


def test_measures_agree_with_plain_counting_on_random_responses():
    random = np.random.default_rng(1)
    rows = [
        [f"w{i}" for i in random.zipf(1.5, random.integers(0, 9)) if i < 50]
        for _ in range(200)
    ]
    found = diversity(rows)
    for n in (1, 2, 3):
        grams = [tuple(row[i : i + n]) for row in rows for i in range(len(row))]
        grams = [gram for gram in grams if len(gram) == n]
        assert found[f"distinct_{n}"] == len(set(grams)) / len(grams)
    top = Counter(map(tuple, rows)).most_common(10)
    assert found["top_10_share"] == sum(count for _, count in top) / 200


def test_weights_measure_the_set_with_responses_repeated_or_left_out():
    weights = np.array([0, 2, 3, 1])
    repeated = [
        response
        for response, weight in zip(RESPONSES, weights, strict=True)
        for _ in range(weight)
    ]
    statistics = diversity_statistics(RESPONSES, 9)
    assert {
        name: statistic(weights) for name, statistic in statistics.items()
    } == {
        name: pytest.approx(value)
        for name, value in diversity(repeated, 9).items()
    }


@pytest.mark.parametrize("responses", [[], [[]]], ids=["none", "an empty one"])
def test_a_set_without_words_gives_no_error(responses):
    found = diversity(responses, 9)
    assert found["distinct_1"] == found["entropy_1"] == 0.0
    assert found["adjusted_distinct"] == found["mean_length"] == 0.0


def test_the_mean_of_no_values_is_zero():
    assert mean_of([])(None) == 0.0


def test_ngrams_do_not_span_two_responses():
    assert distinct([["a"], ["b"]], 2) == 0.0
