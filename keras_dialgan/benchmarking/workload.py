"""Models, batches and steps of a preset, ours and the stock ones."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from keras_dialgan.benchmarking import flops
from keras_dialgan.benchmarking.stock import StockTraining
from keras_dialgan.config import Config, load_preset, with_values
from keras_dialgan.models import (
    GANDialogueModel,
    build_discriminator,
    build_generator,
    decode,
)
from keras_dialgan.models.decoding_strategies import MixedWithTruth
from keras_dialgan.models.phases import PHASE_STEPS
from keras_dialgan.text.vocabulary import EOS, FIRST_TOKENS
from keras_dialgan.training.adam import Adam
from keras_dialgan.training.schedule import PHASES


@dataclass(frozen=True)
class Sizes:
    """What the corpus would determine, and the batch.

    Attributes:
        vocabulary: tokens V.
        dimension: of the word vectors.
        length: tokens of a context and of a response.
        batch: pairs.
        k: words of a mixture.
    """

    vocabulary: int
    dimension: int
    length: int
    batch: int = 64
    k: int = 2


SIZES = {
    "small": Sizes(vocabulary=8_000, dimension=128, length=16),
    "paper": Sizes(vocabulary=30_000, dimension=300, length=20),
}


def sized_config(preset: str, sizes: Sizes) -> Config:
    """The preset's configuration with the sizes filled in."""
    return with_values(
        load_preset(preset, []),
        {
            "generator": {
                "vocabulary_size": sizes.vocabulary,
                "embedding_dimension": sizes.dimension,
                "max_length": sizes.length,
            },
            "discriminator": {"embedding_dimension": sizes.dimension},
            "objective": {"k": sizes.k},
        },
    )


def make_model(config: Config, objective=None) -> GANDialogueModel:
    """Builds the training model as training does, but with a tiny rate.

    Args:
        config: sized, from `sized_config`.
        objective: an `Objective`; the paper's when None, whatever the preset
            has, as the stock step knows no other.
    """
    keras.utils.set_random_seed(1)
    generator = build_generator(config.generator, config.objective.k)
    # No response ends early, so that every decoding takes as many steps.
    bias = generator.projection.bias.numpy()
    bias[EOS] = -100.0
    generator.projection.bias.assign(bias)
    model = GANDialogueModel(
        generator,
        build_discriminator(config.discriminator),
        objective=objective,
        averages=config.adversarial.averaging > 0,
    )
    clip = config.training.clip_norm or None
    # At this rate the weights stay as they are, however many steps are timed.
    model.compile(None, *(Adam(1e-9, global_clipnorm=clip) for _ in range(3)))
    return model


def make_batch(sizes: Sizes, shortest: int | None = None) -> dict:
    """Random pairs, and as many "generated" ones.

    Args:
        sizes: of the batch.
        shortest: tokens of the shortest row, lengths being uniform from
            there to the full length; all rows are full when None.
    """
    random = np.random.default_rng(0)

    def tokens():
        shape = (sizes.batch, sizes.length)
        rows = random.integers(len(FIRST_TOKENS), sizes.vocabulary, shape)
        lengths = random.integers(
            shortest or sizes.length, sizes.length + 1, sizes.batch
        )
        places = np.arange(sizes.length)
        rows = np.where(places == lengths[:, None] - 1, EOS, rows)
        return tf.constant(rows * (places < lengths[:, None]), tf.int32)

    names = ("context", "response")
    batch = {name: tokens() for name in names}
    return batch | {f"generated_{name}": tokens() for name in names}


def make_stock(model: GANDialogueModel, phases=PHASES) -> StockTraining:
    """Builds the stock models with the same weights, to train by `phases`."""
    return StockTraining(model.generator, model.discriminator, phases)


def ending_generation(model: GANDialogueModel):
    """A compiled generation whose rows end where the batch's responses do."""

    def respond(data):
        strategy = MixedWithTruth(data["response"], probability=0.0)
        encoded = model.generator.encode(data["context"])
        return decode(model.generator, encoded, strategy).tokens

    return _compiled(respond, "sample")


def our_step(model: GANDialogueModel, phase: str):
    """A compiled step of a phase: a function of a batch that waits for it."""
    if phase in model.phase_optimizers:
        model.build_optimizer(phase)
    return _compiled(lambda data: PHASE_STEPS[phase](model, data), phase)


def stock_step(stock: StockTraining, phase: str):
    """The like of `our_step` on the stock models."""
    return _compiled(lambda data: stock.step(phase, data), phase)


def phase_flops(config: Config, sizes: Sizes) -> dict[str, int]:
    """Operations of each phase at full length."""
    return flops.of_phases(
        config.generator,
        config.discriminator,
        flops.Shape(sizes.batch, sizes.length, sizes.length),
        sizes.k,
    )


def _compiled(step, phase):
    names = ["context", "response"]
    if phase == "discriminator":
        names += [f"generated_{name}" for name in names]
    spec = {name: tf.TensorSpec([None, None], tf.int32) for name in names}
    # Widths vary in training, so that both are compiled for every width.
    compiled = tf.function(step, input_signature=[spec], autograph=False)

    def run(batch):
        result = compiled({name: batch[name] for name in names})
        return tf.nest.map_structure(lambda part: part.numpy(), result)

    return run
