import numpy as np
import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation import (
    evaluated_pairs,
    held_out_pairs,
    judges_pairs,
    respond,
)
from keras_dialgan.evaluation.held_out import random_pairs
from keras_dialgan.models import Responder, Sampling
from keras_dialgan.text import EOS, PAD


def rows_of(array):
    return [[i for i in row.tolist() if i not in (PAD, EOS)] for row in array]


def test_held_out_pairs_are_the_first_of_the_validation_split(small_corpus):
    split = small_corpus.split("validation")
    contexts, responses = split.gather(np.arange(3))
    pairs = held_out_pairs(small_corpus, 3)
    assert pairs.contexts == rows_of(contexts)
    assert pairs.responses == rows_of(responses)
    assert len(held_out_pairs(small_corpus, 10**6).contexts) == len(split)


def test_judges_learn_from_other_held_out_pairs_first(small_corpus):
    evaluated = held_out_pairs(small_corpus, 10)
    validation = held_out_pairs(small_corpus, 10**6)
    rest = len(validation.contexts) - 10
    pairs = judges_pairs(small_corpus, evaluated, rest - 1)
    assert pairs.contexts == validation.contexts[10:-1]
    assert pairs.responses == validation.responses[10:-1]
    assert pairs.held_out == rest - 1
    assert pairs.described() == f"{rest - 1} pairs held out"


def test_pairs_of_train_fill_up_what_is_missing(small_corpus):
    evaluated = held_out_pairs(small_corpus, 10**6)
    train = small_corpus.split("train")
    pairs = judges_pairs(small_corpus, evaluated, 12)
    known = [rows_of(side) for side in train.gather(np.arange(len(train)))]
    assert len(pairs.contexts) == 12
    for pair in zip(pairs.contexts, pairs.responses, strict=True):
        assert pair in list(zip(*known, strict=True))
    assert pairs.described() == "0 pairs held out and 12 of train"
    everything = judges_pairs(small_corpus, evaluated, 10**6)
    assert sorted(everything.contexts) == sorted(known[0])


def test_random_pairs_are_drawn_without_replacement(small_corpus):
    validation = held_out_pairs(small_corpus, 10**6)
    drawn = random_pairs(small_corpus, 10**6)
    assert sorted(drawn.contexts) == sorted(validation.contexts)
    assert drawn.contexts != validation.contexts
    assert random_pairs(small_corpus, 4).contexts == drawn.contexts[:4]


def test_a_single_pair_is_too_few_to_evaluate(small_corpus):
    with pytest.raises(UserError, match="at least 2 are needed"):
        evaluated_pairs(small_corpus, 1)


@pytest.fixture
def generator(model_directory):
    return model_directory.load_stage("final")[0]


def test_responses_stand_in_the_order_of_their_inputs(small_corpus, generator):
    contexts = held_out_pairs(small_corpus, 12).contexts
    found = respond(generator, contexts)
    assert len({tuple(row) for row in found}) > 1
    assert respond(generator, contexts[::-1]) == found[::-1]
    assert found == Responder(generator)(contexts)


def test_batches_draw_their_own_random_numbers(
    small_corpus, generator, monkeypatch
):
    monkeypatch.setattr("keras_dialgan.evaluation.held_out._BATCH", 4)
    contexts = [held_out_pairs(small_corpus, 1).contexts[0]] * 8
    shared = Responder(generator, Sampling(seed=1), batch_size=4)(contexts)
    assert shared[:4] == shared[4:]
    found = respond(generator, contexts, "temperature=1", seed=1)
    assert found[:4] != found[4:]
    assert found == respond(generator, contexts, "temperature=1", seed=1)
    assert found != respond(generator, contexts, "temperature=1", seed=2)
