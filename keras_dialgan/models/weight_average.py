"""The mean of the weights that a model has had."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf


class WeightAverage:
    """The running mean of variables that training moves.

    An adversarial game moves in circles: the generator leaves one kind of
    response for another, and the discriminator follows. The mean of the
    weights along the way lies near the middle of the circle.

    Args:
        weights: the variables to average.

    Reference:
    - [Yazici et al., 2019](https://arxiv.org/abs/1806.04498), The Unusual
      Effectiveness of Averaging in GAN Training.
    """

    def __init__(self, weights: Sequence):
        self._weights = list(weights)
        self._means = [
            keras.Variable(
                np.zeros(weight.shape), trainable=False, dtype=weight.dtype
            )
            for weight in self._weights
        ]
        self._count = keras.Variable(0, trainable=False, dtype="int32")

    @property
    def variables(self) -> list:
        """The means and how many values they are of, for a checkpoint."""
        return [*self._means, self._count]

    @property
    def count(self) -> int:
        """How many times the weights were added."""
        return int(_value(self._count))

    def add(self) -> None:
        """Adds the weights as they are now; called outside of replicas."""
        count = self.count + 1
        self._count.assign(count)
        for mean, weight in zip(self._means, self._weights, strict=True):
            former = _value(mean)
            mean.assign(former + (_value(weight) - former) / count)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Sets the weights to their means until the end of the context.

        Raises:
            ValueError: if none were added.
        """
        if not self.count:
            raise ValueError("no weights were added to the average")
        own = [_value(weight) for weight in self._weights]
        try:
            _assign(self._weights, map(_value, self._means))
            yield
        finally:
            _assign(self._weights, own)


def _value(variable) -> np.ndarray:
    return np.array(tf.convert_to_tensor(variable))


def _assign(variables, arrays) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
