"""Entity tagging in a graph by what a trained pipeline had found."""

from collections import Counter
from collections.abc import Mapping

import tensorflow as tf

from keras_dialgan.serving import graph_text
from keras_dialgan.serving.graph_phrases import PhraseMatcher, phrase_words
from keras_dialgan.serving.graph_tagger import GraphTagger, Spans, with_numbers
from keras_dialgan.text.normalisation import fold
from keras_dialgan.text.vocabulary import ENTITY_TAGS, NUMBER

# Longer forms are rarely met again, and each word more is a look-up more.
_MOST_WORDS = 6


def surface_labels(entities: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Labels the persons and places of an entity table.

    Args:
        entities: counts by surface form by tag: a model's `entities.json`.

    Returns:
        The place in `ENTITY_TAGS` of the tag that each form, folded, had
        most often.
    """
    counts: dict[str, Counter[str]] = {}
    for tag, forms in entities.items():
        if tag == NUMBER:
            continue
        for form, count in forms.items():
            folded = fold(form)
            # A single letter is an initial here and a word elsewhere.
            if len(folded) > 1 and len(phrase_words(folded)) <= _MOST_WORDS:
                counts.setdefault(folded, Counter())[tag] += count
    return {
        form: ENTITY_TAGS.index(max(tags, key=lambda tag: (tags[tag], tag)))
        for form, tags in counts.items()
    }


class GraphEntityTagger(GraphTagger):
    """Finds the persons and places of a table, and numbers by patterns.

    A trained spaCy pipeline cannot run in a graph; this finds again what it
    found in the training corpus. Forms must be written as they were there.

    Args:
        matcher: of the forms of `surface_labels`.
    """

    def __init__(self, matcher: PhraseMatcher):
        super().__init__()
        self.matcher = matcher

    def spans(self, texts) -> Spans:
        words = graph_text.split_words(texts)
        first, last, tags = self.matcher.find(words)
        spans = Spans(
            rows=tf.gather(words.rows, first),
            starts=tf.gather(words.starts, first),
            ends=tf.gather(words.ends, last),
            tags=tags,
        )
        return with_numbers(spans, texts)
