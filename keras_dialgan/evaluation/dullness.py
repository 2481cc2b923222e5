"""Responses that a model gives far more often than people do."""

from collections import Counter
from collections.abc import Sequence

from keras_dialgan.text.diversity import Statistic, mean_of

MULTIPLE = 5


def dull_statistics(
    responses: Sequence[Sequence[str]], human: Sequence[Sequence[str]]
) -> dict[str, Statistic]:
    """Prepares the share of dull responses.

    A response is dull if the model gives it more than `MULTIPLE` times as
    often as people do, to the same inputs. One is added to the human count,
    so that a response that nobody gave is dull only once it is repeated more
    than `MULTIPLE` times. Which responses are dull is not decided again when
    the inputs are resampled.

    Args:
        responses: tokens of each response.
        human: tokens of the human response to each input.

    Returns:
        `dull_share`.
    """
    model = Counter(map(tuple, responses))
    people = Counter(map(tuple, human))
    dull = {
        response
        for response, count in model.items()
        if count > MULTIPLE * (people[response] + 1)
    }
    return {"dull_share": mean_of([tuple(row) in dull for row in responses])}
