"""Perplexity on human responses."""

import numpy as np
import tensorflow as tf

from keras_dialgan.evaluation.held_out import HeldOutPairs
from keras_dialgan.models import Generator, pad_rows
from keras_dialgan.models.losses import response_nll
from keras_dialgan.text.diversity import Statistic

BATCH = 64


def perplexity_statistics(
    generator: Generator, pairs: HeldOutPairs
) -> dict[str, Statistic]:
    """Prepares the perplexity of the human responses, teacher forcing.

    It is per token, the end-of-sequence token included: the exponential of
    the mean negative log-likelihood over all tokens of all responses.

    Args:
        generator: the generator.
        pairs: held-out pairs.

    Returns:
        `perplexity`, to be resampled.
    """

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2,
    )
    def score(context, response):
        features = generator.decode(response, generator.encode(context))
        return response_nll(generator, features, response)

    rows = [
        score(
            pad_rows(pairs.contexts[start : start + BATCH]),
            pad_rows(pairs.responses[start : start + BATCH]),
        )
        for start in range(0, len(pairs.contexts), BATCH)
    ]
    nll, tokens = (
        np.concatenate(part).astype(float) for part in zip(*rows, strict=True)
    )

    def perplexity(weights: np.ndarray | None) -> float:
        each = np.ones(len(nll)) if weights is None else weights
        return float(np.exp(each @ nll / (each @ tokens)))

    return {"perplexity": perplexity}
