"""Exact coherence and dullness on the small-talk corpus."""

from collections.abc import Sequence

from keras_dialgan.corpus.small_talk import Oracle
from keras_dialgan.text.diversity import Statistic, mean_of


def oracle_statistics(
    contexts: Sequence[Sequence[str]], responses: Sequence[Sequence[str]]
) -> dict[str, Statistic]:
    """Judges responses by the grammar that the corpus was drawn from.

    Args:
        contexts: tokens of each input.
        responses: tokens of each response.

    Returns:
        Shares of all responses: `valid` (a dull one fits anywhere),
        `dull`, and `informative`: valid and not dull.
    """
    oracle = Oracle()
    judgements = [
        oracle.judge(" ".join(context), " ".join(response))
        for context, response in zip(contexts, responses, strict=True)
    ]
    return {
        name: mean_of([getattr(judged, name) for judged in judgements])
        for name in ("valid", "dull", "informative")
    }
