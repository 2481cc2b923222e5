"""How far a run is: its plan, and the file that tells it to others."""

import datetime
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import keras

from keras_dialgan.files import write_json
from keras_dialgan.training.schedule import Schedule

_INTERVAL = 10.0
_SMOOTHING = 0.05


@dataclass(frozen=True)
class Stage:
    """One run of `fit`.

    Args:
        title: for people.
        schedule: the phases of its epochs.
        epochs: how many.
        saved_as: the name under which its result is saved, or None.
    """

    title: str
    schedule: Schedule
    epochs: int
    saved_as: str | None = None

    def steps_by_phase(self, epoch: int = 0, position: int = 0) -> Counter:
        """Counts the steps of each kind from a position to the end."""
        left = Counter()
        for phase in self.schedule.phases:
            length = phase.length(self.schedule.batch_size)
            left[phase.name] += length * (self.epochs - epoch)
            passed = min(position, length)
            left[phase.name] -= passed
            position -= passed
        return left


class Plan:
    """The stages of a whole training.

    Args:
        stages: in their order.
    """

    def __init__(self, stages: list[Stage]):
        self.stages = stages

    def steps(self) -> int:
        """Returns the number of steps of the whole."""
        return sum(s.steps_by_phase().total() for s in self.stages)

    def steps_left(self, run: int, epoch: int, position: int) -> Counter:
        """Counts the steps of each kind that are still to do."""
        left = self.stages[run].steps_by_phase(epoch, position)
        for stage in self.stages[run + 1 :]:
            left += stage.steps_by_phase()
        return left

    def where(self, positions: dict[str, int], step: int) -> str:
        """Describes the position of a checkpoint.

        Args:
            positions: its `run`, `epoch` and `position`.
            step: the number of steps done.
        """
        if not step:
            return "nothing trained yet: starting from the beginning"
        stage = self.stages[positions["run"]]
        last = stage is self.stages[-1]
        if last and positions["epoch"] >= stage.epochs:
            return f"the training is complete ({step:,} steps)"
        if positions["epoch"] >= stage.epochs:
            return f"resuming at step {step:,}, after {stage.title}"
        phase, done = stage.schedule.locate(positions["position"])
        return (
            f"resuming at step {step:,} of {self.steps():,}: {stage.title}, "
            f"epoch {positions['epoch'] + 1} of {stage.epochs}, phase "
            f"{stage.schedule.phases[phase].name}, {done:,} steps into it"
        )


class StatusFile(keras.callbacks.Callback):
    """Keeps a JSON file that says how far the run is.

    It is replaced as a whole, every few seconds and at ends of phases. As a
    context manager it also tells how the run ended.

    Args:
        path: the file; None writes nothing.
        plan: the whole training.
    """

    def __init__(self, path: Path | None, plan: Plan):
        super().__init__()
        self._path = path
        self._plan = plan
        self._seconds = {}
        self._checkpoint = None
        self._run = 0
        self._written_at = 0.0
        self._training_model = None

    def __enter__(self) -> "StatusFile":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if self._training_model is None:
            return
        if error is None:
            self._write("complete")
        else:
            self._write("stopped", message=str(error) or kind.__name__)

    def begin(self, model, run: int) -> None:
        """Tells which stage of the plan a model is in."""
        self._training_model = model
        self._run = run
        self._write("running")

    def checkpoint(self, step: int) -> None:
        """Tells that a checkpoint was saved."""
        self._checkpoint = {"step": step, "time": _now()}

    def on_train_batch_begin(self, batch, logs=None):
        self._phase = self.model.phase
        self._begun = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        took = now - self._begun
        former = self._seconds.get(self._phase, took)
        self._seconds[self._phase] = former + _SMOOTHING * (took - former)
        due = now - self._written_at >= _INTERVAL
        if due or self.model.finished_phase:
            self._write("running")

    def _write(self, state: str, **more) -> None:
        if self._path is None:
            return
        model = self._training_model
        stage = self._plan.stages[self._run]
        left = self._plan.steps_left(self._run, model.epoch, model.position)
        running = model.epoch < stage.epochs and stage.schedule.steps
        seconds = self._seconds.get(model.phase if running else None)
        self._written_at = time.monotonic()
        write_json(
            self._path,
            {
                "state": state,
                "stage": stage.title,
                "phase": model.phase if running else None,
                "epoch": min(model.epoch + 1, stage.epochs),
                "epochs": stage.epochs,
                "step": model.step,
                "steps": self._plan.steps(),
                "steps_per_second": round(1 / seconds, 3) if seconds else None,
                "seconds_left": self._seconds_left(left),
                "last_checkpoint": self._checkpoint,
                "updated": _now(),
                **more,
            },
        )

    def _seconds_left(self, left: Counter) -> int | None:
        """Estimates by the phases known so far, for others by their mean."""
        if not self._seconds:
            return None
        mean = sum(self._seconds.values()) / len(self._seconds)
        return round(
            sum(self._seconds.get(p, mean) * n for p, n in left.items())
        )


def _now() -> str:
    now = datetime.datetime.now(datetime.UTC)
    return now.isoformat(timespec="seconds")
