import json
import re
from collections import defaultdict

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorboard.backend.event_processing.event_file_loader import (
    EventFileLoader,
)
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.plugins.projector import ProjectorConfig
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME
from tensorboard.util.tensor_util import make_ndarray

from keras_dialgan.config import load_preset
from keras_dialgan.training import STAGES, train
from keras_dialgan.training.probe import TABLE_1_UTTERANCES
from tests.model_fixture import make_corpus
from tests.training.test_algorithm import SETTINGS

SHORT = [
    *SETTINGS,
    "pretraining.generator_steps=3",
    "pretraining.discriminator_steps=1",
    "adversarial.iterations=2",
    "adversarial.adversarial_steps=1",
    "adversarial.mle_steps=1",
    "adversarial.discriminator_steps=1",
    "adversarial.stage_iteration=1",
    "replay.capacity=100",
    "replay.half_life=10",
]
# Steps after which the replay has grown, and its pairs then.
SAMPLED = {6: 20, 10: 32, 14: 44, 18: 56, 22: 68}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of 23 steps, eagerly: compiling would take longer."""
    folder = tmp_path_factory.mktemp("board")
    corpus = make_corpus(folder / "corpus", 400, max_length=3)
    tf.config.run_functions_eagerly(True)
    directory = train(load_preset("tiny", SHORT), corpus, folder / "model")
    tf.config.run_functions_eagerly(False)
    return directory


@pytest.fixture(scope="module")
def events(trained):
    """Tag to summaries, in the order of the file, with their steps."""
    found = defaultdict(list)
    (path,) = (trained.path / "logs").glob("events*")
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            found[value.tag].append((event.step, value))
    return found


@pytest.fixture(scope="module")
def curves(events):
    """Tag to step to value."""
    return {
        tag: {step: make_ndarray(v.tensor).item() for step, v in found}
        for tag, found in events.items()
        if plugin(found) == "scalars"
    }


def plugin(found):
    return found[0][1].metadata.plugin_data.plugin_name


def test_the_first_step_is_a_point_of_each_curve_of_its_phase(curves):
    for name in ("mle_loss", "mle_gradient_norm", "learning_rate"):
        assert list(curves[f"mle/{name}"])[:3] == [1, 2, 3]
    assert curves["mle/mle_gradient_norm"][1] > 0


def test_each_phase_has_its_curves_at_its_end(curves):
    ends = {"adversarial": [8, 16], "discriminator": [7, 11, 15, 19, 23]}
    for tag, phase in (
        ("adversarial/adversarial_loss", "adversarial"),
        ("adversarial/adversarial_gradient_norm", "adversarial"),
        ("discriminator/discriminator_loss", "discriminator"),
        ("discriminator/human_accuracy", "discriminator"),
        ("discriminator/generated_accuracy", "discriminator"),
    ):
        assert list(curves[tag]) == ends[phase]


def test_learning_rates_decay_with_the_global_iterations(trained, curves):
    settings = trained.config.adversarial
    rate = settings.adversarial_learning_rate
    assert list(curves["adversarial/learning_rate"].values()) == pytest.approx(
        [rate, rate * settings.decay]
    )


def test_the_age_of_the_replay_is_that_of_its_law(curves):
    assert list(curves["replay/pairs"]) == list(SAMPLED)
    for step, pairs in SAMPLED.items():
        assert curves["replay/pairs"][step] == pairs
        weights = [2 ** (-age / 10) for age in range(pairs)]
        ages = sum(age * weight for age, weight in enumerate(weights))
        assert curves["replay/mean_age"][step] == pytest.approx(
            ages / sum(weights)
        )


def test_the_probe_is_shown_before_training_and_as_recorded(trained, curves):
    lines = (trained.path / "metrics.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    averages = {r["step"]: r for r in records if r["after"] == "averaging"}
    records = {r["step"]: r for r in records if r["after"] != "averaging"}
    assert list(curves["probe/perplexity"]) == list(records)
    for name in ("perplexity", "distinct_2", "top_1_share"):
        points = curves[f"average/{name}"]
        assert list(points) == list(averages)
        for step, record in averages.items():
            assert points[step] == pytest.approx(record[name])
    for name in ("distinct_1", "distinct_2", "top_1_share"):
        points = curves[f"probe/{name}"]
        assert list(points) == [0, *records]
        for step, record in records.items():
            assert points[step] == pytest.approx(record[name])


def test_each_stage_shows_its_responses(events):
    steps = {"A_mle": 3, "B_after_mle": 12, "C_after_adversarial": 16}
    for stage, expected in {**steps, "D_final": 23}.items():
        ((step, value),) = events[f"stages/{stage}"]
        assert step == expected
        (text,) = make_ndarray(value.tensor).ravel()
        assert len(text.decode().splitlines()) == 2 + len(TABLE_1_UTTERANCES)
        assert "what's the color of the sky?" in text.decode()
    for moment in ("before_training", "after_mle", "after_adversarial"):
        assert plugin(events[f"responses/{moment}"]) == "text"


@pytest.mark.parametrize("name", ["figure_3", "attention"])
def test_pictures_are_shown_for_every_stage(events, name):
    found = events[f"pictures/{name}"]
    assert plugin(found) == "images"
    assert {3, 12, 16, 23} <= {step for step, _ in found}
    width, height, png = make_ndarray(found[-1][1].tensor)
    pixels = tf.io.decode_png(png, channels=4).numpy()
    assert pixels.shape == (int(height), int(width), 4)
    assert len(np.unique(pixels[..., 0])) > 10  # not an empty sheet


def test_the_layout_names_curves_that_exist(events, curves):
    ((_, value),) = events["custom_scalars__config__"]
    layout = Layout.FromString(make_ndarray(value.tensor).item())
    assert [chart.title for chart in layout.category[0].chart] == [
        "losses",
        "discriminator accuracy",
        "variety on the probe",
        "variety of the averaged generator",
        "perplexity",
    ]
    for category in layout.category:
        for chart in category.chart:
            for expression in chart.multiline.tag:
                assert any(re.match(expression, tag) for tag in curves), (
                    expression
                )


def test_both_graphs_are_shown(events):
    parts = {
        "generator": {"word_embedding", "attention", "projection"},
        "discriminator": {"context_encoder_0", "confidence"},
    }
    for model, expected in parts.items():
        found = events[f"{model}_graph"]
        assert plugin(found) == "graph_run_metadata_graph"
        content = make_ndarray(found[0][1].tensor).item()
        metadata = tf.compat.v1.RunMetadata.FromString(content)
        (graphs,) = metadata.function_graphs
        # Keras numbers the scopes of a layer that is called again.
        layers = {
            re.sub(r"_\d+$", "", node.name.split("/")[1])
            for node in graphs.pre_optimization_graph.node
            if "/" in node.name
        }
        assert expected <= layers


def test_the_hyper_parameters_are_those_of_the_configuration(trained, events):
    ((_, value),) = events["_hparams_/session_start_info"]
    found = HParamsPluginData.FromString(
        value.metadata.plugin_data.content
    ).session_start_info.hparams
    config = trained.config.to_dict()
    assert len(found) == sum(map(len, config.values()))
    for section, keys in config.items():
        for key, expected in keys.items():
            shown = found[f"{section}.{key}"]
            value = getattr(shown, shown.WhichOneof("kind"))
            assert value == (str(None) if expected is None else expected)
    assert (
        b"batch_size: 8"
        in events["configuration"][0][1].tensor.SerializeToString()
    )


def test_the_projector_agrees_with_vocabulary_and_stages(trained):
    logs = trained.path / "logs"
    config = text_format.Parse(
        (logs / PROJECTOR_FILENAME).read_text(), ProjectorConfig()
    )
    names = [embedding.tensor_name for embedding in config.embeddings]
    assert sorted(names) == sorted(["before_training", *STAGES])
    for embedding in config.embeddings:
        lines = (logs / embedding.metadata_path).read_text().splitlines()
        assert tuple(lines) == trained.vocabulary.tokens
        vectors = np.fromfile(logs / embedding.tensor_path, np.float32)
        vectors = vectors.reshape(embedding.tensor_shape)
        assert len(vectors) == len(lines)
        if embedding.tensor_name != "before_training":
            generator, _ = trained.load_stage(embedding.tensor_name)
            np.testing.assert_array_equal(
                vectors, generator.word_embedding.get_weights()[0]
            )


def test_no_tag_is_given_twice_or_breaks_a_link(events):
    for tag, found in events.items():
        steps = [step for step, _ in found]
        if plugin(found) != "images":
            assert len(set(steps)) == len(steps), tag
        assert re.fullmatch(r"\w+(/\w+)*", tag), tag
    assert {
        "weights/generator/output/kernel",
        "weights/discriminator/output/kernel",
    } <= set(events)
