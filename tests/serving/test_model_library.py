import shutil

import pytest

from keras_dialgan import load_chatbot
from keras_dialgan.errors import UserError
from keras_dialgan.serving.model_library import Choice, ModelLibrary
from tests.model_fixture import make_directory

ASKED = "do you like dogs?"


@pytest.fixture(scope="module")
def library(model_directory):
    return ModelLibrary([model_directory.path])


@pytest.fixture
def shelf(model_directory, tmp_path):
    """A folder with two models, one without stages, and other things."""
    shutil.copytree(model_directory.path, tmp_path / "new")
    shutil.copytree(model_directory.path, tmp_path / "former")
    shutil.copytree(model_directory.path, tmp_path / "untrained")
    shutil.rmtree(tmp_path / "untrained" / "stages")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "model.json").write_text("{")
    (tmp_path / "notes.txt").write_text("mine")
    return tmp_path


@pytest.mark.slow
def test_a_chosen_stage_answers_as_its_chatbot(library, model_directory):
    expected = load_chatbot(model_directory.path, "mle").replies([ASKED])
    found = library.answer(Choice("bot", "mle"), "greedy", ASKED)
    assert found.reply == expected[0]
    assert found.inspection.response == [*found.reply.tokens, "<eos>"]


@pytest.mark.slow
def test_random_decoding_draws_anew_at_every_turn(library):
    texts = {
        library.answer(
            Choice("bot", "final"), "temperature=3", ASKED
        ).reply.text
        for _ in range(4)
    }
    assert len(texts) > 1


def test_an_unknown_strategy_is_a_users_error(library):
    with pytest.raises(UserError, match="unknown decoding strategy 'best'"):
        library.answer(Choice("bot", "final"), "best", ASKED)


def test_models_of_the_same_folder_are_listed(shelf):
    library = ModelLibrary([shelf / "new"])
    assert library.names == ["new", "former"]
    assert library.stages("former")[0] == "mle"


def test_models_of_one_name_are_called_by_their_paths(
    shelf, model_directory, small_corpus, tmp_path
):
    other = make_directory(tmp_path / "deep" / "bot", small_corpus, ["mle"])
    library = ModelLibrary([model_directory.path, other.path])
    assert library.names == [str(model_directory.path), str(other.path)]
    assert library.choice(other.path) == (str(other.path), "mle")


def test_a_choice_names_the_last_stage_unless_told(library, model_directory):
    path = model_directory.path
    assert library.choice(path) == ("bot", "final")
    assert library.choice(path, "mle") == ("bot", "mle")
    with pytest.raises(UserError, match="has no stage 'E'; it has mle"):
        library.choice(path, "E")


def test_a_directory_without_a_stage_is_refused(shelf):
    with pytest.raises(UserError, match="untrained: has no stage yet"):
        ModelLibrary([shelf / "untrained"])
    with pytest.raises(UserError, match="no such file"):
        ModelLibrary([shelf / "none"])
