"""Figure 2: the softmax of an example f_t beside its top-k softmaxes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_dialgan.models import Generator, decode, pad_rows
from keras_dialgan.models.sequences import valid_positions
from keras_dialgan.text import Vocabulary

KS = (2, 3, 5, 10)
WORDS = 12


def softmax_example(
    generator: Generator,
    vocabulary: Vocabulary,
    contexts: list[list[int]],
    ks: Sequence[int] = KS,
) -> dict[str, Any]:
    """Takes the logits f_t of one step and their softmaxes.

    The step is the one, of all steps of the greedy responses to the
    contexts, whose softmax has the highest entropy: where the softmax is
    all but one word, every top-k softmax looks like it.

    Args:
        generator: the generator.
        vocabulary: its vocabulary.
        contexts: token ids of some inputs, without EOS.
        ks: how many words the top-k softmaxes keep.

    Returns:
        `before` (the tokens generated before the step), `context` (the
        input), `words` (the most probable words), `softmax` (their
        probabilities), `top_k` (k to probabilities of these words) and
        `rest` (the probability of all other words under the softmax).
    """
    encoded = generator.encode(tf.constant(pad_rows(contexts)))
    tokens = decode(generator, encoded).tokens
    logits = generator.logits(generator.decode(tokens, encoded)).numpy()
    probabilities = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    entropies = -np.sum(
        probabilities * np.log(np.maximum(probabilities, 1e-30)), axis=-1
    )
    valid = valid_positions(tokens).numpy()
    row, step = np.unravel_index(
        np.argmax(np.where(valid, entropies, -1)), entropies.shape
    )
    softmax = probabilities[row, step]
    shown = max(WORDS, *ks)
    best = np.argsort(-softmax, kind="stable")[:shown]
    return {
        "context": vocabulary.decode(contexts[row]),
        "before": vocabulary.decode(tokens.numpy()[row, :step]),
        "words": [vocabulary.tokens[i] for i in best],
        "softmax": softmax[best].tolist(),
        "top_k": {k: _renormalised(softmax[best], k).tolist() for k in ks},
        "rest": float(1 - softmax[best].sum()),
    }


def _renormalised(falling: np.ndarray, k: int) -> np.ndarray:
    """The softmax of the k largest logits: Eq. 8 cuts, then normalises."""
    kept = np.where(np.arange(len(falling)) < k, falling, 0)
    return kept / kept.sum()
