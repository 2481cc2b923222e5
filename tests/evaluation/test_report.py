import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation import (
    EvaluatorRecipe,
    MatcherRecipe,
    evaluate,
    get_matcher,
    held_out_pairs,
    metrics_table,
    responses_table,
)
from keras_dialgan.evaluation.oracle import oracle_statistics
from keras_dialgan.evaluation.tables import HEADINGS
from keras_dialgan.text import detokenize
from keras_dialgan.text.diversity import diversity
from keras_dialgan.training import ModelDirectory
from keras_dialgan.training.probe import TABLE_1_UTTERANCES
from tests.model_fixture import make_corpus, make_directory

ROWS = ["A mle", "D final"]
OF_A_MODEL = {
    "perplexity",
    "accuracy_on_human",
    "accuracy_on_generated",
    "dull_share",
    *(f"bleu_{n}" for n in (1, 2, 3, 4)),
}
# What needs FastText vectors or a fresh evaluator.
NOT_MEASURED = {
    "embedding_average",
    "embedding_greedy",
    "embedding_extrema",
    "adversarial_success",
}


@pytest.fixture(scope="module")
def report(small_corpus, tmp_path_factory):
    path = tmp_path_factory.mktemp("two_stages") / "bot"
    directory = make_directory(path, small_corpus, ["mle", "final"])
    pairs = held_out_pairs(small_corpus, 20)
    recipe = MatcherRecipe(pairs=40, epochs=1)
    return evaluate(
        directory,
        small_corpus,
        TABLE_1_UTTERANCES,
        baseline=directory,
        limit=20,
        matcher=get_matcher(small_corpus, pairs, None, recipe),
    )


def test_every_stage_the_baseline_and_the_humans_are_measured(report):
    metrics = report["metrics"]
    assert list(metrics) == ["human", "baseline", *ROWS]
    assert report["inputs"] == 20
    for row in ROWS:
        assert set(metrics[row]) == set(HEADINGS) - NOT_MEASURED
    assert set(HEADINGS) - NOT_MEASURED - set(metrics["human"]) == (OF_A_MODEL)


def test_every_value_lies_in_the_middle_of_its_interval(report):
    for row, metrics in report["metrics"].items():
        for name, value in metrics.items():
            low, high = report["intervals"][row][name]
            assert (low + high) / 2 == pytest.approx(value, abs=1e-9)
    low, high = report["intervals"]["human"]["mean_length"]
    assert low < high


def test_the_baseline_is_measured_at_its_last_stage(report):
    assert report["metrics"]["baseline"] == report["metrics"]["D final"]
    assert report["metrics"]["baseline"] != report["metrics"]["A mle"]


def test_the_human_row_measures_the_held_out_responses(report, small_corpus):
    pairs = held_out_pairs(small_corpus, 20)
    responses = pairs.words(pairs.responses)
    expected = diversity(responses, small_corpus.vocabulary.size)
    found = report["metrics"]["human"]
    assert {name: found[name] for name in expected} == expected
    contexts = pairs.words(pairs.contexts)
    for name, share in oracle_statistics(contexts, responses).items():
        assert found[name] == share(None)
    for sample, context, response in zip(
        report["samples"], pairs.words(pairs.contexts), responses, strict=False
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


@pytest.mark.slow
def test_a_fresh_evaluator_judges_each_stage_after_its_reliability_test(
    small_corpus, model_directory
):
    found = evaluate(
        model_directory,
        small_corpus,
        [],
        limit=20,
        evaluator=EvaluatorRecipe(pairs=20, epochs=1, units=4),
    )
    assert set(found["reliability"]) == {
        "human_against_human",
        "human_against_random",
    }
    for stage in ("A mle", "B after_mle", "C after_adversarial", "D final"):
        success = found["metrics"][stage]["adversarial_success"]
        assert 0 <= success <= 1
    assert "adversarial_success" not in found["metrics"]["human"]


def test_tables_show_every_metric_and_every_response(report):
    table = metrics_table(report)
    lines = table.splitlines()
    assert lines[0].endswith("  D final")
    for name in set(HEADINGS) - NOT_MEASURED:
        (line,) = (x for x in lines if x.startswith(f"{HEADINGS[name]}  "))
        low, high = report["intervals"]["D final"][name]
        value = report["metrics"]["D final"][name]
        assert line.endswith(f"{value:.3f} ±{(high - low) / 2:.3f}")
    assert len(lines) == 1 + len(HEADINGS) - len(NOT_MEASURED)
    text = responses_table(report)
    for utterance, answers in report["table_1"].items():
        assert f"  {utterance}\n" in text
        assert all(answer in text for answer in answers.values())


def test_metrics_that_no_row_has_have_no_line():
    table = metrics_table(
        {
            "metrics": {"human": {"distinct_1": 0.25}},
            "intervals": {"human": {"distinct_1": [0.2, 0.3]}},
        }
    )
    assert table.splitlines()[1:] == ["distinct-1  0.250 ±0.050"]


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
