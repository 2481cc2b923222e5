import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_run_killed_25_times_ends_bit_for_bit_like_an_untouched_one(
    small_corpus, tmp_path
):
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "tests.training.chaos"),
            *(small_corpus.directory, tmp_path, "25"),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout.splitlines()[-1])
    assert found["kills"] == 25
    assert found["while_writing_a_checkpoint"] >= 5
    assert found["largest_difference"] == 0
    assert found["files_identical"]
    assert found["records_identical"]
