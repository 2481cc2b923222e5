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
    if name == "auto":
        name = _choose()
    if name == "multi_worker":
        # It has to come before anything that starts TensorFlow's devices.
        return tf.distribute.MultiWorkerMirroredStrategy()
    if name == "mirrored":
        devices = tf.config.list_logical_devices("GPU")
        devices = devices or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy(
            [device.name for device in devices]
        )
    # The default strategy: it adds nothing to a step.
    return tf.distribute.get_strategy()


def _choose() -> str:
    if "TF_CONFIG" in os.environ:
        return "multi_worker"
    several = len(tf.config.list_physical_devices("GPU")) > 1
    return "mirrored" if several else "one_device"
