import json

import numpy as np
import pytest

from keras_dialgan.training.arrays import (
    DamagedFileError,
    read_arrays,
    verify_arrays,
    write_arrays,
)


@pytest.fixture
def written(tmp_path):
    arrays = {
        "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
        "count": np.int64(7),
        "empty": np.zeros((0, 4), np.int32),
        "transposed": np.arange(6.0).reshape(2, 3).T,
        "big_endian": np.arange(3, dtype=">i4"),
    }
    path = tmp_path / "arrays.bin"
    # Records pass through JSON.
    record = json.loads(json.dumps(write_arrays(path, arrays.items())))
    return path, record, arrays


def test_arrays_come_back_as_they_were(written):
    path, record, arrays = written
    verify_arrays(path, record)
    found = dict(read_arrays(path, record))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].shape == array.shape


@pytest.mark.parametrize("position", [0, 20, -1])
def test_a_flipped_bit_is_noticed(written, position):
    path, record, _ = written
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="SHA-256"):
        verify_arrays(path, record)


def test_a_missing_end_is_noticed(written):
    path, record, _ = written
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedFileError, match="bytes"):
        verify_arrays(path, record)


@pytest.mark.parametrize(
    "entry",
    [
        ["matrix", "<f4", [2**40, 2**40]],
        ["matrix", "<f4", [-2, -3]],
        ["matrix", "<f4", [2.5]],
        ["matrix", "|O", [2]],
        ["matrix", "<f4", [1]],
    ],
)
def test_a_record_of_impossible_arrays_is_refused_before_reading(
    written, entry
):
    path, record, _ = written
    record["arrays"][0] = entry
    with pytest.raises(DamagedFileError):
        verify_arrays(path, record)


def test_a_link_is_not_followed(written, tmp_path):
    path, record, _ = written
    link = tmp_path / "link.bin"
    link.symlink_to(path)
    with pytest.raises(DamagedFileError, match="is not a file"):
        verify_arrays(link, record)
