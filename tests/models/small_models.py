"""Small models and batches for tests."""

import numpy as np
import tensorflow as tf

from keras_dialgan.config import DiscriminatorConfig, GeneratorConfig
from keras_dialgan.models import (
    GANDialogueModel,
    build_discriminator,
    build_generator,
)
from keras_dialgan.text.vocabulary import EOS
from keras_dialgan.training.replay import Replay

V, D, LENGTH = 13, 6, 7


def make_generator(k=2, **sizes):
    sizes = {
        "vocabulary_size": V,
        "embedding_dimension": D,
        "encoder_layers": 2,
        "encoder_units": 4,
        "decoder_layers": 2,
        "decoder_units": 5,
        "attention_units": 3,
        "output_units": 6,
        "max_length": LENGTH,
        **sizes,
    }
    return build_generator(GeneratorConfig(**sizes), k)


def make_discriminator(**sizes):
    sizes = {"layers": 2, "units": 4, "hidden_units": 5, **sizes}
    return build_discriminator(
        DiscriminatorConfig(embedding_dimension=D, **sizes)
    )


def make_model(k=2, generator=None, discriminator=None, **arguments):
    return GANDialogueModel(
        generator or make_generator(k),
        discriminator or make_discriminator(),
        replay=Replay(1000, 100, LENGTH, LENGTH),
        **arguments,
    )


def randomise(model, scale=0.5, seed=0):
    """Sets all weights to normal random numbers: no unit is idle."""
    random = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(random.normal(size=weight.shape) * scale)


def make_tokens(rows, seed=0, lowest=1, highest=LENGTH - 1, v=V):
    """Random rows of ragged lengths, each ended by EOS, padded."""
    random = np.random.default_rng(seed)
    tokens = np.zeros((rows, highest + 1), np.int32)
    for row in tokens:
        length = random.integers(lowest, highest + 1)
        row[:length] = random.integers(4, v, length)
        row[length] = EOS
    return tokens


def make_batch(rows=5, seed=0, v=V):
    return {
        "context": make_tokens(rows, seed, v=v),
        "response": make_tokens(rows, seed + 100, v=v),
    }


def endless(batch):
    return tf.data.Dataset.from_tensors(batch).repeat()
