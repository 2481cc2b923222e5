"""Algorithm 1: its schedule, its replay, its runs and their records."""

from keras_dialgan.training.adam import Adam
from keras_dialgan.training.algorithm import train
from keras_dialgan.training.model_directory import STAGES, ModelDirectory
from keras_dialgan.training.replay import Replay
from keras_dialgan.training.schedule import (
    Phase,
    Schedule,
    discriminator_pretraining,
    generator_pretraining,
    global_iteration,
)
from keras_dialgan.training.stopping import TrainingStopped
from keras_dialgan.training.strategies import get_strategy

__all__ = [
    "STAGES",
    "Adam",
    "ModelDirectory",
    "Phase",
    "Replay",
    "Schedule",
    "TrainingStopped",
    "discriminator_pretraining",
    "generator_pretraining",
    "get_strategy",
    "global_iteration",
    "train",
]
