"""The scripts that judge trained models, each as its own process."""

import json

import pytest

from tests.scripts.test_train_and_evaluate import run_script
from tests.training.test_algorithm import SETTINGS


@pytest.mark.slow
def test_evaluate_trains_judges_and_draws_the_frontier(
    small_corpus, model_directory, tmp_path
):
    finished = run_script(
        "evaluate.py",
        *("--model", model_directory.path),
        *("--corpus", small_corpus.directory),
        *("--inputs", 15),
        *("--matcher-pairs", 40),
        "--judges",
        *("--frontier", tmp_path / "frontier.png"),
        *("--report", tmp_path / "report.json"),
    )
    assert finished.returncode == 0, finished.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    for metric in ("relevance", "adversarial_success", "bleu_4", "ent_4"):
        assert metric in report["metrics"]["D final"]
    assert "fresh evaluator, human against human: 0." in finished.stdout
    assert f"the model is {report['frontier']['verdict']} the frontier" in (
        finished.stdout
    )
    picture = (tmp_path / "frontier.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(list(tmp_path.glob("matcher-*"))) == 1


@pytest.mark.slow
def test_paper_figures_writes_figures_and_prints_tables(
    small_corpus, model_directory, tmp_path
):
    utterances = tmp_path / "utterances.txt"
    utterances.write_text("do you like dogs?\n")
    finished = run_script(
        "paper_figures.py",
        *("--model", model_directory.path),
        *("--corpus", small_corpus.directory),
        *("--output", tmp_path / "figures"),
        *("--inputs", 5),
        *("--stage", "mle"),
        *("--utterances", utterances),
    )
    assert finished.returncode == 0, finished.stderr
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    assert written == {
        *("figure_2.png", "figure_2.json", "figure_3.png", "figure_3.json"),
        *("table_1.md", "table_1.json"),
    }
    assert "Figure 3: nearest-neighbour rate over" in finished.stdout
    assert "| do you like dogs? |" in finished.stdout


@pytest.mark.slow
def test_study_compares_variations_and_goes_on_where_it_stopped(
    small_corpus, tmp_path
):
    def study():
        return run_script(
            "study.py",
            *("--corpus", small_corpus.directory),
            *("--output", tmp_path / "study"),
            *("--preset", "tiny"),
            *("--vary", "top-2", "top-3:objective.k=3"),
            *("--seeds", 1),
            *("--set", *SETTINGS, "adversarial.iterations=2"),
            *("--inputs", 15),
        )

    finished = study()
    assert finished.returncode == 0, finished.stderr
    results = json.loads((tmp_path / "study" / "study.json").read_text())
    assert list(results) == ["top-2", "top-3"]
    # Stage A does not know the objective yet.
    assert results["top-2"]["A mle"] == results["top-3"]["A mle"]
    picture = (tmp_path / "study" / "study.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    again = study()
    assert again.stdout.count("finished before") == 2
    assert json.loads((tmp_path / "study" / "study.json").read_text()) == (
        results
    )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("paper_figures.py", ["--model", "x"]),
        ("study.py", ["--corpus", "x", "--output", "y", "--preset", "tiny"]),
    ],
)
def test_wrong_usage_exits_with_2(name, arguments):
    finished = run_script(name, *arguments)
    assert finished.returncode == 2
    assert "usage:" in finished.stderr


def test_a_wrong_setting_of_a_study_exits_with_1_and_no_traceback(tmp_path):
    finished = run_script(
        "study.py",
        *("--corpus", tmp_path, "--output", tmp_path / "study"),
        *("--preset", "tiny", "--vary", "blue:objective.colour=blue"),
    )
    assert finished.returncode == 1
    assert "unknown key objective.colour" in finished.stderr
    assert "Traceback" not in finished.stderr
