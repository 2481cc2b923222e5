import hashlib
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.corpus.download.http_server import serving
from tests.corpus.download.test_archives import zipped

SCRIPT = Path(__file__).parents[2] / "scripts/download_corpus.py"
ARCHIVE = zipped(
    [
        ("c/movie_lines.txt", b"L1 +++$+++ u +++$+++ m +++$+++ A +++$+++ Hi"),
        ("c/movie_conversations.txt", b"u +++$+++ u +++$+++ m +++$+++ ['L1']"),
    ]
)
DIGEST = hashlib.sha256(ARCHIVE).hexdigest()


def run(*arguments, cwd=None, **environment):
    kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
        env=kept | environment,
    )


def test_a_corpus_is_downloaded_through_cuts(tmp_path):
    with serving(ARCHIVE) as server:
        server.cuts = [100]
        result = run(
            *("--corpus", "cornell", "--output", tmp_path / "raw"),
            *("--url", server.url, "--sha256", DIGEST),
        )
    assert result.returncode == 0, result.stderr
    assert "please cite: C. Danescu-Niculescu-Mizil" in result.stdout
    assert "licence: " in result.stdout
    assert DIGEST in result.stdout
    assert "connection was cut after 100 bytes" in result.stderr
    assert "100%" in result.stderr
    folder = tmp_path / "raw/cornell"
    assert f"--input {folder} --output" in result.stdout
    assert (folder / "c/movie_lines.txt").read_bytes().endswith(b"Hi")
    assert server.ranges_asked() == [None, "bytes=100-"]


def test_a_checksum_seen_for_the_first_time_is_printed_and_kept(tmp_path):
    with serving(b"text") as server:
        result = run(
            *("--corpus", "opensubtitles", "--output", tmp_path),
            *("--url", server.url),
        )
    assert result.returncode == 0, result.stderr
    digest = hashlib.sha256(b"text").hexdigest()
    assert digest in result.stdout
    assert re.search(r"none is published; stored in .*\.sha256", result.stdout)
    kept = (tmp_path / "en.txt.gz.sha256").read_text()
    assert kept == f"{digest}  en.txt.gz\n"


def test_wrong_bytes_exit_with_1_and_no_traceback(tmp_path):
    with serving(bytes(9_916_637)) as server:
        result = run(
            *("--corpus", "cornell", "--output", tmp_path),
            *("--url", server.url),
        )
    assert result.returncode == 1
    assert "SHA-256 is" in result.stderr
    assert "is expected; the bytes were removed" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_a_file_exits_with_1_and_no_traceback(tmp_path):
    (tmp_path / "file").touch()
    with serving(ARCHIVE) as server:
        result = run(
            *("--corpus", "cornell", "--output", tmp_path / "file"),
            *("--url", server.url),
        )
    assert result.returncode == 1
    assert "file" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_download_killed_at_any_moment_is_taken_up(tmp_path):
    def drip(handler):
        handler.wfile = Dripping(handler.wfile)
        handler.serve()

    class Dripping:
        def __init__(self, file):
            self._file = file

        def write(self, content):
            for start in range(0, len(content), 10_000):
                self._file.write(content[start : start + 10_000])
                time.sleep(0.01)

        def __getattr__(self, name):
            return getattr(self._file, name)

    content = random.Random(0).randbytes(2_000_000)
    part = tmp_path / "en.txt.gz.part"
    with serving(content) as server:
        server.answers = [drip] * 100
        command = [sys.executable, SCRIPT, "--corpus", "opensubtitles"]
        command += ["--output", tmp_path, "--url", server.url]
        for kept in range(200_000, 1_600_000, 200_000):
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            while not part.exists() or part.stat().st_size < kept:
                assert process.poll() is None
                time.sleep(0.005)
            process.kill()
            process.wait()
        result = run(*command[2:])
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "en.txt.gz").read_bytes() == content
    starts = [int((r or "bytes=0-")[6:-1]) for r in server.ranges_asked()]
    assert starts == sorted(starts)
    assert starts[-1] >= 1_400_000


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--corpus", "cornell"],
        ["--corpus", "ubuntu", "--output", "o"],
        ["--corpus", "cornell", "--output", "o", "--url", "ftp://a.example/b"],
        ["--corpus", "cornell", "--output", "o", "--url", "file:///etc/hosts"],
        ["--corpus", "cornell", "--output", "o", "--sha256", "12"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(arguments, tmp_path):
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert "usage:" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_names_corpora_flags_and_how_checksums_are_trusted():
    result = run("--help")
    assert result.returncode == 0
    for word in (
        "opensubtitles opensubtitles-xml cornell dailydialog --corpus "
        "--output --url --sha256 https_proxy"
    ).split():
        assert word in result.stdout
    assert "first download is" in result.stdout
