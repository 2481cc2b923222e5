"""What people said and how they voted, in an SQLite file."""

import contextlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keras_dialgan.errors import UserError
from keras_dialgan.serving.human_evaluation.database import (
    CHOICES,
    check,
    make,
    opened,
)

QUESTIONS = ("variety", "coherence", "informativeness")


class BallotError(Exception):
    """What a person asked for is refused; the message says why."""


@dataclass(frozen=True)
class Turn:
    """An utterance and what both systems responded."""

    utterance: str
    first: str
    second: str


@dataclass(frozen=True)
class Ballot:
    """What is known of a person.

    Attributes:
        first_is_left: whether the person sees the first system on the left.
        turns: the conversation.
        votes: a choice for each question, empty before the vote.
    """

    first_is_left: bool
    turns: tuple[Turn, ...] = ()
    votes: dict[str, str] | None = None


def _toss() -> bool:
    return bool(secrets.randbits(1))


class Ballots:
    """The ballots of a study; several threads and processes may use it.

    Every change is one transaction: what was said is on the disk before it
    is shown, and a restart goes on with it.

    Args:
        path: the file; `create` makes one.
        toss: whether the first system stands on the left for a new person;
            a fair coin.

    Attributes:
        path: the file.

    Raises:
        UserError: if it is not a file of ballots.

    Example:

    ```python
    ballots = Ballots.create("ballots.sqlite", {"stage": "mle"},
                             {"stage": "final"}, least_turns=10)
    ballots.add_turn("anna", "hi!", "hello", "good morning")
    ```
    """

    def __init__(self, path: str | Path, toss: Callable[[], bool] = _toss):
        self.path = Path(path)
        self._toss = toss
        if not self.path.is_file():
            raise UserError(
                f"{path}: no such file; human_evaluation.py serve makes it"
            )
        with self._reading() as database:
            check(database, self.path)
            rows = database.execute("SELECT key, value FROM study").fetchall()
        self._study = {key: json.loads(value) for key, value in rows}

    @classmethod
    def create(
        cls,
        path: str | Path,
        first: dict[str, str],
        second: dict[str, str],
        least_turns: int,
        toss: Callable[[], bool] = _toss,
    ) -> "Ballots":
        """Begins a study, or goes on with the one that the file holds.

        Args:
            path: the file.
            first: what identifies the first system.
            second: what identifies the second one.
            least_turns: utterances before a vote.
            toss: as of the class.

        Raises:
            UserError: if the file holds something else, a study of other
                systems or of another number of turns.
        """
        path = Path(path)
        study = {"first": first, "second": second, "least_turns": least_turns}
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path, study)
        ballots = cls(path, toss)
        for key, wanted in study.items():
            if ballots._study[key] != wanted:
                raise UserError(
                    f"{path}: holds ballots where {key} is "
                    f"{ballots._study[key]}, not {wanted}; name another file"
                )
        return ballots

    @property
    def systems(self) -> tuple[dict[str, str], dict[str, str]]:
        """What identifies the first and the second system."""
        return self._study["first"], self._study["second"]

    @property
    def least_turns(self) -> int:
        """Utterances before a vote."""
        return self._study["least_turns"]

    @property
    def study_id(self) -> str:
        """A random name that the study got when it began."""
        return self._study["id"]

    def ballot(self, token: str) -> Ballot | None:
        """Returns what is known of a person, None before the first word.

        Args:
            token: who it is.
        """
        with self._reading() as database:
            return _read(database, token)

    def add_turn(
        self, token: str, utterance: str, first: str, second: str
    ) -> Ballot:
        """Adds an utterance and both responses to a person's conversation.

        Raises:
            BallotError: if the person has voted.
        """
        with self._writing() as database:
            if _read(database, token) is None:
                database.execute(
                    "INSERT INTO person (token, first_is_left) VALUES (?, ?)",
                    (token, self._toss()),
                )
            person = _unvoted(database, token)
            database.execute(
                "INSERT INTO turn (person, number, utterance, first, second) "
                "SELECT ?1, count(*) + 1, ?2, ?3, ?4 FROM turn "
                "WHERE person = ?1",
                (person, *map(_storable, (utterance, first, second))),
            )
            return _read(database, token)

    def vote(self, token: str, votes: dict[str, str]) -> Ballot:
        """Casts a person's vote, which is final.

        Args:
            token: who votes.
            votes: one of `CHOICES` for each of `QUESTIONS`.

        Raises:
            BallotError: if the person has voted already, has said too little
                or leaves a question open.
        """
        if set(votes) != set(QUESTIONS) or not set(votes.values()) <= set(
            CHOICES
        ):
            raise BallotError("Please answer all three questions.")
        with self._writing() as database:
            person = _unvoted(database, token)
            (turns,) = database.execute(
                "SELECT count(*) FROM turn WHERE person = ?", (person,)
            ).fetchone()
            if turns < self.least_turns:
                raise BallotError(
                    f"Please say at least {self.least_turns} things first; "
                    f"so far you said {turns}."
                )
            database.executemany(
                "INSERT INTO vote VALUES (?, ?, ?)",
                [(person, *item) for item in votes.items()],
            )
            database.execute(
                "UPDATE person SET voted = CURRENT_TIMESTAMP WHERE id = ?",
                (person,),
            )
            return _read(database, token)

    def all(self) -> list[Ballot]:
        """Returns the ballots of everybody who said something."""
        with self._reading() as database:
            tokens = database.execute("SELECT token FROM person ORDER BY id")
            return [_read(database, token) for (token,) in tokens.fetchall()]

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with opened(self.path) as database:
            database.execute("BEGIN")
            yield database

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with opened(self.path) as database:
            # Locks before it reads: nobody else changes what is read here.
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")


def _unvoted(database: sqlite3.Connection, token: str) -> int:
    row = database.execute(
        "SELECT id, voted FROM person WHERE token = ?", (token,)
    ).fetchone()
    if row is None:
        raise BallotError("Please talk to the systems first.")
    person, voted = row
    if voted:
        raise BallotError("You have voted already; the first vote counts.")
    return person


def _read(database: sqlite3.Connection, token: str) -> Ballot | None:
    row = database.execute(
        "SELECT id, first_is_left FROM person WHERE token = ?", (token,)
    ).fetchone()
    if row is None:
        return None
    person, first_is_left = row
    turns = database.execute(
        "SELECT utterance, first, second FROM turn WHERE person = ? "
        "ORDER BY number",
        (person,),
    )
    votes = database.execute(
        "SELECT question, choice FROM vote WHERE person = ?", (person,)
    )
    return Ballot(
        bool(first_is_left),
        tuple(Turn(*turn) for turn in turns.fetchall()),
        dict(votes.fetchall()),
    )


def _storable(text: str) -> str:
    # Half a surrogate pair, which a browser may send, is not UTF-8.
    return text.encode("utf-8", "replace").decode()
