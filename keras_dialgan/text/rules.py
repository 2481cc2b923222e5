"""The tagger that needs no trained pipeline."""

import functools
import re
from collections.abc import Iterator, Sequence
from importlib import resources

import spacy
from spacy.tokenizer import Tokenizer
from spacy.util import (
    compile_infix_regex,
    compile_prefix_regex,
    compile_suffix_regex,
)

from keras_dialgan.text import patterns
from keras_dialgan.text.normalisation import fold
from keras_dialgan.text.numbers import find_numbers
from keras_dialgan.text.tagging import EntityTagger, Span
from keras_dialgan.text.vocabulary import NUMBER, PERSON, PLACE

# Each gazetteer and the label of its phrases in the entity ruler.
_GAZETTEERS = {
    "given_names": "GIVEN",
    "ambiguous_given_names": "GIVEN_IF_CLEAR",
    "surnames": "SURNAME",
    "places": "PLACE",
    "ambiguous_places": "PLACE_IF_CLEAR",
    "titles": "TITLE",
}
_CLEAR_LABELS = ("GIVEN", "PLACE")
_PLACE_LABELS = ("PLACE", "PLACE_IF_CLEAR")
_AFTER_TITLE = re.compile(patterns.AFTER_TITLE, re.ASCII)
_AFTER_SMALL_TITLE = re.compile(patterns.AFTER_SMALL_TITLE, re.ASCII)
_NLP_BATCH = 2048


@functools.cache
def gazetteer(name: str) -> tuple[str, ...]:
    """The lower-case phrases of one of the package's gazetteers."""
    path = resources.files("keras_dialgan.text") / f"gazetteers/{name}.txt"
    return tuple(path.read_text(encoding="utf-8").splitlines())


def build_pipeline() -> spacy.Language:
    """A blank English pipeline with an entity ruler over the gazetteers.

    Its tokens are those of `patterns.WORD` and `patterns.SYMBOL`, and the
    ruler compares them without regard to case.
    """
    nlp = spacy.blank("en")
    symbol = [patterns.SYMBOL]
    nlp.tokenizer = Tokenizer(
        nlp.vocab,
        prefix_search=compile_prefix_regex(symbol).search,
        suffix_search=compile_suffix_regex(symbol).search,
        infix_finditer=compile_infix_regex(symbol).finditer,
    )
    ruler = nlp.add_pipe(
        "entity_ruler", config={"phrase_matcher_attr": "LOWER"}
    )
    seen = set()
    rules = []
    for name, label in _GAZETTEERS.items():
        for phrase in gazetteer(name):
            if phrase not in seen:
                seen.add(phrase)
                rules.append({"label": label, "pattern": phrase})
    ruler.add_patterns(rules)
    return nlp


class RulesTagger(EntityTagger):
    """Finds entities with spaCy's entity ruler, gazetteers and patterns.

    Names and places count when capitalised. In an utterance without any
    capital letter they count as well, unless they are everyday words such as
    "will" or "may". After a title any capitalised word is a name, and
    surnames count only after a title or a given name.
    """

    name = "rules"
    version = "1"

    def __init__(self):
        super().__init__()
        self._nlp = build_pipeline()

    def spans(
        self, texts: Sequence[str]
    ) -> Iterator[tuple[str, Sequence[Span]]]:
        texts = [fold(text) for text in texts]
        # Strings met on the way do not stay in spaCy's string store.
        with self._nlp.memory_zone():
            docs = self._nlp.pipe(texts, batch_size=_NLP_BATCH)
            for text, doc in zip(texts, docs, strict=True):
                spans = _names_and_places(text, doc) if doc.ents else []
                yield text, _with_numbers(spans, text)


def _names_and_places(text: str, doc) -> list[Span]:
    """Keeps the ruler's matches that case and neighbours confirm."""
    has_capitals = text != text.lower()
    spans = []
    name_end = -1
    for entity in doc.ents:
        start, end, label = entity.start_char, entity.end_char, entity.label_
        if start < name_end:
            continue
        if label == "TITLE":
            word = _word_after_title(text, start, end, has_capitals)
            if word:
                spans.append(Span(*word, PERSON))
                name_end = word[1]
            continue
        capitalised = text[start].isupper()
        after_name = start == name_end + 1 and text[name_end] == " "
        if label in _CLEAR_LABELS:
            accepted = capitalised or not has_capitals
        elif label == "SURNAME":
            accepted = capitalised and after_name
        else:
            accepted = capitalised and (
                after_name or _is_clear(text, start, end)
            )
        if not accepted:
            continue
        if label in _PLACE_LABELS:
            spans.append(Span(start, end, PLACE))
            continue
        if after_name:
            start = spans.pop().start
        spans.append(Span(start, end, PERSON))
        name_end = end
    return spans


def _is_clear(text: str, start: int, end: int) -> bool:
    """Whether the capital at `start` can only be that of a name.

    It can when other letters of the utterance are small and no sentence
    starts here, or when someone is addressed: "Will, ..." or "Mark!".
    """
    if text == text.upper():
        return False
    before = text[:start].rstrip(" \"'-")
    if before and before[-1] not in ".!?:":
        return True
    return end < len(text) and text[end] in ",!?"


def _word_after_title(
    text: str, start: int, end: int, has_capitals: bool
) -> tuple[int, int] | None:
    """Start and end of the name that follows a title."""
    if text[start].isupper():
        match = _AFTER_TITLE.match(text, end)
    elif not has_capitals and text[start:end] in patterns.SMALL_TITLES:
        match = _AFTER_SMALL_TITLE.match(text, end)
    else:
        match = None
    return match.span(1) if match else None


def _with_numbers(spans: list[Span], text: str) -> list[Span]:
    """Adds the numbers that no other span touches."""
    numbers = find_numbers(text)
    if not numbers:
        return spans
    free = [
        Span(start, end, NUMBER)
        for start, end in numbers
        if all(end <= span.start or start >= span.end for span in spans)
    ]
    return sorted([*spans, *free])
