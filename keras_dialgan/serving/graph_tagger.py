"""Entity tagging in a graph: from spans to tokens with tags."""

import abc
from typing import Any, NamedTuple

import tensorflow as tf

from keras_dialgan.serving import graph_text
from keras_dialgan.text.vocabulary import ENTITY_TAGS, NUMBER

# Offsets of all texts of a batch in one order: row * this + offset.
_ROW = 2**32


class Spans(NamedTuple):
    """Entities of a batch of texts, in order and apart from each other.

    Attributes:
        rows: int64 `[spans]`, the text of each.
        starts: int64 `[spans]`, offsets of first bytes.
        ends: int64 `[spans]`, offsets behind last bytes.
        tags: int64 `[spans]`, places in `ENTITY_TAGS`.
    """

    rows: Any
    starts: Any
    ends: Any
    tags: Any


class TaggedBatch(NamedTuple):
    """Utterances as tokens, and the surface forms behind their tags.

    Attributes:
        tokens: ragged string `[batch, None]`.
        surfaces: string `[spans]`, what stood where the tags stand.
        spans: where that was.
    """

    tokens: Any
    surfaces: Any
    spans: Spans


class GraphTagger(tf.Module, abc.ABC):
    """Replaces entities by their tags, as `EntityTagger` does."""

    @abc.abstractmethod
    def spans(self, texts) -> Spans:
        """Finds the entities of folded texts, string `[batch]`."""

    def analyse(self, texts) -> TaggedBatch:
        """Tags raw texts.

        Args:
            texts: string `[batch]`, valid UTF-8.
        """
        texts = graph_text.fold(graph_text.normalise(texts))
        spans = self.spans(texts)
        return TaggedBatch(
            tokens=graph_text.tokenize(_with_markers(texts, spans)),
            surfaces=tf.strings.substr(
                tf.gather(texts, spans.rows),
                spans.starts,
                spans.ends - spans.starts,
            ),
            spans=spans,
        )


class GraphNoTagger(GraphTagger):
    """Leaves entities as they are."""

    def spans(self, texts) -> Spans:
        nothing = tf.zeros([0], tf.int64)
        return Spans(nothing, nothing, nothing, nothing)


def with_numbers(spans: Spans, texts) -> Spans:
    """Adds the numbers of folded texts that no other span touches."""
    rows, starts, ends = graph_text.find_numbers(texts)
    # The first span that ends behind the number's start is the only one
    # that can overlap it: no further one starts earlier.
    next_span = tf.searchsorted(
        spans.rows * _ROW + spans.ends, rows * _ROW + starts, side="right"
    )
    span_starts = tf.concat(
        [spans.rows * _ROW + spans.starts, [tf.int64.max]], axis=0
    )
    free = tf.gather(span_starts, next_span) >= rows * _ROW + ends
    numbers = Spans(
        *(tf.boolean_mask(values, free) for values in (rows, starts, ends)),
        tags=tf.fill(
            [tf.math.count_nonzero(free)],
            tf.constant(ENTITY_TAGS.index(NUMBER), tf.int64),
        ),
    )
    merged = [tf.concat(pair, 0) for pair in zip(spans, numbers, strict=True)]
    order = tf.argsort(merged[0] * _ROW + merged[1])
    return Spans(*(tf.gather(values, order) for values in merged))


def _with_markers(texts, spans: Spans):
    """Writes a marker in place of each span."""
    batch = tf.shape(texts, tf.int64)[0]
    former_rows = tf.concat([[-1], spans.rows[:-1]], axis=0)[
        : tf.shape(spans.rows)[0]
    ]
    former_ends = tf.concat([[0], spans.ends[:-1]], axis=0)[
        : tf.shape(spans.rows)[0]
    ]
    begins = tf.where(former_rows == spans.rows, former_ends, 0)
    between = tf.strings.substr(
        tf.gather(texts, spans.rows), begins, spans.starts - begins
    )
    marked = between + tf.gather(graph_text.MARKERS, spans.tags)
    last_ends = tf.maximum(
        tf.math.unsorted_segment_max(spans.ends, spans.rows, batch), 0
    )
    lengths = tf.strings.length(texts, unit="BYTE")
    tails = tf.strings.substr(
        texts, last_ends, tf.cast(lengths, tf.int64) - last_ends
    )
    heads = tf.strings.unsorted_segment_join(marked, spans.rows, batch)
    return heads + tails
