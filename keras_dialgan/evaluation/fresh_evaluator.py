"""Adversarial success: does a fresh judge tell a bot from people?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from keras_dialgan.config import DiscriminatorConfig
from keras_dialgan.evaluation.adversarial import (
    accuracy_statistics,
    confidence_function,
)
from keras_dialgan.evaluation.held_out import HeldOutPairs
from keras_dialgan.models import build_discriminator, pad_rows
from keras_dialgan.models.losses import discriminator_loss
from keras_dialgan.models.sequences import valid_positions
from keras_dialgan.text import SPECIAL_TOKENS
from keras_dialgan.text.diversity import Statistic

_DIMENSION = 64


@dataclass(frozen=True)
class EvaluatorRecipe:
    """How an evaluator is trained.

    Args:
        pairs: pairs to train on, half of them with generated responses.
        epochs: passes over them.
        batch_size: pairs in a batch, half of them generated.
        learning_rate: Adam's rate.
        units: cells of each direction of its two encoders.
        seed: of everything random.
    """

    pairs: int = 4_000
    epochs: int = 3
    batch_size: int = 64
    learning_rate: float = 0.002
    units: int = 64
    seed: int = 0


Confidences = Callable[[list[list[int]], list[list[int]]], np.ndarray]


@dataclass(frozen=True)
class Examples:
    """Pairs of token ids, without EOS, and whether a bot responded.

    Attributes:
        contexts: the inputs.
        responses: their responses.
        is_bot: 1 where the response counts as a bot's, 0 elsewhere.
    """

    contexts: list[list[int]]
    responses: list[list[int]]
    is_bot: np.ndarray

    @classmethod
    def of(cls, contexts: list, human: list, generated: list) -> "Examples":
        """Joins human responses to the first inputs, generated ones to more.

        The two halves share no input, as in the paper's batches for D.
        """
        labels = np.repeat([0.0, 1.0], [len(human), len(generated)])
        return cls(contexts, human + generated, labels.astype(np.float32))


def train_evaluator(
    examples: Examples,
    vocabulary_size: int,
    recipe: EvaluatorRecipe | None = None,
) -> Confidences:
    """Trains a discriminator with a word matrix of its own.

    Args:
        examples: as many human as generated ones.
        vocabulary_size: V.
        recipe: how to train; `EvaluatorRecipe()` when None.

    Returns:
        The confidences that it has in a bot's having responded: see
        `confidence_function`.
    """
    recipe = recipe or EvaluatorRecipe()
    keras.utils.set_random_seed(recipe.seed)
    words = keras.layers.Embedding(vocabulary_size, _DIMENSION)
    words.build((None, None))
    evaluator = build_discriminator(
        DiscriminatorConfig(
            embedding_dimension=_DIMENSION,
            layers=1,
            units=recipe.units,
            hidden_units=recipe.units,
            dropout=0.2,
        )
    )
    _train(words, evaluator, examples, recipe)
    return confidence_function(words, evaluator)


def adversarial_success(
    confidences: Confidences,
    pairs: HeldOutPairs,
    responses: list[list[int]],
) -> dict[str, Statistic]:
    """Measures how often an evaluator is wrong.

    Args:
        confidences: of an evaluator trained on other responses of the judged
            model.
        pairs: held-out pairs, none of which it was trained on.
        responses: the generated response to each input.

    Returns:
        `adversarial_success`, its error rate on the human and the generated
        responses: 0.5 where they can't be told apart, 0 where each gives
        itself away.

    Reference:
    - [Li et al., 2017](https://arxiv.org/abs/1701.06547), AdverSuc.
    """
    right = accuracy_statistics(confidences, pairs, responses)
    return {
        "adversarial_success": lambda weights: (
            1 - sum(accuracy(weights) for accuracy in right.values()) / 2
        )
    }


def reliability(
    training: HeldOutPairs,
    judged: HeldOutPairs,
    vocabulary_size: int,
    recipe: EvaluatorRecipe | None = None,
) -> dict[str, float]:
    """Measures the evaluator where the right result is known.

    Args:
        training: human pairs to train on.
        judged: human pairs to judge.
        vocabulary_size: V.
        recipe: how to train.

    Returns:
        `human_against_human`, the accuracy where both halves are human: it
        must be 0.5 but for chance; `human_against_random`, the accuracy
        against random words: it must be near 1.
    """
    recipe = recipe or EvaluatorRecipe()
    random = np.random.default_rng(recipe.seed)

    def random_words(rows):
        lowest = len(SPECIAL_TOKENS)
        return [
            random.integers(lowest, vocabulary_size, len(row)).tolist()
            for row in rows
        ]

    found = {}
    for name, change in (
        ("human_against_human", lambda rows: rows),
        ("human_against_random", random_words),
    ):
        known, unknown = (
            _halves(pairs, change, recipe.seed) for pairs in (training, judged)
        )
        confidences = train_evaluator(known, vocabulary_size, recipe)(
            unknown.contexts, unknown.responses
        )
        right = (confidences >= 0.5) == (unknown.is_bot > 0.5)
        found[name] = float(right.mean())
    return found


def _halves(pairs: HeldOutPairs, change: Callable, seed: int) -> Examples:
    # Neighbours are of one dialogue: a part of each dialogue to either side.
    order = np.random.default_rng(seed).permutation(len(pairs.contexts))
    order = order[: len(order) // 2 * 2]
    contexts = [pairs.contexts[i] for i in order]
    responses = [pairs.responses[i] for i in order]
    half = len(order) // 2
    return Examples.of(contexts, responses[:half], change(responses[half:]))


def _train(words, evaluator, examples: Examples, recipe) -> None:
    variables = words.trainable_variables + evaluator.trainable_variables
    optimizer = keras.optimizers.Adam(recipe.learning_rate, global_clipnorm=1.0)
    optimizer.build(variables)

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec([None, None], tf.int32),
            tf.TensorSpec([None, None], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ],
    )
    def step(context, response, is_bot):
        with tf.GradientTape() as tape:
            scores = evaluator.score(
                {
                    "context": words(context),
                    "context_mask": valid_positions(context),
                    "response": words(response),
                    "response_mask": valid_positions(response),
                },
                training=True,
            )
            loss = tf.reduce_mean(discriminator_loss(scores, is_bot))
        optimizer.apply(tape.gradient(loss, variables), variables)

    random = np.random.default_rng(recipe.seed)
    for _ in range(recipe.epochs):
        for rows in _balanced_batches(examples, recipe.batch_size, random):
            step(
                pad_rows([examples.contexts[i] for i in rows]),
                pad_rows([examples.responses[i] for i in rows]),
                examples.is_bot[rows],
            )


def _balanced_batches(
    examples: Examples, size: int, random: np.random.Generator
) -> Sequence[np.ndarray]:
    """Batches with one human example for each generated one."""
    halves = [
        random.permutation(np.flatnonzero(examples.is_bot == label))
        for label in (0, 1)
    ]
    count = max(1, len(halves[0]) * 2 // size)
    return [
        np.concatenate(parts)
        for parts in zip(
            *(np.array_split(half, count) for half in halves), strict=True
        )
    ]
