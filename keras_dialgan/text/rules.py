"""The tagger that needs no trained pipeline."""

import functools
import itertools
import re
from collections.abc import Iterator, Sequence

import spacy
from spacy.tokenizer import Tokenizer
from spacy.util import (
    compile_infix_regex,
    compile_prefix_regex,
    compile_suffix_regex,
)

from keras_dialgan.text import patterns
from keras_dialgan.text.entity_rules import (
    ADDRESS_MARKS,
    AFTER_NAME,
    CAPITALISED,
    CLEAR,
    LABEL_RULES,
    NO_CAPITALS,
    SENTENCE_ENDS,
    SKIPPED_BEFORE,
    TITLE,
    VERSION,
    labelled_phrases,
)
from keras_dialgan.text.normalisation import fold
from keras_dialgan.text.numbers import find_numbers
from keras_dialgan.text.tagging import EntityTagger, Span
from keras_dialgan.text.vocabulary import NUMBER, PERSON

_CAPITAL = re.compile("[A-Z]")
_CAPITALISED_WORD = re.compile("[A-Z][A-Za-z0-9]*")
_WORD = re.compile(patterns.WORD)
_SMALL_LETTER = re.compile("[a-z]")
_AFTER_TITLE = re.compile(patterns.AFTER_TITLE, re.ASCII)
_AFTER_SMALL_TITLE = re.compile(patterns.AFTER_SMALL_TITLE, re.ASCII)
_NLP_BATCH = 2048


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
    ruler.add_patterns(
        [
            {"label": label, "pattern": phrase}
            for phrase, label in labelled_phrases().items()
        ]
    )
    return nlp


class RulesTagger(EntityTagger):
    """Finds entities with spaCy's entity ruler, gazetteers and patterns.

    Names and places count when capitalised. In an utterance without any
    capital letter they count as well, unless they are everyday words such as
    "will" or "may". After a title any capitalised word is a name, and
    surnames count only after a title or a given name.
    """

    name = "rules"
    version = VERSION

    def __init__(self):
        super().__init__()
        self._nlp = build_pipeline()

    def spans(
        self, texts: Sequence[str]
    ) -> Iterator[tuple[str, Sequence[Span]]]:
        texts = [fold(text) for text in texts]
        asked = [_may_hold_names(text) for text in texts]
        # Strings met on the way do not stay in spaCy's string store.
        with self._nlp.memory_zone():
            docs = self._nlp.pipe(
                itertools.compress(texts, asked), batch_size=_NLP_BATCH
            )
            for text, is_asked in zip(texts, asked, strict=True):
                spans = _names_and_places(text, next(docs)) if is_asked else []
                yield text, _with_numbers(spans, text)


@functools.cache
def _first_words(needed: int) -> frozenset[str]:
    """Words with which a name, place or title can begin.

    Args:
        needed: `CAPITALISED` or `NO_CAPITALS`, whichever holds.
    """
    words = set()
    for phrase, label in labelled_phrases().items():
        if label == TITLE:
            begins = needed == CAPITALISED or phrase in patterns.SMALL_TITLES
        else:
            # What only follows a name begins nothing.
            begins = LABEL_RULES[label].accepts(needed | CLEAR)
        if begins:
            words.add(_WORD.search(phrase).group())
    return frozenset(words)


def _may_hold_names(text: str) -> bool:
    """Whether a look at single words leaves the ruler anything to find."""
    words = _CAPITALISED_WORD.findall(text)
    if words:
        known = _first_words(CAPITALISED)
        return not known.isdisjoint([word.lower() for word in words])
    return not _first_words(NO_CAPITALS).isdisjoint(_WORD.findall(text))


def _names_and_places(text: str, doc) -> list[Span]:
    """Keeps the ruler's matches that case and neighbours confirm."""
    has_capitals = _CAPITAL.search(text) is not None
    spans = []
    name_end = -2
    for entity in doc.ents:
        start, end, label = entity.start_char, entity.end_char, entity.label_
        if start < name_end:
            continue
        if label == TITLE:
            word = _word_after_title(text, start, end, has_capitals)
            if word:
                spans.append(Span(*word, PERSON))
                name_end = word[1]
            continue
        rule = LABEL_RULES[label]
        facts = 0
        if not has_capitals:
            facts |= NO_CAPITALS
        if text[start].isupper():
            facts |= CAPITALISED
        if start == name_end + 1 and text[name_end] == " ":
            facts |= AFTER_NAME
        accepted = rule.accepts(facts) or (
            rule.accepts(facts | CLEAR) and _is_clear(text, start, end)
        )
        if not accepted:
            continue
        if rule.tag == PERSON:
            if facts & AFTER_NAME:
                start = spans.pop().start
            name_end = end
        spans.append(Span(start, end, rule.tag))
    return spans


def _is_clear(text: str, start: int, end: int) -> bool:
    """Whether a capital at `start` could only be that of a name."""
    if not _SMALL_LETTER.search(text):
        return False
    before = text[:start].rstrip(SKIPPED_BEFORE)
    if before and before[-1] not in SENTENCE_ENDS:
        return True
    return end < len(text) and text[end] in ADDRESS_MARKS


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
