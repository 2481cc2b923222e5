import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/benchmark.py"


def run(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_an_unknown_section_is_a_wrong_usage_that_lists_the_known_ones():
    result = run("--only", "nonsense")
    assert result.returncode == 2
    assert "nonsense" in result.stderr
    assert "phases" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_section_is_printed_written_and_profiled(tmp_path):
    report = tmp_path / "report.json"
    profile = tmp_path / "profile"
    result = run(
        *("--preset", "small", "--only", "agreement", "--rounds", 2),
        *("--report", report, "--profile", profile),
    )
    assert result.returncode == 0, result.stderr
    assert "agreement:" in result.stdout
    found = json.loads(report.read_text())
    assert found["machine"]["cores"] >= 1
    rows = found["sections"]["agreement"]
    assert {row["phase"] for row in rows} == {
        "mle",
        "adversarial",
        "discriminator",
    }
    for row in rows:
        assert row["difference"] < 1e-3 * row["stock"]
    assert list(profile.rglob("*.xplane.pb"))
