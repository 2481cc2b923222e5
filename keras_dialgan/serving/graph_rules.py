"""The rules tagger as graph ops."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from keras_dialgan.serving import graph_text
from keras_dialgan.serving.graph_phrases import PhraseMatcher
from keras_dialgan.serving.graph_tagger import GraphTagger, Spans, with_numbers
from keras_dialgan.serving.graph_text import Words
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
    labelled_phrases,
)
from keras_dialgan.text.vocabulary import ENTITY_TAGS, PERSON

# A phrase table holds the labels as numbers.
LABELS = (*LABEL_RULES, TITLE)
_TITLE = LABELS.index(TITLE)
_PERSON = ENTITY_TAGS.index(PERSON)
_TAGS = [ENTITY_TAGS.index(rule.tag) for rule in LABEL_RULES.values()]
_MOST = max(len(rule.alternatives) for rule in LABEL_RULES.values())
# A set of facts that cannot hold stands where a rule has fewer.
_ALTERNATIVES = [
    [*rule.alternatives, *[-1] * (_MOST - len(rule.alternatives))]
    for rule in LABEL_RULES.values()
]


class _Matches(NamedTuple):
    """Phrases that may be entities, and what is known of them.

    Attributes:
        starts, ends: int64, offsets.
        labels: int64, places in `LABELS`; -1 for none.
        facts: int64, sums of the constants of `entity_rules`.
        after_space: int64, 1 where a word and one space stand before.
        word_starts, word_ends: int64, offsets of the word after a title; 0
            where there is none.
    """

    starts: Any
    ends: Any
    labels: Any
    facts: Any
    after_space: Any
    word_starts: Any
    word_ends: Any


def gazetteer_labels() -> dict[str, int]:
    """The number of the label of every phrase of the gazetteers."""
    return {
        phrase: LABELS.index(label)
        for phrase, label in labelled_phrases().items()
    }


class GraphRulesTagger(GraphTagger):
    """Finds the entities that `keras_dialgan.text.rules.RulesTagger` finds.

    Args:
        matcher: of the phrases of `gazetteer_labels`.
    """

    def __init__(self, matcher: PhraseMatcher):
        super().__init__()
        self.matcher = matcher

    def spans(self, texts) -> Spans:
        words = graph_text.split_words(texts)
        small = words._replace(tokens=tf.strings.lower(words.tokens))
        first, last, labels = self.matcher.find(small)
        matches = _describe(texts, words, first, last, labels)
        rows = tf.gather(words.rows, first)
        batch = tf.shape(texts, tf.int64)[0]
        return with_numbers(_confirm(matches, rows, batch), texts)


def _describe(texts, words: Words, first, last, labels) -> _Matches:
    rows = tf.gather(words.rows, first)
    starts, ends = tf.gather(words.starts, first), tf.gather(words.ends, last)
    has_capitals = _matches(texts, "(?s).*[A-Z].*")
    has_capitals = tf.gather(has_capitals, rows)
    has_small = tf.gather(_matches(texts, "(?s).*[a-z].*"), rows)
    capitalised = _matches(tf.gather(words.tokens, first), "[A-Z].*")
    clear = has_small & (
        tf.gather(_inside_sentence(words), first)
        | tf.gather(_addressed(words), last)
    )
    facts = (
        tf.where(capitalised, np.int64(CAPITALISED), 0)
        + tf.where(has_capitals, np.int64(0), NO_CAPITALS)
        + tf.where(clear, np.int64(CLEAR), 0)
    )
    word_starts, word_ends = _words_after_titles(
        tf.gather(texts, rows),
        ends,
        (labels == _TITLE) & capitalised,
        (labels == _TITLE)
        & ~has_capitals
        & _matches(
            tf.gather(words.tokens, first), "|".join(patterns.SMALL_TITLES)
        ),
    )
    after_space = tf.cast(tf.gather(_after_space(words), first), tf.int64)
    return _Matches(
        starts, ends, labels, facts, after_space, word_starts, word_ends
    )


def _matches(texts, pattern):
    return tf.strings.regex_full_match(texts, pattern)


def _is_one_of(tokens, symbols: str):
    return tf.reduce_any(
        tokens[:, tf.newaxis] == tf.constant(list(symbols)), axis=1
    )


def _after_space(words: Words):
    """Whether a word of the same text ends one space before each word."""
    former_ends = tf.concat([[-1], words.ends], axis=0)[:-1]
    former_rows = tf.concat([[-1], words.rows], axis=0)[:-1]
    return (former_rows == words.rows) & (former_ends + 1 == words.starts)


def _inside_sentence(words: Words):
    """Whether what stands before each word is not the end of a sentence."""
    solid = ~_is_one_of(words.tokens, SKIPPED_BEFORE)
    places = tf.where(solid)[:, 0]
    goes_on = ~_is_one_of(words.tokens, SENTENCE_ENDS)
    # Which of the solid words is the last one before each word, from 1 up.
    order = tf.cumsum(tf.cast(solid, tf.int64), exclusive=True)
    rows = tf.concat([[-1], tf.gather(words.rows, places)], axis=0)
    goes_on = tf.concat([[False], tf.gather(goes_on, places)], axis=0)
    return (tf.gather(rows, order) == words.rows) & tf.gather(goes_on, order)


def _addressed(words: Words):
    """Whether a mark of address touches the end of each word."""
    marks = _is_one_of(words.tokens, ADDRESS_MARKS)
    next_marks = tf.concat([marks, [False]], axis=0)[1:]
    next_rows = tf.concat([words.rows, [-1]], axis=0)[1:]
    next_starts = tf.concat([words.starts, [-1]], axis=0)[1:]
    return next_marks & (next_rows == words.rows) & (next_starts == words.ends)


def _words_after_titles(texts, ends, titles, small_titles):
    """Start and end of the name that follows each title."""
    starts_and_ends = tf.zeros_like(ends), tf.zeros_like(ends)
    for marked, pattern in (
        (titles, patterns.AFTER_TITLE),
        (small_titles, patterns.AFTER_SMALL_TITLE),
    ):
        places = tf.where(marked)
        chosen_ends = tf.gather_nd(ends, places)
        rest = tf.gather_nd(texts, places)
        lengths = tf.cast(tf.strings.length(rest), tf.int64)
        rest = tf.strings.substr(rest, chosen_ends, lengths - chosen_ends)
        whole = f"(?s)({pattern}).*"
        found = _matches(rest, whole)
        to_end, word = (
            tf.cast(
                tf.strings.length(
                    tf.strings.regex_replace(rest, f"^{whole}$", group)
                ),
                tf.int64,
            )
            for group in (r"\1", r"\2")
        )
        found_starts = chosen_ends + to_end - word
        found_ends = chosen_ends + to_end
        starts_and_ends = tuple(
            tf.tensor_scatter_nd_update(all_values, places, values)
            for all_values, values in zip(
                starts_and_ends,
                (
                    tf.where(found, found_starts, 0),
                    tf.where(found, found_ends, 0),
                ),
                strict=True,
            )
        )
    return starts_and_ends


class _Confirmed(NamedTuple):
    """What became of one match of each text.

    Attributes:
        accepted: int64, 1 where it is an entity.
        continues: int64, 1 where it goes on with the former entity's name.
        starts, ends, tags: int64, of the entity.
    """

    accepted: Any
    continues: Any
    starts: Any
    ends: Any
    tags: Any


def _confirm(matches: _Matches, rows, batch) -> Spans:
    """Goes through the matches of each text, all texts in step."""
    # Where a text has no further match all is 0: the label is one less.
    matches = matches._replace(labels=matches.labels + 1)
    columns = _Matches(*(_by_row(values, rows, batch) for values in matches))
    columns = columns._replace(labels=columns.labels - 1)
    most = tf.shape(columns.labels)[1]

    def go_on(index, name_starts, name_ends, results):
        column = _Matches(*(values[:, index] for values in columns))
        confirmed = _confirm_one(column, name_starts, name_ends)
        named = (confirmed.accepted > 0) & (confirmed.tags == _PERSON)
        return (
            index + 1,
            tf.where(named, confirmed.starts, name_starts),
            tf.where(named, confirmed.ends, name_ends),
            results.write(index, tf.stack(confirmed, axis=1)),
        )

    nowhere = tf.fill([batch], np.int64(-2))
    *_, results = tf.while_loop(
        lambda index, *_: index < most,
        go_on,
        (0, nowhere, nowhere, tf.TensorArray(tf.int64, most)),
    )
    results = tf.transpose(results.stack(), [1, 0, 2])
    accepted = tf.where(results[:, :, 0] > 0)
    results = _Confirmed(*tf.unstack(tf.gather_nd(results, accepted), 5, 1))
    goes_on = tf.concat([results.continues, [0]], axis=0)[1:] > 0
    return Spans(
        *(
            tf.boolean_mask(values, ~goes_on)
            for values in (
                accepted[:, 0],
                results.starts,
                results.ends,
                results.tags,
            )
        )
    )


def _by_row(values, rows, batch):
    """Arranges matches as `[batch, most + 1]`, so that there is a column."""
    ragged = tf.RaggedTensor.from_value_rowids(
        values, rows, batch, validate=False
    )
    return tf.pad(ragged.to_tensor(), [[0, 0], [0, 1]])


def _confirm_one(match: _Matches, name_starts, name_ends) -> _Confirmed:
    known = (match.labels >= 0) & (match.starts >= name_ends)
    titles = match.labels == _TITLE
    named_by_title = known & titles & (match.word_ends > 0)
    after_name = (match.starts == name_ends + 1) & (match.after_space > 0)
    facts = match.facts + tf.where(after_name, np.int64(AFTER_NAME), 0)
    rules = tf.clip_by_value(match.labels, 0, len(LABEL_RULES) - 1)
    tags = tf.gather(tf.constant(_TAGS, tf.int64), rules)
    accepted = known & ~titles & _accepts(rules, facts)
    continues = accepted & after_name & (tags == _PERSON)
    starts = tf.where(continues, name_starts, match.starts)
    return _Confirmed(
        accepted=tf.cast(accepted | named_by_title, tf.int64),
        continues=tf.cast(continues, tf.int64),
        starts=tf.where(named_by_title, match.word_starts, starts),
        ends=tf.where(named_by_title, match.word_ends, match.ends),
        tags=tf.where(titles, np.int64(_PERSON), tags),
    )


def _accepts(rules, facts):
    """`LabelRule.accepts` for rules by number."""
    needed = tf.gather(tf.constant(_ALTERNATIVES, tf.int64), rules)
    held = tf.bitwise.bitwise_and(facts[:, tf.newaxis], needed)
    return tf.reduce_any(held == needed, axis=1)
