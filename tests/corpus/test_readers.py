import gzip

import pytest

from keras_dialgan.corpus import Problems, read_dialogues, readers
from keras_dialgan.corpus.raw_files import MAX_LINE_BYTES
from keras_dialgan.corpus.readers import ReadProgress, detect_format
from keras_dialgan.errors import UserError


def read(path, format="auto"):
    problems = Problems()
    return list(read_dialogues([path], format, problems)), problems


def test_a_blank_line_ends_a_dialogue(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffHi.\r\nHello!\r\n\r\n \n\nBye.\nSee you.".encode())
    assert read(path)[0] == [["Hi.", "Hello!"], ["Bye.", "See you."]]


def test_gzip_is_recognised_by_its_content(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(gzip.compress(b"Hi.\nHello!\n"))
    assert read(path)[0] == [["Hi.", "Hello!"]]


def test_pairs_are_recognised_and_wrong_columns_are_counted(tmp_path):
    path = tmp_path / "a.tsv"
    lines = ["Hi.\tHello!"] * 20 + ["alone", "one\ttwo\tthree", ""]
    path.write_text("\n".join(lines))
    assert detect_format(path) == "pairs"
    dialogues, problems = read(path)
    assert dialogues == [["Hi.", "Hello!"]] * 20
    assert problems.to_json() == {
        "not two columns": {"count": 2, "first": [f"{path}:21", f"{path}:22"]}
    }


def test_bad_lines_end_the_dialogue_and_are_counted(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(
        b"a\nb\n\xff\xfe\nc\nd\nx\0y\ne\nf\n"
        + b"z" * (3 * MAX_LINE_BYTES)
        + b"\ng\nh\n"
    )
    dialogues, problems = read(path, "lines")
    assert dialogues == [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]]
    assert problems.to_json() == {
        "NUL character": {"count": 1, "first": [f"{path}:6"]},
        "invalid UTF-8": {"count": 1, "first": [f"{path}:3"]},
        "line too long": {"count": 1, "first": [f"{path}:9"]},
    }


def test_a_truncated_gzip_gives_what_can_be_read(tmp_path):
    path = tmp_path / "a.gz"
    text = "".join(f"line {i * 7919 % 10007}\n" for i in range(20_000))
    path.write_bytes(gzip.compress(text.encode())[:-2_000])
    dialogues, problems = read(path, "lines")
    lines = text.splitlines()
    assert dialogues[0] == lines[: len(dialogues[0])]
    assert problems.counts == {"damaged gzip": 1}


def test_an_empty_file_has_no_dialogues(tmp_path):
    path = tmp_path / "a.txt"
    path.touch()
    dialogues, problems = read(path)
    assert dialogues == []
    assert not problems.counts


def test_a_corpus_without_boundaries_is_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "PIECE", 4)
    path = tmp_path / "a.txt"
    path.write_text("\n".join("abcdefghi"))
    dialogues, _ = read(path, "lines")
    assert ["".join(d) for d in dialogues] == ["abcd", "defg", "ghi"]
    assert sum(len(d) - 1 for d in dialogues) == 8


def test_folders_and_patterns_are_read_in_order(tmp_path):
    for name in "bac":
        (tmp_path / f"{name}.txt").write_text(f"{name}\n{name}\n")
    whole = list(read_dialogues([tmp_path]))
    assert whole == [["a", "a"], ["b", "b"], ["c", "c"]]
    assert list(read_dialogues([tmp_path / "*.txt"])) == whole
    twice = read_dialogues([tmp_path / "b.txt", tmp_path])
    assert list(twice) == [["b", "b"], ["a", "a"], ["c", "c"]]


def test_progress_reaches_the_end(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("hello\n" * 5_000)
    progress = ReadProgress([path])
    shares = [
        progress.share()
        for _ in read_dialogues([path], "lines", progress=progress)
    ]
    assert shares == sorted(shares)
    assert progress.share() == 1


def test_a_missing_input_is_named(tmp_path):
    with pytest.raises(UserError, match="none"):
        list(read_dialogues([tmp_path / "none.txt"]))


def test_an_unknown_format_is_named():
    with pytest.raises(UserError, match="'csv' is none of"):
        list(read_dialogues([], "csv"))


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE x>",
        "<?xml version='1.0'?>\n<s>hi</s>",
        "1\n00:00:01,000 --> 00:00:02,000\n",
    ],
)
def test_a_format_that_is_not_read_is_refused(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(UserError, match=r"a\.txt: holds markup or times"):
        list(read_dialogues([path]))
