"""Generator, discriminator, their training model, and decoding."""

from keras_dialgan.models.decoding import Decoded, decode
from keras_dialgan.models.decoding_strategies import (
    BeamSearch,
    Greedy,
    NucleusSampling,
    Sampling,
    TopKSampling,
)
from keras_dialgan.models.discriminator import (
    Discriminator,
    build_discriminator,
)
from keras_dialgan.models.gan_dialogue_model import GANDialogueModel
from keras_dialgan.models.generator import Generator, build_generator
from keras_dialgan.models.objectives import (
    DenseSoftmax,
    GumbelSoftmax,
    Reinforce,
    TopKSoftmax,
    make_objective,
)
from keras_dialgan.models.responder import Responder, cut_at_end, pad_rows

__all__ = [
    "BeamSearch",
    "Decoded",
    "DenseSoftmax",
    "Discriminator",
    "GANDialogueModel",
    "Generator",
    "Greedy",
    "GumbelSoftmax",
    "NucleusSampling",
    "Reinforce",
    "Responder",
    "Sampling",
    "TopKSampling",
    "TopKSoftmax",
    "build_discriminator",
    "build_generator",
    "cut_at_end",
    "decode",
    "make_objective",
    "pad_rows",
]
