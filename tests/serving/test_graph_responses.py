import random

import pytest
import tensorflow as tf

from keras_dialgan.serving import fill_tags, graph_responses
from keras_dialgan.serving.graph_tagger import Spans, TaggedBatch
from keras_dialgan.text import ENTITY_TAGS, TaggedUtterance, detokenize

WORDS = (
    *(".", ",", "!", "?", "...", "'s", "'ll", "'em", "i", "i'm", "it's"),
    *("well", "a", "5", "o'clock", "my friend", "New York", "<b>"),
)
FORMS = ("anna", "Tom", "new york", "mcCoy", "o'brien", "30", "5 pm", "ANN")


def ragged(rows):
    return tf.ragged.constant(rows, dtype=tf.string, ragged_rank=1)


def texts(tensor):
    return [text.decode() for text in tensor.numpy()]


def tagged_batch(utterances):
    """Utterances as the graph's taggers return them."""
    found = [
        (row, ENTITY_TAGS.index(tag), surface)
        for row, utterance in enumerate(utterances)
        for tag, surface in zip(
            [token for token in utterance.tokens if token in ENTITY_TAGS],
            utterance.surfaces,
            strict=True,
        )
    ]
    rows, tags, surfaces = zip(*found, strict=True) if found else ([], [], [])
    rows = tf.constant(rows, tf.int64)
    spans = Spans(rows, rows, rows, tf.constant(tags, tf.int64))
    return TaggedBatch(None, tf.constant(surfaces, tf.string), spans)


def filled(responses, utterances):
    graph = graph_responses.fill_tags(
        ragged(responses), tagged_batch(utterances)
    )
    return [[word.decode() for word in row] for row in graph.to_list()]


def test_sentences_are_written_as_by_the_python_function():
    source = random.Random(0)
    rows = [
        [source.choice(WORDS) for _ in range(source.randrange(9))]
        for _ in range(2_000)
    ]
    written = texts(graph_responses.detokenize(ragged(rows)))
    assert written == [detokenize(row) for row in rows]


def test_a_batch_without_words_has_empty_texts():
    assert texts(graph_responses.detokenize(ragged([[], []]))) == ["", ""]
    assert texts(graph_responses.detokenize(ragged([]))) == []


def test_tags_are_filled_as_by_the_python_function():
    source = random.Random(0)
    responses, utterances = [], []
    for _ in range(1_000):
        tags = source.choices(ENTITY_TAGS, k=source.randrange(5))
        surfaces = [source.choice(FORMS) for _ in tags]
        utterances.append(TaggedUtterance([*tags, "hi"], surfaces))
        responses.append(
            source.choices([*ENTITY_TAGS, "and"], k=source.randrange(6))
        )
    assert filled(responses, utterances) == [
        fill_tags(*pair) for pair in zip(responses, utterances, strict=True)
    ]


@pytest.mark.parametrize("rows", [[], [[]], [["<person>"], []]])
def test_tags_are_filled_where_nothing_was_named(rows):
    nothing = [TaggedUtterance([], [])] * len(rows)
    expected = [["my friend"] if row else [] for row in rows]
    assert filled(rows, nothing) == expected
