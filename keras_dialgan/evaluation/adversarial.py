"""How well a model's own discriminator tells bot from human."""

import numpy as np
import tensorflow as tf

from keras_dialgan.evaluation.responses import HeldOutPairs
from keras_dialgan.models import Discriminator, Generator, pad_rows
from keras_dialgan.models.sequences import valid_positions

BATCH = 64


def bot_confidences(
    generator: Generator,
    discriminator: Discriminator,
    contexts: list[list[int]],
    responses: list[list[int]],
) -> np.ndarray:
    """Returns the discriminator's confidence that each response is a bot's.

    Args:
        generator: owner of the word matrix W.
        discriminator: the discriminator.
        contexts: token ids of each input, without EOS.
        responses: token ids of each response, without EOS. Each is read
            with an EOS behind it, also one that was cut at the maximum
            length.

    Returns:
        Confidences a, `[rows]`.
    """

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2,
    )
    def confidence(context, response):
        return discriminator(
            {
                "context": generator.word_embedding(context),
                "context_mask": valid_positions(context),
                "response": generator.word_embedding(response),
                "response_mask": valid_positions(response),
            }
        )

    found = [
        confidence(
            pad_rows(contexts[start : start + BATCH]),
            pad_rows(responses[start : start + BATCH]),
        ).numpy()[:, 0]
        for start in range(0, len(contexts), BATCH)
    ]
    return np.concatenate(found)


def discriminator_accuracy(
    generator: Generator,
    discriminator: Discriminator,
    pairs: HeldOutPairs,
    responses: list[list[int]],
) -> dict[str, float]:
    """Measures the discriminator on human and on generated responses.

    Returns:
        Shares judged rightly: `accuracy_on_human`, `accuracy_on_generated`.
    """
    human, generated = (
        bot_confidences(generator, discriminator, pairs.contexts, rows)
        for rows in (pairs.responses, responses)
    )
    return {
        "accuracy_on_human": float(np.mean(human < 0.5)),
        "accuracy_on_generated": float(np.mean(generated >= 0.5)),
    }
