"""The notebooks run from their first cell to their last."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from keras_dialgan.demo import demo_model

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURES = {"compare": 5, "paper": 2, "quickstart": 1, "topk_softmax": 4}
# A minute on two cores: enough for responses of different lengths.
SHORT = [
    "pretraining.generator_steps=500",
    "pretraining.samples=1000",
    "pretraining.discriminator_steps=30",
    "adversarial.iterations=2",
    "adversarial.samples=256",
    "training.validate_every=250",
    "training.probe_inputs=100",
]
NOISE = re.compile(
    r"/(?:home|root|tmp|work|usr|opt)/|warning|traceback", re.IGNORECASE
)

each_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: path.stem
)


def outputs_of(notebook):
    return [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def pictures_of(notebook):
    return sum("image/png" in o.get("data", {}) for o in outputs_of(notebook))


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder like a clone, in which a small demo has been made."""
    root = tmp_path_factory.mktemp("clone")
    (root / "scripts").symlink_to(ROOT / "scripts")
    (root / "notebooks").mkdir()
    demo_model(root / "runs" / "demo", 6_000, SHORT)
    return root


@pytest.mark.slow
@each_notebook
def test_the_notebook_runs(path, clone):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=900,
        resources={"metadata": {"path": clone / "notebooks"}},
    ).execute()
    assert not any(o.output_type == "error" for o in outputs_of(notebook))
    assert pictures_of(notebook) == PICTURES[path.stem]


@each_notebook
def test_the_notebook_shows_its_outputs_and_nothing_of_the_machine(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert pictures_of(notebook) == PICTURES[path.stem]
    for output in outputs_of(notebook):
        assert output.output_type != "error"
        assert output.get("name") != "stderr", output["text"]
        texts = [output.get("text", ""), *output.get("data", {}).values()]
        assert not any(NOISE.search(text) for text in texts if len(text) < 9999)


def test_the_quickstart_has_fifteen_cells_and_trains_with_fit():
    path = ROOT / "notebooks" / "quickstart.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert len(notebook.cells) == 15
    code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code")
    for call in ("prepare(", "model.fit(", ".reply(", "export_saved_model("):
        assert call in code


def test_a_demo_that_is_there_is_not_trained_again(
    model_directory, small_corpus, tmp_path
):
    (tmp_path / "model").symlink_to(model_directory.path)
    shutil.copytree(small_corpus.directory, tmp_path / "corpus")
    (tmp_path / "corpus" / "word_vectors").mkdir()
    directory, corpus = demo_model(tmp_path)
    assert directory.stages == model_directory.stages
    assert corpus.vocabulary.digest == small_corpus.vocabulary.digest
