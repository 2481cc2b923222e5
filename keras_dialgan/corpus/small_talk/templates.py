"""The notation of the grammar's templates, and the phrases they expand to.

    [well,] do you (like|love) {food}?

Square brackets hold what may be left out, round brackets alternatives (square
brackets may hold alternatives too), braces a slot: `{food}` is a value of the
slot, `{a animal}` puts the article before it, and `{another food}` is a value
that differs from `{food}`. Sentences need no capital in a template: phrases
get them when they are expanded.
"""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from keras_dialgan.corpus.small_talk.slots import FORMS, Form

_ELEMENT = re.compile(r"[()\[\]|]|[^()\[\]|]+")
_GAP = re.compile(r"\{(a )?(another )?(\w+)\}")
_SENTENCE_START = re.compile(r"(?:^|(?<=[.!?] ))([a-z]|\{)")


@dataclass(frozen=True)
class Gap:
    """A place in a phrase that takes a value of a slot.

    Args:
        name: What the value is bound to: the slot's name, or `another` and
            the slot's name. Gaps of one name share one value within a pair.
        form: How the slot's values are written.
        surfaces: The written values by index, with a capital where the gap
            opens a sentence.
        choices: Indices of the values that the gap can take.
        rival: The name whose value must differ from this gap's value.
    """

    name: str
    form: Form
    surfaces: tuple[str | None, ...]
    choices: tuple[int, ...]
    rival: str


@dataclass(frozen=True)
class Phrase:
    """An expanded template: nothing is left open but the values of gaps.

    Args:
        pattern: The text, with `%s` at each gap.
        gaps: The gaps in their order.
    """

    pattern: str
    gaps: tuple[Gap, ...] = ()

    def realise(
        self, random: Callable[[], float], bound: dict[str, int]
    ) -> str:
        """Fills the gaps.

        Args:
            random: Draws uniformly from [0, 1).
            bound: The values that names are bound to already; the names that
                this phrase binds are added.

        Returns:
            The finished text.
        """
        if not self.gaps:
            return self.pattern
        values = []
        for gap in self.gaps:
            index = bound.get(gap.name)
            if index is None:
                taken = bound.get(gap.rival)
                choices = gap.choices
                index = choices[int(random() * len(choices))]
                while index == taken:
                    index = choices[int(random() * len(choices))]
                bound[gap.name] = index
            values.append(gap.surfaces[index])
        return self.pattern % tuple(values)


def expand(template: str) -> tuple[Phrase, ...]:
    """Expands a template to the phrases that it stands for.

    Args:
        template: A template in the notation of this module.

    Returns:
        The different phrases, in the order of the alternatives.

    Raises:
        ValueError: If brackets do not match or a slot is unknown.

    Example:

    >>> [phrase.pattern for phrase in expand("(hi|hello) [there]!")]
    ['Hi!', 'Hi there!', 'Hello!', 'Hello there!']
    """
    elements = list(_ELEMENT.findall(template))
    texts = list(_alternatives(elements, ""))
    if elements:
        raise ValueError(f"unmatched {elements[0]!r} in template {template!r}")
    return tuple(_to_phrase(text) for text in dict.fromkeys(map(_tidy, texts)))


def _alternatives(elements: list[str], closing: str) -> Iterator[str]:
    """Consumes elements up to the closing bracket; gives every reading."""
    sequences: list[list[list[str]]] = [[]]
    while elements and elements[0] not in (")", "]"):
        element = elements.pop(0)
        if element == "|" and closing:
            sequences.append([])
        elif element == "(":
            sequences[-1].append(list(_alternatives(elements, ")")))
        elif element == "[":
            sequences[-1].append(["", *_alternatives(elements, "]")])
        else:
            sequences[-1].append([element])
    if closing:
        if not elements or elements[0] != closing:
            raise ValueError(f"missing {closing!r} in a template")
        elements.pop(0)
    for sequence in sequences:
        for choice in itertools.product(*sequence):
            yield "".join(choice)


def _tidy(text: str) -> str:
    """Removes the spaces that left-out parts leave behind."""
    text = re.sub(r" +", " ", text).strip()
    return re.sub(r" ([.,!?])", r"\1", text)


def _to_phrase(text: str) -> Phrase:
    starts = {match.start() for match in _SENTENCE_START.finditer(text)}
    text = _SENTENCE_START.sub(lambda match: match[0].upper(), text)
    gaps = tuple(
        _to_gap(match, match.start() in starts) for match in _GAP.finditer(text)
    )
    return Phrase(_GAP.sub("%s", text), gaps)


def _to_gap(match: re.Match, opens_sentence: bool) -> Gap:
    article, another, name = match.groups()
    if name not in FORMS:
        raise ValueError(f"unknown slot {match[0]!r} in a template")
    form = FORMS[name].with_article() if article else FORMS[name]
    other = f"another {form.slot}"
    own, rival = (other, form.slot) if another else (form.slot, other)
    surfaces = form.values
    if opens_sentence:
        surfaces = tuple(
            value and value[0].upper() + value[1:] for value in surfaces
        )
    return Gap(own, form, surfaces, form.choices, rival)
