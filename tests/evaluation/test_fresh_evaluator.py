import numpy as np
import pytest

from keras_dialgan.evaluation import EvaluatorRecipe, HeldOutPairs
from keras_dialgan.evaluation.fresh_evaluator import (
    Examples,
    adversarial_success,
    reliability,
    train_evaluator,
)

V = 40
RECIPE = EvaluatorRecipe(epochs=4, batch_size=32, learning_rate=0.01, units=8)


def make_pairs(count, seed):
    """People use the words 4 to 19 only."""
    random = np.random.default_rng(seed)
    contexts, responses = (
        [
            random.integers(4, 20, random.integers(1, 6)).tolist()
            for _ in range(count)
        ]
        for _ in range(2)
    )
    return HeldOutPairs(contexts, responses, None)


def test_examples_join_human_and_generated_responses():
    found = Examples.of([[1], [2], [3]], [[4]], [[5], [6]])
    assert found.responses == [[4], [5], [6]]
    assert found.is_bot.tolist() == [0, 1, 1]


@pytest.fixture(scope="module")
def evaluator():
    """Trained against a bot that says nothing but 30."""
    pairs = make_pairs(400, 0)
    examples = Examples.of(pairs.contexts, pairs.responses[:200], [[30]] * 200)
    return train_evaluator(examples, V, RECIPE)


def test_a_bot_that_gives_itself_away_has_no_success(evaluator):
    judged = make_pairs(100, 1)
    found = adversarial_success(evaluator, judged, [[30]] * 100)
    assert found["adversarial_success"](None) < 0.05


def test_a_bot_that_answers_as_people_do_succeeds_half_the_time(evaluator):
    judged = make_pairs(100, 1)
    found = adversarial_success(evaluator, judged, judged.responses)
    assert found["adversarial_success"](None) == 0.5


def test_success_is_the_error_rate_on_both_halves():
    pairs = HeldOutPairs([[4], [5], [6], [7]], [[8]] * 4, None)

    def confidences(contexts, responses):
        if responses == pairs.responses:
            return np.array([0.9, 0.1, 0.1, 0.1])  # one of four wrong
        return np.array([0.1, 0.1, 0.1, 0.9])  # three of four wrong

    found = adversarial_success(confidences, pairs, [[9]] * 4)
    assert found["adversarial_success"](None) == (1 / 4 + 3 / 4) / 2


@pytest.mark.slow
def test_the_evaluator_is_reliable_where_the_right_result_is_known():
    found = reliability(make_pairs(800, 0), make_pairs(800, 1), V, RECIPE)
    assert found["human_against_human"] == pytest.approx(0.5, abs=0.055)
    assert found["human_against_random"] > 0.8
