import numpy as np

from keras_dialgan.evaluation import held_out_pairs, respond
from keras_dialgan.text import EOS, PAD


def test_held_out_pairs_are_the_first_of_the_validation_split(small_corpus):
    split = small_corpus.split("validation")
    contexts, responses = split.gather(np.arange(3))
    pairs = held_out_pairs(small_corpus, 3)
    for rows, array in (
        (pairs.contexts, contexts),
        (pairs.responses, responses),
    ):
        assert rows == [
            [i for i in row.tolist() if i not in (PAD, EOS)] for row in array
        ]
    assert len(held_out_pairs(small_corpus, 10**6).contexts) == len(split)


def test_responses_stand_in_the_order_of_their_inputs(
    small_corpus, model_directory
):
    generator, _ = model_directory.load_stage("final")
    pairs = held_out_pairs(small_corpus, 12)
    found = respond(generator, pairs)
    assert len({tuple(row) for row in found}) > 1
    backwards = type(pairs)(
        pairs.contexts[::-1], pairs.responses[::-1], pairs.vocabulary
    )
    assert respond(generator, backwards) == found[::-1]
