"""The training model of a configuration."""

import keras
import numpy as np

from keras_dialgan.config import Config
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.embeddings import equalise_norms
from keras_dialgan.models import (
    GANDialogueModel,
    build_discriminator,
    build_generator,
    make_objective,
)
from keras_dialgan.training.adam import Adam
from keras_dialgan.training.replay import Replay


def build_training_model(
    config: Config,
    corpus: PreparedCorpus,
    word_vectors: np.ndarray | None,
) -> GANDialogueModel:
    """Builds and compiles the model, W set to the word vectors.

    Args:
        config: the resolved configuration.
        corpus: the prepared corpus.
        word_vectors: float array `[V, D]`, or None for a random W.
    """
    generator = build_generator(config.generator, config.objective.k)
    if config.training.pretrained_word_vectors:
        generator.word_embedding.embeddings.assign(word_vectors)
    if config.training.equal_norms:
        W = generator.word_embedding.embeddings
        W.assign(equalise_norms(keras.ops.convert_to_numpy(W)))
    width = max(corpus.max_length + 1, config.generator.max_length)
    model = GANDialogueModel(
        generator,
        build_discriminator(config.discriminator),
        replay=Replay(
            config.replay.capacity, config.replay.half_life, width, width
        ),
        objective=make_objective(config.objective),
        scheduled_sampling=config.pretraining.scheduled_sampling,
        discriminator_updates_word_vectors=(
            config.discriminator.updates_word_vectors
        ),
        mismatched=config.discriminator.mismatched,
        averages=config.adversarial.averaging > 0,
        seed=config.training.seed,
    )
    clip = config.training.clip_norm or None
    model.compile(
        mle_optimizer=Adam(global_clipnorm=clip),
        adversarial_optimizer=Adam(global_clipnorm=clip),
        discriminator_optimizer=Adam(global_clipnorm=clip),
    )
    return model
