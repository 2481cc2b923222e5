import keras
import numpy as np
import pytest

from keras_dialgan.models.weight_average import WeightAverage


@pytest.fixture
def weights():
    return [
        keras.Variable(np.zeros(shape), dtype="float32")
        for shape in ((), (2, 3))
    ]


def values(weights):
    return [keras.ops.convert_to_numpy(weight) for weight in weights]


def add(average, weights, number):
    for weight in weights:
        weight.assign(np.full(weight.shape, number))
    average.add()


def test_lent_weights_are_the_mean_of_those_added(weights):
    average = WeightAverage(weights)
    for number in (1, 2, 6):
        add(average, weights, number)
    assert average.count == 3
    with average.lent():
        for value in values(weights):
            np.testing.assert_allclose(value, 3, rtol=1e-6)
    for value in values(weights):
        np.testing.assert_array_equal(value, 6)


def test_own_weights_come_back_after_an_error(weights):
    average = WeightAverage(weights)
    add(average, weights, 1)
    add(average, weights, 3)
    with pytest.raises(KeyError), average.lent():
        raise KeyError
    np.testing.assert_array_equal(values(weights)[0], 3)


def test_an_average_of_nothing_is_not_lent(weights):
    with pytest.raises(ValueError, match="no weights"):
        WeightAverage(weights).lent().__enter__()
    np.testing.assert_array_equal(values(weights)[0], 0)


def test_variables_carry_all_that_goes_on(weights):
    average = WeightAverage(weights)
    add(average, weights, 1)
    again = WeightAverage(weights)
    for old, new in zip(average.variables, again.variables, strict=True):
        new.assign(old)
    for each in (average, again):
        add(each, weights, 4)
        with each.lent():
            np.testing.assert_allclose(values(weights)[1], 2.5)
