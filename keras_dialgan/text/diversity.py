"""How varied a set of tokenised responses is."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

Response = Sequence[str]


def ngrams(responses: Sequence[Response], n: int) -> Iterator[tuple]:
    """Yields the n-grams of all responses; none spans two of them."""
    for response in responses:
        for start in range(len(response) - n + 1):
            yield tuple(response[start : start + n])


def distinct(responses: Sequence[Response], n: int) -> float:
    """Returns distinct-n: different n-grams divided by all n-grams.

    It falls with the number of responses and with their length: compare
    values for one set of inputs only, and state the mean length beside.

    Args:
        responses: tokenised responses to the whole set of inputs.
        n: tokens of an n-gram.

    Returns:
        A share; 0 where no response has n tokens.

    Reference:
    - [Li et al., 2016](https://arxiv.org/abs/1510.03055)
    """
    counts = Counter(ngrams(responses, n))
    total = sum(counts.values())
    return len(counts) / total if total else 0.0


def ngram_entropy(responses: Sequence[Response], n: int) -> float:
    """Returns the entropy of the n-grams' distribution, in bits.

    Reference:
    - [Zhang et al., 2018](https://arxiv.org/abs/1809.05972) use natural
      logarithms and n = 4 (ENT-4).
    """
    counts = Counter(ngrams(responses, n))
    total = sum(counts.values())
    return sum(
        count / total * math.log2(total / count) for count in counts.values()
    )


def top_share(responses: Sequence[Response], count: int) -> float:
    """Returns the share of inputs answered by the most frequent responses.

    Args:
        responses: tokenised responses.
        count: how many of the set's own most frequent ones to add up.
    """
    frequencies = Counter(tuple(response) for response in responses)
    top = sum(number for _, number in frequencies.most_common(count))
    return top / len(responses) if responses else 0.0


def distinct_responses(responses: Sequence[Response]) -> float:
    """Returns the number of different responses per input."""
    different = {tuple(response) for response in responses}
    return len(different) / len(responses) if responses else 0.0


def mean_length(responses: Sequence[Response]) -> float:
    """Returns the mean number of tokens of a response."""
    return sum(map(len, responses)) / len(responses) if responses else 0.0


def diversity(responses: Sequence[Response]) -> dict[str, float]:
    """Measures a set of responses in the ways that this module knows.

    Args:
        responses: tokenised responses, one for each input, without the
            end-of-sequence token.

    Returns:
        Metric name to value.
    """
    return {
        "distinct_1": distinct(responses, 1),
        "distinct_2": distinct(responses, 2),
        "entropy_1": ngram_entropy(responses, 1),
        "entropy_2": ngram_entropy(responses, 2),
        "distinct_responses": distinct_responses(responses),
        "top_1_share": top_share(responses, 1),
        "top_10_share": top_share(responses, 10),
        "mean_length": mean_length(responses),
    }
