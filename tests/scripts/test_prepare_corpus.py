import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from keras_dialgan.corpus import PreparedCorpus

SCRIPT = Path(__file__).parents[2] / "scripts/prepare_corpus.py"


def run(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
    )


@pytest.fixture
def raw(tmp_path):
    path = tmp_path / "raw.txt.gz"
    talk = [
        f"Do you know Anna, number {i}?\nYes, she lives in Rome.\nOh!\n"
        for i in range(40)
    ]
    content = "\n".join(talk).encode() + b"\nbad \xff line\nend\n"
    path.write_bytes(gzip.compress(content))
    return path


def test_lines_are_prepared_and_counted(raw, tmp_path):
    output = tmp_path / "corpus"
    result = run(
        *("--input", raw, "--format", "lines", "--output", output),
        *("--vocabulary-size", 50, "--max-length", 9, "--workers", 2),
        *("--entity-tagger", "rules", "--validation-fraction", 0.1),
    )
    assert result.returncode == 0, result.stderr
    assert "pairs read" in result.stdout
    assert f"invalid UTF-8 (first {raw}:" in result.stdout
    assert "tokenising" in result.stderr
    corpus = PreparedCorpus(output)
    corpus.verify()
    assert corpus.manifest["counts"]["pairs"]["read"] == 80
    assert corpus.manifest["settings"]["format"] == "lines"
    assert "<person>" in corpus.vocabulary
    entities = json.loads((output / "entities.json").read_text())
    assert entities["<place>"] == {"Rome": entities["<place>"]["Rome"]}


def test_pairs_are_recognised_and_kept_though_equal(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("hello\thi\n" * 5 + "how are you\tfine\n")
    output = tmp_path / "corpus"
    result = run(
        *("--input", path, "--output", output),
        *("--entity-tagger", "none", "--validation-fraction", 0),
    )
    assert result.returncode == 0, result.stderr
    corpus = PreparedCorpus(output)
    assert corpus.manifest["settings"]["format"] == "pairs"
    assert len(corpus.split("train")) == 6
    assert corpus.max_length == 20


def test_small_talk_needs_no_input(tmp_path):
    output = tmp_path / "corpus"
    result = run(
        *("--format", "small-talk", "--pairs", 300, "--seed", 3),
        *("--output", output, "--entity-tagger", "rules"),
    )
    assert result.returncode == 0, result.stderr
    manifest = PreparedCorpus(output).manifest
    assert manifest["counts"]["pairs"]["read"] == 300
    assert manifest["settings"]["format"] == "small-talk"


def test_the_default_tagger_is_announced(raw, tmp_path):
    result = run("--input", raw, "--output", tmp_path / "corpus")
    assert result.returncode == 0, result.stderr
    tagger = PreparedCorpus(tmp_path / "corpus").entity_tagger["name"]
    assert (tagger == "rules") == ("so the rules are used" in result.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--output", "c"],
        ["--output", "c", "--format", "small-talk", "--input", "x"],
        ["--output", "c", "--input", "x", "--format", "csv"],
        ["--output", "c", "--input", "x", "--workers", "0"],
        ["--output", "c", "--input", "x", "--validation-fraction", "1"],
        ["--output", "c", "--input", "x", "--vocab", "9"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments, tmp_path):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert "usage:" in result.stderr
    assert "Traceback" not in result.stderr


def test_users_mistakes_exit_with_1_and_no_traceback(raw, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/other.txt").touch()
    (tmp_path / "empty.txt").touch()
    for arguments, message in (
        (["--input", "none.txt", "--output", "c"], "none.txt: no such file"),
        (["--input", raw, "--output", "taken"], "taken: holds other files"),
        (["--input", "empty.txt", "--output", "c"], "no pair is left"),
        (
            ["--input", raw, "--output", "c", "--entity-tagger", "xx_none"],
            "entity tagger 'xx_none'",
        ),
        (
            ["--input", raw, "--output", "c", "--vocabulary-size", "5"],
            "no place for words",
        ),
    ):
        result = run(*arguments, cwd=tmp_path)
        assert result.returncode == 1, result.stderr
        assert message in result.stderr
        assert "Traceback" not in result.stderr
        assert not (tmp_path / "c").exists()


def test_help_names_every_flag_of_the_contract():
    result = run("--help")
    assert result.returncode == 0
    for flag in (
        "--input --format --output --vocabulary-size --max-length "
        "--entity-tagger --workers --validation-fraction"
    ).split():
        assert flag in result.stdout
    assert "(default: 30000)" in result.stdout
