"""The objectives by the names that a configuration gives them."""

from keras_dialgan.config import ObjectiveConfig
from keras_dialgan.models.objectives.dense_softmax import DenseSoftmax
from keras_dialgan.models.objectives.gumbel_softmax import GumbelSoftmax
from keras_dialgan.models.objectives.objective import Objective
from keras_dialgan.models.objectives.reinforce import Reinforce
from keras_dialgan.models.objectives.top_k_softmax import TopKSoftmax

OBJECTIVES = {
    "top_k_softmax": TopKSoftmax,
    "dense_softmax": DenseSoftmax,
    "gumbel_softmax": GumbelSoftmax,
    "reinforce": Reinforce,
}


def make_objective(config: ObjectiveConfig) -> Objective:
    """Makes the objective that a configuration asks for.

    Args:
        config: the section `objective`.
    """
    return OBJECTIVES[config.name](**config.settings())
