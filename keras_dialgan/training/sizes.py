"""Sizes that corpus, word vectors and settings must agree on."""

import numpy as np

from keras_dialgan.config import Config, with_values
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.errors import UserError


def resolve(
    config: Config, corpus: PreparedCorpus, word_vectors: np.ndarray | None
) -> Config:
    """Fills in the sizes that the corpus and its word vectors determine.

    Raises:
        UserError: if a size that was set differs from the corpus', or word
            vectors are wanted and missing.
    """
    if config.training.pretrained_word_vectors and word_vectors is None:
        raise UserError(
            f"{corpus.directory}: has no word vectors; make them with "
            f"pretrain_embeddings.py --corpus {corpus.directory}, or begin "
            "with random ones: --set training.pretrained_word_vectors=false"
        )
    dimension = config.generator.embedding_dimension
    if config.training.pretrained_word_vectors:
        dimension = _agree(
            "generator.embedding_dimension",
            dimension,
            word_vectors.shape[1],
            "the word vectors; run pretrain_embeddings.py --dimension "
            f"{dimension}",
        )
    if dimension is None:
        raise UserError("generator.embedding_dimension must be set")
    iterations = config.adversarial.iterations
    resolved = with_values(
        config,
        {
            "generator": {
                "embedding_dimension": dimension,
                "vocabulary_size": _agree(
                    "generator.vocabulary_size",
                    config.generator.vocabulary_size,
                    corpus.vocabulary.size,
                    "the corpus' vocabulary",
                ),
                "max_length": config.generator.max_length
                or corpus.max_length + 1,
            },
            "discriminator": {
                "embedding_dimension": _agree(
                    "discriminator.embedding_dimension",
                    config.discriminator.embedding_dimension,
                    dimension,
                    "the generator's",
                )
            },
            "adversarial": {
                "stage_iteration": config.adversarial.stage_iteration
                or max(1, iterations // 2)
            },
        },
    )
    _check_sizes(resolved)
    return resolved


def _check_sizes(config: Config) -> None:
    """Refuses settings that are possible alone but not together."""
    generator, k = config.generator, config.objective.k
    # Padding and beginning of sequence are never candidates.
    most = generator.vocabulary_size - 2
    if k > most:
        raise UserError(
            f"objective.k = {k} exceeds the {most} tokens that can be generated"
        )
    sizes = (generator.decoder_units, 2 * generator.encoder_units)
    if generator.attention_score == "dot" and sizes[0] != sizes[1]:
        raise UserError(
            "generator.attention_score = 'dot' needs generator.decoder_units "
            f"= 2 x generator.encoder_units, found {sizes[0]} and "
            f"{sizes[1]}; or use 'general' or 'concat'"
        )


def _agree(key: str, wanted: int | None, found: int, whose: str) -> int:
    if wanted not in (None, found):
        raise UserError(
            f"{key} = {wanted}, but {found} is that of {whose}; or leave "
            f"it open with --set {key}=null"
        )
    return found
