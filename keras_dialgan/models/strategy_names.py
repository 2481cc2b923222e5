"""Decoding strategies by a short text, as a person types them."""

from keras_dialgan.errors import UserError
from keras_dialgan.models.decoding_strategies import (
    BeamSearch,
    Greedy,
    NucleusSampling,
    Sampling,
    TopKSampling,
)

STRATEGY_CHOICES = (
    "greedy",
    "temperature=T",
    "top_k=K",
    "nucleus=P",
    "beam=N",
)

# Of each name that takes a value: its type, the least and the largest value,
# how they are called, and the maker of the strategy. Temperatures beyond the
# bounds overflow the logits or make all words alike; each further hypothesis
# of a beam costs as much as a further utterance.
_WITH_VALUE = {
    "temperature": (
        float,
        *(0.01, 100.0, "a number from 0.01 to 100"),
        lambda value, seed: Sampling(value, seed=seed),
    ),
    "top_k": (
        int,
        *(1, 2**31 - 1, "a whole number of at least 1"),
        lambda value, seed: TopKSampling(value, seed=seed),
    ),
    "nucleus": (
        float,
        *(1e-6, 1.0, "a number above 0, at most 1"),
        lambda value, seed: NucleusSampling(value, seed=seed),
    ),
    "beam": (
        int,
        *(1, 100, "a whole number from 1 to 100"),
        lambda value, seed: BeamSearch(value),
    ),
}


def parse_strategy(text: str, seed=0):
    """Makes a decoding strategy from its name and value.

    Args:
        text: `"greedy"`, `"temperature=0.7"`, `"top_k=40"`, `"nucleus=0.9"`
            or `"beam=5"`.
        seed: of the strategies that draw at random: an integer, or an
            integer `tf.Variable` whose value is read at every response.

    Returns:
        The strategy.

    Raises:
        UserError: for another name or an impossible value.

    Example:

    ```python
    chatbot = load_chatbot("model", strategy=parse_strategy("beam=5"))
    ```
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if name == "greedy" and not equals:
        return Greedy()
    if name not in _WITH_VALUE:
        raise UserError(
            f"unknown decoding strategy {text!r}; choose from "
            f"{', '.join(STRATEGY_CHOICES)}"
        )
    kind, least, largest, wanted, make = _WITH_VALUE[name]
    try:
        number = kind(value)
    except ValueError:
        number = None
    # A comparison with NaN is false, too.
    if number is None or not least <= number <= largest:
        raise UserError(f"{name} must be {wanted}, not {value!r}")
    return make(number, seed)
