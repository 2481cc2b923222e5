"""A sanity look at word vectors: which words are near."""

from collections.abc import Iterable

import numpy as np

from keras_dialgan.text import SPECIAL_TOKENS, Vocabulary


def nearest_neighbours(
    vectors: np.ndarray,
    vocabulary: Vocabulary,
    words: Iterable[str],
    count: int = 8,
) -> dict[str, list[str]]:
    """The tokens whose vectors point most nearly the same way.

    Args:
        vectors: rows in the order of the vocabulary.
        vocabulary: the vocabulary.
        words: tokens to look at; those it does not hold are left out.
        count: neighbours of each.

    Returns:
        For each word its neighbours, nearest first; special tokens are none.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(norms, 1e-12)
    neighbours = {}
    for word in words:
        if word not in vocabulary:
            continue
        i = vocabulary.id(word)
        similarity = unit @ unit[i]
        similarity[: len(SPECIAL_TOKENS)] = -np.inf
        similarity[i] = -np.inf
        best = np.argsort(-similarity, kind="stable")[:count]
        neighbours[word] = [
            vocabulary.tokens[j] for j in best if np.isfinite(similarity[j])
        ]
    return neighbours
