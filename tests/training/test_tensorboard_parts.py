"""The parts of the board that need no run."""

import re
from html import unescape

import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.plugin_util import markdown_to_safe_html
from tensorboard.plugins.projector import ProjectorConfig
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME

from keras_dialgan.text import Vocabulary
from keras_dialgan.training import tensorboard_budget, tensorboard_projector
from keras_dialgan.training.pictures import (
    AttentionMap,
    as_pixels,
    draw_attention_maps,
)
from keras_dialgan.training.tensorboard_budget import Budget
from keras_dialgan.training.tensorboard_projector import write_word_vectors
from keras_dialgan.training.tensorboard_text import markdown_table


@pytest.mark.parametrize(
    ("response", "shown"),
    [
        ("<person> knows", "<person> knows"),
        ("yes | no", "yes | no"),
        ("*so* _what_ `is` [it](this)", "*so* _what_ `is` [it](this)"),
        ("# a\nb", "# a b"),
        ("rock & roll &amp;", "rock & roll &amp;"),
        ("a \\ b", "a \\ b"),
    ],
)
def test_a_response_is_shown_as_it_stands(response, shown):
    table = markdown_table(("utterance", "response"), [("hi!", response)])
    cells = re.findall("<td>(.*)</td>", markdown_to_safe_html(table))
    assert [unescape(cell) for cell in cells] == ["hi!", shown]


def test_the_projector_gets_the_most_frequent_words(tmp_path, monkeypatch):
    monkeypatch.setattr(tensorboard_projector, "MOST_WORDS", 9)
    vocabulary = Vocabulary.of_words(["the", "cat", "sat", "down"])
    vectors = np.arange(33.0).reshape(11, 3)
    for name in ("first", "second", "first"):
        write_word_vectors(tmp_path, name, vectors, vocabulary)
    config = text_format.Parse(
        (tmp_path / PROJECTOR_FILENAME).read_text(), ProjectorConfig()
    )
    assert sorted(e.tensor_name for e in config.embeddings) == [
        "first",
        "second",
    ]
    for embedding in config.embeddings:
        assert list(embedding.tensor_shape) == [9, 3]
        found = np.fromfile(tmp_path / embedding.tensor_path, np.float32)
        np.testing.assert_array_equal(found.reshape(9, 3), vectors[:9])
        labels = (tmp_path / embedding.metadata_path).read_text()
        assert labels.splitlines() == list(vocabulary.tokens[:9])


def test_tokens_of_any_kind_can_be_drawn():
    tokens = ["$\\x$", "$", "\U0001f600", "<eos>"]
    figure = draw_attention_maps(
        [AttentionMap(tokens, ["<eos>"], np.eye(1, 4))]
    )
    assert as_pixels(figure).shape[2] == 4


def test_the_darker_cell_has_more_weight():
    weights = np.array([[0.9, 0.1], [0.0, 1.0]])
    figure = draw_attention_maps(
        [AttentionMap(["hi", "<eos>"], ["you", "<eos>"], weights)]
    )
    (axis,) = figure.axes
    np.testing.assert_array_equal(axis.images[0].get_array(), weights)
    assert axis.images[0].get_clim() == (0, 1)
    assert [text.get_text() for text in axis.get_yticklabels()] == [
        "you",
        "<eos>",
    ]


def test_what_took_a_second_waits_for_two_hundred(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(tensorboard_budget.time, "monotonic", lambda: now[0])
    budget = Budget()
    assert budget.allows()
    with budget.spending():
        now[0] += 1
    now[0] += 199
    assert not budget.allows()
    now[0] += 1
    assert budget.allows()
