"""Peak memory of a phase, in a process of its own."""

import json
import subprocess
import sys

from keras_dialgan.benchmarking.measuring import peak_memory


def of_phase(preset: str, phase: str, whose: str, precision: str) -> dict:
    """Runs some steps of a phase in a new process.

    It holds what training does: the moments of all optimisers, but for `mle`
    those of generator pre-training.

    Args:
        preset: a key of `SIZES`.
        phase: a phase of Algorithm 1.
        whose: `"ours"` or `"stock"`.
        precision: Keras' dtype policy.

    Returns:
        Bytes: `before`, the most held before the first step (TensorFlow, the
        weights and their moments), and `peak`.
    """
    program = f"from {__name__} import print_measured; print_measured()"
    arguments = preset, phase, whose, precision
    command = [sys.executable, "-c", program, *arguments]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


def _measure(preset: str, phase: str, whose: str, precision: str) -> dict:
    import keras

    from keras_dialgan.benchmarking import workload
    from keras_dialgan.training import schedule as schedules

    keras.config.set_dtype_policy(precision)
    sizes = workload.SIZES[preset]
    config = workload.sized_config(preset, sizes)
    schedule = (
        schedules.generator_pretraining(config)
        if phase == "mle"
        else schedules.global_iteration(config)
    )
    model = workload.make_model(config)
    batch = workload.make_batch(sizes)
    if whose == "stock":
        phases = {planned.name for planned in schedule.phases}
        step = workload.stock_step(workload.make_stock(model, phases), phase)
        # Only the stock weights belong to the stock model's memory.
        del model
    else:
        model.set_schedule(schedule)
        step = workload.our_step(model, phase)
    before = peak_memory()
    for _ in range(3):
        step(batch)
    return {"before": before, "peak": peak_memory()}


def print_measured() -> None:
    """Prints what the process measured for the arguments it was given."""
    print(json.dumps(_measure(*sys.argv[1:])))
