import gzip

import pytest

from keras_dialgan.corpus import Problems, read_dialogues
from keras_dialgan.corpus.formats.readers import read_file, resolve_formats
from keras_dialgan.errors import UserError

LINES = """\
L3 +++$+++ u0 +++$+++ m0 +++$+++ BIANCA +++$+++ Fine.
L2 +++$+++ u2 +++$+++ m0 +++$+++ CAMERON +++$+++ How are you?
L1 +++$+++ u0 +++$+++ m0 +++$+++ BIANCA +++$+++ Caf\u00e9?
broken
L4 +++$+++ u0 +++$+++ m0 +++$+++ BIANCA +++$+++ Bye.
L5 +++$+++ u0 +++$+++ m0 +++$+++ BIANCA +++$+++
""".encode("cp1252")
CONVERSATIONS = """\
u0 +++$+++ u2 +++$+++ m0 +++$+++ ['L1', 'L2', 'L3']
u0 +++$+++ u2 +++$+++ m0 +++$+++ ['L3', 'L9', 'L4', 'L1']
u0 +++$+++ u2
"""


def write_corpus(folder):
    (folder / "movie_lines.txt").write_bytes(LINES)
    (folder / "movie_conversations.txt").write_text(CONVERSATIONS)
    (folder / "movie_titles_metadata.txt").write_text("m0 +++$+++ a film")


def test_conversations_are_put_together_from_their_lines(tmp_path):
    write_corpus(tmp_path)
    problems = Problems()
    assert list(read_dialogues([tmp_path], "auto", problems)) == [
        ["Caf\u00e9?", "How are you?", "Fine."],
        ["Fine."],
        ["Bye.", "Caf\u00e9?"],
    ]
    assert problems.counts == {
        "not a movie line": 1,
        "conversation with a missing line": 1,
        "not a conversation": 1,
    }


@pytest.mark.parametrize("name", ["movie_lines", "movie_conversations"])
def test_a_missing_companion_is_named(tmp_path, name):
    path = tmp_path / f"{name}.txt"
    path.write_bytes(LINES)
    with pytest.raises(UserError, match=r"has no movie_\w+\.txt"):
        list(read_dialogues([path], "cornell"))


def test_only_the_list_of_conversations_is_read_for_its_own_sake(tmp_path):
    write_corpus(tmp_path)
    files = resolve_formats([tmp_path])
    assert files == [(tmp_path / "movie_conversations.txt", "cornell")]
    lines = tmp_path / "movie_lines.txt"
    assert list(read_file(lines, "cornell", Problems())) == []


def test_compressed_files_are_found(tmp_path):
    write_corpus(tmp_path)
    plain = list(read_dialogues([tmp_path]))
    for path in list(tmp_path.iterdir()):
        packed = path.with_name(path.name + ".gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert list(read_dialogues([tmp_path])) == plain


def test_a_byte_that_no_encoding_has_is_counted(tmp_path):
    write_corpus(tmp_path)
    lines = tmp_path / "movie_lines.txt"
    lines.write_bytes(LINES.replace(b"Bye.", b"Bye\x81\xff."))
    problems = Problems()
    list(read_dialogues([tmp_path], "auto", problems))
    assert problems.counts["invalid UTF-8"] == 1
    assert problems.counts["conversation with a missing line"] == 2
