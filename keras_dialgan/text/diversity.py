"""How varied a set of tokenised responses is."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np

Response = Sequence[str]

# From weights of the responses (None: one each) to a value. A resampled set
# is the set with other weights.
Statistic = Callable[[np.ndarray | None], float]


class Occurrences:
    """Which items occur in which responses, for fast counting.

    Args:
        items: the items (n-grams, say) of each response.
    """

    def __init__(self, items: Iterable[Iterable[Hashable]]):
        numbers: dict[Hashable, int] = {}
        ids, rows = [], []
        for row, members in enumerate(items):
            for item in members:
                ids.append(numbers.setdefault(item, len(numbers)))
                rows.append(row)
        self._ids = np.array(ids, np.int64)
        self._rows = np.array(rows, np.int64)
        self._different = len(numbers)

    def counts(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Returns how often each item that occurs at all does.

        Args:
            weights: how often to count each response; once when None.
        """
        each = None if weights is None else weights[self._rows]
        counts = np.bincount(self._ids, each, self._different)
        return counts[counts > 0]


def ngrams(response: Response, n: int) -> list[tuple]:
    """Returns the n-grams of a response."""
    return [
        tuple(response[start : start + n])
        for start in range(len(response) - n + 1)
    ]


def different_share(counts: np.ndarray) -> float:
    """Returns the number of different items divided by that of all items."""
    return len(counts) / float(counts.sum()) if len(counts) else 0.0


def entropy(counts: np.ndarray, base: float) -> float:
    """Returns the entropy of the items' distribution."""
    shares = counts / counts.sum() if len(counts) else counts
    return float(np.sum(shares * np.log(1 / shares))) / math.log(base)


def largest_share(counts: np.ndarray, count: int) -> float:
    """Returns the share of the most frequent items among all items."""
    if not len(counts):
        return 0.0
    return float(np.sort(counts)[-count:].sum() / counts.sum())


def adjusted_share(counts: np.ndarray, vocabulary_size: int) -> float:
    """Returns the different items divided by those that chance would give.

    So many draws from a uniform distribution over the vocabulary are
    expected to give V (1 - (1 - 1 / V)^C) different tokens.
    """
    draws = float(counts.sum())
    expected = vocabulary_size * (1 - (1 - 1 / vocabulary_size) ** draws)
    return len(counts) / expected if len(counts) else 0.0


def distinct(responses: Sequence[Response], n: int) -> float:
    """Returns distinct-n: different n-grams divided by all n-grams.

    It falls with the number of responses and with their length: compare
    values for one set of inputs only, and state the mean length beside. No
    n-gram spans two responses.

    Args:
        responses: tokenised responses to the whole set of inputs.
        n: tokens of an n-gram.

    Returns:
        A share; 0 where no response has n tokens.

    Reference:
    - [Li et al., 2016](https://arxiv.org/abs/1510.03055)
    """
    return different_share(_ngram_occurrences(responses, n).counts())


def adjusted_distinct(
    responses: Sequence[Response], vocabulary_size: int
) -> float:
    """Returns the expectation-adjusted distinct-1.

    Unlike distinct-1 it doesn't fall with the number of tokens alone.

    Args:
        responses: tokenised responses to the whole set of inputs.
        vocabulary_size: tokens that a response could consist of.

    Reference:
    - [Liu et al., 2022](https://arxiv.org/abs/2202.13587)
    """
    counts = _ngram_occurrences(responses, 1).counts()
    return adjusted_share(counts, vocabulary_size)


def ngram_entropy(
    responses: Sequence[Response], n: int, base: float = 2.0
) -> float:
    """Returns the entropy of the n-grams' distribution, in bits.

    Args:
        responses: tokenised responses to the whole set of inputs.
        n: tokens of an n-gram.
        base: of the logarithm.

    Reference:
    - [Zhang et al., 2018](https://arxiv.org/abs/1809.05972) use natural
      logarithms and n = 4 (ENT-4).
    """
    return entropy(_ngram_occurrences(responses, n).counts(), base)


def top_share(responses: Sequence[Response], count: int) -> float:
    """Returns the share of inputs answered by the most frequent responses.

    Args:
        responses: tokenised responses.
        count: how many of the set's own most frequent ones to add up.
    """
    return largest_share(_whole_occurrences(responses).counts(), count)


def diversity_statistics(
    responses: Sequence[Response], vocabulary_size: int | None = None
) -> dict[str, Statistic]:
    """Lists the ways to measure a set of responses, ready to be resampled.

    Args:
        responses: tokenised responses, one for each input, without the
            end-of-sequence token.
        vocabulary_size: for the expectation-adjusted distinct-1, which is
            left out when None.

    Returns:
        Metric name to statistic. ENT-4 is in nats, as published; the other
        entropies in bits.
    """
    grams = {n: _ngram_occurrences(responses, n) for n in range(1, 5)}
    whole = _whole_occurrences(responses)

    def of(occurrences, summary, *arguments) -> Statistic:
        return lambda weights: summary(occurrences.counts(weights), *arguments)

    statistics = {
        **{f"distinct_{n}": of(grams[n], different_share) for n in (1, 2, 3)},
        "entropy_1": of(grams[1], entropy, 2.0),
        "entropy_2": of(grams[2], entropy, 2.0),
        "ent_4": of(grams[4], entropy, math.e),
        "distinct_responses": of(whole, different_share),
        "top_1_share": of(whole, largest_share, 1),
        "top_10_share": of(whole, largest_share, 10),
        "mean_length": mean_of([len(response) for response in responses]),
    }
    if vocabulary_size is not None:
        statistics["adjusted_distinct"] = of(
            grams[1], adjusted_share, vocabulary_size
        )
    return statistics


def mean_of(values: Sequence[float]) -> Statistic:
    """Returns the statistic that averages one value a response."""
    values = np.asarray(values, np.float64)

    def mean(weights: np.ndarray | None) -> float:
        return (
            float(np.average(values, weights=weights)) if len(values) else 0.0
        )

    return mean


def diversity(
    responses: Sequence[Response], vocabulary_size: int | None = None
) -> dict[str, float]:
    """Measures a set of responses in the ways that this module knows.

    Args:
        responses: as of `diversity_statistics`.
        vocabulary_size: likewise.

    Returns:
        Metric name to value.
    """
    statistics = diversity_statistics(responses, vocabulary_size)
    return {name: measure(None) for name, measure in statistics.items()}


def _ngram_occurrences(responses: Sequence[Response], n: int) -> Occurrences:
    return Occurrences(ngrams(response, n) for response in responses)


def _whole_occurrences(responses: Sequence[Response]) -> Occurrences:
    return Occurrences([tuple(response)] for response in responses)
