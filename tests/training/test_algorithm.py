import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.config import load_preset
from keras_dialgan.errors import UserError
from keras_dialgan.models import Reinforce, cut_at_end
from keras_dialgan.models.weight_average import WeightAverage
from keras_dialgan.training import ModelDirectory, train
from keras_dialgan.training.building import build_training_model
from keras_dialgan.training.probe import Probe
from keras_dialgan.training.records import read_records
from keras_dialgan.training.run import Run
from keras_dialgan.training.sizes import resolve

SETTINGS = [
    "generator.embedding_dimension=8",
    "generator.encoder_units=6",
    "generator.decoder_units=8",
    "generator.attention_units=5",
    "generator.output_units=7",
    "discriminator.units=4",
    "discriminator.hidden_units=5",
    "pretraining.generator_steps=6",
    "pretraining.samples=20",
    "pretraining.discriminator_steps=3",
    "adversarial.iterations=3",
    "adversarial.adversarial_steps=2",
    "adversarial.mle_steps=2",
    "adversarial.discriminator_steps=2",
    "adversarial.samples=12",
    "adversarial.averaging=0.5",
    "training.batch_size=8",
    "training.validate_every=3",
    "training.log_every=2",
    "training.probe_inputs=5",
    "training.checkpoint_minutes=0",
    "training.pretrained_word_vectors=false",
]


@pytest.fixture(scope="module")
def averaged():
    """The generator's weights at each moment that went into its average."""
    return []


@pytest.fixture(scope="module")
def trained(small_corpus, tmp_path_factory, averaged):
    output = tmp_path_factory.mktemp("trained") / "model"
    add = WeightAverage.add

    def add_and_note(average):
        add(average)
        averaged.append([np.array(w) for w in average._weights])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WeightAverage, "add", add_and_note)
        return train(load_preset("tiny", SETTINGS), small_corpus, output)


def weights(directory, stage):
    return [
        weight
        for model in directory.load_stage(stage)
        for weight in model.get_weights()
    ]


def test_every_stage_of_table_1_is_saved(trained):
    assert trained.stages == [
        "mle",
        "after_mle",
        "after_adversarial",
        "final",
    ]
    for first, second in zip(trained.stages, trained.stages[1:], strict=False):
        pairs = zip(
            weights(trained, first), weights(trained, second), strict=True
        )
        assert any(not np.array_equal(*pair) for pair in pairs)


def test_the_directory_is_self_contained(trained, small_corpus):
    again = ModelDirectory(trained.path)
    assert again.vocabulary.tokens == small_corpus.vocabulary.tokens
    assert (
        again.config.generator.vocabulary_size == small_corpus.vocabulary.size
    )
    assert again.config.generator.max_length == small_corpus.max_length + 1


def test_the_probe_is_measured_after_phases_and_at_ends_of_iterations(trained):
    lines = (trained.path / "metrics.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert [(r["step"], r["after"]) for r in records if r["pretraining"]] == [
        (3, "mle"),
        (6, "mle"),
    ]
    assert [
        (r["iteration"], r["after"]) for r in records if not r["pretraining"]
    ] == [
        (i, after)
        for i in (1, 2, 3)
        for after in ("adversarial", "mle", "averaging")
        # Half of three iterations, rounded, begin with the second.
        if after != "averaging" or i > 1
    ]
    for record in records:
        assert record["perplexity"] > 1
        assert 0 <= record["distinct_2"] <= 1


def test_tensorboard_has_curves_of_every_phase_and_responses(trained):
    tags = set()
    for path in (trained.path / "logs").glob("events*"):
        for record in tf.compat.v1.train.summary_iterator(str(path)):
            tags |= {value.tag for value in record.summary.value}
    assert {
        "mle/mle_loss",
        "mle/mle_gradient_norm",
        "mle/learning_rate",
        "adversarial/adversarial_loss",
        "adversarial/learning_rate",
        "sample/sampled_length",
        "discriminator/discriminator_loss",
        "discriminator/human_accuracy",
        "discriminator/generated_accuracy",
        "probe/perplexity",
        "probe/distinct_2",
        "probe/top_1_share",
        "responses/after_mle",
        "responses/after_adversarial",
    } <= tags


@pytest.mark.parametrize(
    "last_save",
    # In both pre-trainings, and in an iteration that is averaged.
    [2, *(pytest.param(n, marks=pytest.mark.slow) for n in (5, 36))],
)
def test_a_resumed_run_equals_an_unbroken_one(
    trained, small_corpus, tmp_path, monkeypatch, last_save
):
    saved = []
    original = Run._save_checkpoint

    def save_and_stop(run, background):
        original(run, False)
        saved.append(run.model.step)
        if len(saved) == last_save:
            raise KeyboardInterrupt

    output = tmp_path / "model"
    config = load_preset("tiny", SETTINGS)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_save_checkpoint", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train(config, small_corpus, output)
    resumed = train(config, small_corpus, output, resume=True)
    for stage in trained.stages:
        for expected, found in zip(
            weights(trained, stage), weights(resumed, stage), strict=True
        ):
            np.testing.assert_array_equal(expected, found)
    assert (resumed.path / "metrics.jsonl").read_text() == (
        trained.path / "metrics.jsonl"
    ).read_text()


def test_a_finished_run_is_not_overwritten(trained, small_corpus):
    with pytest.raises(UserError, match="holds a model already"):
        train(load_preset("tiny", SETTINGS), small_corpus, trained.path)


def test_other_settings_are_refused_on_resuming(trained, small_corpus):
    config = load_preset("tiny", [*SETTINGS, "training.batch_size=9"])
    with pytest.raises(UserError, match=r"training\.batch_size: 8 / 9"):
        train(config, small_corpus, trained.path, resume=True)


def test_missing_word_vectors_are_named_with_the_remedy(small_corpus, tmp_path):
    config = load_preset("tiny", SETTINGS[:-1])
    with pytest.raises(UserError, match=r"pretrain_embeddings\.py"):
        train(config, small_corpus, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_word_vectors_of_another_dimension_are_refused(small_corpus):
    vectors = np.zeros((small_corpus.vocabulary.size, 5), np.float32)
    with pytest.raises(UserError, match=r"= 8, but 5 .*--dimension 8"):
        resolve(load_preset("tiny", SETTINGS[:-1]), small_corpus, vectors)


def test_open_sizes_are_taken_from_corpus_and_word_vectors(small_corpus):
    vectors = np.zeros((small_corpus.vocabulary.size, 5), np.float32)
    config = resolve(load_preset("tiny"), small_corpus, vectors)
    assert config.generator.embedding_dimension == 5
    assert config.discriminator.embedding_dimension == 5
    assert config.generator.vocabulary_size == small_corpus.vocabulary.size
    assert config.adversarial.stage_iteration >= 1


def test_pretrained_word_vectors_are_the_first_W(small_corpus):
    random = np.random.default_rng(0)
    vectors = random.normal(size=(small_corpus.vocabulary.size, 8))
    config = resolve(load_preset("tiny", SETTINGS[:-1]), small_corpus, vectors)
    model = build_training_model(config, small_corpus, vectors)
    np.testing.assert_allclose(
        model.generator.word_embedding.embeddings, vectors, rtol=1e-6
    )


@pytest.mark.parametrize("pretrained", ["true", "false"])
def test_equal_norms_scale_the_rows_of_the_first_W(small_corpus, pretrained):
    random = np.random.default_rng(0)
    vectors = random.normal(size=(small_corpus.vocabulary.size, 8))
    vectors[0] = 0
    settings = [
        *SETTINGS[:-1],
        f"training.pretrained_word_vectors={pretrained}",
        "training.equal_norms=true",
    ]
    config = resolve(load_preset("tiny", settings), small_corpus, vectors)
    model = build_training_model(config, small_corpus, vectors)
    W = keras.ops.convert_to_numpy(model.generator.word_embedding.embeddings)
    norms = np.linalg.norm(W[1:], axis=1)
    np.testing.assert_allclose(norms, norms[0], rtol=1e-5)
    if pretrained == "true":
        mean = np.linalg.norm(vectors[1:], axis=1).mean()
        np.testing.assert_allclose(norms[0], mean, rtol=1e-5)
        np.testing.assert_array_equal(W[0], 0)


def test_the_model_has_the_objective_of_the_configuration(small_corpus):
    settings = ["objective.name=reinforce", "objective.baseline=none"]
    config = load_preset("tiny", SETTINGS + settings)
    config = resolve(config, small_corpus, None)
    model = build_training_model(config, small_corpus, None)
    assert isinstance(model.objective, Reinforce)
    assert model.objective.baseline == "none"


def test_a_damaged_stage_is_named(trained, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(trained.path, copy)
    file = copy / "stages" / "final" / "generator.weights.h5"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"generator\.weights\.h5"):
        ModelDirectory(copy).load_stage("final")
    with pytest.raises(UserError, match="has no stage 'best'"):
        ModelDirectory(copy).load_stage("best")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("objective.k=99999", r"objective\.k = 99999 exceeds"),
        ("generator.attention_score=dot", r"needs generator\.decoder_units"),
    ],
)
def test_settings_that_do_not_fit_each_other_are_a_users_error(
    small_corpus, setting, message
):
    config = load_preset("tiny", [*SETTINGS, setting])
    with pytest.raises(UserError, match=message):
        resolve(config, small_corpus, None)


def test_a_run_from_a_pre_trained_generator_begins_with_its_weights(
    trained, small_corpus, tmp_path
):
    config = load_preset("tiny", SETTINGS)
    found = train(
        config, small_corpus, tmp_path / "model", pretrained=trained.path
    )
    for mine, theirs in zip(
        found.load_stage("mle")[0].get_weights(),
        trained.load_stage("mle")[0].get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(mine, theirs)
    assert found.config.pretraining.generator_steps == 0
    assert found.stages == trained.stages


def test_a_pre_trained_generator_of_other_sizes_is_refused(
    trained, small_corpus, tmp_path
):
    config = load_preset("tiny", [*SETTINGS, "generator.output_units=9"])
    with pytest.raises(UserError, match="output_units = 7 there and 9 here"):
        train(config, small_corpus, tmp_path / "model", pretrained=trained.path)


def test_the_last_generator_is_the_mean_after_both_kinds_of_phases(
    trained, averaged
):
    assert len(averaged) == 4
    generator, _ = trained.load_stage("final")
    for *values, mean in zip(*averaged, generator.get_weights(), strict=True):
        np.testing.assert_allclose(mean, np.mean(values, axis=0), atol=1e-6)
    # The values differ, or their mean would be any of them.
    assert not np.allclose(averaged[0][0], averaged[-1][0], atol=1e-5)


def test_the_last_stage_is_the_average_that_was_measured(trained, small_corpus):
    last = read_records(trained.path / "metrics.jsonl")[-1]
    assert last["after"] == "averaging"
    rows = np.arange(len(small_corpus.split("validation")))[-5:]
    contexts, _ = small_corpus.split("validation").gather(rows)
    generator, _ = trained.load_stage("final")
    probe = Probe(
        generator,
        small_corpus.vocabulary,
        [cut_at_end(row) for row in contexts],
        [],
    )
    measured = probe.measure()
    assert {name: last[name] for name in measured} == measured


def test_without_averaging_the_last_stage_is_the_last_model(
    trained, small_corpus, tmp_path
):
    settings = [*SETTINGS, "adversarial.averaging=0"]
    directory = train(
        load_preset("tiny", settings), small_corpus, tmp_path / "model"
    )
    for stage in ("mle", "after_mle", "after_adversarial"):
        for averaged, plain in zip(
            weights(trained, stage), weights(directory, stage), strict=True
        ):
            np.testing.assert_array_equal(averaged, plain)
    records = read_records(directory.path / "metrics.jsonl")
    assert all(record["after"] != "averaging" for record in records)
    different = [
        not np.array_equal(*pair)
        for pair in zip(
            weights(trained, "final"), weights(directory, "final"), strict=True
        )
    ]
    assert any(different)
