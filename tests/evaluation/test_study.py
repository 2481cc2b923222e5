import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation import (
    Study,
    Variation,
    aggregate,
    parse_variation,
    plot_study,
    run_study,
    study_table,
)
from keras_dialgan.evaluation.aggregation import (
    aggregate_levels,
    mean_and_error,
)

TRAIN = """
import pathlib, sys
arguments = sys.argv[1:]
model = pathlib.Path(arguments[arguments.index("--output") + 1])
model.mkdir(parents=True, exist_ok=True)
with open(model / "calls", "a") as file:
    print(*arguments[4:], file=file)
if (model.parents[2] / "break").exists():
    print("error: broken")
    sys.exit(1)
(model / "stages/mle").mkdir(parents=True, exist_ok=True)
"""
EVALUATE = """
import json, pathlib, sys
arguments = sys.argv[1:]
report = pathlib.Path(arguments[arguments.index("--report") + 1])
seed = int(report.parent.name.removeprefix("seed-"))
row = {"distinct_2": seed / 10, "perplexity": 30.0}
levels = [{"distinct_2": 0.05, "margin": seed / 100, "margin_in": "relevance",
           "margin_error": 0.02 + seed / 100, "verdict": "on"}]
report.write_text(json.dumps({"metrics": {"A mle": row, "D final": row},
                              "frontier": {"levels": levels}}))
"""


@pytest.fixture
def study(tmp_path):
    """A study whose scripts only write down what they were called with."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "train.py").write_text(TRAIN)
    (scripts / "evaluate.py").write_text(EVALUATE)
    return Study(
        corpus=tmp_path / "corpus",
        output=tmp_path / "study",
        preset="tiny",
        variations=[
            Variation("paper", ()),
            Variation("k3", ("objective.k=3",)),
        ],
        seeds=[1, 3],
        overrides=["training.batch_size=8"],
        inputs=50,
        frontier=True,
        judges=False,
        scripts=scripts,
    )


def calls(study, name, seed):
    path = study.output / name / f"seed-{seed}" / "model" / "calls"
    return path.read_text().splitlines()


def test_every_variation_runs_with_every_seed_and_is_averaged(study):
    results = run_study(study)
    (call,) = calls(study, "k3", 3)
    pretrained = study.output / "pretrained/seed-3/model"
    assert call == (
        f"--preset tiny --seed 3 --resume --pretrained {pretrained} --set "
        "training.batch_size=8 objective.k=3"
    )
    found = results["k3"]["D final"]["distinct_2"]
    assert found == {
        "mean": pytest.approx(0.2),
        "standard_error": pytest.approx(0.1),
        "values": [0.1, 0.3],
    }
    (level,) = results["paper"]["levels"]
    assert level["margin"]["mean"] == pytest.approx(0.02)
    # Seeds share their inputs: the mean of 0.03 and 0.05, not less.
    assert level["input_error"] == pytest.approx(0.04)


def test_the_generator_is_pre_trained_once_a_seed(study):
    run_study(study)
    for seed in study.seeds:
        (call,) = calls(study, "pretrained", seed)
        assert call == (
            f"--preset tiny --seed {seed} --resume --set "
            "training.batch_size=8 pretraining.samples=1 "
            "pretraining.discriminator_steps=0 adversarial.iterations=0"
        )


def test_a_variation_of_the_pre_training_trains_the_whole(study):
    longer = Variation("longer", ("pretraining.generator_steps=9",))
    run_study(Study(**{**vars(study), "variations": [longer]}))
    (call,) = calls(study, "longer", 1)
    assert "--pretrained" not in call
    assert not (study.output / "pretrained").exists()


def test_finished_runs_are_skipped_and_a_failed_one_is_repeated(study):
    study.output.mkdir()
    (study.output / "break").touch()
    with pytest.raises(UserError, match=r"train.py failed \(error: broken\)"):
        run_study(study)
    (study.output / "break").unlink()
    run_study(study)
    assert len(calls(study, "pretrained", 1)) == 2
    said = []
    run_study(study, said.append)
    assert len(said) == 4
    assert all(line.endswith("finished before") for line in said)
    assert len(calls(study, "paper", 1)) == 1


def test_a_run_of_other_settings_is_refused(study):
    run_study(study)
    changed = {**vars(study), "overrides": ["training.batch_size=4"]}
    with pytest.raises(UserError, match="begun with other settings"):
        run_study(Study(**changed))


def test_a_pre_trained_generator_of_other_settings_is_not_taken(study):
    run_study(study)
    changed = {
        **vars(study),
        "overrides": ["training.batch_size=4"],
        "variations": [Variation("new", ())],
    }
    with pytest.raises(UserError, match=r"pretrained.*other settings"):
        run_study(Study(**changed))


def test_wrong_settings_fail_before_anything_runs(study):
    wrong = Variation("wrong", ("objective.colour=blue",))
    changed = {**vars(study), "variations": [*study.variations, wrong]}
    with pytest.raises(UserError, match="unknown key"):
        run_study(Study(**changed))
    assert not study.output.exists()


def test_the_same_name_twice_is_refused(study):
    twice = {**vars(study), "variations": [Variation("a", ())] * 2}
    with pytest.raises(UserError, match="stands twice"):
        run_study(Study(**twice))


def test_the_table_and_the_plot_show_every_variation(study, tmp_path):
    results = run_study(study)
    table = study_table(results).splitlines()
    assert table[0].split("  ")[-1].strip() == "k3, D"
    assert any(
        line.startswith("distinct-2") and line.endswith("0.200 ±0.100")
        for line in table
    )
    assert table[-1].startswith("k3 at distinct-2 0.05")
    plot_study(results, tmp_path / "study.png")
    assert (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")


def test_a_variation_is_a_name_and_settings():
    assert parse_variation("k-3:objective.k=3,training.seed=2") == Variation(
        "k-3", ("objective.k=3", "training.seed=2")
    )
    assert parse_variation("paper") == Variation("paper", ())
    for wrong in ("../x", ":objective.k=3", "a/b"):
        with pytest.raises(UserError, match="expected NAME"):
            parse_variation(wrong)


def test_a_single_seed_has_no_standard_error():
    assert mean_and_error([0.5])["standard_error"] is None


def test_metrics_that_a_report_lacks_are_left_out():
    reports = [{"metrics": {"D final": {"a": 1.0}}} for _ in range(2)]
    reports[0]["metrics"]["D final"]["b"] = 2.0
    assert list(aggregate(reports, "D final")) == ["a"]


def test_levels_that_a_seed_does_not_reach_are_left_out():
    level = {
        "margin": 0.1,
        "margin_error": 0.01,
        "margin_in": "relevance",
        "verdict": "on",
    }
    reports = [
        {"frontier": {"levels": [{"distinct_2": x, **level} for x in reached]}}
        for reached in ([0.05, 0.1], [0.05])
    ]
    assert [x["distinct_2"] for x in aggregate_levels(reports)] == [0.05]
