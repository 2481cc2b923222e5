import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation import (
    evaluate,
    held_out_pairs,
    metrics_table,
    oracle_shares,
    responses_table,
)
from keras_dialgan.evaluation.tables import HEADINGS
from keras_dialgan.text import detokenize
from keras_dialgan.text.diversity import diversity
from keras_dialgan.training import ModelDirectory
from keras_dialgan.training.probe import TABLE_1_UTTERANCES
from tests.model_fixture import make_corpus, make_directory

ROWS = ["A mle", "B after_mle", "C after_adversarial", "D final"]


@pytest.fixture(scope="module")
def report(small_corpus, model_directory):
    return evaluate(
        model_directory,
        small_corpus,
        TABLE_1_UTTERANCES,
        baseline=model_directory,
        limit=20,
    )


def test_every_stage_the_baseline_and_the_humans_are_measured(report):
    metrics = report["metrics"]
    assert list(metrics) == ["human", "baseline", *ROWS]
    assert report["inputs"] == 20
    for row in ROWS:
        assert set(metrics[row]) == set(HEADINGS)
    assert set(HEADINGS) - set(metrics["human"]) == {
        "perplexity",
        "accuracy_on_human",
        "accuracy_on_generated",
    }


def test_the_baseline_is_measured_at_its_last_stage(report):
    assert report["metrics"]["baseline"] == report["metrics"]["D final"]
    assert report["metrics"]["baseline"] != report["metrics"]["A mle"]


def test_the_human_row_measures_the_held_out_responses(report, small_corpus):
    pairs = held_out_pairs(small_corpus, 20)
    contexts = pairs.words(pairs.contexts)
    responses = pairs.words(pairs.responses)
    assert report["metrics"]["human"] == {
        **diversity(responses),
        **oracle_shares(contexts, responses),
    }
    for sample, context, response in zip(
        report["samples"], contexts, responses, strict=False
    ):
        assert sample["utterance"] == detokenize(context)
        assert sample["human"] == detokenize(response)


def test_table_1_and_ten_samples_hold_every_row(report):
    assert list(report["table_1"]) == list(TABLE_1_UTTERANCES)
    for answers in report["table_1"].values():
        assert list(answers) == ["baseline", *ROWS]
    assert len(report["samples"]) == 10
    for sample in report["samples"]:
        assert list(sample) == ["utterance", "human", "baseline", *ROWS]


def test_tables_show_every_metric_and_every_response(report):
    table = metrics_table(report)
    lines = table.splitlines()
    assert lines[0].endswith("  D final")
    for name, heading in HEADINGS.items():
        (line,) = (line for line in lines if line.startswith(f"{heading}  "))
        assert line.endswith(f"{report['metrics']['D final'][name]:.3f}")
    assert len(lines) == 1 + len(HEADINGS)
    text = responses_table(report)
    for utterance, answers in report["table_1"].items():
        assert f"  {utterance}\n" in text
        assert all(answer in text for answer in answers.values())


def test_metrics_that_no_row_has_have_no_line():
    table = metrics_table({"metrics": {"human": {"distinct_1": 0.25}}})
    assert table.splitlines()[1:] == ["distinct-1  0.250"]


@pytest.fixture(scope="module")
def other_corpus(tmp_path_factory):
    return make_corpus(
        tmp_path_factory.mktemp("other") / "corpus",
        pairs=20,
        format="pairs",
        entity_tagger="none",
        validation_fraction=0.0,
    )


def test_a_corpus_without_validation_pairs_is_refused(
    other_corpus, model_directory
):
    with pytest.raises(UserError, match="no validation pairs"):
        evaluate(model_directory, other_corpus, [])


def test_a_corpus_of_another_vocabulary_is_refused(
    tmp_path, small_corpus, other_corpus
):
    directory = make_directory(tmp_path / "bot", other_corpus, ["mle"])
    with pytest.raises(UserError, match="another vocabulary"):
        evaluate(directory, small_corpus, [])


def test_a_model_without_stages_is_refused(tmp_path, small_corpus):
    directory = make_directory(tmp_path / "bot", small_corpus, [])
    assert isinstance(directory, ModelDirectory)
    with pytest.raises(UserError, match="no stage has been saved"):
        evaluate(directory, small_corpus, [])


def test_other_corpora_have_no_oracle(tmp_path):
    corpus = make_corpus(tmp_path / "corpus", pairs=20, format="pairs")
    directory = make_directory(tmp_path / "bot", corpus, ["mle"])
    report = evaluate(directory, corpus, [])
    assert "valid" not in report["metrics"]["human"]
    assert "valid" not in report["metrics"]["A mle"]
    assert "oracle" not in metrics_table(report)
