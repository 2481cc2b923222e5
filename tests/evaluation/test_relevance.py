from itertools import combinations

import numpy as np
import pytest

from keras_dialgan.evaluation.relevance import (
    pick_probabilities,
    relevance_statistics,
)


def by_enumeration(scores):
    """Over all choices of nine others; equal scores share the win."""
    found = []
    for i in range(len(scores)):
        others = [j for j in range(len(scores)) if j != i]
        wins = []
        for nine in combinations(others, 9):
            rivals = scores[i, list(nine)]
            wins.append(
                0
                if rivals.max() > scores[i, i]
                else 1 / (1 + np.sum(rivals == scores[i, i]))
            )
        found.append(np.mean(wins))
    return found


@pytest.mark.parametrize("levels", [1000, 4], ids=["no ties", "many ties"])
def test_probabilities_are_those_over_all_choices_of_nine_others(levels):
    random = np.random.default_rng(levels)
    scores = random.integers(0, levels, (13, 13)).astype(float)
    # Scores of unit vectors e_i against the columns are the scores.
    found = pick_probabilities(np.diag(scores), np.eye(13), scores.T)
    np.testing.assert_allclose(found, by_enumeration(scores))


class FakeMatcher:
    """Vectors by the first token."""

    def __init__(self, contexts, responses):
        self.encode_contexts = lambda rows: contexts[[r[0] for r in rows]]
        self.encode_responses = lambda rows: responses[[r[0] for r in rows]]


ROWS = [[i] for i in range(12)]


def relevance(responses):
    matcher = FakeMatcher(np.eye(12), np.eye(13, 12))
    found = relevance_statistics(matcher, ROWS, responses, ROWS)
    return {name: statistic(None) for name, statistic in found.items()}


def test_the_true_responses_of_a_perfect_matcher_score_1():
    assert relevance(ROWS) == {
        "ctx_at_10": 1.0,
        "rsp_at_10": 1.0,
        "relevance": 1.0,
    }


def test_a_response_that_fits_all_contexts_alike_has_a_tenth_of_ctx_at_10():
    found = relevance([[12]] * 12)  # scores 0 with every context
    assert found["ctx_at_10"] == pytest.approx(0.1)
    # the other human responses score 0 as well
    assert found["rsp_at_10"] == pytest.approx(0.1)


def test_a_response_to_another_input_loses():
    shifted = ROWS[1:] + ROWS[:1]
    found = relevance(shifted)
    # own 0; one other context scores 1, the ten others 0: it wins if that
    # one is not among the nine of eleven, and then one time in ten.
    assert found["ctx_at_10"] == pytest.approx(2 / 11 / 10)
