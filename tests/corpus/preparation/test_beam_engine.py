import dataclasses
import io
from typing import ClassVar

import pytest

pytest.importorskip("apache_beam", reason="needs the extra 'beam'")

from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem

from keras_dialgan.corpus import (
    MemorySource,
    SmallTalkSource,
    file_sources,
    prepare,
)
from keras_dialgan.corpus.preparation import tokenised
from keras_dialgan.corpus.preparation.beam_engine import prepare_on_beam
from keras_dialgan.corpus.preparation.beam_files import url_sources
from keras_dialgan.errors import UserError
from tests.corpus.prepared import SETTINGS, make_dialogues

SHARDED = dataclasses.replace(SETTINGS, shard_parts=3)


def contents(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


class MemoryFiles(FileSystem):
    """Files behind URLs `memory://...`, held in a dictionary."""

    files: ClassVar[dict[str, bytes]] = {}

    @classmethod
    def scheme(cls):
        return "memory"

    def join(self, base, *paths):
        return "/".join([base.rstrip("/"), *paths])

    def split(self, path):
        return tuple(path.rsplit("/", 1))

    def mkdirs(self, path):
        """Folders are but names."""

    def has_dirs(self):
        return False

    def _list(self, prefix):
        for path, content in list(self.files.items()):
            if path.startswith(prefix):
                yield FileMetadata(path, len(content), 1.0)

    def create(self, path, mime_type=None, compression_type=None):
        files = self.files

        class Writer(io.BytesIO):
            def close(self):
                if not self.closed:
                    files[path] = self.getvalue()
                super().close()

        return Writer()

    def open(self, path, mime_type=None, compression_type=None):
        if path not in self.files:
            raise BeamIOError(f"{path}: no such file")
        return io.BytesIO(self.files[path])

    def exists(self, path):
        return path in self.files

    def delete(self, paths):
        for path in paths:
            for name in [n for n in self.files if n.startswith(path)]:
                del self.files[name]

    def metadata(self, path):
        return FileMetadata(path, len(self.files[path]), 1.0)

    def copy(self, sources, destinations):
        raise NotImplementedError

    rename = size = last_updated = checksum = copy


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(tokenised, "PART_UTTERANCES", 60)


def test_both_engines_write_the_same_bytes(small_parts, tmp_path):
    path = tmp_path / "raw.txt"
    path.write_text("Anna is in Rome.\nWho?\n\nhello there\nhi\n" * 30)
    settings = dataclasses.replace(SHARDED, entity_tagger="rules")
    sources = [
        MemorySource(make_dialogues(80) * 2),
        SmallTalkSource(100),
        *file_sources([(path, "lines")]),
        MemorySource(make_dialogues(120)),
    ]
    local = prepare(sources, tmp_path / "local", settings)
    assert prepare_on_beam(sources, tmp_path / "beam", settings) == local
    assert contents(tmp_path / "beam") == contents(tmp_path / "local")
    assert local["counts"]["dialogues"]["duplicate"] > 80
    assert len(local["splits"]["train"]["shards"]) > 3


def test_input_and_output_may_be_urls(small_parts, tmp_path):
    talk = "\n\n".join("\n".join(d) for d in make_dialogues(90)).encode()
    MemoryFiles.files = {
        "memory://raw/a.txt": talk,
        "memory://raw/b.txt": b"left\n\xff\nright\nwrong\n",
        "memory://out/manifest.json": b"of an older corpus",
    }
    (tmp_path / "b.txt").write_bytes(MemoryFiles.files["memory://raw/b.txt"])
    (tmp_path / "a.txt").write_bytes(talk)
    sources = url_sources(["memory://raw/*"], "lines")
    manifest = prepare_on_beam(sources, "memory://out", SHARDED)
    files = sorted(tmp_path.glob("*.txt"))
    local = [file_sources([(path, "lines")])[0] for path in files]
    expected = prepare(local, tmp_path / "local", SHARDED)
    (reason,) = manifest["problems"].values()
    assert reason["first"] == ["memory://raw/b.txt:2"]
    written = {
        name.removeprefix("memory://out/"): content
        for name, content in MemoryFiles.files.items()
        if name.startswith("memory://out/")
    }
    stored = contents(tmp_path / "local")
    del written["manifest.json"], stored["manifest.json"]
    assert written == stored
    assert manifest["counts"] == expected["counts"]


def test_urls_of_no_file_are_refused():
    MemoryFiles.files = {}
    with pytest.raises(UserError, match="memory://none: no such file"):
        url_sources(["memory://none"], "auto")


def test_a_file_that_vanished_is_counted(tmp_path):
    MemoryFiles.files = {"memory://raw/a.txt": b"hello\nhi\nyou\n"}
    (source,) = url_sources(["memory://raw/a.txt"], "lines")
    MemoryFiles.files = {}
    manifest = prepare_on_beam(
        [source, MemorySource(make_dialogues(60))], tmp_path / "c", SETTINGS
    )
    assert manifest["problems"]["unreadable file"]["count"] == 1


def test_a_corpus_without_pairs_is_refused_and_not_written(tmp_path):
    with pytest.raises(UserError, match="no pair is left"):
        prepare_on_beam([MemorySource([["alone"]])], tmp_path / "c", SETTINGS)
    assert list(tmp_path.iterdir()) == []
