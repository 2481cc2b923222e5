"""What the workers of a run on several hosts have to agree on."""

from collections.abc import Sequence

import tensorflow as tf

from keras_dialgan.errors import UserError


class Workers:
    """The processes of a run: one, unless the strategy is multi-worker.

    Args:
        strategy: the run's strategy.

    Attributes:
        count: the number of workers.
        is_chief: whether this one writes files.
    """

    def __init__(self, strategy: tf.distribute.Strategy):
        self._strategy = strategy
        self.count = _count(strategy)
        self.is_chief = strategy.extended.should_save_summary

    def any(self, *flags: bool) -> list[bool]:
        """Tells for each flag whether it is set on any worker.

        All workers have to call it at the same point; it also makes each
        wait for the others.
        """
        if self.count == 1:
            return list(flags)
        return [total > 0 for total in self._sum(flags)]

    def wait(self) -> None:
        """Returns when all workers have come here."""
        self.any(False)

    def check_same(self, number: int, what: str) -> None:
        """Refuses a number that is another on another worker.

        Raises:
            UserError: if it is.
        """
        if self.count > 1:
            (chiefs,) = self._sum([number if self.is_chief else 0])
            (others,) = self.any(number != chiefs)
            if others:
                raise UserError(
                    f"{what} differs between the workers (here {number:,}, on "
                    f"the first {chiefs:,}); they need one and the same "
                    "directory, on a file system that all of them see"
                )

    def _sum(self, numbers: Sequence[int]) -> list[int]:
        strategy = self._strategy
        local = strategy.num_replicas_in_sync // self.count

        def of_replica(context):
            # One replica speaks for its worker.
            speaks = context.replica_id_in_sync_group % local == 0
            return tf.constant([int(n) * speaks for n in numbers], tf.int64)

        values = strategy.experimental_distribute_values_from_function(
            of_replica
        )
        total = strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None)
        return total.numpy().tolist()


def _count(strategy: tf.distribute.Strategy) -> int:
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 1
    tasks = strategy.cluster_resolver.cluster_spec().as_dict()
    return max(1, sum(len(tasks.get(job, ())) for job in ("chief", "worker")))
