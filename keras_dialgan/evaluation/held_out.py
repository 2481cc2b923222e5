"""The pairs that models are judged on, and those that train the judges."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.corpus.permutation import Permutation
from keras_dialgan.errors import UserError
from keras_dialgan.models import Generator, Responder, cut_at_end
from keras_dialgan.models.strategy_names import parse_strategy
from keras_dialgan.text import Vocabulary
from keras_dialgan.training import ModelDirectory

_BATCH = 64
_JUDGES_SEED = 7


@dataclass(frozen=True)
class HeldOutPairs:
    """Pairs of human utterances.

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


@dataclass(frozen=True)
class JudgesPairs(HeldOutPairs):
    """Pairs that a judge is trained on.

    Attributes:
        held_out: how many of them, the first ones, the judged models have
            never seen.
    """

    held_out: int

    def described(self) -> str:
        """Says where the pairs are from."""
        seen = len(self.contexts) - self.held_out
        text = f"{self.held_out:,} pairs held out"
        return f"{text} and {seen:,} of train" if seen else text


def held_out_pairs(corpus: PreparedCorpus, limit: int) -> HeldOutPairs:
    """Takes the first pairs of the validation split.

    Args:
        corpus: the prepared corpus.
        limit: the most pairs to take.
    """
    split = corpus.split("validation")
    return HeldOutPairs(
        *_rows(split, np.arange(min(limit, len(split)))), corpus.vocabulary
    )


def random_pairs(
    corpus: PreparedCorpus, count: int, seed: int = 0
) -> HeldOutPairs:
    """Draws pairs of the validation split, without replacement.

    Args:
        corpus: the prepared corpus.
        count: how many; all where there are fewer.
        seed: of the draw.
    """
    split = corpus.split("validation")
    drawn = np.random.default_rng(seed).permutation(len(split))[:count]
    return HeldOutPairs(*_rows(split, drawn), corpus.vocabulary)


def evaluated_pairs(corpus: PreparedCorpus, limit: int) -> HeldOutPairs:
    """Takes the pairs that models are judged on.

    Raises:
        UserError: if there are fewer than two.
    """
    pairs = held_out_pairs(corpus, limit)
    if len(pairs.contexts) < 2:
        raise UserError(
            f"{corpus.directory}: has no validation pairs; prepare it with a "
            "larger --validation-fraction"
            if not pairs.contexts
            else f"{len(pairs.contexts)} held-out pair: at least 2 are needed"
        )
    return pairs


def check_vocabulary(model: ModelDirectory, corpus: PreparedCorpus) -> None:
    """Refuses a model that was trained with other words.

    Raises:
        UserError: if the vocabularies differ.
    """
    if model.vocabulary.digest != corpus.vocabulary.digest:
        raise UserError(
            f"{model.path}: was trained with another vocabulary than "
            f"that of {corpus.directory}"
        )


def judges_pairs(
    corpus: PreparedCorpus, evaluated: HeldOutPairs, count: int
) -> JudgesPairs:
    """Takes pairs to train judges on, none of them an evaluated one.

    First come the validation pairs behind the evaluated ones, which the
    judged models have not seen. Where they don't suffice, pairs of the train
    split follow, in the order of a permutation (`Permutation` with seed 7)
    that has nothing to do with the order of training.

    Args:
        corpus: the prepared corpus.
        evaluated: what `held_out_pairs` gave.
        count: the most pairs to take.
    """
    validation, train = (corpus.split(name) for name in ("validation", "train"))
    first = len(evaluated.contexts)
    last = min(len(validation), first + count)
    contexts, responses = _rows(validation, np.arange(first, last))
    held_out = len(contexts)
    missing = min(count - held_out, len(train))
    if missing:
        chosen = Permutation(len(train), [_JUDGES_SEED])(np.arange(missing))
        more = _rows(train, chosen)
        contexts, responses = contexts + more[0], responses + more[1]
    return JudgesPairs(contexts, responses, corpus.vocabulary, held_out)


def respond(
    generator: Generator,
    contexts: list[list[int]],
    strategy: str = "greedy",
    seed: int = 0,
) -> list[list[int]]:
    """Answers inputs.

    Args:
        generator: the generator.
        contexts: token ids of each input, without EOS.
        strategy: as `parse_strategy` takes it.
        seed: of strategies that draw at random. Every batch draws anew: else
            rows of different batches would share their random numbers, and
            differ less than they should.

    Returns:
        Token ids of each response, without EOS, in the order of the inputs.
    """
    batch_seed = tf.Variable(0, dtype=tf.int32)
    responder = Responder(
        generator, parse_strategy(strategy, batch_seed), batch_size=_BATCH
    )
    # Similar lengths together: padding is computed, too.
    order = sorted(range(len(contexts)), key=lambda i: len(contexts[i]))
    seeds = np.random.default_rng(seed)
    responses: list[list[int]] = [[]] * len(contexts)
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        batch_seed.assign(seeds.integers(2**31))
        answers = responder([contexts[i] for i in chosen])
        for index, answer in zip(chosen, answers, strict=True):
            responses[index] = answer
    return responses


def _rows(split, indices: np.ndarray) -> list[list[list[int]]]:
    if not len(indices):
        return [[], []]
    return [[cut_at_end(row) for row in side] for side in split.gather(indices)]
