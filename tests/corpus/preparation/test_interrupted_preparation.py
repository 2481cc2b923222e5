"""Preparations that are killed, fail and are taken up again."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from keras_dialgan.corpus import (
    MemorySource,
    PreparedCorpus,
    file_sources,
    prepare,
)
from keras_dialgan.corpus.preparation import sources, tokenised
from keras_dialgan.corpus.preparation.workspace import Workspace
from keras_dialgan.errors import UserError
from tests.corpus.prepared import SETTINGS, make_dialogues, prepare_dialogues

# Prepares the files of a folder in many small parts and shards.
DRIVER = """
import dataclasses, resource, sys
from pathlib import Path
from keras_dialgan import scripting
from keras_dialgan.corpus import (file_sources, prepare)
from keras_dialgan.corpus.preparation import (sources, tokenised)
from tests.corpus.prepared import SETTINGS

def main():
    folder, output, file_limit = sys.argv[1:]
    if int(file_limit):
        limits = (int(file_limit), resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    tokenised.PART_UTTERANCES = 40
    sources.LARGE_FILE_BYTES = 20_000
    sources.SOURCE_BYTES = 15_000
    files = [(path, "lines") for path in sorted(Path(folder).iterdir())]
    print("begins", flush=True)
    prepare(
        file_sources(files),
        output,
        dataclasses.replace(SETTINGS, shard_parts=4),
        workers=2,
        say=print,
    )

scripting.run(main)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two small files and a large one, with dialogues that occur twice."""
    folder = tmp_path_factory.mktemp("raw")
    for name, count in (("a", 60), ("b", 900), ("c", 90)):
        text = "\n\n".join("\n".join(d) for d in make_dialogues(count))
        (folder / f"{name}.txt").write_text(text)
    return folder


def start(folder, output, file_limit=0):
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, folder, output, str(file_limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begins\n"
    return process


def contents(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def untouched(folder, tmp_path_factory):
    """The corpus of a run that nothing disturbed."""
    output = tmp_path_factory.mktemp("untouched") / "corpus"
    process = start(folder, output)
    assert process.wait() == 0, process.stderr.read()
    return contents(output)


def count_files(directory):
    return sum(len(files) for _, _, files in os.walk(directory))


def test_a_preparation_killed_again_and_again_ends_the_same(
    folder, untouched, tmp_path
):
    output = tmp_path / "corpus"
    draw = random.Random(0)
    said = []
    while not output.exists():
        goal = count_files(tmp_path) + draw.randint(1, 60)
        process = start(folder, output)
        while process.poll() is None and count_files(tmp_path) < goal:
            time.sleep(draw.uniform(0, 0.01))
        process.send_signal(signal.SIGKILL)
        process.wait()
        said.append(process.stdout.read())
    assert contents(output) == untouched
    assert sum("continuing an interrupted" in text for text in said) >= 3


def test_a_full_disk_leaves_no_corpus_and_work_to_go_on_with(
    folder, untouched, tmp_path
):
    output = tmp_path / "corpus"
    process = start(folder, output, file_limit=3_000)
    _, error = process.communicate()
    assert process.returncode == 1
    assert error.startswith("error: ")
    assert "File too large" in error
    assert "Traceback" not in error
    assert not output.exists()
    assert start(folder, output).wait() == 0
    assert contents(output) == untouched


def test_a_failing_input_leaves_the_former_corpus(tmp_path):
    class Broken(MemorySource):
        def dialogues(self, problems, advance=None):
            yield ["c", "d"]
            raise OSError("the disk is gone")

    manifest = prepare_dialogues([["a", "b"]] * 2, tmp_path / "c")
    with pytest.raises(OSError, match="gone"):
        prepare([Broken([])], tmp_path / "c", SETTINGS)
    assert PreparedCorpus(tmp_path / "c").manifest == manifest


def test_work_for_other_settings_is_discarded(tmp_path, monkeypatch):
    class Broken(MemorySource):
        def dialogues(self, problems, advance=None):
            yield from self.content
            raise OSError("the disk is gone")

    dialogues = make_dialogues(50)
    output = tmp_path / "c"
    monkeypatch.setattr(tokenised, "PART_UTTERANCES", 20)
    with pytest.raises(OSError, match="gone"):
        prepare([Broken(dialogues)], output, SETTINGS)
    monkeypatch.setattr(tokenised, "PART_UTTERANCES", 30)
    said = []
    prepare_dialogues(dialogues, output, say=said.append)
    assert said == [
        f"{output}: starting anew, because an interrupted preparation had "
        f"other part_utterances"
    ]
    prepare_dialogues(dialogues, tmp_path / "alone")
    assert contents(output) == contents(tmp_path / "alone")


def test_a_changed_input_file_is_read_anew(tmp_path):
    path = tmp_path / "raw.txt"
    path.write_text("a\nb\n")
    (source,) = file_sources([(path, "lines")])
    path.write_text("a\nb\nc\n")
    (changed,) = file_sources([(path, "lines")])
    assert source.identity() != changed.identity()


def test_two_processes_can_not_prepare_the_same_corpus(folder, tmp_path):
    output = tmp_path / "corpus"
    process = start(folder, output)
    deadline = time.monotonic() + 10
    while not (tmp_path / ".corpus.preparing/plan.json").exists():
        assert time.monotonic() < deadline
    with pytest.raises(UserError, match="another process"):
        prepare_dialogues([["a", "b"]], output)
    assert process.wait() == 0


def test_small_files_are_grouped_and_large_ones_stand_alone(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sources, "SOURCE_BYTES", 100)
    monkeypatch.setattr(sources, "LARGE_FILE_BYTES", 80)
    files = []
    for name, size, format in (
        *(("a", 40, "lines"), ("b", 40, "lines"), ("c", 40, "lines")),
        *(("d", 80, "lines"), ("e", 10, "lines"), ("f", 10, "srt")),
    ):
        (tmp_path / name).write_bytes(b"x" * size)
        files.append((tmp_path / name, format))
    found = file_sources(files)
    names = ["".join(path[-1] for path in s.files) for s in found]
    assert names == ["ab", "c", "d", "e", "f"]
    assert [s.is_large for s in found] == [False, False, True, False, False]
    assert found[0].size == 80


def test_work_that_was_published_is_not_taken_up(tmp_path, monkeypatch):
    output = tmp_path / "c"
    dialogues = make_dialogues(50)
    with monkeypatch.context() as patch:
        # As if the process were killed between publishing and removing.
        patch.setattr(Workspace, "discard", lambda self: None)
        prepare_dialogues(dialogues, output)
    expected = contents(output)
    prepare_dialogues(dialogues, output)
    assert contents(output) == expected
