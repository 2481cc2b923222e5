import dataclasses

import pytest

from keras_dialgan.config import (
    PRESETS,
    Config,
    ObjectiveConfig,
    apply_overrides,
    differences,
    from_dict,
    load_config,
    load_preset,
)
from keras_dialgan.errors import UserError


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_loads(preset):
    assert isinstance(load_preset(preset), Config)


def test_the_paper_preset_has_every_number_of_the_paper():
    paper = load_preset("paper")
    expected = {
        "generator.embedding_dimension": 300,
        "generator.encoder_layers": 4,
        "generator.encoder_units": 512,
        "generator.decoder_layers": 4,
        "generator.decoder_units": 1028,
        "generator.attention_score": "concat",
        "generator.attention_units": 250,
        "generator.output_units": 500,
        "discriminator.layers": 2,
        "discriminator.units": 128,
        "discriminator.hidden_units": 100,
        "discriminator.updates_word_vectors": False,
        "objective.k": 2,
        "objective.straight_through": False,
        "objective.noise": 0.0,
        "pretraining.generator_steps": 50_000,
        "pretraining.generator_learning_rate": 0.001,
        "pretraining.scheduled_sampling": 0.0,
        "pretraining.samples": 125_000,
        "pretraining.discriminator_steps": 1_000,
        "pretraining.discriminator_learning_rate": 0.001,
        "adversarial.iterations": 200,
        "adversarial.adversarial_steps": 35,
        "adversarial.mle_steps": 50,
        "adversarial.discriminator_steps": 40,
        "adversarial.samples": 5_000,
        "adversarial.adversarial_learning_rate": 0.0001,
        "adversarial.mle_learning_rate": 0.001,
        "adversarial.discriminator_learning_rate": 0.001,
        "adversarial.decay": 0.995,
        "training.batch_size": 256,
    }
    for name, value in expected.items():
        section, key = name.split(".")
        assert getattr(getattr(paper, section), key) == value, name


def test_overrides_replace_values_of_the_preset():
    config = load_preset(
        "tiny",
        [
            "training.batch_size=7",
            "adversarial.mle_learning_rate=1e-5",
            "discriminator.updates_word_vectors=true",
            "generator.embedding_dimension=null",
            "generator.attention_score=dot",
        ],
    )
    assert config.training.batch_size == 7
    assert config.adversarial.mle_learning_rate == 1e-5
    assert config.discriminator.updates_word_vectors is True
    assert config.generator.embedding_dimension is None
    assert config.generator.attention_score == "dot"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("training.batchsize=7", "unknown key training.batchsize.*batch_size"),
        ("trainer.batch_size=7", "unknown section 'trainer'.*training"),
        ("training.batch_size", "expected section.key=value"),
        ("batch_size=7", "expected section.key=value"),
        ("training.batch_size=0", "must be at least 1"),
        ("training.batch_size=1.5", "must be a whole number"),
        ("training.batch_size=many", "must be a whole number"),
        ("training.batch_size=true", "must be a whole number"),
        ("training.batch_size=.inf", "must be a whole number"),
        ("training.batch_size=[", "must be a whole number"),
        ("training.batch_size=null", "must be a whole number"),
        ("training.precision=float16", "choose from float32, mixed_bfloat16"),
        ("training.clip_norm=.nan", "must be at least 0"),
        ("discriminator.dropout=1", "must be at most 0.9"),
        ("discriminator.updates_word_vectors=1", "choose from true, false"),
        ("objective.k=1", "must be at least 2"),
    ],
)
def test_an_impossible_override_names_the_key_and_the_choices(
    assignment, message
):
    with pytest.raises(UserError, match=message):
        apply_overrides(Config(), [assignment])


def test_an_unknown_preset_lists_the_choices():
    with pytest.raises(UserError, match="tiny, small, paper"):
        load_preset("huge")


def test_a_saved_configuration_is_read_back(tmp_path):
    config = load_preset("small", ["training.seed=5"])
    config.save(tmp_path / "config.yaml")
    assert load_config(tmp_path / "config.yaml") == config


@pytest.mark.parametrize(
    "text", ["[1, 2]", "training: 7", "training: {colour: 7}", "a: [", "!!x 1"]
)
def test_a_broken_file_is_refused_by_name(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"config\.yaml"):
        load_config(path)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        load_config(tmp_path / "config.yaml")


def test_an_unknown_section_of_a_file_is_refused():
    with pytest.raises(UserError, match="unknown section 'extra'"):
        from_dict({"extra": {}})


def test_differences_name_the_keys_and_both_values():
    first = Config()
    second = apply_overrides(first, ["training.seed=9"])
    assert differences(first, second) == ["training.seed: 1 / 9"]
    assert differences(first, first) == []


def test_every_setting_is_described():
    for section in dataclasses.fields(Config):
        for key in dataclasses.fields(section.type):
            assert f"        {key.name}: " in section.type.__doc__, key.name


def test_another_objective_does_not_keep_what_the_former_was_told():
    noisy = apply_overrides(Config(), ["objective.noise=0.5", "objective.k=3"])
    other = apply_overrides(
        noisy,
        ["objective.straight_through=true", "objective.name=dense_softmax"],
    )
    assert other.objective == ObjectiveConfig(
        name="dense_softmax", straight_through=True
    )
    same = apply_overrides(noisy, ["objective.name=top_k_softmax"])
    assert same == noisy
