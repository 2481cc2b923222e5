import numpy as np
import pytest

from keras_dialgan.models import pad_rows
from keras_dialgan.serving import Reply
from keras_dialgan.serving.attention_map import inspection_html
from keras_dialgan.serving.inspection import (
    Inspection,
    attention_weights,
    load_inspected_chatbot,
)
from keras_dialgan.text.vocabulary import BOS

ASKED = "do you like dogs?"


@pytest.fixture(scope="module")
def models(model_directory):
    return model_directory.load_stage("mle")


@pytest.fixture(scope="module")
def chatbot(model_directory):
    return load_inspected_chatbot(model_directory, "mle")


@pytest.fixture(scope="module")
def inspected(chatbot):
    (reply,) = chatbot.replies([ASKED])
    return reply, chatbot.inspect(ASKED, reply)


def test_an_inspected_chatbot_answers_like_any_other(
    model_directory, inspected
):
    from keras_dialgan import load_chatbot

    reply, _ = inspected
    assert (
        reply == load_chatbot(model_directory.path, "mle").replies([ASKED])[0]
    )


def test_the_tokens_that_were_read_and_written_are_named(inspected):
    reply, inspection = inspected
    assert inspection.context == ["do", "you", "like", "dogs", "?", "<eos>"]
    assert inspection.response == [*reply.tokens, "<eos>"]
    assert inspection.attention.shape == (
        len(inspection.response),
        len(inspection.context),
    )


def test_attention_is_that_of_the_decoding_loop(models, monkeypatch):
    generator, _ = models
    random = np.random.default_rng(0)
    size = generator.config.vocabulary_size
    context = random.integers(4, size, (1, 6)).astype("int32")
    response = random.integers(4, size, (1, 9)).astype("int32")
    seen = []
    attend = generator.attention.attend

    def watch(*inputs):
        found = attend(*inputs)
        seen.append(found[1].numpy()[0, 0])
        return found

    monkeypatch.setattr(generator.attention, "attend", watch)
    encoded, weights = generator.encode(context), generator.step_weights()
    keys = generator.attention.project_value(encoded.memory)
    states = encoded.states
    for token in [BOS, *response[0, :-1]]:
        _, states, _ = generator.step(
            np.array([token]), states, encoded, keys, weights
        )
    monkeypatch.undo()
    found = attention_weights(generator, context, response).numpy()[0]
    np.testing.assert_allclose(found, seen, atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert np.ptp(found) > 0.05  # not the same everywhere


def test_the_opinion_is_that_of_the_stages_own_discriminator(
    model_directory, models, inspected
):
    _, inspection = inspected
    generator, discriminator = models
    W = generator.word_embedding.get_weights()[0]
    inputs = {}
    for name in ("context", "response"):
        tokens = getattr(inspection, name)
        ids = [model_directory.vocabulary.id(token) for token in tokens]
        inputs[name] = W[ids][np.newaxis]
        inputs[f"{name}_mask"] = np.ones((1, len(ids)), bool)
    expected = discriminator.predict(inputs, verbose=0)[0, 0]
    assert 0.001 < expected < 0.999
    assert inspection.bot_confidence == pytest.approx(expected, abs=1e-6)


def test_what_cannot_be_read_is_inspected_too(chatbot):
    for utterance in ("", "\ud800", "word " * 1000):
        (reply,) = chatbot.replies([utterance])
        inspection = chatbot.inspect(utterance, reply)
        assert inspection.attention.shape[1] == len(inspection.context) <= 21
        np.testing.assert_allclose(
            inspection.attention.sum(axis=1), 1, atol=1e-6
        )
    assert pad_rows([[]]).shape == (1, 1)


def test_the_map_escapes_texts_and_shows_weights():
    inspection = Inspection(
        ["<b>", "?"], ["&", "<eos>"], np.array([[0.9, 0.1], [0.03, 0.97]]), 0.25
    )
    shown = inspection_html("<i>", Reply("<script>", ["&"], -1.5), inspection)
    for text in ("<b>?", "<i>", "<script>", "<eos>"):
        assert text not in shown
    for text in (
        *("&lt;b&gt;", "&lt;script&gt;", "&lt;i&gt;", "&amp;"),
        *(">.90<", ">.97<", "25 % sure", "log-probability -1.50"),
    ):
        assert text in shown
    assert ">.03<" not in shown  # only coloured
    assert shown.count("<tr>") == 3
