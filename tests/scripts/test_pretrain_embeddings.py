import re
import subprocess
import sys
from pathlib import Path

import pytest

from keras_dialgan.corpus import (
    MemorySource,
    PreparationSettings,
    PreparedCorpus,
    prepare,
)
from keras_dialgan.embeddings import load_word_vectors

SCRIPT = Path(__file__).parents[2] / "scripts/pretrain_embeddings.py"


def run(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    directory = tmp_path_factory.mktemp("corpus") / "prepared"
    dialogues = [[f"hello word{i}", "how are you?"] for i in range(30)]
    settings = PreparationSettings(
        entity_tagger="none", validation_fraction=0.0
    )
    prepare([MemorySource(dialogues)], directory, settings)
    return PreparedCorpus(directory)


def test_vectors_are_trained_and_neighbours_shown(corpus):
    result = run(
        *("--corpus", corpus.directory, "--dimension", 12, "--epochs", 2),
        *("--workers", 2, "--seed", 3),
    )
    assert result.returncode == 0, result.stderr
    assert "nearest neighbours" in result.stdout
    assert "FastText" in result.stderr
    assert "lifecycle" not in result.stderr
    vectors = load_word_vectors(corpus.directory, corpus.vocabulary)
    assert vectors.shape == (corpus.vocabulary.size, 12)


def test_other_processes_get_the_same_vectors(corpus):
    found = []
    for _ in range(2):
        result = run("--corpus", corpus.directory, "--dimension", 8)
        assert result.returncode == 0, result.stderr
        path = corpus.directory / "word_vectors/vectors.npy"
        found.append(path.read_bytes())
    assert found[0] == found[1]


def test_a_missing_corpus_exits_with_1_and_no_traceback(tmp_path):
    result = run("--corpus", tmp_path / "none")
    assert result.returncode == 1
    assert "make it with scripts/prepare_corpus.py" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--corpus", "x", "--dimension", "0"],
        ["--corpus", "x", "--more"],
        ["--corpus", "x", "--import", "y", "--epochs", "2"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert "usage:" in result.stderr


def test_vectors_are_imported_and_their_coverage_shown(corpus, tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text("How 1 2 3\nyou 4 5 6\nzebra 7 8 9\n")
    result = run("--corpus", corpus.directory, "--import", path)
    assert result.returncode == 0, result.stderr
    covered = 2 / (corpus.vocabulary.size - 4)
    assert re.search(r"tokens covered +2\n", result.stdout)
    assert re.search(rf"share covered +{covered:.1%}\n", result.stdout)
    assert re.search(r"imported from +glove\.txt\n", result.stdout)
    assert "nearest neighbours" in result.stdout
    assert "importing" in result.stderr
    vectors = load_word_vectors(corpus.directory, corpus.vocabulary)
    assert vectors[corpus.vocabulary.id("how")].tolist() == [1, 2, 3]


def test_a_file_that_cannot_be_imported_exits_with_1(corpus, tmp_path):
    path = tmp_path / "vectors.bin"
    path.write_bytes(b"\xba\x16\x4f\x2f" + bytes(50))
    for arguments, message in (
        (["--import", path], "import the .vec file"),
        (["--import", tmp_path / "none"], "no such file"),
    ):
        result = run("--corpus", corpus.directory, *arguments)
        assert result.returncode == 1
        assert message in result.stderr
        assert "Traceback" not in result.stderr
