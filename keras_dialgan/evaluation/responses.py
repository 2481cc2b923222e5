"""A model's answers to a fixed part of a corpus."""

from dataclasses import dataclass

import numpy as np

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.models import Generator, Responder, cut_at_end
from keras_dialgan.text import Vocabulary


@dataclass(frozen=True)
class HeldOutPairs:
    """Held-out pairs.

    Attributes:
        contexts: token ids of each input, without EOS.
        responses: token ids of each human response, without EOS.
        vocabulary: of both.
    """

    contexts: list[list[int]]
    responses: list[list[int]]
    vocabulary: Vocabulary

    def words(self, rows: list[list[int]]) -> list[list[str]]:
        """Returns rows of ids as rows of tokens."""
        return [self.vocabulary.decode(row) for row in rows]


def held_out_pairs(corpus: PreparedCorpus, limit: int) -> HeldOutPairs:
    """Takes the first pairs of the validation split.

    Args:
        corpus: the prepared corpus.
        limit: the most pairs to take.
    """
    split = corpus.split("validation")
    contexts, responses = split.gather(np.arange(min(limit, len(split))))
    return HeldOutPairs(
        [cut_at_end(row) for row in contexts],
        [cut_at_end(row) for row in responses],
        corpus.vocabulary,
    )


def respond(
    generator: Generator, pairs: HeldOutPairs, strategy=None
) -> list[list[int]]:
    """Answers the inputs of the pairs; greedily when `strategy` is None."""
    return Responder(generator, strategy)(pairs.contexts)
