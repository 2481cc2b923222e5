"""When a run saves a checkpoint, and when it stops."""

import time
from collections.abc import Callable

import keras

from keras_dialgan.config import TrainingConfig
from keras_dialgan.training.stopping import StopRequest, TrainingStopped
from keras_dialgan.training.workers import Workers


class Checkpoints(keras.callbacks.Callback):
    """Saves every few minutes, at ends of phases, and when asked to stop.

    A phase of a small model ends after a second, one of a large model leaves
    gigabytes: at the end of a phase a checkpoint is saved if, at the time
    that the last one took, it stays within its share of the time.

    Args:
        write: function that writes a checkpoint, and is told whether it may
            do so in the background.
        look: function that raises what went wrong in the background.
        stop: the wish to stop.
        workers: who has to agree.
        settings: `checkpoint_minutes` and `checkpoint_share`.

    Attributes:
        seconds: for which training has waited for checkpoints.
        count: checkpoints written.
    """

    def __init__(
        self,
        write: Callable[[bool], None],
        look: Callable[[], None],
        stop: StopRequest,
        workers: Workers,
        settings: TrainingConfig,
    ):
        super().__init__()
        self._write = write
        self._look = look
        self._stop = stop
        self._workers = workers
        self._interval = 60 * settings.checkpoint_minutes
        self._share = settings.checkpoint_share
        self._saved_step = None
        self._saved_at = time.monotonic()
        self._last_took = 0.0
        self.seconds = 0.0
        self.count = 0

    def on_train_batch_end(self, batch, logs=None):
        step = self.model.step
        stop, due = self._workers.any(
            self._stop.reason is not None,
            self._workers.is_chief and self._is_due(),
        )
        self._look()
        if stop or due:
            self.save(step, background=not stop)
        if stop:
            reason = self._stop.reason or "another worker was asked to stop"
            raise TrainingStopped(
                f"stopped at step {step:,}: {reason}; everything is saved: go "
                "on with --resume"
            )

    def save(self, step: int, background: bool = False) -> None:
        """Saves a checkpoint unless that of this step is there.

        Args:
            step: the number of steps done.
            background: whether training may go on meanwhile.
        """
        if step == self._saved_step:
            return
        begun = time.monotonic()
        self._write(background)
        self._saved_step = step
        self._saved_at = time.monotonic()
        self._last_took = self._saved_at - begun
        self.seconds += self._last_took
        self.count += 1

    def _is_due(self) -> bool:
        waited = time.monotonic() - self._saved_at
        if waited >= self._interval:
            return True
        affordable = waited * self._share >= self._last_took
        return bool(self.model.finished_phase) and affordable
