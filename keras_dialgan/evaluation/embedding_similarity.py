"""Similarity of responses to references in the space of word vectors."""

import numpy as np

from keras_dialgan.text.diversity import Statistic, mean_of


def embedding_statistics(
    responses: list[list[int]],
    references: list[list[int]],
    vectors: np.ndarray,
) -> dict[str, Statistic]:
    """Prepares embedding average, greedy matching and vector extrema.

    All are means over the pairs of cosines between -1 and 1; a pair with an
    empty side scores 0.

    - average: of the mean word vectors.
    - greedy: each token's best cosine with a token of the other side,
      averaged over the tokens, then over both directions.
    - extrema: of the vectors that take in each dimension the value farthest
      from zero.

    Args:
        responses: token ids of each response.
        references: token ids of each human response.
        vectors: word vectors, `[V, D]`, that no judged model has trained.

    Returns:
        `embedding_average`, `embedding_greedy` and `embedding_extrema`.

    Reference:
    - [Liu et al., 2016](https://arxiv.org/abs/1603.08023)
    """
    compare = {
        "embedding_average": lambda a, b: _cosine(a.mean(0), b.mean(0)),
        "embedding_greedy": _greedy,
        "embedding_extrema": lambda a, b: _cosine(_extrema(a), _extrema(b)),
    }
    pairs = [
        (vectors[response].astype(float), vectors[reference].astype(float))
        for response, reference in zip(responses, references, strict=True)
    ]
    return {
        name: mean_of(
            [
                similarity(first, second) if len(first) and len(second) else 0
                for first, second in pairs
            ]
        )
        for name, similarity in compare.items()
    }


def _greedy(first: np.ndarray, second: np.ndarray) -> float:
    cosines = _unit(first) @ _unit(second).T
    return float(cosines.max(axis=1).mean() + cosines.max(axis=0).mean()) / 2


def _extrema(vectors: np.ndarray) -> np.ndarray:
    farthest = np.abs(vectors).argmax(axis=0)
    return vectors[farthest, np.arange(vectors.shape[1])]


def _cosine(first: np.ndarray, second: np.ndarray) -> float:
    return float(_unit(first) @ _unit(second))


def _unit(vectors: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1)
