"""Exact judgement of coherence and dullness on small talk."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from keras_dialgan.corpus.small_talk.grammar import (
    DULL_RESPONSES,
    load_situations,
)
from keras_dialgan.corpus.small_talk.slots import FORMS, Form
from keras_dialgan.corpus.small_talk.templates import Gap, Phrase

_WORD = re.compile(r"<(?:person|place|number)>|[a-z0-9]+(?:'[a-z0-9]+)*")
_PIECE = re.compile(r"%s|[^%]+")
_SLOTS = sorted({form.slot for form in FORMS.values()})

# A binding maps a gap's name to the values it can have, as a bit mask: the
# word "dog" allows one value, the tag <person> all of them.
Binding = dict[str, int]


@dataclass(frozen=True)
class Judgement:
    """What the oracle says of a response.

    Args:
        valid: Whether the response fits the utterance. Dull responses fit
            every utterance.
        dull: Whether the response is one of the dull ones.
        situations: Names of the situations that the utterance belongs to.
    """

    valid: bool
    dull: bool
    situations: tuple[str, ...]

    @property
    def informative(self) -> bool:
        """Whether the response fits and says something."""
        return self.valid and not self.dull


@dataclass
class _Node:
    """A node of a trie over the words and gaps of phrases."""

    words: dict[str, "_Node"] = field(default_factory=dict)
    gaps: dict[tuple[str, Form], "_Node"] = field(default_factory=dict)
    ends: set[int] = field(default_factory=set)


class Oracle:
    """Says whether a response to an utterance is valid, and whether dull.

    Texts are compared by their words: case, punctuation and spacing make no
    difference, so that raw and prepared text are judged alike. A tag
    (`<person>`, `<place>`, `<number>`) stands for any value of its slots.

    Example:

    >>> oracle = Oracle()
    >>> oracle.judge("Do you like dogs?", "Dogs are so cute!").informative
    True
    >>> oracle.judge("do you like dogs ?", "cats are so cute !").valid
    False
    """

    def __init__(self):
        self._situations = load_situations()
        self._dull = {tuple(_words(text)) for text in DULL_RESPONSES}
        self._values: dict[Form, dict[str, list[tuple[list[str], int]]]] = {}
        self._utterances = _Node()
        self._responses = _Node()
        for index, situation in enumerate(self._situations):
            for phrases in situation.utterances:
                for phrase in phrases:
                    self._insert(self._utterances, phrase, index)
            for phrases in situation.responses:
                for phrase in phrases:
                    self._insert(self._responses, phrase, index)

    def judge(self, utterance: str, response: str) -> Judgement:
        """Judges one response to one utterance.

        Args:
            utterance: The utterance, raw or prepared.
            response: The response, raw or prepared.

        Returns:
            The judgement. To an utterance that no situation knows, only dull
            responses are valid.
        """
        asked = list(self._match(self._utterances, _words(utterance), 0, {}))
        names = tuple(
            self._situations[index].name
            for index in sorted({index for index, _ in asked})
        )
        words = _words(response)
        if tuple(words) in self._dull:
            return Judgement(True, True, names)
        valid = any(
            index == answered and _agree(binding, other)
            for answered, other in self._match(self._responses, words, 0, {})
            for index, binding in asked
        )
        return Judgement(valid, False, names)

    def _insert(self, node: _Node, phrase: Phrase, situation: int) -> None:
        gaps = iter(phrase.gaps)
        for piece in _PIECE.findall(phrase.pattern):
            if piece == "%s":
                gap: Gap = next(gaps)
                self._index(gap.form)
                node = node.gaps.setdefault((gap.name, gap.form), _Node())
            else:
                for word in _words(piece):
                    node = node.words.setdefault(word, _Node())
        node.ends.add(situation)

    def _index(self, form: Form) -> None:
        """Indexes the values of a form by their first word."""
        if form in self._values:
            return
        masks: dict[tuple[str, ...], int] = {}
        for index in form.choices:
            value = tuple(_words(form.values[index]))
            masks[value] = masks.get(value, 0) | 1 << index
        if form.tag:
            masks[form.tag,] = sum(1 << index for index in form.choices)
        by_first = self._values[form] = {}
        for value, mask in masks.items():
            by_first.setdefault(value[0], []).append((list(value), mask))

    def _match(
        self, node: _Node, words: list[str], at: int, binding: Binding
    ) -> Iterator[tuple[int, Binding]]:
        """Finds every reading of the words from a position on."""
        if at == len(words):
            for situation in node.ends:
                yield situation, binding
            return
        child = node.words.get(words[at])
        if child is not None:
            yield from self._match(child, words, at + 1, binding)
        for (name, form), child in node.gaps.items():
            for value, mask in self._values[form].get(words[at], ()):
                end = at + len(value)
                mask &= binding.get(name, mask)
                if mask and words[at:end] == value:
                    grown = binding | {name: mask}
                    yield from self._match(child, words, end, grown)


def _words(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("’", "'"))
        text = "".join(c for c in text if not unicodedata.combining(c))
    return _WORD.findall(text.lower())


def _agree(first: Binding, second: Binding) -> bool:
    """Whether both bindings can hold at once."""
    union = dict(first)
    for name, mask in second.items():
        union[name] = union.get(name, mask) & mask
        if not union[name]:
            return False
    for slot in _SLOTS:
        one, other = union.get(slot), union.get(f"another {slot}")
        only_one_value = one and one & (one - 1) == 0
        if only_one_value and one == other:
            return False
    return True
