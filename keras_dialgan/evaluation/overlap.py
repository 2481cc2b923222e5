"""Overlap of responses with references and with each other (BLEU)."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sacrebleu.metrics import BLEU

from keras_dialgan.text.diversity import Statistic, ngrams

MAX_ORDER = 4
Response = Sequence[str]


def bleu_statistics(
    responses: Sequence[Response], references: Sequence[Response]
) -> dict[str, Statistic]:
    """Prepares BLEU-1 to BLEU-4 of responses with one reference each.

    Corpus BLEU of sacrebleu with `max_ngram_order` n, on tokens as they are
    (`tok:none`, `case:mixed`), with its exponential smoothing; from 0 to
    100. BLEU-n is the geometric mean of the precisions of 1- to n-grams with
    the brevity penalty.

    Args:
        responses: tokens of each response.
        references: tokens of each human response.

    Returns:
        `bleu_1` to `bleu_4`, to be resampled.

    Reference:
    - [Post, 2018](https://aclanthology.org/W18-6319)
    """
    rows = [
        _matches(
            Counter(_all_ngrams(response)),
            Counter(_all_ngrams(reference)),
            len(response),
            len(reference),
        )
        for response, reference in zip(responses, references, strict=True)
    ]
    return {f"bleu_{n}": _corpus_bleu(rows, n) for n in range(1, MAX_ORDER + 1)}


def self_bleu_statistics(
    responses: Sequence[Response],
) -> dict[str, Statistic]:
    """Prepares self-BLEU: how much the responses are like each other.

    Corpus BLEU-4 of the responses, each with all the others as references,
    the closest length counting; otherwise as `bleu_statistics`. It is 100
    where every response occurs twice. Resampling weighs the responses and
    leaves their references as they are.

    Args:
        responses: tokens of each response, at least two.

    Returns:
        `self_bleu_4`, to be resampled.

    Reference:
    - [Zhu et al., 2018](https://arxiv.org/abs/1802.01886) average sentence
      BLEU instead, which short responses make depend on the smoothing.
    """
    counters = [Counter(_all_ngrams(response)) for response in responses]
    most: dict[tuple, tuple[int, int]] = {}
    for counter in counters:
        for gram, count in counter.items():
            first, second = most.get(gram, (0, 0))
            most[gram] = max(first, count), max(second, min(first, count))
    lengths = Counter(map(len, responses))
    rows = []
    for response, counter in zip(responses, counters, strict=True):
        others = {
            gram: most[gram][count == most[gram][0]]
            for gram, count in counter.items()
        }
        closest = _closest_other_length(len(response), lengths)
        rows.append(_matches(counter, others, len(response), closest))
    return {f"self_bleu_{MAX_ORDER}": _corpus_bleu(rows, MAX_ORDER)}


def _all_ngrams(response: Response) -> list[tuple]:
    return [
        gram for n in range(1, MAX_ORDER + 1) for gram in ngrams(response, n)
    ]


def _closest_other_length(length: int, lengths: Counter) -> int:
    others = [
        other for other, count in lengths.items() if count > (other == length)
    ]
    return min(others, key=lambda other: (abs(other - length), other))


def _matches(found: Counter, allowed, length: int, reference_length: int):
    """Counts of one response: matches and totals by order, both lengths."""
    correct, total = [0] * MAX_ORDER, [0] * MAX_ORDER
    for gram, count in found.items():
        correct[len(gram) - 1] += min(count, allowed.get(gram, 0))
        total[len(gram) - 1] += count
    return [*correct, *total, length, reference_length]


def _corpus_bleu(rows: list[list[int]], order: int) -> Statistic:
    table = np.array(rows, np.int64)

    def bleu(weights: np.ndarray | None) -> float:
        sums = table.sum(axis=0) if weights is None else weights @ table
        *counts, length, reference_length = map(int, sums)
        return BLEU.compute_bleu(
            counts[:order],
            counts[MAX_ORDER : MAX_ORDER + order],
            length,
            reference_length,
            smooth_method="exp",
            max_ngram_order=order,
        ).score

    return bleu
