import numpy as np
import pytest

from keras_dialgan.corpus.permutation import Permutation


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 17, 1000, 4096, 4097])
def test_every_value_comes_exactly_once(size):
    values = Permutation(size, [1, 2])(np.arange(size))
    assert sorted(values) == list(range(size))


def test_the_seed_decides_the_order():
    places = np.arange(500)
    first = Permutation(500, [1])(places)
    np.testing.assert_array_equal(first, Permutation(500, [1])(places))
    assert (first != Permutation(500, [2])(places)).mean() > 0.9


def test_parts_agree_with_the_whole():
    permutation = Permutation(1000, [3])
    whole = permutation(np.arange(1000))
    np.testing.assert_array_equal(permutation([7, 900]), whole[[7, 900]])


def test_neighbours_are_scattered():
    values = Permutation(100_000, [4])(np.arange(100_000))
    steps = np.abs(np.diff(values))
    assert 30_000 < steps.mean() < 37_000
    assert abs(np.corrcoef(np.arange(100_000), values)[0, 1]) < 0.02
