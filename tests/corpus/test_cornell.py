import pytest

from keras_dialgan.corpus import Problems, read_dialogues
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


def test_conversations_are_put_together_from_their_lines(tmp_path):
    (tmp_path / "movie_lines.txt").write_bytes(LINES)
    (tmp_path / "movie_conversations.txt").write_text(CONVERSATIONS)
    (tmp_path / "movie_titles_metadata.txt").write_text("m0 +++$+++ a film")
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
