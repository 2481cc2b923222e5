"""Training the matcher, and keeping it for later evaluations."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.embeddings import load_word_vectors
from keras_dialgan.errors import UserError
from keras_dialgan.evaluation.held_out import HeldOutPairs, judges_pairs
from keras_dialgan.evaluation.matcher import (
    Matcher,
    MatcherConfig,
    matching_loss,
)
from keras_dialgan.evaluation.relevance import relevance_statistics
from keras_dialgan.files import atomic_directory, read_manifest, write_json
from keras_dialgan.models import pad_rows
from keras_dialgan.scripting import progress_bar

KIND = "matcher"
FORMAT_VERSION = 1
_WEIGHTS = "matcher.weights.h5"


@dataclass(frozen=True)
class MatcherRecipe:
    """How the matcher is trained.

    Args:
        pairs: human pairs to train on.
        epochs: passes over them.
        batch_size: pairs whose responses are each other's negatives.
        learning_rate: Adam's rate at the start; it falls to zero along a
            half cosine.
        seed: of everything random.
    """

    pairs: int = 200_000
    epochs: int = 5
    batch_size: int = 256
    learning_rate: float = 0.001
    seed: int = 0


def get_matcher(
    corpus: PreparedCorpus,
    evaluated: HeldOutPairs,
    folder: str | Path | None,
    recipe: MatcherRecipe | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> Matcher:
    """Opens the matcher of a corpus, or trains it and keeps it.

    Its pairs are those of `judges_pairs`. Its words start from the corpus'
    FastText vectors where there are any.

    Args:
        corpus: the prepared corpus.
        evaluated: the pairs that it will judge, never trained on.
        folder: keeps the matchers of several corpora, each in a directory
            named after what it was made from; nothing is kept when None.
        recipe: how to train; `MatcherRecipe()` when None.
        progress: called with a line on what is being done.

    Returns:
        The matcher. All models that are compared must be judged by one.

    Raises:
        UserError: if a kept matcher is damaged or there are too few pairs.
    """
    recipe = recipe or MatcherRecipe()
    identity = _identity(corpus, len(evaluated.contexts), recipe)
    path = None if folder is None else Path(folder) / f"matcher-{identity}"
    if path is not None and path.exists():
        progress(f"matcher of {path}")
        return _load(path)
    pairs = judges_pairs(corpus, evaluated, recipe.pairs)
    progress(f"matcher, from {pairs.described()}")
    matcher = train_matcher(corpus, pairs, recipe)
    if path is not None:
        accuracy = relevance_statistics(
            matcher,
            evaluated.contexts,
            evaluated.responses,
            evaluated.responses,
        )["rsp_at_10"](None)
        _save(matcher, path, recipe, pairs.described(), accuracy)
    return matcher


def train_matcher(
    corpus: PreparedCorpus, pairs: HeldOutPairs, recipe: MatcherRecipe
) -> Matcher:
    """Trains a matcher on human pairs.

    Args:
        corpus: for its vocabulary and word vectors.
        pairs: the human pairs.
        recipe: how to train.

    Raises:
        UserError: if there are fewer pairs than a batch holds.
    """
    size = min(recipe.batch_size, len(pairs.contexts) // 2)
    if size < 2:
        raise UserError(
            f"{corpus.directory}: has too few pairs beside the evaluated ones "
            "to train a matcher; prepare more data"
        )
    keras.utils.set_random_seed(recipe.seed)
    vectors = load_word_vectors(corpus.directory, corpus.vocabulary)
    sizes = {"vocabulary_size": corpus.vocabulary.size}
    if vectors is not None:
        sizes["embedding_dimension"] = vectors.shape[1]
    matcher = Matcher(MatcherConfig(**sizes))
    if vectors is not None:
        matcher.words.embeddings.assign(vectors)
    batches = len(pairs.contexts) // size
    step = _step(matcher, recipe.epochs * batches, recipe.learning_rate)
    random = np.random.default_rng(recipe.seed)
    with progress_bar("matcher", recipe.epochs * batches) as bar:
        for _ in range(recipe.epochs):
            order = random.permutation(len(pairs.contexts))
            for rows in np.split(order[: batches * size], batches):
                step(
                    pad_rows([pairs.contexts[i] for i in rows]),
                    pad_rows([pairs.responses[i] for i in rows]),
                )
                bar.update()
    return matcher


def _step(matcher: Matcher, steps: int, learning_rate: float):
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(learning_rate, steps),
        global_clipnorm=1.0,
    )
    optimizer.build(matcher.trainable_variables)

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2,
    )
    def step(context, response):
        with tf.GradientTape() as tape:
            loss = matching_loss(
                matcher(
                    {"context": context, "response": response}, training=True
                )
            )
        variables = matcher.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    return step


def _identity(
    corpus: PreparedCorpus, evaluated: int, recipe: MatcherRecipe
) -> str:
    """Names what a matcher is made from, in ten digits."""
    content = json.dumps(
        [
            corpus.vocabulary.digest,
            corpus.manifest["splits"],
            evaluated,
            dataclasses.asdict(recipe),
        ],
        sort_keys=True,
    )
    return hashlib.sha256(content.encode()).hexdigest()[:10]


def _save(
    matcher: Matcher,
    path: Path,
    recipe: MatcherRecipe,
    pairs: str,
    accuracy: float,
) -> None:
    with atomic_directory(path) as folder:
        matcher.save_weights(folder / _WEIGHTS)
        write_json(
            folder / "matcher.json",
            {
                "kind": KIND,
                "format_version": FORMAT_VERSION,
                "config": dataclasses.asdict(matcher.config),
                "recipe": dataclasses.asdict(recipe),
                "trained_on": pairs,
                "accuracy_out_of_10": accuracy,
            },
        )


def _load(path: Path) -> Matcher:
    manifest = read_manifest(path / "matcher.json", KIND, FORMAT_VERSION)
    try:
        matcher = Matcher(MatcherConfig(**manifest["config"]))
        matcher.load_weights(path / _WEIGHTS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: the matcher can't be read ({error}); remove the "
            "directory to have it trained again"
        ) from None
    return matcher
