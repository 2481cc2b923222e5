"""What `fit` adds to the bare steps."""

import functools
import tempfile
import time
from collections.abc import Callable
from contextlib import closing

import keras
import tensorflow as tf

from keras_dialgan.benchmarking.measuring import Times
from keras_dialgan.benchmarking.workload import Sizes, make_batch
from keras_dialgan.models import GANDialogueModel
from keras_dialgan.models.compiled_step import compile_step
from keras_dialgan.models.phases import PHASE_STEPS
from keras_dialgan.training.replay import Replay
from keras_dialgan.training.schedule import Phase, Schedule
from keras_dialgan.training.tensorboard_curves import PhaseCurves

_RATE = 1e-9
_LOG_EVERY = 10


def compare(
    model: GANDialogueModel, sizes: Sizes, rounds: int, seconds: float
) -> list[dict]:
    """Times epochs of `fit` and the same steps on their own, in turn.

    Args:
        model: the training model.
        sizes: of its batches.
        rounds: epochs measured of each, after a first one.
        seconds: of all of it; after half of them, for each of two kinds of
            epochs, no new epoch begins, except the first two.

    Returns:
        For a long MLE phase and for a shortened global iteration: median
        seconds of the bare steps and of an epoch of `fit`, its replay and
        its TensorBoard curves included, and what `fit` adds as a share, in
        processor time, too.
    """
    model.replay = Replay(
        100 * sizes.batch, 10 * sizes.batch, sizes.length, sizes.length
    )
    batch = make_batch(sizes)
    steps = {phase: _bare_step(model, phase) for phase in PHASE_STEPS}
    samples = Phase("sample", samples=2 * sizes.batch)
    judge = Phase("discriminator", 4)
    plans = {
        "mle": (Phase("mle", 6),),
        "global iteration": (
            *(Phase("adversarial", 3), samples, judge),
            *(Phase("mle", 3), samples, judge),
        ),
    }
    rows = []
    for name, phases in plans.items():
        rates = dict.fromkeys(model.phase_optimizers, _RATE)
        schedule = Schedule(phases, sizes.batch, rates)

        def bare(phases=phases):
            for phase in phases:
                for _ in range(phase.length(sizes.batch)):
                    steps[phase.name](batch)

        turns = _Turns(bare, rounds, seconds / len(plans))
        _fit(model, schedule, batch, turns)
        rows.append({"epoch": name, "steps": schedule.steps, **turns.result()})
    return rows


def _bare_step(model, phase):
    step = functools.partial(PHASE_STEPS[phase], model)
    compiled = compile_step(step, model.distribute_strategy, run_eagerly=False)
    names = ["context", "response"]
    if phase == "discriminator":
        names += [f"generated_{name}" for name in names]

    def run(batch):
        logs = compiled({name: batch[name] for name in names})
        return tf.nest.map_structure(lambda part: part.numpy(), logs)

    return run


def _fit(model, schedule, batch, turns) -> None:
    pairs = {key: batch[key] for key in ("context", "response")}
    model.set_schedule(schedule)
    with (
        tempfile.TemporaryDirectory() as logs,
        closing(tf.summary.create_file_writer(logs)) as writer,
    ):
        model.fit(
            tf.data.Dataset.from_tensors(pairs).repeat(),
            steps_per_epoch=schedule.steps,
            epochs=turns.epochs,
            verbose=0,
            shuffle=False,
            callbacks=[PhaseCurves(writer, _LOG_EVERY), turns],
        )


class _Turns(keras.callbacks.Callback):
    """Times the epochs of `fit`, and between them a function.

    The first turn of both compiles and does not count.

    Args:
        bare: the function.
        rounds: epochs that count.
        seconds: after these no new epoch begins, except the first two.

    Attributes:
        epochs: epochs that `fit` should do.
    """

    def __init__(self, bare: Callable[[], None], rounds: int, seconds: float):
        super().__init__()
        self.epochs = 1 + rounds
        self._bare = bare
        self._seconds = seconds
        self._of_fit = Times()
        self._of_bare = Times()

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self._of_fit, self._of_bare = Times(), Times()
            self._end = time.perf_counter() + self._seconds
        self._of_fit.start()

    def on_epoch_end(self, epoch, logs=None):
        self._of_fit.stop()
        self._of_bare.start()
        self._bare()
        self._of_bare.stop()
        if epoch > 1 and time.perf_counter() > self._end:
            self.model.stop_training = True

    def result(self) -> dict:
        """Returns medians, and what `fit` adds."""
        fit, bare = self._of_fit, self._of_bare
        return {
            "bare": bare.seconds,
            "fit": fit.seconds,
            "added_share": fit.seconds / bare.seconds - 1,
            "cpu_added_share": fit.cpu_seconds / bare.cpu_seconds - 1,
        }
