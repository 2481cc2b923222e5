"""A small untrained model and its corpus on disk."""

import numpy as np

from keras_dialgan.config import Config, with_values
from keras_dialgan.corpus import (
    PreparationSettings,
    PreparedCorpus,
    SmallTalkSource,
    prepare,
)

LENGTH = 20
SIZES = {
    "generator": {
        "embedding_dimension": 6,
        "encoder_layers": 1,
        "encoder_units": 4,
        "decoder_layers": 1,
        "decoder_units": 8,
        "attention_units": 3,
        "output_units": 6,
        "max_length": LENGTH + 1,
    },
    "discriminator": {
        "embedding_dimension": 6,
        "layers": 1,
        "units": 4,
        "hidden_units": 5,
    },
}


def make_corpus(path, pairs=150, **settings):
    """Prepares a few pairs of small talk, a fifth of them held out."""
    settings = {
        "format": "small-talk",
        "max_length": LENGTH,
        "entity_tagger": "rules",
        "validation_fraction": 0.2,
        **settings,
    }
    prepare([SmallTalkSource(pairs)], path, PreparationSettings(**settings))
    return PreparedCorpus(path)


def make_directory(path, corpus, stages):
    """Writes a model directory whose stages have other random weights."""
    from keras_dialgan.models import build_discriminator, build_generator
    from keras_dialgan.training import ModelDirectory

    config = with_values(Config(), SIZES)
    config = with_values(
        config, {"generator": {"vocabulary_size": corpus.vocabulary.size}}
    )
    directory = ModelDirectory.create(path, config, corpus)
    generator = build_generator(config.generator)
    discriminator = build_discriminator(config.discriminator)
    for seed, stage in enumerate(stages):
        random = np.random.default_rng(seed)
        for model in (generator, discriminator):
            for weight in model.trainable_variables:
                weight.assign(random.normal(size=weight.shape))
        directory.save_stage(stage, generator, discriminator)
    return directory
