"""A program: 20 steps of every phase in float64 under some strategy.

Called with the strategy, the folder that receives weights and losses, a
number of logical CPU devices, and settings of the objective.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

STEPS = 20
BATCH = 8
# The last batches are partial, and replicas get unequal shares of them.
ROWS = [BATCH] * (STEPS - 2) + [5, 3]


def global_batches():
    from tests.models.small_models import make_batch

    return [
        make_batch(rows, seed) for seed, rows in enumerate(ROWS * 5, start=1)
    ]


def main(strategy_name: str, folder: str, devices: int, *settings) -> None:
    if devices > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * devices
        )
    from keras_dialgan.config import load_preset
    from keras_dialgan.models import make_objective
    from keras_dialgan.training import Adam, Phase, Schedule, get_strategy
    from tests.models.small_models import (
        make_generator,
        make_model,
        randomise,
    )

    strategy = get_strategy(strategy_name)
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    keras.utils.set_random_seed(0)
    rates = {"mle": 1e-2, "adversarial": 1e-2, "discriminator": 1e-2}
    schedule = Schedule(
        (
            Phase("mle", STEPS),
            Phase("sample", samples=STEPS * BATCH),
            Phase("discriminator", STEPS),
            Phase("adversarial", STEPS),
            Phase("mle", STEPS),
        ),
        BATCH,
        rates,
    )
    with strategy.scope():
        model = make_model(
            generator=make_generator(encoder_layers=1, decoder_layers=1),
            objective=make_objective(load_preset("tiny", settings).objective),
            discriminator_updates_word_vectors=True,
            mismatched=0.4,
            averages=True,
        )
        randomise(model)
        model.compile(schedule, *(Adam(global_clipnorm=0.05) for _ in range(3)))
    batches = global_batches()
    data = tf.data.Dataset.from_generator(
        lambda: iter(batches),
        output_signature={
            key: tf.TensorSpec([None, None], tf.int32)
            for key in ("context", "response")
        },
    )
    history = model.fit(
        data, steps_per_epoch=schedule.steps, verbose=0, shuffle=False
    ).history
    perplexity = model.evaluate(data.take(STEPS), verbose=0, return_dict=True)[
        "perplexity"
    ]
    model.weight_average.add()
    with model.weight_average.lent():
        of_average = model.evaluate(
            data.take(STEPS), verbose=0, return_dict=True
        )
    results = {f"weight_{i}": w for i, w in enumerate(model.get_weights())}
    for phase, optimizer in model.phase_optimizers.items():
        for i, slot in enumerate(optimizer.variables):
            results[f"{phase}_slot_{i}"] = np.asarray(slot)
    results |= {f"replay_{k}": v for k, v in model.replay.state().items()}
    results |= {name: values[0] for name, values in history.items()}
    results["perplexity"] = perplexity
    results["perplexity_of_average"] = of_average["perplexity"]
    name = "worker"
    if strategy_name == "multi_worker":
        name += str(strategy.cluster_resolver.task_id)
    np.savez(Path(folder) / f"{name}.npz", **results)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
