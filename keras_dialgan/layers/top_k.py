"""The largest of many numbers."""

import tensorflow as tf


def top_k_indices(values, k: int):
    """Finds the places of the k largest values of each row.

    A general top-k keeps a heap of every row, which takes several times as
    long as a maximum. Here the maxima of about sqrt(n) blocks show the k
    blocks in which the k largest values must be.

    Args:
        values: float `[rows, n]`.
        k: integer, small against n.

    Returns:
        int32 `[rows, k]`, in falling order of the values.
    """
    size = values.shape[1]
    width = max(1, round(size**0.5))
    blocks = -(-size // width)
    if blocks <= 2 * k:
        return tf.math.top_k(values, k).indices
    room = blocks * width - size
    if room:
        lowest = values.dtype.min
        values = tf.pad(values, [[0, 0], [0, room]], constant_values=lowest)
    values = tf.reshape(values, [-1, blocks, width])
    chosen = tf.math.top_k(tf.reduce_max(values, axis=-1), k).indices
    inside = tf.gather(values, chosen, batch_dims=1)
    places = tf.math.top_k(tf.reshape(inside, [-1, k * width]), k).indices
    block = tf.gather(chosen, places // width, batch_dims=1)
    return block * width + places % width
