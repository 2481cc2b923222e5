"""The choice of a `tf.distribute` strategy."""

import os

import tensorflow as tf

STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker")


def get_strategy(name: str = "auto") -> tf.distribute.Strategy:
    """Makes a distribution strategy.

    Args:
        name: `one_device`, `mirrored` (all GPUs of this host, or all its
            logical CPU devices where there is none), `multi_worker` (the
            hosts of `TF_CONFIG`), or `auto`: the last where `TF_CONFIG` is
            set, `mirrored` where several GPUs are visible, else
            `one_device`.

    Returns:
        The strategy.

    Raises:
        ValueError: for an unknown name.
    """
    if name not in STRATEGIES:
        raise ValueError(
            f"unknown strategy {name!r}; choose from {', '.join(STRATEGIES)}"
        )
    gpus = tf.config.list_logical_devices("GPU")
    if name == "auto":
        name = "mirrored" if len(gpus) > 1 else "one_device"
        if "TF_CONFIG" in os.environ:
            name = "multi_worker"
    if name == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    if name == "mirrored":
        devices = gpus or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy(
            [device.name for device in devices]
        )
    # The default strategy: it adds nothing to a step.
    return tf.distribute.get_strategy()
