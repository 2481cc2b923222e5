import pytest

from keras_dialgan.evaluation import oracle_shares

ASKED = ["do", "you", "like", "dogs", "?"]


def test_shares_count_valid_dull_and_informative_responses():
    responses = [
        ["dogs", "are", "so", "cute", "!"],  # valid and informative
        ["cats", "are", "so", "cute", "!"],  # not valid
        ["i", "don't", "know", "."],  # dull, which fits anywhere
        [],
    ]
    assert oracle_shares([ASKED] * 4, responses) == {
        "valid": 0.5,
        "dull": 0.25,
        "informative": 0.25,
    }


def test_to_an_unknown_utterance_only_dull_responses_are_valid():
    shares = oracle_shares(
        [["xyzzy"]] * 2, [["what", "?"], ["dogs", "are", "so", "cute", "!"]]
    )
    assert shares == {"valid": 0.5, "dull": 0.5, "informative": 0.0}


def test_no_response_gives_shares_of_zero():
    assert set(oracle_shares([], []).values()) == {0.0}


def test_lists_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        oracle_shares([ASKED], [])
