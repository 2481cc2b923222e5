"""Checkpoints: all that determines the rest of a run."""

import json
from pathlib import Path

import numpy as np

from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_directory, read_manifest, write_json
from keras_dialgan.models import GANDialogueModel

FORMAT_VERSION = 1
KEPT = 2


def save_checkpoint(
    folder: str | Path, model: GANDialogueModel, run: int
) -> Path:
    """Writes a checkpoint and removes all but the newest two.

    The position in the data and the random state need no place in it: both
    are functions of the seed and of the number of steps done.

    Args:
        folder: where checkpoints are kept.
        model: the compiled training model.
        run: which of the runs of Algorithm 1 is under way.

    Returns:
        The directory of the new checkpoint.
    """
    folder = Path(folder)
    path = folder / f"step-{model.step:09d}"
    with atomic_directory(path) as directory:
        arrays = {
            name: np.asarray(variable)
            for name, variable in _variables(model).items()
        }
        np.savez(directory / "variables.npz", **arrays)
        np.savez(directory / "replay.npz", **model.replay.state())
        write_json(
            directory / "checkpoint.json",
            {
                "kind": "checkpoint",
                "format_version": FORMAT_VERSION,
                "run": run,
                "epoch": model.epoch,
                "position": model.position,
            },
        )
    for old in _list(folder)[:-KEPT]:
        _remove(old)
    return path


def restore_checkpoint(
    folder: str | Path, model: GANDialogueModel
) -> dict | None:
    """Brings a compiled model back to the newest checkpoint.

    Args:
        folder: where checkpoints are kept.
        model: the training model, compiled as when it was saved.

    Returns:
        The checkpoint's `run`, `epoch` and `position`, or None where there
        is no checkpoint.

    Raises:
        UserError: if the files are damaged or do not fit.
    """
    checkpoints = _list(Path(folder))
    if not checkpoints:
        return None
    path = checkpoints[-1]
    manifest = read_manifest(
        path / "checkpoint.json", "checkpoint", FORMAT_VERSION
    )
    try:
        with np.load(path / "variables.npz", allow_pickle=False) as arrays:
            for name, variable in _variables(model).items():
                variable.assign(arrays[name])
        with np.load(path / "replay.npz", allow_pickle=False) as arrays:
            model.replay.restore(arrays)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path}: can't be read ({error})") from None
    return {key: manifest[key] for key in ("run", "epoch", "position")}


def _variables(model: GANDialogueModel) -> dict:
    groups = {
        "generator": model.generator.variables,
        "discriminator": model.discriminator.variables,
        "steps_done": [model.steps_done],
    }
    for phase, optimizer in model.phase_optimizers.items():
        groups[f"{phase}_optimizer"] = optimizer.variables
    return {
        f"{group}/{index}": variable
        for group, variables in groups.items()
        for index, variable in enumerate(variables)
    }


def _list(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*")) if folder.is_dir() else []


def _remove(path: Path) -> None:
    # The description goes first: what is half removed is no checkpoint.
    for name in ("checkpoint.json", "variables.npz", "replay.npz"):
        (path / name).unlink(missing_ok=True)
    path.rmdir()


def read_records(path: Path, before_step: int | None = None) -> list[dict]:
    """Reads a file of JSON lines, one measurement each.

    Args:
        path: the file; one that is missing holds nothing.
        before_step: leaves out records of later steps, which a resumed run
            will measure again.

    Returns:
        The records in their order; a line that was cut off is left out.
    """
    records = []
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    if before_step is None:
        return records
    return [record for record in records if record["step"] <= before_step]
