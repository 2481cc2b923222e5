"""The situations of small talk, and the pairs that they generate.

The situations are plain text files in the folder `situations`. `= name` opens
a situation, `> template` is a way to phrase its utterance, `< template` a
valid and informative response; `keras_dialgan.corpus.small_talk.templates`
describes the notation. A slot that stands in both the utterance and the
response takes the same value in both.
"""

import functools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from keras_dialgan.corpus.small_talk.templates import Phrase, expand

# The shares make "I don't know." more probable than any informative response
# of any situation, at its first token and at each token after it: a model of
# maximum likelihood that decodes greedily becomes dull.
DULL_RESPONSES: dict[str, float] = {
    "I don't know.": 0.50,
    "I don't think so.": 0.15,
    "I'm sorry.": 0.12,
    "What?": 0.10,
    "Okay.": 0.08,
    "I'm not sure.": 0.05,
}


@dataclass(frozen=True)
class Situation:
    """One occasion for small talk.

    Args:
        name: A short name.
        utterances: Per template, the phrases of the utterance.
        responses: Per template, the phrases of an informative response.
    """

    name: str
    utterances: tuple[tuple[Phrase, ...], ...]
    responses: tuple[tuple[Phrase, ...], ...]


@functools.cache
def load_situations() -> tuple[Situation, ...]:
    """The situations of the grammar, in the order of their files.

    Raises:
        ValueError: If a situation file breaks the notation; the message
            names the file and the line.
    """
    folder = resources.files(__package__) / "situations"
    situations = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".txt"):
            text = entry.read_text(encoding="utf-8")
            situations.extend(parse_situations(text, entry.name))
    return tuple(situations)


def parse_situations(text: str, source: str) -> list[Situation]:
    """Reads situations from the text of a situation file.

    Args:
        text: The file's text.
        source: The file's name, for messages.

    Returns:
        The situations in their order.

    Raises:
        ValueError: If a line breaks the notation; the message names the
            source and the line.
    """
    parts: dict[str, dict[str, list[tuple[Phrase, ...]]]] = {}
    current = None
    for number, line in enumerate(text.splitlines(), start=1):
        sign, _, rest = line.strip().partition(" ")
        if not sign or sign.startswith("#"):
            continue
        where = f"{source}, line {number}"
        if sign == "=":
            if rest in parts:
                raise ValueError(f"{where}: situation {rest!r} comes twice")
            current = parts[rest] = {">": [], "<": []}
        elif current is None or sign not in current:
            raise ValueError(f"{where}: expected '= name', not {line!r}")
        else:
            try:
                current[sign].append(expand(rest))
            except ValueError as error:
                raise ValueError(f"{where}: {error}") from error
    situations = [
        Situation(name, tuple(lines[">"]), tuple(lines["<"]))
        for name, lines in parts.items()
    ]
    for situation in situations:
        _check_agreement(situation, source)
    return situations


def _check_agreement(situation: Situation, source: str) -> None:
    """Refuses responses that cannot take up a value of the utterance."""
    asked: dict[str, set[int]] = {}
    for phrases in situation.utterances:
        for gap in (gap for phrase in phrases for gap in phrase.gaps):
            asked.setdefault(gap.name, set()).update(gap.choices)
    for phrases in situation.responses:
        for gap in (gap for phrase in phrases for gap in phrase.gaps):
            if not asked.get(gap.name, set()) <= set(gap.choices):
                raise ValueError(
                    f"{source}: a response of {situation.name!r} cannot "
                    f"write every value of {gap.name!r} of its utterances"
                )


def generate_pairs(
    seed: int, dull_share: float = 0.35
) -> Iterator[tuple[str, str]]:
    """Generates an endless stream of small talk.

    Situations, the templates of a situation and the phrases of a template
    are drawn uniformly.

    Args:
        seed: The stream is a function of the seed.
        dull_share: Share of the pairs with a dull response, the same in
            every situation.

    Returns:
        An iterator over pairs of an utterance and its response.

    Raises:
        ValueError: If `dull_share` is not between 0 and 1.

    Example:

    >>> utterance, response = next(generate_pairs(seed=1))
    """
    if not 0 <= dull_share <= 1:
        raise ValueError(f"dull_share must be in [0, 1], not {dull_share}")
    return _stream(random.Random(seed), dull_share)


def _stream(
    generator: random.Random, dull_share: float
) -> Iterator[tuple[str, str]]:
    situations = [(s.utterances, s.responses) for s in load_situations()]
    dull = list(DULL_RESPONSES)
    weights = list(DULL_RESPONSES.values())
    draw = generator.random

    def choose(options):
        # random.choice costs several times as much.
        return options[int(draw() * len(options))]

    while True:
        utterances, responses = choose(situations)
        bound: dict[str, int] = {}
        utterance = choose(choose(utterances)).realise(draw, bound)
        if draw() < dull_share:
            yield utterance, generator.choices(dull, weights)[0]
        else:
            response = choose(choose(responses))
            yield utterance, response.realise(draw, bound)
