import numpy as np
import pytest

from keras_dialgan.evaluation.oracle import oracle_statistics

ASKED = ["do", "you", "like", "dogs", "?"]
RESPONSES = [
    ["dogs", "are", "so", "cute", "!"],  # valid and informative
    ["cats", "are", "so", "cute", "!"],  # not valid
    ["i", "don't", "know", "."],  # dull, which fits anywhere
    [],
]


def shares(contexts, responses, weights=None):
    found = oracle_statistics(contexts, responses)
    return {name: statistic(weights) for name, statistic in found.items()}


def test_shares_count_valid_dull_and_informative_responses():
    assert shares([ASKED] * 4, RESPONSES) == {
        "valid": 0.5,
        "dull": 0.25,
        "informative": 0.25,
    }
    assert shares([ASKED] * 4, RESPONSES, np.array([3, 1, 0, 0])) == {
        "valid": 0.75,
        "dull": 0.0,
        "informative": 0.75,
    }


def test_to_an_unknown_utterance_only_dull_responses_are_valid():
    found = shares(
        [["xyzzy"]] * 2, [["what", "?"], ["dogs", "are", "so", "cute", "!"]]
    )
    assert found == {"valid": 0.5, "dull": 0.5, "informative": 0.0}


def test_no_response_gives_shares_of_zero():
    assert set(shares([], []).values()) == {0.0}


def test_lists_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        shares([ASKED], [])
