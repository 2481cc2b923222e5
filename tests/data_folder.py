"""The folder of real dialogue data, where there is one."""

import os
from pathlib import Path

import pytest

_BESIDE_REPOSITORY = Path(__file__).parents[2] / "shared" / "data"


def find_dialogue_data() -> Path | None:
    """What DIALOGUE_DATA names, else the folder beside the repository."""
    path = Path(os.environ.get("DIALOGUE_DATA", _BESIDE_REPOSITORY))
    return path if path.is_dir() else None


def dialogue_data() -> Path:
    """The folder; a test that asks for it is skipped where there is none."""
    path = find_dialogue_data()
    if path is None:
        pytest.skip("no dialogue data: set DIALOGUE_DATA to its folder")
    return path
