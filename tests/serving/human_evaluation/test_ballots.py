import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.serving.human_evaluation import (
    Ballot,
    BallotError,
    Ballots,
    Turn,
)

FIRST, SECOND = {"stage": "mle"}, {"stage": "final"}
VOTES = {
    "variety": "second",
    "coherence": "draw",
    "informativeness": "first",
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study" / "ballots.sqlite"


def create(path, least_turns=2, **options):
    return Ballots.create(path, FIRST, SECOND, least_turns, **options)


@pytest.fixture
def ballots(path):
    return create(path)


def talk(ballots, token="anna", turns=2):
    for number in range(turns):
        ballots.add_turn(token, f"u{number}", f"f{number}", f"s{number}")


def test_a_conversation_is_kept_in_order_with_both_responses(ballots):
    assert ballots.ballot("anna") is None
    talk(ballots)
    ballot = ballots.ballot("anna")
    assert ballot.turns == (Turn("u0", "f0", "s0"), Turn("u1", "f1", "s1"))
    assert ballot.votes == {}


def test_a_restart_goes_on_with_the_same_study(path, ballots):
    talk(ballots, turns=1)
    again = create(path)
    assert again.study_id == ballots.study_id
    assert again.systems == (FIRST, SECOND)
    assert again.ballot("anna") == ballots.ballot("anna")
    talk(again, turns=1)
    assert len(ballots.ballot("anna").turns) == 2


def test_the_side_is_tossed_once_for_each_person(path):
    tosses = iter([True, False])
    ballots = create(path, toss=lambda: next(tosses))
    talk(ballots, "anna", 1)
    talk(ballots, "bert", 1)
    talk(ballots, "anna", 1)
    sides = [ballots.ballot(token).first_is_left for token in ("anna", "bert")]
    assert sides == [True, False]


def test_the_coin_is_fair(ballots):
    for number in range(60):
        talk(ballots, f"person {number}", 1)
    lefts = sum(ballot.first_is_left for ballot in ballots.all())
    # Outside of these, once in a hundred thousand runs.
    assert 13 <= lefts <= 47


def test_a_vote_is_kept(ballots):
    talk(ballots)
    assert ballots.vote("anna", VOTES).votes == VOTES
    assert Ballots(ballots.path).ballot("anna").votes == VOTES


def test_voting_twice_is_refused_and_the_first_vote_stays(ballots):
    talk(ballots)
    ballots.vote("anna", VOTES)
    with pytest.raises(BallotError, match="voted already"):
        ballots.vote("anna", dict.fromkeys(VOTES, "draw"))
    assert ballots.ballot("anna").votes == VOTES


def test_a_vote_ends_the_conversation(ballots):
    talk(ballots)
    ballots.vote("anna", VOTES)
    with pytest.raises(BallotError, match="voted already"):
        talk(ballots, turns=1)
    assert len(ballots.ballot("anna").turns) == 2


def test_a_vote_needs_enough_turns(ballots):
    with pytest.raises(BallotError, match="talk to the systems first"):
        ballots.vote("anna", VOTES)
    talk(ballots, turns=1)
    with pytest.raises(BallotError, match=r"at least 2 things.* said 1"):
        ballots.vote("anna", VOTES)
    assert ballots.ballot("anna").votes == {}


@pytest.mark.parametrize(
    "votes",
    [
        {},
        {"variety": "first", "coherence": "draw"},
        {**VOTES, "variety": "left"},
        {**VOTES, "beauty": "first"},
    ],
)
def test_a_vote_answers_every_question(ballots, votes):
    talk(ballots)
    with pytest.raises(BallotError, match="all three questions"):
        ballots.vote("anna", votes)


def test_half_a_surrogate_pair_is_kept_as_a_question_mark(ballots):
    ballots.add_turn("anna", "a\ud800b", "fine", "good")
    assert ballots.ballot("anna").turns[0].utterance == "a?b"


def test_people_at_the_same_time_do_not_disturb_each_other(ballots):
    def person(number):
        talk(ballots, f"person {number % 4}", 5)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(person, range(8)))
    everybody = ballots.all()
    # Each of four people talked from two windows.
    assert [len(ballot.turns) for ballot in everybody] == [10] * 4


def test_of_two_votes_at_the_same_time_one_counts(ballots):
    talk(ballots)

    def vote(choice):
        try:
            ballots.vote("anna", dict.fromkeys(VOTES, choice))
        except BallotError:
            return None
        return choice

    with ThreadPoolExecutor(2) as pool:
        cast = [choice for choice in pool.map(vote, ["first", "second"])]
    (counted,) = filter(None, cast)
    assert ballots.ballot("anna").votes == dict.fromkeys(VOTES, counted)


def test_several_threads_may_begin_the_study(path):
    with ThreadPoolExecutor(8) as pool:
        studies = list(pool.map(lambda _: create(path).study_id, range(8)))
    assert len(set(studies)) == 1


@pytest.mark.slow
def test_a_kill_leaves_what_was_said_and_nothing_half_done(ballots):
    script = (
        "import os, sys\n"
        "from keras_dialgan.serving.human_evaluation import Ballots\n"
        "ballots = Ballots(sys.argv[1])\n"
        "ballots.add_turn('anna', 'hi', 'a', 'b')\n"
        "with ballots._writing() as database:\n"
        "    database.execute('DELETE FROM turn')\n"
        "    os._exit(9)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, ballots.path], timeout=120
    )
    assert result.returncode == 9
    assert ballots.ballot("anna").turns == (Turn("hi", "a", "b"),)


def test_another_study_is_not_mixed_in(path, ballots):
    with pytest.raises(UserError, match=r"where second is .*final.*another"):
        Ballots.create(path, FIRST, {"stage": "other"}, 2)
    with pytest.raises(UserError, match="least_turns is 2, not 3"):
        create(path, least_turns=3)


def test_a_missing_file_is_explained(tmp_path):
    with pytest.raises(UserError, match="no such file; human_evaluation"):
        Ballots(tmp_path / "none")


def test_another_file_is_refused_and_left_alone(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("not a database" * 100)
    with pytest.raises(UserError, match="not a database"):
        create(text)
    database = tmp_path / "other.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = database.read_bytes()
    with pytest.raises(UserError, match="is not a file of ballots"):
        create(database)
    assert database.read_bytes() == before


def test_a_file_of_a_later_release_is_refused(path, ballots):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UserError, match="format version 99, but this release"):
        create(path)


def test_ballots_of_everybody_come_in_the_order_of_their_first_words(ballots):
    talk(ballots, "anna", 1)
    talk(ballots, "bert", 2)
    assert [len(ballot.turns) for ballot in ballots.all()] == [1, 2]
    assert all(isinstance(ballot, Ballot) for ballot in ballots.all())
