"""How the generator learns from the discriminator: the alternatives."""

from keras_dialgan.models.objectives.dense_softmax import DenseSoftmax
from keras_dialgan.models.objectives.gumbel_softmax import GumbelSoftmax
from keras_dialgan.models.objectives.objective import Objective, SoftObjective
from keras_dialgan.models.objectives.registry import OBJECTIVES, make_objective
from keras_dialgan.models.objectives.reinforce import Reinforce
from keras_dialgan.models.objectives.top_k_softmax import TopKSoftmax

__all__ = [
    "OBJECTIVES",
    "DenseSoftmax",
    "GumbelSoftmax",
    "Objective",
    "Reinforce",
    "SoftObjective",
    "TopKSoftmax",
    "make_objective",
]
