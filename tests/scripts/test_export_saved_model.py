import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keras_dialgan import load_chatbot
from tests.model_fixture import make_directory
from tests.serving.test_chatbot import PAIRED

SCRIPT = Path(__file__).parents[2] / "scripts/export_saved_model.py"

# With None in place of a module every import of it fails.
WITHOUT_PACKAGE = """
import json, sys
sys.modules["keras_dialgan"] = None
import tensorflow as tf
import tensorflow_text
model = tf.saved_model.load(sys.argv[1])
outputs = model.signatures["serving_default"](
    utterance=tf.constant(json.loads(sys.argv[2]))
)
print(json.dumps([text.decode() for text in outputs["response"].numpy()]))
"""

# Core TensorFlow alone knows every op but those of TensorFlow Text.
UNKNOWN_OPS = """
import sys
import tensorflow
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry
model = saved_model_pb2.SavedModel()
model.ParseFromString(open(sys.argv[1] + "/saved_model.pb", "rb").read())
graph = model.meta_graphs[0].graph_def
functions = {function.signature.name for function in graph.library.function}
nodes = [*graph.node]
for function in graph.library.function:
    nodes += function.node_def
ops = {node.op for node in nodes} - functions
print(sorted(op for op in ops if op_def_registry.get(op) is None))
"""

CLI = """
import sys
import tensorflow_text
from tensorflow.python.tools import saved_model_cli
sys.exit(saved_model_cli.main())
"""


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        **options,
    )


@pytest.fixture(scope="module")
def moved(model_directory, small_corpus, tmp_path_factory):
    """An export, moved away from its place, its model deleted."""
    folder = tmp_path_factory.mktemp("moved")
    model = make_directory(folder / "bot", small_corpus, ["mle", "final"])
    result = run(SCRIPT, "--model", model.path, "--output", folder / "first")
    assert result.returncode == 0, result.stderr
    assert f"exported to {folder / 'first' / '1'}" in result.stdout
    assert "by rules, exactly as in training" in result.stdout
    expected = load_chatbot(model.path).reply(PAIRED)
    shutil.move(folder / "first/1", folder / "elsewhere")
    shutil.rmtree(folder / "first")
    shutil.rmtree(model.path)
    return folder / "elsewhere", expected


@pytest.mark.slow
def test_a_moved_export_answers_without_the_package(moved, tmp_path):
    path, expected = moved
    texts = json.dumps(PAIRED)
    result = run("-c", WITHOUT_PACKAGE, path, texts, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == expected


@pytest.mark.slow
def test_core_tensorflow_knows_all_ops_but_two(moved):
    result = run("-c", UNKNOWN_OPS, moved[0])
    assert result.stdout.strip() == str(
        ["NormalizeUTF8", "RegexSplitWithOffsets"]
    )


@pytest.mark.slow
def test_the_saved_model_cli_runs_it(moved):
    path, expected = moved
    result = run(
        *("-c", CLI, "run", "--dir", path, "--tag_set", "serve"),
        *("--signature_def", "serving_default"),
        *("--input_exprs", f"utterance={PAIRED!r}"),
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert result.returncode == 0, result.stderr
    assert expected[0] in result.stdout.replace("\n", " ")


@pytest.mark.slow
def test_a_missing_model_exits_with_1_and_no_traceback(tmp_path):
    result = run(SCRIPT, "--model", tmp_path / "none", "--output", tmp_path)
    assert result.returncode == 1
    assert "error: " in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_missing_stage_is_named(model_directory, tmp_path):
    result = run(
        *(SCRIPT, "--model", model_directory.path),
        *("--output", tmp_path / "served", "--stage", "E"),
    )
    assert result.returncode == 1
    assert "has no stage 'E'" in result.stderr
    assert not (tmp_path / "served").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--model", "x"],
        ["--model", "x", "--output", "y", "--fill-tags", "maybe"],
        ["--model", "x", "--output", "y", "--beam-width", "101"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments):
    result = run(SCRIPT, *arguments)
    assert result.returncode == 2
    assert "usage:" in result.stderr
