"""Sizes that corpus, word vectors and settings must agree on."""

from pathlib import Path

import numpy as np

from keras_dialgan.config import Config, with_values
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.errors import UserError

_LONGEST_RESPONSE = 10_000


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


def check_weight_files(
    config: Config, generator_file: Path, discriminator_file: Path
) -> None:
    """Refuses sizes that files of weights can't hold, before building.

    A configuration from elsewhere could otherwise ask for any amount of
    memory. The largest matrices alone must fit into the file.

    Raises:
        UserError: if a file is missing or too small.
    """
    g, d = config.generator, config.discriminator
    sizes = (
        g.vocabulary_size,
        g.embedding_dimension,
        g.max_length,
        d.embedding_dimension,
    )
    if None in sizes or g.max_length > _LONGEST_RESPONSE:
        raise UserError(
            f"{generator_file}: its configuration leaves a size open, or lets "
            f"responses be longer than {_LONGEST_RESPONSE:,} tokens"
        )
    in_generator = (
        g.vocabulary_size * (g.embedding_dimension + g.output_units)
        + 8 * g.encoder_layers * g.encoder_units**2
        + 4 * g.decoder_layers * g.decoder_units**2
        + 8 * g.encoder_units * g.embedding_dimension
        + g.output_units * (2 * g.encoder_units + g.decoder_units)
    )
    if g.attention_score == "concat":
        in_generator += g.attention_units * g.decoder_units
    in_discriminator = (
        16 * d.layers * d.units**2
        + 16 * d.units * d.embedding_dimension
        + 4 * d.hidden_units * d.units
    )
    for file, numbers in (
        (generator_file, in_generator),
        (discriminator_file, in_discriminator),
    ):
        if not file.is_file():
            raise UserError(f"{file}: no such file")
        # No policy stores a number in less than two bytes.
        if file.stat().st_size < 2 * numbers:
            raise UserError(
                f"{file}: {file.stat().st_size:,} bytes can't be the weights "
                f"of its configuration, {numbers:,} numbers at least"
            )
