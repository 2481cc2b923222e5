import threading
import time

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from keras_dialgan import load_chatbot
from keras_dialgan.errors import UserError
from keras_dialgan.files import write_json
from keras_dialgan.models import BeamSearch
from keras_dialgan.serving.exported import load_exported
from keras_dialgan.serving.saved_model import (
    BEAM_WIDTH,
    export_saved_model,
    publish,
)
from tests.model_fixture import make_corpus, make_directory
from tests.serving.hostile import fuzzed
from tests.serving.test_chatbot import HOSTILE, PAIRED

SETTINGS = ("temperature", "top_k", "top_p", "seed")
UTTERANCES = [
    *PAIRED,
    "I met Mary Ann Smith and Tom in New York at 5:30",
    *(text.encode(errors="replace").decode() for text in HOSTILE.values()),
    *fuzzed(seed=3, count=300),
]


@pytest.fixture(scope="module")
def chatbot(model_directory):
    return load_chatbot(model_directory.path)


def all_ops(path):
    """The names of all ops of a SavedModel, of its functions, too."""
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((path / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    nodes = [*graph.node]
    for function in graph.library.function:
        nodes += function.node_def
    return {node.op for node in nodes}


def sampled(exported, utterances, *settings):
    rows = len(utterances)
    inputs = {n: [v] * rows for n, v in zip(SETTINGS, settings, strict=True)}
    return exported.reply(utterances, "sample", **inputs)


def test_responses_are_those_of_the_chatbot(exported, chatbot):
    assert exported.reply(UTTERANCES) == chatbot.reply(UTTERANCES)


@pytest.mark.slow
def test_beam_search_is_that_of_the_chatbot(exported, chatbot):
    beam = chatbot.with_strategy(BeamSearch(BEAM_WIDTH))
    some = UTTERANCES[:60]
    assert exported.reply(some, "beam") == beam.reply(some)


def test_log_probabilities_are_those_of_the_chatbot(exported, chatbot):
    outputs = exported.signatures["serving_default"](
        utterance=tf.constant(PAIRED)
    )
    expected = [reply.log_probability for reply in chatbot.replies(PAIRED)]
    np.testing.assert_allclose(
        outputs["log_probability"], expected, rtol=1e-4, atol=1e-4
    )


def test_signatures_have_the_documented_inputs_and_outputs(exported):
    text, numbers = ("string", [None]), ("float32", [None])
    sampling = [numbers, ("int32", [None]), numbers, ("int64", [None])]
    expected = {"serving_default": {}, "beam": {}}
    expected["sample"] = dict(zip(SETTINGS, sampling, strict=True))
    assert set(exported.signatures) == set(expected)
    for name, function in exported.signatures.items():
        inputs = function.structured_input_signature[1]
        assert described(inputs) == {"utterance": text, **expected[name]}
        assert described(function.structured_outputs) == {
            "response": text,
            "log_probability": numbers,
        }


def described(specs):
    return {
        name: (spec.dtype.name, spec.shape.as_list())
        for name, spec in specs.items()
    }


def test_the_most_probable_word_alone_is_greedy(exported):
    greedy = exported.reply(PAIRED)
    assert sampled(exported, PAIRED, 1.0, 1, 1.0, 5) == greedy
    assert sampled(exported, PAIRED, 0.0, 0, 1e-9, 5) == greedy


def test_samples_depend_on_the_row_and_its_seed_only(exported):
    texts, seeds = ["hi!", "who is Anna?", "hi!", "hi!"], [1, 2, 3, 1]
    ones = [1.0] * 4
    drawn = exported.reply(
        texts, "sample", temperature=ones, top_k=[0] * 4, top_p=ones, seed=seeds
    )
    alone = [
        sampled(exported, [text], 1.0, 0, 1.0, seed)[0]
        for text, seed in zip(texts, seeds, strict=True)
    ]
    assert drawn == alone
    assert drawn[0] == drawn[3] != drawn[2]


def test_no_op_runs_python_or_a_gpu_library(exported_path):
    ops = all_ops(exported_path / "1")
    assert {"NormalizeUTF8", "RegexSplitWithOffsets", "While"} <= ops
    for part in ("PyFunc", "Cudnn", "Xla", "Gpu", "ReadFile", "Print"):
        assert not [op for op in ops if part in op]


@pytest.mark.parametrize("rows", [0, 1, 63, 65, 4_096])
def test_batches_of_any_size_are_answered(exported, rows):
    (one,) = exported.reply(["how are you?"])
    assert exported.reply(["how are you?"] * rows) == [one] * rows


def test_bytes_that_are_no_text_are_answered(exported, chatbot):
    raw = [b"", b"\x00", b"hi \xff\xfe you", b"\xed\xa0\x80 hi", b"hi \xf0\x9f"]
    texts = [text.decode(errors="replace") for text in raw]
    assert exported.reply(raw) == chatbot.reply(texts)


def test_a_long_utterance_costs_no_more_than_its_end(exported):
    started = time.perf_counter()
    replies = exported.reply(["a" * 1_000_000, "hi " * 300_000, "no " * 700])
    assert time.perf_counter() - started < 5
    assert all(replies)


def test_requests_at_the_same_time_do_not_meet(exported):
    expected = exported.reply(UTTERANCES[:40])
    results = {}

    def ask(number):
        chosen = UTTERANCES[number : number + 10]
        results[number] = exported.reply(chosen)

    threads = [
        threading.Thread(target=ask, args=(number,)) for number in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: expected[n : n + 10] for n in range(30)}


@pytest.mark.slow
def test_a_stage_is_exported_and_tags_are_kept_on_demand(
    model_directory, tmp_path
):
    output = tmp_path / "chatbot"
    path = export_saved_model(model_directory.path, output, "mle", False, 2)
    bot = load_chatbot(model_directory.path, "mle", fill_tags=False)
    some = UTTERANCES[:100]
    assert load_exported(path).reply(some) == bot.reply(some)
    card = (path / "assets.extra/MODEL_CARD.md").read_text()
    for fact in ("| mle (A) |", "| tags in responses | kept |", "width 2"):
        assert fact in card


@pytest.mark.slow
def test_a_model_without_tagger_is_exported(tmp_path):
    corpus = make_corpus(tmp_path / "corpus", entity_tagger="none")
    model = make_directory(tmp_path / "model", corpus, ["final"])
    path = export_saved_model(model.path, tmp_path / "served")
    bot = load_chatbot(model.path)
    assert load_exported(path).reply(UTTERANCES) == bot.reply(UTTERANCES)


@pytest.mark.slow
def test_a_model_of_a_trained_pipeline_knows_the_names_of_its_corpus(
    small_corpus, tmp_path
):
    model = make_directory(tmp_path / "model", small_corpus, ["final"])
    name = {"name": "en_core_web_none", "version": "3"}
    write_json(
        model.path / "model.json", {**model.manifest, "entity_tagger": name}
    )
    entities = {"<person>": {"Zorba": 2}, "<place>": {"Gondor": 1}}
    write_json(model.path / "entities.json", entities)
    path = export_saved_model(model.path, tmp_path / "served")
    reply = load_exported(path).reply
    assert reply(["I am Zorba of Gondor, 12"]) == reply(
        ["I am Zorba of Gondor, 7"]
    )
    assert reply(["I am Zorba"]) != reply(["I am Boris"])
    card = (path / "assets.extra/MODEL_CARD.md").read_text()
    assert "that en_core_web_none had found in the training corpus" in card


@pytest.mark.slow
def test_twenty_thousand_fuzzed_strings_are_answered_alike(exported, chatbot):
    texts = fuzzed(seed=4, count=20_000)
    started = time.perf_counter()
    replies = exported.reply(texts)
    assert time.perf_counter() - started < 300
    assert replies == chatbot.reply(texts)
    assert all(reply and reply.isprintable() for reply in replies)


def test_versions_are_numbered_and_appear_complete(tmp_path):
    (tmp_path / "9").mkdir()
    (tmp_path / "notes").mkdir()
    for number in (10, 11):
        folder = tmp_path / ".export"
        folder.mkdir()
        (folder / "file").write_text("whole")
        version = publish(folder, tmp_path)
        assert version == tmp_path / str(number)
        assert (version / "file").read_text() == "whole"
        assert not folder.exists()


def test_a_failed_export_leaves_no_version(
    model_directory, tmp_path, monkeypatch
):
    def fail(*arguments):
        raise tf.errors.ResourceExhaustedError(None, None, "no space left")

    monkeypatch.setattr("tensorflow.saved_model.save", fail)
    with pytest.raises(UserError, match="no space left"):
        export_saved_model(model_directory.path, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_a_file_is_a_users_error(model_directory, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is no folder"):
        export_saved_model(model_directory.path, tmp_path / "file")


def test_what_is_no_export_is_a_users_error(model_directory, tmp_path):
    for path in (model_directory.path, tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match="holds no exported model"):
            load_exported(path)
