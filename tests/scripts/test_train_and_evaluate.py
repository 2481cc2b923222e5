"""The scripts from a corpus to a report, each as its own process."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.test_algorithm import SETTINGS

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run_script(name, *arguments, **options):
    return subprocess.run(
        [sys.executable, SCRIPTS / name, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        check=False,
        **options,
    )


@pytest.fixture(scope="module")
def trained(small_corpus, tmp_path_factory):
    output = tmp_path_factory.mktemp("scripts") / "model"
    finished = run_script(
        "train.py",
        *("--corpus", small_corpus.directory),
        *("--output", output),
        *("--preset", "tiny"),
        *("--set", *SETTINGS, "adversarial.iterations=2"),
        *("--strategy", "one_device"),
        *("--seed", 3),
    )
    assert finished.returncode == 0, finished.stderr
    return finished, output


def test_train_prints_settings_measurements_and_stages(trained):
    finished, output = trained
    assert "generator: " in finished.stdout
    assert "batch_size=8" in finished.stdout
    assert "iteration 2 after adversarial: perplexity" in finished.stdout
    assert "stages mle, after_mle, after_adversarial, final" in (
        finished.stdout
    )
    assert "seed: 3" in (output / "config.yaml").read_text()


def test_evaluate_measures_every_stage(trained, small_corpus, tmp_path):
    _, output = trained
    report = tmp_path / "report.json"
    plot = tmp_path / "plot.png"
    finished = run_script(
        "evaluate.py",
        *("--model", output),
        *("--baseline", output),
        *("--corpus", small_corpus.directory),
        *("--inputs", 20),
        *("--report", report),
        *("--plot", plot),
    )
    assert finished.returncode == 0, finished.stderr
    found = json.loads(report.read_text())
    rows = {
        "human",
        "baseline",
        "A mle",
        "B after_mle",
        "C after_adversarial",
        "D final",
    }
    assert set(found["metrics"]) == rows
    assert found["inputs"] == 20
    assert {"valid", "dull"} <= set(found["metrics"]["D final"])
    assert "what's the color of the sky?" in finished.stdout
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_train_again_needs_resume_and_resume_says_it_is_complete(
    trained, small_corpus
):
    _, output = trained
    call = [
        "train.py",
        *("--corpus", small_corpus.directory),
        *("--output", output),
        *("--preset", "tiny"),
        *("--set", *SETTINGS, "adversarial.iterations=2"),
        *("--seed", 3),
    ]
    refused = run_script(*call)
    assert refused.returncode == 1
    assert "--resume" in refused.stderr
    finished = run_script(*call, "--resume")
    assert finished.returncode == 0, finished.stderr
    assert "the training is complete" in finished.stdout


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("train.py", []),
        ("train.py", ["--corpus", "x", "--output", "y", "--preset", "huge"]),
        ("train.py", ["--no-such-flag"]),
        ("evaluate.py", []),
        ("evaluate.py", ["--model", "x", "--corpus", "y", "--inputs", "0"]),
    ],
)
def test_wrong_usage_exits_with_2_and_no_traceback(name, arguments):
    finished = run_script(name, *arguments)
    assert finished.returncode == 2
    assert "usage:" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "training.colour=7"], "unknown key training.colour"),
        (["--set", "training.batch_size=0"], "must be at least 1"),
        ([], "no such directory"),
    ],
)
def test_a_mistake_exits_with_1_and_no_traceback(tmp_path, arguments, message):
    finished = run_script(
        "train.py",
        *("--corpus", tmp_path / "missing"),
        *("--output", tmp_path / "model"),
        *("--preset", "tiny"),
        *arguments,
    )
    assert finished.returncode == 1
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("name", ["train.py", "evaluate.py"])
def test_help_describes_the_flags(name):
    finished = run_script(name, "--help")
    assert finished.returncode == 0
    assert "--corpus" in finished.stdout


def test_a_full_disk_stops_training_with_a_message_and_no_traceback(
    small_corpus, tmp_path
):
    """A limit on the size of files stands for the end of the disk."""
    output = tmp_path / "model"
    finished = run_script(
        "train.py",
        *("--corpus", small_corpus.directory),
        *("--output", output),
        *("--preset", "tiny"),
        *("--set", *SETTINGS),
        preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (20_000, 20_000)
        ),
    )
    assert finished.returncode == 1
    assert "the checkpoint of step 0 can't be written" in finished.stderr
    assert "File too large" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert list((output / "checkpoints").iterdir()) == []
