"""The SQLite file of a study: its tables, opening and checking it."""

import contextlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras_dialgan.errors import UserError

CHOICES = ("first", "second", "draw")

# Marks the file as ours, for `file` and for this module.
_APPLICATION_ID = 0x6B64_6762
_FORMAT_VERSION = 1
_SECONDS_TO_WAIT = 30.0

_SCHEMA = f"""
CREATE TABLE study (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    first_is_left INTEGER NOT NULL CHECK (first_is_left IN (0, 1)),
    came TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    voted TEXT
) STRICT;
CREATE TABLE turn (
    person INTEGER NOT NULL REFERENCES person,
    number INTEGER NOT NULL,
    utterance TEXT NOT NULL,
    first TEXT NOT NULL,
    second TEXT NOT NULL,
    said TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (person, number)
) STRICT;
CREATE TABLE vote (
    person INTEGER NOT NULL REFERENCES person,
    question TEXT NOT NULL,
    choice TEXT NOT NULL CHECK (choice IN {CHOICES}),
    PRIMARY KEY (person, question)
) STRICT;
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_FORMAT_VERSION};
"""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Opens the file; what was not committed is rolled back on closing."""
    try:
        database = sqlite3.connect(
            path, timeout=_SECONDS_TO_WAIT, isolation_level=None
        )
        with contextlib.closing(database):
            yield database
    except sqlite3.Error as error:
        raise UserError(f"{path}: can't be used as ballots ({error})") from None


def make(path: Path, study: dict[str, Any]) -> None:
    """Makes the tables in a new or empty file, and leaves any other alone."""
    rows = {**study, "id": secrets.token_urlsafe(12)}
    with opened(path) as database:
        database.execute("BEGIN IMMEDIATE")
        if database.execute("SELECT 1 FROM sqlite_master").fetchone():
            return
        for statement in _SCHEMA.split(";"):
            database.execute(statement)
        database.executemany(
            "INSERT INTO study VALUES (?, ?)",
            [(key, json.dumps(value)) for key, value in rows.items()],
        )
        database.execute("COMMIT")
        _let_readers_and_a_writer_work_together(database)


def _let_readers_and_a_writer_work_together(
    database: sqlite3.Connection,
) -> None:
    # SQLite does not wait for other connections to change the journal mode.
    deadline = time.monotonic() + _SECONDS_TO_WAIT
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def check(database: sqlite3.Connection, path: Path) -> None:
    """Refuses a file of something else, or of another release."""
    (application,) = database.execute("PRAGMA application_id").fetchone()
    if application != _APPLICATION_ID:
        raise UserError(f"{path}: is not a file of ballots")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version != _FORMAT_VERSION:
        raise UserError(
            f"{path}: format version {version}, but this release reads "
            f"version {_FORMAT_VERSION}"
        )
