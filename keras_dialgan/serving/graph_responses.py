"""Writing responses in a graph: tag filling and depatterns."""

import tensorflow as tf

from keras_dialgan.serving.graph_tagger import TaggedBatch
from keras_dialgan.serving.tag_filling import NEUTRAL_WORDS
from keras_dialgan.text import patterns
from keras_dialgan.text.vocabulary import ENTITY_TAGS, NUMBER


def fill_tags(tokens, utterances: TaggedBatch):
    """Replaces the tags of responses as `keras_dialgan.serving.fill_tags`.

    Args:
        tokens: ragged string `[batch, None]`, the responses.
        utterances: what they answer.

    Returns:
        Ragged string tensor of the same shape; what replaces a tag may hold
        several words.
    """
    rows = tokens.value_rowids()
    words = tokens.values
    for place, tag in enumerate(ENTITY_TAGS):
        of_tag = utterances.spans.tags == place
        forms = tf.boolean_mask(utterances.surfaces, of_tag)
        if tag != NUMBER:
            forms = _as_names(forms)
        forms = tf.RaggedTensor.from_value_rowids(
            forms,
            tf.boolean_mask(utterances.spans.rows, of_tag),
            tokens.nrows(),
            validate=False,
        )
        here = tokens.values == tag
        order = _order_in_row(here, tokens)
        found = order < tf.gather(forms.row_lengths(), rows)
        index = tf.where(found, tf.gather(forms.row_starts(), rows) + order, 0)
        # With an element more, so that there is one.
        form = tf.gather(tf.concat([forms.values, [""]], axis=0), index)
        form = tf.where(found, form, NEUTRAL_WORDS[tag])
        words = tf.where(here, form, words)
    return tokens.with_values(words)


def _order_in_row(marked, ragged):
    """How many elements are marked before each one of its row."""
    order = tf.cumsum(tf.cast(marked, tf.int64), exclusive=True)
    rows = ragged.value_rowids()
    return order - tf.gather(order, tf.gather(ragged.row_starts(), rows))


def _as_names(forms):
    small = tf.strings.regex_full_match(forms, "[^A-Z]*[a-z][^A-Z]*")
    words = tf.strings.split(forms, sep=" ")
    names = tf.strings.unsorted_segment_join(
        _capitalise(words.values), words.value_rowids(), words.nrows(), " "
    )
    return tf.where(small, names, forms)


def _capitalise(words):
    first = tf.strings.upper(tf.strings.substr(words, 0, 1))
    return first + tf.strings.regex_replace(words, "(?s)^.", "")


def detokenize(tokens):
    """Writes tokens as sentences, as `keras_dialgan.text.detokenize`.

    Args:
        tokens: ragged string `[batch, None]`.

    Returns:
        String tensor `[batch]`.
    """
    words, rows = tokens.values, tokens.value_rowids()
    mark = _is_one_of(words, patterns.PUNCTUATION)
    joins = mark | _is_one_of(words, patterns.CLITICS)
    first = tf.gather(tokens.row_starts(), rows) == tf.range(
        tf.size(words, tf.int64)
    )
    capital = ~mark & (
        tf.strings.regex_full_match(words, patterns.CAPITALISED)
        | _starts_sentence(words, rows, mark)
        & ~tf.strings.regex_full_match(words, "(?s)<.*")
    )
    words = tf.where(capital, _capitalise(words), words)
    spaces = tf.where(joins | first, "", " ")
    return tf.strings.unsorted_segment_join(
        spaces + words, rows, tokens.nrows()
    )


def _starts_sentence(words, rows, mark):
    """Whether no word stands between each word and a sentence's start."""
    ends = _is_one_of(words, patterns.SENTENCE_ENDS)
    ends_before = tf.cumsum(tf.cast(ends, tf.int64), exclusive=True)
    # Of each word the last word before it, from 1 up.
    order = tf.cumsum(tf.cast(~mark, tf.int64), exclusive=True)
    places = tf.where(~mark)[:, 0]
    last_rows = tf.concat([[-1], tf.gather(rows, places)], axis=0)
    last_ends = tf.concat([[-1], tf.gather(ends_before, places)], axis=0)
    first = tf.gather(last_rows, order) != rows
    return first | (ends_before > tf.gather(last_ends, order))


def _is_one_of(words, tokens):
    return tf.reduce_any(words[:, tf.newaxis] == tf.constant(tokens), axis=1)
