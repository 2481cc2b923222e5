"""What the documentation tells to type works."""

import contextlib
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import yaml

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.corpus.pipeline import batches
from keras_dialgan.models import GANDialogueModel
from keras_dialgan.serving.exported import load_exported
from keras_dialgan.training import ModelDirectory
from tests.docs import scripts
from tests.docs.blocks import (
    DOCUMENTS,
    ROOT,
    blocks,
    commands,
    inline_commands,
    prose,
    script_call,
)
from tests.docs.sandbox import SHORTER, make_sandbox
from tests.serving.servicer import served

# Programs that no test can start, and why; scripts and Python are run.
NOT_STARTED = {
    "curl": "asks a server: its body is compared with the signature's inputs",
    "docker": "downloads an image",
    "export": "sets a variable of the next command",
    "make": "`make demo` is run by hand, `make test` is the CI's step",
    "source": "activates the environment",
}
# Calls whose arguments are only parsed, by a word of theirs, and why.
NOT_RUN = {
    "benchmark.py": "takes minutes; its tests run single sections",
    "download_corpus.py": "fetches gigabytes; its tests have a server",
    "--judges": "takes minutes; test_evaluation_scripts.py trains small ones",
    "--frontier": "takes minutes, and likewise",
    "--engine": "needs a cluster; the preparation's tests use one machine",
    "multi_worker": "needs hosts; test_distributed.py starts two processes",
    "serve": "serves until it is stopped; its tests use a browser",
    "study.py": "takes minutes; test_evaluation_scripts.py runs a short one",
}
TYPED = "hi!\nwho is she?\n"

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: path.stem
)


def shell_commands(document):
    for block in blocks(document):
        if block.language == "sh":
            yield from commands(block.text)


@each_document
def test_every_call_of_a_script_is_one_that_it_takes(document):
    for words in shell_commands(document):
        call = script_call(words)
        if call is None:
            assert words[0] in NOT_STARTED, words
        else:
            scripts.parse(*call)


@each_document
def test_every_flag_in_a_sentence_exists(document):
    for words in inline_commands(document):
        name, arguments = script_call(words)
        used = {word for word in arguments if word.startswith("--")}
        assert used <= scripts.flags(name), words


@each_document
def test_blocks_of_other_languages_are_well_formed(document):
    for block in blocks(document):
        if block.language == "bash":
            subprocess.run(
                ["bash", "-n"], input=block.text.encode(), check=True
            )
        elif block.language == "yaml":
            assert list(yaml.safe_load_all(block.text))
        elif block.language == "python":
            compile(block.text, f"{document.name}:{block.line}", "exec")
        else:
            assert block.language in ("sh", "text"), block


@pytest.fixture(scope="module")
def sandbox_of(tmp_path_factory, small_corpus, model_directory):
    """Makes a folder of its own for a document."""

    def make(document):
        root = tmp_path_factory.mktemp(document.stem.replace("-", "_"))
        return make_sandbox(root, small_corpus, model_directory)

    return make


def run_commands(block, root):
    for words in commands(block.text):
        call = script_call(words)
        if call and not any(word in NOT_RUN for word in (call[0], *call[1])):
            name, arguments = call
            if name == "train.py":
                # What lies there is for documents that begin with a model.
                output = arguments[arguments.index("--output") + 1]
                shutil.rmtree(root / output, ignore_errors=True)
            arguments = [*arguments, *SHORTER.get(name, ())]
            scripts.run(name, arguments, root, TYPED)


@pytest.mark.slow
@each_document
def test_the_commands_and_programs_of_a_document_run(
    document, sandbox_of, monkeypatch
):
    root = sandbox_of(document)
    monkeypatch.chdir(root)
    names = {"__name__": "__main__"}
    with contextlib.ExitStack() as stack:
        for block in blocks(document):
            if block.language == "sh":
                run_commands(block, root)
            elif block.language == "python":
                if len(names) == 1:
                    names |= given_names(root)
                code = with_server(block.text, root, stack)
                place = f"{document.name}:{block.line}"
                with monkeypatch.context() as patch:
                    shorten_fit(patch)
                    exec(compile(code, place, "exec"), names)


def shorten_fit(monkeypatch):
    """Lets every fit of a model take two steps."""
    fit = GANDialogueModel.fit

    def short_fit(self, data, steps_per_epoch, epochs=1, **options):
        return fit(self, data, steps_per_epoch=2, epochs=1, verbose=0)

    monkeypatch.setattr(GANDialogueModel, "fit", short_fit)


def given_names(root):
    """What the programs use without making it."""
    random = np.random.default_rng(0)
    generator, discriminator = ModelDirectory(root / "runs/model").load_stage()
    corpus = PreparedCorpus(root / "runs/corpus")
    return {
        "token_ids": random.integers(7, 30_000, (2, 5)),
        "logits": random.normal(size=(2, 5, 30_000)),
        "query": random.normal(size=(2, 3, 8)),
        "value": random.normal(size=(2, 4, 8)),
        "value_mask": np.ones((2, 4), bool),
        "generator": generator,
        "discriminator": discriminator,
        "dataset": batches(corpus.split("train"), 4, seed=0),
    }


def with_server(code, root, stack):
    """Starts a server where a program asks one, and names its address."""
    if "localhost:8500" not in code:
        return code
    exported = load_exported(root / "served" / "chatbot")
    address = stack.enter_context(served(exported))
    return code.replace("localhost:8500", address)


def test_requests_by_curl_have_the_inputs_of_the_signature():
    bodies = [
        json.loads(words[words.index("-d") + 1])
        for document in DOCUMENTS
        for words in shell_commands(document)
        if words[0] == "curl"
    ]
    assert len(bodies) == 2
    for body in bodies:
        assert list(body) == ["inputs"]
        assert list(body["inputs"]) == ["utterance"]
        texts = body["inputs"]["utterance"]
        assert all(isinstance(text, str) for text in texts)


def test_links_lead_to_files_that_are_there():
    for document in DOCUMENTS:
        text = prose(document)
        for target in re.findall(r"\]\(([^)#]+)", text):
            if "://" not in target:
                assert (document.parent / target).exists(), (document, target)


def test_every_message_of_the_troubleshooting_is_one_that_is_said():
    """Its backticked messages stand in the source, but for what varies."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("keras_dialgan", "scripts")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )
    source = re.sub(r'"\s+f?"', "", source)
    rows = re.findall(
        r"^\| (.*?) \|",
        (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    messages = [m for row in rows for m in re.findall(r"`([^`]{12,})`", row)]
    assert len(messages) > 15
    for message in messages:
        for part in re.split(r"\s*\.\.\.\s*|'[^']*'|\d+", message):
            assert part.strip() in source, message


def test_the_table_from_the_paper_to_the_code_names_what_is_there():
    text = DOCUMENTS[0].read_text(encoding="utf-8")
    table = text.split("## From the paper to the code")[1].split("\n\n")[1]
    rows = [row.split("|") for row in table.splitlines()[2:]]
    assert len(rows) > 20
    for _, _, names, places, _ in rows:
        paths = [ROOT / "keras_dialgan" / p for p in quoted(places)]
        assert all(path.exists() for path in paths), places
        for name in quoted(names):
            last = name.split(".")[-1]
            defined = re.compile(rf"^\s*(?:class|def) {last}\b", re.MULTILINE)
            assert last == "paper" or any(
                defined.search(file.read_text(encoding="utf-8"))
                for file in (ROOT / "keras_dialgan").rglob("*.py")
            ), name


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_the_demo_calls_scripts_as_they_want_to_be_called():
    planned = subprocess.run(
        ["make", "--dry-run", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.replace("\\\n", " ")
    calls = re.findall(r"python (scripts/\w+\.py [^;<>|\n]*)", planned)
    assert len(calls) >= 5
    for call in calls:
        # The shell's loop variable is one of these.
        scripts.parse(*script_call(call.replace("$stage", "mle").split()))
