import json
import subprocess
import sys
from pathlib import Path

import pytest

from keras_dialgan import load_chatbot
from keras_dialgan.serving.human_evaluation import Ballots
from tests.browser import open_browser
from tests.served_script import serve_script

SCRIPT = Path(__file__).parents[2] / "scripts/human_evaluation.py"


def run(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_report_is_printed_and_written(tmp_path):
    path, report = tmp_path / "ballots", tmp_path / "report.json"
    ballots = Ballots.create(path, {"stage": "mle"}, {"stage": "final"}, 1)
    for person in "abc":
        ballots.add_turn(person, "hi", "hello", "good morning")
        ballots.vote(
            person,
            {
                "variety": "second",
                "coherence": "draw",
                "informativeness": "first" if person == "a" else "second",
            },
        )
    result = run("report", "--ballots", path, "--report", report)
    assert result.returncode == 0, result.stderr
    lines = [line.split() for line in result.stdout.splitlines()]
    assert "informativeness 1 2 0 p = 1.000 67 % 33 %".split() in lines
    assert "variety 0 3 0 p = 0.250 100 % 100 %".split() in lines
    found = json.loads(report.read_text())
    assert found["questions"]["variety"]["sign_test"] == 0.25
    assert found["people"] == 3


@pytest.mark.slow
def test_missing_ballots_exit_with_1_and_no_traceback(tmp_path):
    result = run("report", "--ballots", tmp_path / "none")
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert "no such file" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "serve --ballots x",
        "report --ballots x --turns 3",
        "serve --first x --second y --ballots z --turns 0",
        pytest.param(
            "serve --first x --second y --ballots z --decode best",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_wrong_usage_exits_with_2(arguments):
    result = run(*arguments.split())
    assert result.returncode == 2
    assert "usage:" in result.stderr


@pytest.mark.slow
def test_a_system_is_not_compared_with_itself(model_directory, tmp_path):
    model = model_directory.path
    result = run(
        *("serve", "--first", model, "--second", model),
        *("--ballots", tmp_path / "ballots"),
    )
    assert result.returncode == 1
    assert "both systems are the same" in result.stderr
    assert not (tmp_path / "ballots").exists()


@pytest.mark.slow
def test_people_talk_to_both_systems_and_nothing_leaves_the_machine(
    model_directory, tmp_path
):
    model, path = model_directory.path, tmp_path / "ballots"
    with (
        open_browser(tmp_path / "profile") as browser,
        serve_script(
            tmp_path,
            SCRIPT,
            *("serve", "--first", model, "--first-stage", "mle"),
            *("--second", model, "--ballots", path, "--port", "0"),
        ) as served,
    ):
        browser.open(served.url)
        browser.until(lambda: browser.one("#utterance textarea").is_enabled())
        browser.type("#utterance textarea", "who is she?\n")
        browser.until(lambda: "9 more" in "".join(browser.texts("#status")))
        assert browser.outside_requests() == []
    assert served.status == 0
    assert served.outside_calls() == []
    ballots = Ballots(path)
    assert [system["stage"] for system in ballots.systems] == ["mle", "final"]
    assert ballots.least_turns == 10
    ((turn,),) = [ballot.turns for ballot in ballots.all()]
    assert [turn.first, turn.second] == [
        load_chatbot(model, stage).reply(["who is she?"])[0]
        for stage in ("mle", "final")
    ]
