"""How well a discriminator tells bot from human."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_dialgan.evaluation.held_out import HeldOutPairs
from keras_dialgan.models import Discriminator, pad_rows
from keras_dialgan.models.sequences import valid_positions
from keras_dialgan.text.diversity import Statistic, mean_of

BATCH = 64


def confidence_function(
    words: Callable, discriminator: Discriminator
) -> Callable[[list[list[int]], list[list[int]]], np.ndarray]:
    """Makes the function that reads a discriminator's confidences.

    Args:
        words: the layer from tokens to the vectors that it reads.
        discriminator: the discriminator.

    Returns:
        A function from token ids of the inputs and of the responses, both
        without EOS, to the confidences a that a bot responded, `[rows]`.
        Each response is read with an EOS behind it, also one that was cut
        at the maximum length.
    """

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2,
    )
    def confidence(context, response):
        return discriminator(
            {
                "context": words(context),
                "context_mask": valid_positions(context),
                "response": words(response),
                "response_mask": valid_positions(response),
            }
        )

    def confidences(contexts, responses):
        found = [
            confidence(
                pad_rows(contexts[start : start + BATCH]),
                pad_rows(responses[start : start + BATCH]),
            ).numpy()[:, 0]
            for start in range(0, len(contexts), BATCH)
        ]
        return np.concatenate(found)

    return confidences


def accuracy_statistics(
    confidences: Callable[[list, list], np.ndarray],
    pairs: HeldOutPairs,
    responses: list[list[int]],
) -> dict[str, Statistic]:
    """Measures a discriminator on human and on generated responses.

    Args:
        confidences: from `confidence_function`.
        pairs: held-out pairs.
        responses: the generated response to each input.

    Returns:
        Shares judged rightly: `accuracy_on_human`, `accuracy_on_generated`.
    """
    human, generated = (
        confidences(pairs.contexts, rows)
        for rows in (pairs.responses, responses)
    )
    return {
        "accuracy_on_human": mean_of(human < 0.5),
        "accuracy_on_generated": mean_of(generated >= 0.5),
    }
