import numpy as np
import pytest

from keras_dialgan.corpus.preparation import duplicates
from keras_dialgan.corpus.preparation.duplicates import Duplicates


def digests(*values):
    return np.array(values, np.uint64)


def found(folder, parts):
    marks = Duplicates(folder, parts)
    return [marks.of_part(i).astype(int).tolist() for i in range(len(parts))]


@pytest.mark.parametrize("sorted_together", [1, 3, 4_000_000])
def test_every_repetition_but_the_first_is_marked(
    tmp_path, monkeypatch, sorted_together
):
    monkeypatch.setattr(duplicates, "SORTED_TOGETHER", sorted_together)
    parts = [
        (digests(5, 7, 5), True),
        (digests(), True),
        (digests(7, 2**64 - 1, 8), True),
        (digests(2**64 - 1, 5), True),
    ]
    assert found(tmp_path, parts) == [[0, 0, 1], [], [1, 0, 0], [1, 1]]


def test_parts_of_common_talk_neither_are_nor_make_copies(tmp_path):
    parts = [
        (digests(1, 1), False),
        (digests(1, 2), True),
        (digests(2, 2), False),
        (digests(2), True),
    ]
    assert found(tmp_path, parts) == [[0, 0], [0, 0], [0, 0], [1]]


def test_no_parts_hold_no_copies(tmp_path):
    assert found(tmp_path, []) == []
