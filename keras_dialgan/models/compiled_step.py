"""A training step on every replica, as one compiled function."""

from collections.abc import Callable

import tensorflow as tf


def compile_step(
    step: Callable[[dict], dict],
    strategy: tf.distribute.Strategy,
    run_eagerly: bool,
) -> Callable[[dict], dict]:
    """Compiles a step for a strategy; it is traced once.

    Args:
        step: takes a replica's share of a batch and returns its logs, among
            which `sampled` holds what every replica has to say.
        strategy: the strategy.
        run_eagerly: whether not to compile it after all.

    Returns:
        A function of a batch: the logs of the first replica, `sampled` of
        all of them.
    """

    def run(data):
        logs = strategy.run(step, args=(data,))
        sampled = logs.pop("sampled", None)
        logs = {
            name: strategy.experimental_local_results(value)[0]
            for name, value in logs.items()
        }
        return logs if sampled is None else {**logs, "sampled": sampled}

    if run_eagerly:
        return run
    compiled = None

    def call(data):
        nonlocal compiled
        if compiled is None:
            compiled = tf.function(run, autograph=False, **_signature(data))
        return compiled(data)

    return call


def _signature(data) -> dict:
    """Returns the arguments of `tf.function` that make one trace serve."""
    parts = tf.nest.flatten(data)
    if any(isinstance(p, tf.distribute.DistributedValues) for p in parts):
        return {"reduce_retracing": True}
    specs = tf.nest.map_structure(
        lambda part: tf.TensorSpec([None] * part.shape.rank, part.dtype), data
    )
    return {"input_signature": [specs]}
