import gzip
import os
import re
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_dialgan.corpus import Problems
from keras_dialgan.corpus.formats import raw_files
from keras_dialgan.corpus.formats.raw_files import (
    MAX_LINE_BYTES,
    find_files,
    guess_encoding,
    read_head,
    read_lines,
)

any_bytes = st.lists(
    st.sampled_from([b"a", b"\n", b"\r", b"\xc3\xa9", b"\xe9", b"\0", b"zzzz"])
    | st.binary(max_size=4),
    max_size=30,
).map(b"".join)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("raw")


def read(path, *encodings):
    problems = Problems()
    lines = list(read_lines(path, problems, None, encodings or ("utf-8",)))
    assert [number for number, _ in lines] == list(range(1, len(lines) + 1))
    return [text for _, text in lines], problems.to_json()


def read_bytes(folder, data, *encodings):
    path = folder / "a.txt"
    path.write_bytes(data)
    return read(path, *encodings)


def lines_one_by_one(data):
    """An independent reading of lines, for data without a mark."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        data = b""
    lines = re.split(rb"\r\r\n|\r\n|\r|\n", data)
    if not lines[-1]:
        lines.pop()
    texts = []
    for line in lines:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = None
        is_bad = b"\0" in line or len(line) > raw_files.MAX_LINE_BYTES
        texts.append(None if is_bad else text)
    return texts


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(any_bytes, st.integers(1, 12), st.booleans())
def test_lines_do_not_depend_on_blocks_or_compression(
    folder, monkeypatch, data, size, is_gzip
):
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1f")):
        data = b"a" + data
    monkeypatch.setattr(raw_files, "MAX_LINE_BYTES", 8)
    monkeypatch.setattr(raw_files, "BLOCK_BYTES", size)
    written = gzip.compress(data) if is_gzip else data
    texts, problems = read_bytes(folder, written)
    assert texts == lines_one_by_one(data)
    bad = sum(problem["count"] for problem in problems.values())
    assert bad == texts.count(None)


def test_each_kind_of_line_end_ends_one_line(tmp_path):
    data = b"a\r\nb\rc\nd\r\r\ne\n\nf\r\r\r\ng\r"
    texts, problems = read_bytes(tmp_path, data)
    assert texts == ["a", "b", "c", "d", "e", "", "f", "", "g"]
    assert not problems


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"\xff\xfe\0\0", "utf-32-le"),
        (b"\0\0\xfe\xff", "utf-32-be"),
    ],
)
def test_a_byte_order_mark_tells_the_encoding(tmp_path, mark, encoding):
    data = mark + "Hé!\r\n♪ Ça\n".encode(encoding)
    assert read_bytes(tmp_path, data) == (["Hé!", "♪ Ça"], {})
    path = tmp_path / "a.txt"
    assert read_head(path) == "Hé!\r\n♪ Ça\n"
    assert guess_encoding(path) == encoding


@pytest.mark.parametrize(
    ("text", "encoding", "guess"),
    [
        ("plain\n", "ascii", "utf-8"),
        ("café\n", "utf-8", "utf-8"),
        ("café\n", "cp1252", "cp1252"),
        ("It's café.\n", "utf-16-le", "utf-16-le"),
        ("It's café.\n", "utf-16-be", "utf-16-be"),
    ],
)
def test_the_encoding_of_a_file_without_a_mark_is_guessed(
    tmp_path, text, encoding, guess
):
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding) * 1_000)
    assert guess_encoding(path) == guess
    assert read(path, guess)[0][0] == text.strip()


def test_a_broken_off_character_does_not_change_the_encoding(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("café".encode()[:-1])
    assert guess_encoding(path) == "utf-8"
    assert read(path)[1] == {
        "invalid UTF-8": {"count": 1, "first": [f"{path}:1"]}
    }


def test_a_bad_line_of_utf_16_is_counted(tmp_path):
    data = b"\xff\xfe" + "a\n".encode("utf-16-le") + b"\0\xdc\n\0" + b"b\0"
    texts, problems = read_bytes(tmp_path, data)
    assert texts == ["a", None, "b"]
    assert problems["invalid UTF-16-LE"]["first"][0].endswith(":2")


def test_a_line_may_be_as_long_as_the_limit(tmp_path):
    whole = b"x" * MAX_LINE_BYTES
    texts, problems = read_bytes(
        tmp_path, b"\r\n".join([b"a", whole, whole + b"x", b"b"])
    )
    assert texts == ["a", whole.decode(), None, "b"]
    assert problems["line too long"]["first"][0].endswith(":3")


def test_memory_does_not_grow_with_a_line(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"z" * 10_000_000 + b"\nb\n", 1))
    read(path)
    tracemalloc.start()
    texts, _ = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert texts == ["a", None, "b"]
    assert peak < 3_000_000


def test_a_truncated_gzip_gives_what_can_be_read(tmp_path):
    path = tmp_path / "a.gz"
    lines = [f"line {i * 7919 % 10007}" for i in range(20_000)]
    path.write_bytes(gzip.compress("\n".join(lines).encode())[:-2_000])
    texts, problems = read(path)
    assert len(texts) > 15_000
    assert texts[:-1] == lines[: len(texts) - 1]
    assert problems == {"damaged gzip": {"count": 1, "first": [str(path)]}}


def test_a_file_that_vanishes_is_counted(tmp_path):
    path = tmp_path / "gone.txt"
    reason = {"unreadable file": {"count": 1, "first": [str(path)]}}
    assert read(path) == ([], reason)


def test_a_file_that_becomes_unreadable_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_files, "BLOCK_BYTES", 4)
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\nb\nc\nd\n")

    class Failing:
        def __init__(self, raw):
            self._raw = raw
            self._left = 1

        def read1(self, size):
            if not self._left:
                raise OSError("the disk has gone")
            self._left -= 1
            return self._raw.read1(size)

    monkeypatch.setattr(raw_files, "_open", Failing)
    texts, problems = read(path)
    assert texts == ["a", "b"]
    assert list(problems) == ["unreadable file"]


@pytest.mark.parametrize("is_gzip", [False, True])
def test_every_byte_of_the_disk_is_reported(tmp_path, monkeypatch, is_gzip):
    monkeypatch.setattr(raw_files, "BLOCK_BYTES", 1_000)
    path = tmp_path / "a.txt"
    data = os.urandom(5_000).hex().encode()
    path.write_bytes(gzip.compress(data) if is_gzip else data)
    sizes = []
    list(read_lines(path, Problems(), sizes.append))
    assert sum(sizes) == path.stat().st_size


def test_files_are_listed_once_and_in_order(tmp_path):
    for name in "bac":
        (tmp_path / name).touch()
    found = find_files([tmp_path / "b", tmp_path, tmp_path / "[ab]"])
    assert list(found) == [tmp_path / name for name in "bac"]
    assert list(found.values()) == [True, False, False]
