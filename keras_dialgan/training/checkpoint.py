"""Checkpoints: all that determines the rest of a run."""

import functools
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_dialgan.errors import UserError
from keras_dialgan.files import (
    atomic_directory,
    read_manifest,
    remove_leftovers,
    write_json,
)
from keras_dialgan.models import GANDialogueModel
from keras_dialgan.training.arrays import (
    DamagedFileError,
    read_arrays,
    verify_arrays,
    write_arrays,
)

FORMAT_VERSION = 2
MANIFEST = "checkpoint.json"
VARIABLES = "variables.bin"
REPLAY = "replay.bin"
# Writing releases the interpreter: a thread does, and the program's end waits
# for it.
_EXECUTOR = ThreadPoolExecutor(1, "checkpoint")
# A Keras optimiser's other variables are its updates and its rate.
_FIRST_SLOT = 2
_POSITIONS = ("run", "epoch", "position", "data_offset")


class CheckpointFolder:
    """The checkpoints of a run, of which the newest few are kept.

        step-000001200/
          checkpoint.json   positions, identity, size and SHA-256 of the rest
          variables.bin     weights, their average, optimisers' slots,
                            metrics, step number
          replay.bin        C_D, the oldest pair first

    Random state and the order of the data need no place in it: both are
    functions of the seed and of the number of the step.

    Args:
        path: the folder.
        identity: what must be the same when a run goes on, such as the
            digest of the vocabulary.
        kept: how many checkpoints stay.
        writes: whether this process writes; the chief of several does.
    """

    def __init__(
        self,
        path: str | Path,
        identity: dict[str, Any],
        kept: int = 2,
        writes: bool = True,
    ):
        self.path = Path(path)
        self.identity = identity
        self.kept = kept
        self.writes = writes
        self._writing: Future | None = None
        if writes:
            # What a killed process was writing.
            remove_leftovers(self.path)

    def newest_step(self) -> int | None:
        """Returns the step of the newest checkpoint."""
        found = self._list()
        return int(found[-1].name.removeprefix("step-")) if found else None

    def save(
        self,
        model: GANDialogueModel,
        positions: dict[str, int],
        background: bool = False,
        written: Callable[[int], None] = lambda step: None,
    ) -> Path:
        """Writes a checkpoint and removes those that are too old.

        Every worker has to call it: what the replicas have counted apart is
        summed here.

        Args:
            model: the compiled training model.
            positions: `run`, `epoch`, `position` and `data_offset`.
            background: whether training may go on while a copy of the state
                is written; `finish` tells how that went.
            written: called with the step when the checkpoint is complete.

        Returns:
            The directory of the checkpoint.

        Raises:
            UserError: if it, or the one before, can't be written; the former
                ones stay.
        """
        self.finish()
        step = model.step
        path = self.path / f"step-{step:09d}"
        counted = [(name, _value(v)) for name, v in _metrics(model)]
        if not self.writes:
            return path
        variables = _arrays(model)
        if background:
            variables = [(name, array.copy()) for name, array in variables]
        job = functools.partial(
            self._write,
            path,
            {"step": step, **positions},
            chain(counted, variables),
            model.replay.state(),
            written,
        )
        if background:
            self._writing = _EXECUTOR.submit(job)
        else:
            job()
        return path

    def finish(self, wait: bool = True) -> None:
        """Waits for the checkpoint that is being written.

        Args:
            wait: whether to wait, or only to look.

        Raises:
            UserError: if it could not be written.
        """
        writing = self._writing
        if writing is not None and (wait or writing.done()):
            self._writing = None
            writing.result()

    def _write(self, path, description, variables, replay, written) -> None:
        try:
            with atomic_directory(path) as directory:
                files = {
                    VARIABLES: write_arrays(directory / VARIABLES, variables),
                    REPLAY: write_arrays(directory / REPLAY, replay.items()),
                }
                write_json(
                    directory / MANIFEST,
                    {
                        "kind": "checkpoint",
                        "format_version": FORMAT_VERSION,
                        **description,
                        "identity": self.identity,
                        "files": files,
                    },
                )
        except OSError as error:
            raise UserError(
                f"{path}: the checkpoint of step {description['step']:,} "
                f"can't be written ({error.strerror}); {self._last_one()}; "
                "make room, then go on with --resume"
            ) from None
        for old in self._list()[: -self.kept]:
            _remove(old)
        written(description["step"])

    def restore(
        self, model: GANDialogueModel, say: Callable[[str], None] = print
    ) -> dict[str, int] | None:
        """Brings a compiled model back to the newest intact checkpoint.

        Args:
            model: the training model, compiled as when it was saved.
            say: is told which checkpoints were damaged.

        Returns:
            The checkpoint's positions, or None where there is no checkpoint.

        Raises:
            UserError: if none of them is intact, or the run that wrote them
                had another identity.
        """
        self.finish()
        found = self._list()
        for path in reversed(found):
            try:
                return self._restore(path, model)
            except (DamagedFileError, OSError) as error:
                say(f"{path}: damaged ({error}); trying the one before")
                if self.writes:
                    path.rename(path.with_name(f"damaged-{path.name}"))
        if found:
            raise UserError(
                f"{self.path}: none of its {len(found)} checkpoints is intact; "
                "begin anew in another directory"
            )
        return None

    def _restore(self, path: Path, model: GANDialogueModel) -> dict[str, int]:
        manifest = _read_description(path)
        changed = [
            f"{key} ({manifest['identity'].get(key)!r} / {value!r})"
            for key, value in self.identity.items()
            if manifest["identity"].get(key) != value
        ]
        if changed:
            raise UserError(
                f"{path}: was written by a run with another (then / now) "
                f"{', '.join(changed)}; go on with the same, or begin anew in "
                "another directory"
            )
        files = manifest["files"]
        try:
            verify_arrays(path / VARIABLES, files[VARIABLES])
            verify_arrays(path / REPLAY, files[REPLAY])
            variables, empty_slots = _match_slots(files, model)
            _check_fit(files, variables, model)
            for name, array in read_arrays(path / VARIABLES, files[VARIABLES]):
                variables[name].assign(array)
            for slot in empty_slots:
                slot.assign(np.zeros(slot.shape))
            model.replay.restore(
                dict(read_arrays(path / REPLAY, files[REPLAY]))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedFileError(error) from None
        return {key: manifest[key] for key in _POSITIONS}

    def _list(self) -> list[Path]:
        if not self.path.is_dir():
            return []
        return sorted(
            path
            for path in self.path.glob("step-" + "[0-9]" * 9)
            if not path.is_symlink()
        )

    def _last_one(self) -> str:
        step = self.newest_step()
        if step is None:
            return "there is no other one yet"
        return f"that of step {step:,} is good"


def _read_description(path: Path) -> dict[str, Any]:
    if (path / MANIFEST).is_symlink():
        raise DamagedFileError(f"{MANIFEST} is a link")
    try:
        manifest = read_manifest(path / MANIFEST, "checkpoint", FORMAT_VERSION)
    except UserError as error:
        if "format version" in str(error):
            raise
        raise DamagedFileError(error) from None
    sound = all(
        type(manifest.get(key)) is int and manifest[key] >= 0
        for key in _POSITIONS
    ) and all(
        isinstance(manifest.get(key), dict) for key in ("files", "identity")
    )
    if not sound:
        raise DamagedFileError(f"{MANIFEST} lacks a position or a file")
    return manifest


def _match_slots(files: dict, model: GANDialogueModel) -> tuple[dict, list]:
    """Gives the model's optimisers the slots that a checkpoint has.

    Returns:
        A tuple of the variables that the checkpoint must hold, by name, and
        the slots of optimisers that had none when it was written.
    """
    held = {name for name, _, _ in _index(files)}
    empty = {}
    for phase, optimizer in model.phase_optimizers.items():
        group = f"{phase}_optimizer"
        if f"{group}/{_FIRST_SLOT}" in held:
            model.build_optimizer(phase)
        else:
            named = list(_numbered({group: optimizer.variables}))
            empty |= dict(named[_FIRST_SLOT:])
    variables = dict([*_metrics(model), *_variables(model)])
    for name in empty:
        del variables[name]
    return variables, list(empty.values())


def _check_fit(files: dict, variables: dict, model: GANDialogueModel) -> None:
    """Compares types and shapes with the model, before anything is read."""
    found = {name: (kind, shape) for name, kind, shape in _index(files)}
    wanted = {
        name: (_kind(variable), list(variable.shape))
        for name, variable in variables.items()
    }
    for name, array in model.replay.state().items():
        _, shape = found.get(name, (None, []))
        rows = shape[0] if shape and array.ndim else 0
        if rows > model.replay.capacity:
            raise DamagedFileError(f"{rows:,} pairs do not fit the replay")
        wanted[name] = (
            array.dtype.newbyteorder("<").str,
            [rows, *array.shape[1:]] if array.ndim else [],
        )
    for name in wanted | found:
        if found.get(name) != wanted.get(name):
            raise DamagedFileError(
                f"{name} is {found.get(name)}, the model's {wanted.get(name)}"
            )


def _index(files: dict) -> Iterator[list]:
    for name in (VARIABLES, REPLAY):
        yield from files[name]["arrays"]


def _kind(variable) -> str:
    return np.dtype(variable.dtype).newbyteorder("<").str


def _variables(model: GANDialogueModel) -> Iterator[tuple[str, Any]]:
    groups = {
        "generator": model.generator.variables,
        "discriminator": model.discriminator.variables,
        "steps_done": [model.steps_done],
    }
    if model.weight_average is not None:
        groups["weight_average"] = model.weight_average.variables
    for phase, optimizer in model.phase_optimizers.items():
        groups[f"{phase}_optimizer"] = optimizer.variables
    yield from _numbered(groups)


def _metrics(model: GANDialogueModel) -> Iterator[tuple[str, Any]]:
    yield from _numbered(
        {f"metric/{metric.name}": metric.variables for metric in model.metrics}
    )


def _numbered(groups: dict) -> Iterator[tuple[str, Any]]:
    for group, variables in groups.items():
        for index, variable in enumerate(variables):
            yield f"{group}/{index}", variable


def _arrays(model: GANDialogueModel) -> Iterator[tuple[str, np.ndarray]]:
    """One at a time: a copy of all of them might not fit the memory."""
    for name, variable in _variables(model):
        yield name, _value(variable)


def _value(variable) -> np.ndarray:
    return np.asarray(tf.convert_to_tensor(variable))


def _remove(path: Path) -> None:
    # The description goes first: what is half removed is no checkpoint.
    for name in (MANIFEST, VARIABLES, REPLAY):
        (path / name).unlink(missing_ok=True)
    path.rmdir()
