"""Named arrays in one plain file, whose content is checked on reading."""

import hashlib
import math
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np


class DamagedFileError(ValueError):
    """A file is not what its record says."""


def write_arrays(
    path: str | Path, arrays: Iterable[tuple[str, np.ndarray]]
) -> dict[str, Any]:
    """Writes arrays one after another, as raw little-endian numbers.

    Args:
        path: the file to write; it is on the disk on return.
        arrays: pairs of a name and an array; only one at a time is held.

    Returns:
        The file's record: its size, its SHA-256 and, for each array, name,
        type and shape.
    """
    index, size, digest = [], 0, hashlib.sha256()
    with open(path, "wb") as file:
        for name, array in arrays:
            array = np.asarray(array)
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
            file.write(content)
            digest.update(content)
            index.append([name, array.dtype.str, list(array.shape)])
            size += array.nbytes
        file.flush()
        os.fsync(file.fileno())
    return {"bytes": size, "sha256": digest.hexdigest(), "arrays": index}


def verify_arrays(path: str | Path, record: dict[str, Any]) -> None:
    """Compares a file with its record.

    Raises:
        DamagedFileError: if it is missing, a link, of another size or of
            other content, or if its record is not sound.
    """
    path = Path(path)
    if path.is_symlink() or not path.is_file():
        raise DamagedFileError(f"{path.name} is not a file")
    declared = sum(_bytes(*entry[1:]) for entry in record["arrays"])
    if not path.stat().st_size == record["bytes"] == declared:
        raise DamagedFileError(
            f"{path.name} has {path.stat().st_size:,} bytes, not "
            f"{record['bytes']:,}"
        )
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != record["sha256"]:
        raise DamagedFileError(f"the SHA-256 of {path.name} is another")


def read_arrays(
    path: str | Path, record: dict[str, Any]
) -> Iterator[tuple[str, np.ndarray]]:
    """Reads the arrays of a file that `verify_arrays` has passed.

    Args:
        path: the file.
        record: what `write_arrays` returned.

    Yields:
        Each array with its name.
    """
    with open(path, "rb") as file:
        for name, kind, shape in record["arrays"]:
            content = file.read(_bytes(kind, shape))
            yield name, np.frombuffer(content, kind).reshape(shape)


def _bytes(kind: str, shape: list[int]) -> int:
    dtype = np.dtype(kind)
    # Shapes are products of Python's integers: they can't overflow.
    if dtype.hasobject or any(
        not isinstance(size, int) or size < 0 for size in shape
    ):
        raise DamagedFileError(f"no array is {kind} {shape}")
    return math.prod(shape) * dtype.itemsize
