"""Perplexity on human responses."""

import numpy as np
import tensorflow as tf

from keras_dialgan.evaluation.responses import HeldOutPairs
from keras_dialgan.models import Generator, pad_rows
from keras_dialgan.models.losses import response_nll

BATCH = 64


def perplexity(generator: Generator, pairs: HeldOutPairs) -> float:
    """Returns the perplexity of the human responses under teacher forcing.

    It is per token, the end-of-sequence token included: the exponential of
    the mean negative log-likelihood over all tokens of all responses.

    Args:
        generator: the generator.
        pairs: held-out pairs.
    """

    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2,
    )
    def score(context, response):
        features = generator.decode(response, generator.encode(context))
        return response_nll(generator, features, response)

    total, tokens = 0.0, 0.0
    for start in range(0, len(pairs.contexts), BATCH):
        rows = slice(start, start + BATCH)
        nll, counts = score(
            pad_rows(pairs.contexts[rows]), pad_rows(pairs.responses[rows])
        )
        total += float(np.sum(nll, dtype=np.float64))
        tokens += float(np.sum(counts, dtype=np.float64))
    return float(np.exp(total / tokens))
