"""What every entity tagger shares: from spans to tokens with tags."""

import abc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from keras_dialgan.text.normalisation import normalise
from keras_dialgan.text.tokenisation import tokenize_normalised
from keras_dialgan.text.vocabulary import ENTITY_TAGS


class Span(NamedTuple):
    """A named entity: characters `start` to `end` of a text, and its tag."""

    start: int
    end: int
    tag: str


@dataclass(frozen=True)
class TaggedUtterance:
    """An utterance as tokens, and the surface forms behind its tags.

    Args:
        tokens: words, punctuation marks and tags.
        surfaces: for each tag in `tokens`, in order, what stood there.
    """

    tokens: list[str]
    surfaces: list[str]


class EntityTagger(abc.ABC):
    """Replaces names, numbers and places by their tags.

    A subclass says where entities are; this class cuts them out, tokenises
    what is left and counts the surface forms.

    Attributes:
        entities: for each tag a `Counter` of the surface forms seen.
    """

    name: str
    version: str

    def __init__(self):
        self.entities = {tag: Counter() for tag in ENTITY_TAGS}

    @property
    def settings(self) -> dict[str, str]:
        """What `get_tagger` needs to make an equal tagger."""
        return {"name": self.name, "version": self.version}

    @abc.abstractmethod
    def spans(
        self, texts: Sequence[str]
    ) -> Iterable[tuple[str, Sequence[Span]]]:
        """Finds the entities of normalised texts.

        Returns:
            For each text the text that the spans refer to and the spans,
            ordered and apart from each other.
        """

    def analyse(self, texts: Iterable[str]) -> Iterator[TaggedUtterance]:
        """Tags raw texts, keeping the surface forms."""
        for text, spans in self.spans([normalise(text) for text in texts]):
            surfaces = []
            tokens = self._tokens(text, spans, surfaces)
            yield TaggedUtterance(tokens, surfaces)

    def _tokens(self, text, spans, surfaces) -> list[str]:
        """Cuts spans out of a text, adding them to `surfaces`."""
        if not spans:
            return tokenize_normalised(text)
        tokens = []
        position = 0
        for start, end, tag in spans:
            if position < start:
                tokens += tokenize_normalised(text[position:start])
            tokens.append(tag)
            surface = text[start:end]
            surfaces.append(surface)
            self.entities[tag][surface] += 1
            position = end
        if position < len(text):
            tokens += tokenize_normalised(text[position:])
        return tokens

    def tag(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Turns raw texts into tokens, entities into their tags.

        Args:
            texts: raw utterances.

        Yields:
            The tokens of each utterance.
        """
        for text, spans in self.spans([normalise(text) for text in texts]):
            yield self._tokens(text, spans, [])


class NoTagger(EntityTagger):
    """Leaves entities as they are."""

    name = "none"
    version = "1"

    def spans(
        self, texts: Sequence[str]
    ) -> Iterable[tuple[str, Sequence[Span]]]:
        return [(text, ()) for text in texts]

    def tag(self, texts: Iterable[str]) -> Iterator[list[str]]:
        return map(tokenize_normalised, map(normalise, texts))
