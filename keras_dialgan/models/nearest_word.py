"""Figure 3: is the approximated word vector nearest to the true one?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_dialgan.models.decoding import decode
from keras_dialgan.models.generator import Generator
from keras_dialgan.models.responder import pad_rows
from keras_dialgan.models.sequences import valid_positions
from keras_dialgan.text.vocabulary import BOS, PAD

KS = tuple(range(2, 11))
# What the paper reports: shares of all tokens and of distinct ones.
PAPER = {2: (0.98, 0.97), 3: (0.83, 0.69), 4: (0.74, 0.60)}
_BATCH = 64
_QUERIES, _WORDS = 1_024, 4_096


class NearestWordRates:
    """Measures how often u~ is nearer to its token's vector than to others.

    Responses are decoded greedily; their end-of-sequence tokens count. The
    search is exact, by Euclidean distance, over the whole of W but the rows
    of PAD and BOS, which can't be generated.

    Args:
        generator: the generator; its current weights are used.
        ks: the words in a mixture, each at least 2.
    """

    def __init__(self, generator: Generator, ks: Sequence[int] = KS):
        self._embedding = generator.word_embedding
        self._ks = ks
        self._generate = _make_generate(generator, max(ks))

    def __call__(self, contexts: list[list[int]]) -> dict[str, Any]:
        """Measures the responses to some contexts.

        Args:
            contexts: tokens of each input, without EOS.

        Returns:
            `tokens` and `distinct_tokens` (their numbers) and `rates`: for
            each k the share `all` of the tokens whose own vector is the
            nearest, and `distinct`, the mean over the different tokens of
            the share of their occurrences.
        """
        tokens, candidates, logits = self._generated(contexts)
        W = ops.convert_to_numpy(self._embedding.embeddings)
        W = W.astype(np.float32)
        different, places = np.unique(tokens, return_inverse=True)
        rates = []
        for k in self._ks:
            vectors = mixtures(W, candidates[:, :k], logits[:, :k])
            right = own_is_nearest(vectors, tokens, W)
            by_token = np.bincount(places, right) / np.bincount(places)
            rates.append(
                {
                    "k": k,
                    "all": float(right.mean()),
                    "distinct": float(by_token.mean()),
                }
            )
        return {
            "tokens": len(tokens),
            "distinct_tokens": len(different),
            "rates": rates,
        }

    def _generated(self, contexts: list[list[int]]) -> list[np.ndarray]:
        """Every generated token with its step's k best tokens and logits."""
        contexts = sorted(contexts, key=len)
        parts = [
            self._generate(pad_rows(contexts[start : start + _BATCH]))
            for start in range(0, len(contexts), _BATCH)
        ]
        return [np.concatenate(part) for part in zip(*parts, strict=True)]


def mixtures(
    W: np.ndarray, candidates: np.ndarray, logits: np.ndarray
) -> np.ndarray:
    """Computes the approximated word vectors u~ (Eq. 8 and 9).

    Args:
        W: word vectors, `[V, D]`.
        candidates: the k most probable tokens, `[rows, k]`.
        logits: their logits, `[rows, k]`.

    Returns:
        `[rows, D]`.
    """
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    mixed = np.zeros((len(candidates), W.shape[1]), W.dtype)
    # Word by word: all k vectors of each row at once would be k times W.
    for place in range(candidates.shape[1]):
        mixed += weights[:, place, np.newaxis] * W[candidates[:, place]]
    return mixed


def own_is_nearest(
    vectors: np.ndarray, tokens: np.ndarray, W: np.ndarray
) -> np.ndarray:
    """Returns whether no other word is nearer than the own one.

    Args:
        vectors: `[rows, D]`.
        tokens: each row's own word, `[rows]`.
        W: word vectors, `[V, D]`.

    Returns:
        Booleans, `[rows]`. At most a block of 1,024 times 4,096 distances is
        held at once.
    """
    right = np.empty(len(vectors), bool)
    # |u - w|^2 without |u|^2, which is the same for all words.
    squares = np.einsum("vd,vd->v", W, W)
    squares[[PAD, BOS]] = np.inf
    for start in range(0, len(vectors), _QUERIES):
        rows = slice(start, start + _QUERIES)
        block = vectors[rows]
        least = np.full(len(block), np.inf, W.dtype)
        own = np.empty(len(block), W.dtype)
        for first in range(0, len(W), _WORDS):
            words = slice(first, first + _WORDS)
            distances = squares[words] - 2 * (block @ W[words].T)
            least = np.minimum(least, distances.min(axis=1))
            inside = np.flatnonzero(
                (tokens[rows] >= first) & (tokens[rows] < first + _WORDS)
            )
            own[inside] = distances[inside, tokens[rows][inside] - first]
        right[rows] = own <= least
    return right


def _make_generate(generator: Generator, k: int):
    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)],
    )
    def generate(context):
        encoded = generator.encode(context)
        decoded = decode(generator, encoded, candidates=k, keep=True)
        features = generator.decode(decoded.tokens, encoded, decoded.kept)
        logits = generator.logits(features, indices=decoded.candidates)
        rows = tf.where(valid_positions(decoded.tokens))
        return [
            tf.gather_nd(part, rows)
            for part in (decoded.tokens, decoded.candidates, logits)
        ]

    return generate
