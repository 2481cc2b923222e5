"""Relevance of responses as an independent matching model sees it."""

import numpy as np

from keras_dialgan.evaluation.matcher import Matcher
from keras_dialgan.text.diversity import Statistic, mean_of

CANDIDATES = 10
_DIGITS = 4


def relevance_statistics(
    matcher: Matcher,
    contexts: list[list[int]],
    responses: list[list[int]],
    human: list[list[int]],
) -> dict[str, Statistic]:
    """Prepares ctx@10, rsp@10 and their mean.

    - ctx@10: the probability that the matcher picks a response's own context
      among ten, the nine others drawn from the other inputs. A response that
      fits everything scores 0.10.
    - rsp@10: the probability that it prefers the response to nine human
      responses to other inputs. Measured on the human responses themselves
      it is the matcher's accuracy at picking the true response out of ten.
    - relevance: the mean of both.

    The probabilities are those over all draws of nine others, computed from
    the rank; equal scores are broken by lot.

    Args:
        matcher: the matching model.
        contexts: token ids of each input, at least ten.
        responses: token ids of each response.
        human: token ids of the human response to each input.

    Returns:
        `ctx_at_10`, `rsp_at_10` and `relevance`, to be resampled; the
        candidates stay those of the whole set.
    """
    x = matcher.encode_contexts(contexts)
    y = matcher.encode_responses(responses)
    own = np.round(np.sum(x * y, axis=1), _DIGITS)
    by_context = pick_probabilities(own, y, x)
    by_response = pick_probabilities(own, x, matcher.encode_responses(human))
    return {
        "ctx_at_10": mean_of(by_context),
        "rsp_at_10": mean_of(by_response),
        "relevance": mean_of((by_context + by_response) / 2),
    }


def pick_probabilities(
    own: np.ndarray, queries: np.ndarray, candidates: np.ndarray
) -> np.ndarray:
    """Returns how probably each own score is the best of ten.

    Args:
        own: the scores of the true candidates, `[rows]`.
        queries: `[rows, D]`; row i is scored against every candidate but i.
        candidates: `[rows, D]`.

    Returns:
        Probabilities, `[rows]`.
    """
    scores = np.round(queries @ candidates.T, _DIGITS)
    np.fill_diagonal(scores, np.nan)
    lower = np.sum(scores < own[:, np.newaxis], axis=1)
    equal = np.sum(scores == own[:, np.newaxis], axis=1)
    others = len(own) - 1
    ways = _chances(others)
    # Among its equals, the own score wins over 0, 1, ... all of them.
    sums = np.concatenate([[0.0], np.cumsum(ways)])
    return (sums[lower + equal + 1] - sums[lower]) / (equal + 1)


def _chances(others: int) -> np.ndarray:
    """The probability that nine others all come from the m lowest ones."""
    m = np.arange(others + 1)[:, np.newaxis]
    drawn = np.arange(CANDIDATES - 1)
    return np.prod(np.maximum(m - drawn, 0) / (others - drawn), axis=1)
