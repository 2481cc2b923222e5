"""Updates that several replicas agree on, and that refuse what is broken."""

import tensorflow as tf


class NonFiniteLossError(ArithmeticError):
    """A loss or a gradient was NaN or infinite; its update was not applied.

    Args:
        phase: the phase of the step.
        step: the number of the step, from 0.

    Attributes:
        phase: the phase of the step.
        step: the number of the step, from 0.
    """

    def __init__(self, phase: str, step: int):
        super().__init__(
            f"the loss or the gradient of step {step:,} ({phase}) is not "
            "finite; the update was refused"
        )
        self.phase = phase
        self.step = step


def sum_over_replicas(values):
    """Sums tensors over all replicas; called inside of a replica."""
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.SUM, values)


def expect_summed_gradients(optimizer) -> None:
    """Tells an optimiser that its gradients come summed over the replicas.

    Keras sums them itself, but only after it has clipped each replica's
    share: with a bound on the norm, two devices would train otherwise than
    one.
    """
    optimizer._all_reduce_sum_gradients = list


def apply_if(condition, optimizer, gradients, variables) -> None:
    """Applies summed gradients if a condition holds; else changes nothing.

    Args:
        condition: boolean scalar, the same on every replica.
        optimizer: a Keras optimiser, after `expect_summed_gradients`.
        gradients: gradients, the same on every replica.
        variables: the variables that they belong to.
    """

    def update(gradients):
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    def across_replicas(strategy, condition, gradients):
        # A conditional update must not begin inside of a replica, where it
        # could not reach the variables of the others.
        holds = strategy.experimental_local_results(condition)[0]
        _do_if(
            holds,
            lambda: strategy.extended.call_for_each_replica(
                update, args=(gradients,)
            ),
        )

    if not tf.distribute.has_strategy() or (
        tf.__internal__.distribute.strategy_supports_no_merge_call()
    ):
        _do_if(condition, lambda: update(gradients))
        return
    tf.distribute.get_replica_context().merge_call(
        across_replicas, args=(condition, gradients)
    )


def _do_if(condition, act) -> None:
    def done():
        act()
        return tf.constant(True)

    tf.cond(condition, done, lambda: tf.constant(False))
