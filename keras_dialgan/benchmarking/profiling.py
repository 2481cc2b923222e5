"""A profile of the phases for TensorBoard."""

from pathlib import Path

import tensorflow as tf

from keras_dialgan.benchmarking.sections import Settings
from keras_dialgan.benchmarking.workload import (
    PHASES,
    make_batch,
    make_model,
    our_step,
    sized_config,
)


def write_profile(settings: Settings, directory: str | Path) -> None:
    """Profiles a step of each phase.

    Args:
        settings: of the benchmark.
        directory: what TensorBoard is given as `--logdir`.
    """
    model = make_model(sized_config(settings.preset, settings.sizes))
    batch = make_batch(settings.sizes)
    steps = {phase: our_step(model, phase) for phase in PHASES}
    for step in steps.values():
        step(batch)
    tf.profiler.experimental.start(str(directory))
    try:
        for phase, step in steps.items():
            with tf.profiler.experimental.Trace(phase):
                step(batch)
    finally:
        tf.profiler.experimental.stop()
