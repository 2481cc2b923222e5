"""What `fit` adds to the bare steps."""

import time

import keras
import tensorflow as tf

from keras_dialgan.benchmarking.workload import Sizes, make_batch, our_step
from keras_dialgan.models import GANDialogueModel
from keras_dialgan.training.replay import Replay
from keras_dialgan.training.schedule import Phase, Schedule

_RATE = 1e-9


def compare(
    model: GANDialogueModel, sizes: Sizes, iterations: int
) -> list[dict]:
    """Times epochs of `fit` and the same steps on their own, in turn.

    Args:
        model: the training model.
        sizes: of its batches.
        iterations: epochs measured after a first one.

    Returns:
        For a long MLE phase and for a shortened global iteration: seconds of
        the bare steps and of `fit`, the best of the epochs each, and what
        `fit` adds as a share, in processor time, too.
    """
    model.replay = Replay(
        100 * sizes.batch, 10 * sizes.batch, sizes.length, sizes.length
    )
    batch = make_batch(sizes)
    steps = {phase: our_step(model, phase) for phase in model.phase_metrics}
    samples = Phase("sample", samples=2 * sizes.batch)
    judge = Phase("discriminator", 4)
    plans = {
        "mle": (Phase("mle", 6),),
        "global iteration": (
            *(Phase("adversarial", 3), samples, judge),
            *(Phase("mle", 3), samples, judge),
        ),
    }
    return [
        _compare(name, model, steps, batch, phases, iterations)
        for name, phases in plans.items()
    ]


def _compare(name, model, steps, batch, phases, iterations):
    rates = dict.fromkeys(model.phase_optimizers, _RATE)
    size = batch["context"].shape[0]
    schedule = Schedule(phases, size, rates)
    pairs = {key: batch[key] for key in ("context", "response")}
    dataset = tf.data.Dataset.from_tensors(pairs).repeat()
    clock = _EpochTimes()

    def bare():
        clock.on_epoch_begin(0)
        for phase in phases:
            for _ in range(phase.length(size)):
                steps[phase.name](batch)
        clock.on_epoch_end(0)
        return clock.passed

    def fitted():
        model.set_schedule(schedule)
        model.fit(
            dataset,
            steps_per_epoch=schedule.steps,
            verbose=0,
            shuffle=False,
            callbacks=[clock],
        )
        return clock.passed

    # The first of each compiles.
    times = [(*bare(), *fitted()) for _ in range(1 + iterations)][1:]
    alone, alone_cpu, within, within_cpu = map(min, zip(*times, strict=True))
    return {
        "epoch": name,
        "steps": schedule.steps,
        "bare": alone,
        "fit": within,
        "added_share": within / alone - 1,
        "cpu_added_share": within_cpu / alone_cpu - 1,
    }


class _EpochTimes(keras.callbacks.Callback):
    """Times of the last epoch, without what `fit` does once per call.

    Attributes:
        passed: seconds elapsed, and seconds of the processor.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter(), time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        wall, cpu = self._start
        self.passed = time.perf_counter() - wall, time.process_time() - cpu
