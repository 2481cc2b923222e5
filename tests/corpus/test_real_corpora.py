"""The whole of the dialogue data, prepared with one command."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keras_dialgan.corpus import PreparedCorpus
from tests.data_folder import dialogue_data

SCRIPT = Path(__file__).parents[2] / "scripts/prepare_corpus.py"
# As the data's own description counts them.
PAIRS = 1_551_641


def count_pairs(path):
    """Consecutive lines of a dialogue, counted another way."""
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rb") as file:
        content = file.read().replace(b"\r\n", b"\n")
    dialogues = re.split(rb"\n\s*\n", content.strip())
    return sum(dialogue.count(b"\n") for dialogue in dialogues)


@pytest.mark.slow
def test_all_corpora_are_prepared_with_one_command(tmp_path):
    data = dialogue_data()
    output = tmp_path / "corpus"
    result = subprocess.run(
        [
            *(sys.executable, SCRIPT, "--input", data),
            *("--output", output, "--entity-tagger", "none"),
        ],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    corpus = PreparedCorpus(output)
    corpus.verify()
    counts = corpus.manifest["counts"]["pairs"]
    assert counts["read"] == counts["kept"] + sum(counts["dropped"].values())
    splits = corpus.manifest["splits"].values()
    assert counts["kept"] == sum(split["pairs"] for split in splits)
    assert corpus.manifest["settings"]["format"] == (
        "cornell+dailydialog+lines+opensubtitles+srt"
    )
    assert set(corpus.manifest["problems"]) == {"not a dialogue file"}


@pytest.mark.slow
def test_the_pairs_of_the_line_corpora_agree_with_other_counts(tmp_path):
    data = dialogue_data()
    files = [
        path
        for path in sorted(data.glob("*/*.txt*"))
        if path.name.split(".")[0] in ("train", "valid", "test")
    ]
    assert sum(map(count_pairs, files)) == PAIRS
    output = tmp_path / "corpus"
    result = subprocess.run(
        [
            *(sys.executable, SCRIPT, "--format", "lines"),
            *("--output", output, "--entity-tagger", "none"),
            *("--input", *files),
        ],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    manifest = PreparedCorpus(output).manifest
    assert manifest["counts"]["pairs"]["read"] == PAIRS
