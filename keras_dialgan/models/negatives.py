"""The discriminator's negatives: what human pairs are to be told from."""

import numpy as np
import tensorflow as tf

from keras_dialgan.models.distribution import (
    gather_rows,
    global_rows,
    share_rows,
)


def with_generated(
    data: dict,
    replay,
    random: np.random.Generator,
    strategy: tf.distribute.Strategy,
) -> dict:
    """Adds to a batch of human pairs as many generated ones.

    Args:
        data: a batch, or each replica's share of it.
        replay: the store C_D; pairs of it share no input with the batch but
            by chance.
        random: source of the draw.
        strategy: the strategy.

    Returns:
        `data` with `generated_context` and `generated_response`.
    """
    context, response = replay.draw(
        global_rows(data["context"], strategy), random
    )
    return {
        **data,
        "generated_context": share_rows(context, strategy),
        "generated_response": share_rows(response, strategy),
    }


def with_mismatched(data: dict, strategy: tf.distribute.Strategy) -> dict:
    """Adds for each context of a batch the response to another one.

    Args:
        data: a batch, or each replica's share of it.
        strategy: the strategy.

    Returns:
        `data` with `mismatched_response`, for the contexts as they stand.
    """
    responses = gather_rows(data["response"], strategy)
    others = np.roll(responses, 1, axis=0)
    return {**data, "mismatched_response": share_rows(others, strategy)}
