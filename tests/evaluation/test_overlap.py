import numpy as np
import pytest
from sacrebleu.metrics import BLEU

from keras_dialgan.evaluation.overlap import (
    bleu_statistics,
    self_bleu_statistics,
)


def make_rows(seed, count=40):
    random = np.random.default_rng(seed)
    return [
        [f"w{i}" for i in random.integers(0, 8, random.integers(0, 10))]
        for _ in range(count)
    ]


def text(rows):
    return [" ".join(row) for row in rows]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_bleu_is_the_corpus_bleu_of_sacrebleu(order):
    responses, references = make_rows(0), make_rows(1)
    expected = BLEU(tokenize="none", force=True, max_ngram_order=order)
    found = bleu_statistics(responses, references)[f"bleu_{order}"](None)
    assert found == pytest.approx(
        expected.corpus_score(text(responses), [text(references)]).score
    )
    assert 0 < found < 100


def test_self_bleu_is_that_of_each_response_with_all_others_as_references():
    responses = [row for row in make_rows(2, 12) if row]
    others = [
        text(responses[:i] + responses[i + 1 :]) for i in range(len(responses))
    ]
    expected = BLEU(tokenize="none", force=True).corpus_score(
        text(responses), list(zip(*others, strict=True))
    )
    found = self_bleu_statistics(responses)["self_bleu_4"](None)
    assert found == pytest.approx(expected.score)
    assert 0 < found < 100


def test_self_bleu_is_100_where_every_response_occurs_twice():
    rows = [row for row in make_rows(3) if len(row) > 3]
    found = self_bleu_statistics(rows + rows)["self_bleu_4"](None)
    assert found == pytest.approx(100)


def test_weights_repeat_pairs():
    responses, references = make_rows(0, 4), make_rows(1, 4)
    weights = np.array([3, 0, 1, 2])
    order = np.repeat(np.arange(4), weights)
    repeated = bleu_statistics(
        [responses[i] for i in order], [references[i] for i in order]
    )
    found = bleu_statistics(responses, references)
    for name, statistic in found.items():
        assert statistic(weights) == pytest.approx(repeated[name](None))
