import math

import pytest

from keras_dialgan.text.diversity import (
    distinct,
    diversity,
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


def test_entropy_is_that_of_the_ngram_frequencies_in_bits():
    counts = [3, 3, 2, 2, 1]  # i, know, ., no, one
    expected = -sum(n / 11 * math.log2(n / 11) for n in counts)
    assert ngram_entropy(RESPONSES, 1) == pytest.approx(expected)
    assert ngram_entropy([["a", "b"], ["c", "d"]], 1) == 2.0


def test_top_share_adds_up_the_most_frequent_responses():
    assert top_share(RESPONSES, 1) == 0.5
    assert top_share(RESPONSES, 2) == 0.75
    assert top_share(RESPONSES, 10) == 1.0


def test_all_measures_of_a_set():
    assert diversity(RESPONSES) == {
        "distinct_1": 5 / 11,
        "distinct_2": 4 / 7,
        "entropy_1": pytest.approx(ngram_entropy(RESPONSES, 1)),
        "entropy_2": pytest.approx(ngram_entropy(RESPONSES, 2)),
        "distinct_responses": 3 / 4,
        "top_1_share": 0.5,
        "top_10_share": 1.0,
        "mean_length": 11 / 4,
    }


@pytest.mark.parametrize("responses", [[], [[]]], ids=["none", "an empty one"])
def test_a_set_without_words_gives_no_error(responses):
    found = diversity(responses)
    assert found["distinct_1"] == found["entropy_1"] == 0.0
    assert found["mean_length"] == 0.0


def test_ngrams_do_not_span_two_responses():
    assert distinct([["a"], ["b"]], 2) == 0.0
