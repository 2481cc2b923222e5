import subprocess
import sys
from pathlib import Path

import pytest

from keras_dialgan.corpus import PreparationSettings, PreparedCorpus, prepare
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
    prepare(dialogues, directory, settings)
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
    [[], ["--corpus", "x", "--dimension", "0"], ["--corpus", "x", "--more"]],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert "usage:" in result.stderr
