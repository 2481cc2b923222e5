import json

import pytest

from keras_dialgan.serving.model_card import MODEL_CARD, write_model_card
from tests.model_fixture import make_directory

RECORDS = (
    {"step": 10, "pretraining": True, "perplexity": 40.5, "distinct_2": 0.25},
    {"step": 2_000, "pretraining": False, "perplexity": 35.25},
)


@pytest.fixture
def model(small_corpus, tmp_path):
    model = make_directory(tmp_path / "bot", small_corpus, ["mle", "final"])
    lines = [json.dumps(record) for record in RECORDS]
    (model.path / "metrics.jsonl").write_text("\n".join(lines) + '\n{"step')
    return model


def card(model, stage, **settings):
    settings = {"fill_tags": True, "beam_width": 5, **settings}
    write_model_card(model.path, model, stage, **settings)
    return (model.path / MODEL_CARD).read_text()


def test_the_card_says_what_the_model_is_and_does(model):
    text = card(model, "final", fill_tags=False, beam_width=7)
    assert "| stage | final (D) |" in text
    assert model.vocabulary.digest in text
    assert "by rules, exactly as in training" in text
    assert "| tags in responses | kept |" in text
    assert "beam search of width 7" in text
    assert "{" not in text


def test_the_card_states_what_was_measured_of_the_stage(model):
    assert "at step 2,000: perplexity 35.2" in card(model, "final")
    assert "at step 10: perplexity 40.5, distinct 2 0.25" in card(model, "mle")
    (model.path / "metrics.jsonl").unlink()
    assert "| measured | not during training |" in card(model, "final")


def test_rules_of_another_version_are_pointed_out(model):
    model.manifest["entity_tagger"] = {"name": "rules", "version": "0"}
    assert "those of training were version 0" in card(model, "final")
