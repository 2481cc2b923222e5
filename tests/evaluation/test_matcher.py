import numpy as np
import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation import (
    HeldOutPairs,
    MatcherRecipe,
    get_matcher,
    held_out_pairs,
)
from keras_dialgan.evaluation.matcher import (
    Matcher,
    MatcherConfig,
    matching_loss,
)
from keras_dialgan.evaluation.matcher_training import train_matcher
from keras_dialgan.evaluation.relevance import relevance_statistics
from keras_dialgan.models import pad_rows

ROWS = [[4, 5], [6], [7, 8, 9, 4], [4, 5]]
QUICK = MatcherRecipe(pairs=40, epochs=1)


@pytest.fixture(scope="module")
def matcher():
    return Matcher(MatcherConfig(12, embedding_dimension=5, units=7))


def test_vectors_have_unit_length_and_do_not_depend_on_padding(matcher):
    vectors = matcher.encode_contexts(ROWS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    for row, vector in zip(ROWS, vectors, strict=True):
        np.testing.assert_allclose(
            matcher.encode_contexts([row])[0], vector, atol=1e-5
        )
    assert (vectors[0] == vectors[3]).all()


def test_logits_are_scaled_cosines_of_contexts_and_responses(matcher):
    logits = matcher({"context": pad_rows(ROWS), "response": pad_rows(ROWS)})
    cosines = matcher.encode_contexts(ROWS) @ matcher.encode_responses(ROWS).T
    np.testing.assert_allclose(logits, cosines * np.exp(2.5), rtol=1e-3)


def test_the_loss_averages_both_directions_of_in_batch_choice():
    logits = np.array([[2.0, 0.0], [1.0, 3.0]])
    by_context = np.log1p(np.exp([0.0 - 2.0, 1.0 - 3.0])).mean()
    by_response = np.log1p(np.exp([1.0 - 2.0, 0.0 - 3.0])).mean()
    assert float(matching_loss(logits)) == pytest.approx(
        (by_context + by_response) / 2
    )


@pytest.mark.slow
def test_a_trained_matcher_picks_the_responses_that_belong(small_corpus):
    random = np.random.default_rng(0)
    # A response repeats the only word of its context.
    words = random.integers(7, small_corpus.vocabulary.size, 3_000)
    rows = [[int(word)] for word in words]
    pairs = HeldOutPairs(rows, rows, small_corpus.vocabulary)
    recipe = MatcherRecipe(epochs=6, batch_size=32, learning_rate=0.005)
    matcher = train_matcher(small_corpus, pairs, recipe)
    unique = [list(row) for row in sorted(set(map(tuple, rows)))]
    found = relevance_statistics(matcher, unique, unique, unique)
    assert found["relevance"](None) > 0.8


def test_a_kept_matcher_is_opened_instead_of_trained_again(
    small_corpus, tmp_path
):
    evaluated = held_out_pairs(small_corpus, 12)
    said = []
    first, second = (
        get_matcher(small_corpus, evaluated, tmp_path, QUICK, said.append)
        for _ in range(2)
    )
    (folder,) = tmp_path.iterdir()
    assert said[1] == f"matcher of {folder}"
    for one, other in zip(
        first.get_weights(), second.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_other_evaluated_pairs_get_another_matcher(small_corpus, tmp_path):
    for count in (12, 14):
        evaluated = held_out_pairs(small_corpus, count)
        get_matcher(small_corpus, evaluated, tmp_path, QUICK)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_matcher_is_refused_with_the_remedy(small_corpus, tmp_path):
    evaluated = held_out_pairs(small_corpus, 12)
    get_matcher(small_corpus, evaluated, tmp_path, QUICK)
    (weights,) = tmp_path.glob("*/matcher.weights.h5")
    weights.write_bytes(b"")
    with pytest.raises(UserError, match="remove the directory"):
        get_matcher(small_corpus, evaluated, tmp_path, QUICK)


def test_too_few_pairs_are_a_users_error(small_corpus):
    pairs = HeldOutPairs([[4]] * 3, [[4]] * 3, small_corpus.vocabulary)
    with pytest.raises(UserError, match="too few pairs"):
        train_matcher(small_corpus, pairs, MatcherRecipe())
