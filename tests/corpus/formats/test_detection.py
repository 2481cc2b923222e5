from pathlib import Path

import pytest

from keras_dialgan.corpus.formats.detection import detect_format, is_companion
from keras_dialgan.errors import UserError
from tests.data_folder import dialogue_data

CORNELL = "u0 +++$+++ u2 +++$+++ m0 +++$+++ ['L1', 'L2']\n"
CUE = "1\r\n00:00:01,000 --> 00:00:02,000\r\nHi.\r\n\r\n"


def detect(folder, content, name="a.txt"):
    path = folder / name
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    return detect_format(path)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("", "lines"),
        ("Hi.\nHello!\n\nBye.\n", "lines"),
        ("Yes, no, maybe.\nWhat, you too, Brutus?\n", "lines"),
        ("Yes,no,maybe\nI see, you too, Brutus\n", "lines"),
        ("[door slams]\nHi.\n", "lines"),
        ("{sighs} Hi.\n", "lines"),
        ("<3 you\n<i>Hi</i>\n", "lines"),
        ("1\n2\n3 is enough\nI | you\n", "lines"),
        ("One\ttwo\nHi.\nHello!\nBye.\n", "lines"),
        ("What is +++$+++ or __eou__?\nNo idea.\nHm.\n", "lines"),
        ("Caf\xe9".encode("cp1252") + b" is open all day.\n", "lines"),
        ("Hi.\tHello!\n" * 9 + "alone\n", "pairs"),
        ("Hi . __eou__ Hello ! __eou__\n", "dailydialog"),
        ("Hi . __eou__ Hello ! __eou__\tWork\t1\t2\n" * 3, "dailydialog"),
        (CORNELL, "cornell"),
        (CUE, "srt"),
        ("\ufeff" + CUE, "srt"),
        (CUE.encode("utf-16"), "srt"),
        (CUE.encode("utf-16-le"), "srt"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nHi.\n", "srt"),
        ("<?xml version='1.0'?>\n<document id='1'>", "opensubtitles"),
        ("\ufeff<document>\n<s>", "opensubtitles"),
    ],
)
def test_each_format_is_recognised(tmp_path, content, name):
    assert detect(tmp_path, content) == name


def test_subtitles_without_times_are_known_by_their_name(tmp_path):
    assert detect(tmp_path, "1\nHi.\n", "a.srt") == "srt"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0" * 9, "not text"),
        ("Привет".encode("cp1251") * 9, "not text"),
        ("<?xml version='1.0'?>\n<TEI>", "marked-up document"),
        ("<!DOCTYPE html>\n<p>Hi.</p>", "marked-up document"),
        ("<html>\n<p>Hi.</p>", "marked-up document"),
        ('{\n "line": "Hi."\n}', "is JSON"),
        ('["Hi.", "Hello!"]', "is JSON"),
        ('Season,Episode,Line\n1,2,"Hi, you."\n', "commas"),
        ("1 your persona: i like it.\n2 hi\thello\n", "personas"),
        ("A|Hi.|fp\nB|Hello, you.|fp\n", "vertical bars"),
        ("# ANN\n0.620\nHi.\n1.500\n1.700\nYou.\n2.5\n2.6\n", "numbers"),
        ("film\tsplit\tcount\n10\ttrain\t98\n", "more than two columns"),
    ],
)
def test_another_kind_of_file_is_refused_with_a_reason(
    tmp_path, content, reason
):
    with pytest.raises(UserError, match=rf"a\.txt: .*{reason}.*--format"):
        detect(tmp_path, content)


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("README.md", "auto", True),
        ("LICENSE", "lines", True),
        ("license.txt.gz", "lines", True),
        ("films.tsv", "lines", True),
        ("train.tsv", "pairs", False),
        ("train.tsv", "auto", False),
        (".hidden", "auto", True),
        ("cover.jpg", "srt", True),
        ("train.txt.gz", "lines", False),
        ("en", "lines", False),
        ("licensed_to_kill.srt", "auto", False),
    ],
)
def test_files_that_accompany_a_corpus_are_known_by_name(
    name, format, expected
):
    assert is_companion(Path(name), format) is expected


NATIVE = {
    "cornell/movie_conversations.txt": "cornell",
    "cornell/movie_lines.txt": "cornell",
    "cornell/movie_lines_selected_first_1000.txt": "lines",
    "dailydialog/dialogues_text.txt": "dailydialog",
    "dailydialog/en_dev_human_first_100.txt": "dailydialog",
    "opus/raw/en/1917.xml.gz": "opensubtitles",
    "opus/xml/en/4296906-opening.xml": "opensubtitles",
    "srt/10.utf-8-bom.srt": "srt",
    "srt/300.cp1252.srt": "srt",
    "srt/beetlejuice.utf-16.srt": "srt",
}
OTHER = ("friends", "personachat", "plays", "seinfeld", "south-park",
         "star-trek", "switchboard", "tei", "topical-chat")  # fmt: skip


def test_native_files_are_recognised():
    folder = dialogue_data() / "native"
    assert {n: detect_format(folder / n) for n in NATIVE} == NATIVE


@pytest.mark.parametrize("name", OTHER)
def test_native_files_of_other_kinds_are_refused(name):
    for path in (dialogue_data() / "native" / name).iterdir():
        with pytest.raises(UserError):
            detect_format(path)
