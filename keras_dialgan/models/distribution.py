"""How a global batch is shared between replicas, and put together again.

Replica i of n takes the rows i, i + n, i + 2n, ... of every batch, so that a
run on several devices or hosts sees exactly the batches of one device.
"""

import numpy as np
import tensorflow as tf


def distribute(dataset, strategy: tf.distribute.Strategy):
    """Gives each replica its rows of every batch of a dataset.

    A batch with fewer rows than replicas leaves some without any, which only
    an evaluation can bear.

    Args:
        dataset: a `tf.data.Dataset` of global batches; anything else is
            returned as it is.
        strategy: the strategy.

    Returns:
        A dataset for `fit` and `evaluate`.
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1 or not isinstance(dataset, tf.data.Dataset):
        return dataset
    endless = dataset.cardinality() == tf.data.INFINITE_CARDINALITY

    def of_worker(context):
        local = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * local

        def of_replicas(batch):
            return tf.data.Dataset.range(first, first + local).map(
                lambda replica: tf.nest.map_structure(
                    lambda rows: rows[replica::replicas], batch
                )
            )

        shares = dataset.flat_map(of_replicas)
        if endless:
            # Else every step would ask all workers whether data are left.
            shares = shares.apply(
                tf.data.experimental.assert_cardinality(
                    tf.data.INFINITE_CARDINALITY
                )
            )
        return shares.prefetch(tf.data.AUTOTUNE)

    return strategy.distribute_datasets_from_function(of_worker)


def global_rows(value, strategy: tf.distribute.Strategy) -> int:
    """Counts the rows of a batch over all replicas."""
    parts = iter(strategy.experimental_local_results(value))
    counts = strategy.experimental_distribute_values_from_function(
        lambda _: tf.shape(next(parts))[0]
    )
    return int(strategy.reduce(tf.distribute.ReduceOp.SUM, counts, axis=None))


def share_rows(rows: np.ndarray, strategy: tf.distribute.Strategy):
    """Hands the rows of a global batch to the replicas."""
    replicas = strategy.num_replicas_in_sync
    return strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(
            rows[context.replica_id_in_sync_group :: replicas]
        )
    )


def gather_rows(value, strategy: tf.distribute.Strategy) -> np.ndarray:
    """Puts the replicas' rows together, in the order of the global batch."""
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        # Under a strategy, one replica's value may still be wrapped.
        return strategy.experimental_local_results(value)[0].numpy()
    gathered = strategy.gather(value, axis=0).numpy()
    order = np.arange(len(gathered))
    rows = np.empty_like(gathered)
    rows[np.concatenate([order[i::replicas] for i in range(replicas)])] = (
        gathered
    )
    return rows
