import pytest

from keras_dialgan import load_chatbot
from keras_dialgan.errors import UserError
from keras_dialgan.serving import TerminalChat
from tests.model_fixture import make_directory

ASKED = "do you like dogs?"


@pytest.fixture
def chat(model_directory):
    return TerminalChat(model_directory.path)


@pytest.fixture(scope="module")
def unchanged_chat(model_directory):
    return TerminalChat(model_directory.path)


@pytest.fixture(scope="module")
def answers(model_directory):
    """The greedy answer of each stage."""
    return {
        stage: load_chatbot(model_directory.path, stage).reply([ASKED])[0]
        for stage in model_directory.stages
    }


def test_the_last_stage_answers(chat, answers):
    assert chat.say(ASKED) == [("bot", answers["final"])]


def test_another_stage_is_chosen(chat, answers):
    assert chat.command("/stage mle").startswith("stage mle (A) answers")
    assert chat.say(ASKED) == [("bot", answers["mle"])]
    assert "after_mle (B)" in chat.command("/stage")


def test_decoding_changes_for_both_models(chat, answers):
    chat.command("/compare mle")
    told = chat.command("/decode temperature=3")
    assert told.startswith("decoding is temperature=3; there are greedy")
    turns = {tuple(chat.say(ASKED)) for _ in range(4)}
    for column in (0, 1):
        assert len({turn[column] for turn in turns}) > 1
    chat.command("/decode greedy")
    assert [text for _, text in chat.say(ASKED)] == [
        answers["final"],
        answers["mle"],
    ]


def test_the_same_conversation_draws_the_same_words(model_directory):
    chats = [
        TerminalChat(model_directory.path, decode="nucleus=0.9")
        for _ in range(2)
    ]
    first, second = [[chat.say(ASKED) for _ in range(3)] for chat in chats]
    assert first == second


def test_two_stages_answer_side_by_side(model_directory, answers):
    chat = TerminalChat(model_directory.path, stage="mle", compare="final")
    assert chat.say(ASKED) == [
        ("bot/mle", answers["mle"]),
        ("bot/final", answers["final"]),
    ]
    assert chat.command("/compare") == "bot/mle and bot/final answer"
    assert chat.command("/compare off") == "mle (A) answers alone"
    assert chat.say(ASKED) == [("bot", answers["mle"])]


def test_models_of_the_same_name_are_told_apart(
    chat, model_directory, small_corpus, tmp_path
):
    other = make_directory(tmp_path / "bot", small_corpus, ["final"])
    chat.command(f"/compare {other.path}")
    assert [label for label, _ in chat.say(ASKED)] == [
        f"{model_directory.path}/final",
        f"{other.path}/final",
    ]


def test_the_conversation_is_saved(chat, answers, tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text("former")
    chat.say(ASKED)
    chat.say("\udcff?")
    assert chat.command(f"/save {path}") == f"saved in {path}"
    lines = path.read_text().splitlines()
    assert lines[:3] == [f"you: {ASKED}", f"bot: {answers['final']}", "you: ??"]
    assert len(lines) == 4


def test_the_history_is_the_conversation_so_far(chat, answers):
    assert chat.command("/history") == ""
    chat.say(ASKED)
    assert chat.command("/history").splitlines() == [
        f"you: {ASKED}",
        f"bot: {answers['final']}",
    ]


def test_help_names_every_command_and_quit_ends(chat):
    told = chat.command("/help")
    for name in "stage decode compare history save help quit".split():
        assert f"/{name}" in told
    assert not chat.ended
    assert chat.command("/quit") == ""
    assert chat.ended


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/stagf mle", "/stagf: no such command; there are /stage, /decode"),
        ("/", "no such command"),
        ("/stage E", "has no stage 'E'; it has mle"),
        ("/decode best", "choose from greedy, temperature=T"),
        ("/decode top_k=99999", "exceeds the vocabulary"),
        ("/compare nowhere", "no such file"),
        ("/save", "say where to"),
        ("/save /dev/null/talk", "can't be written"),
    ],
)
def test_a_wrong_command_explains_itself_and_changes_nothing(
    unchanged_chat, answers, line, message
):
    with pytest.raises(UserError, match=message):
        unchanged_chat.command(line)
    assert unchanged_chat.say(ASKED) == [("bot", answers["final"])]
