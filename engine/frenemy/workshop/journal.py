"""The session's file: every command as it was made, with who and when, in SQLite.

A command is on the disk before anybody is told that it was done. What the session is about (experiment, its resolved
model, the codes) is written once, at its beginning; the state is never stored, but played again from the commands.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from frenemy.errors import InputError, Problem
from frenemy.model.source import shown
from frenemy.workshop.commands import Stored, read_stored

__all__ = ["Journal", "Made"]

FORMAT = "frenemy workshop 1"
SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE commands (
    version INTEGER PRIMARY KEY, made TEXT NOT NULL, who TEXT NOT NULL, id TEXT NOT NULL, command TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX once ON commands (who, id) WHERE id <> '';
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A command that was carried out, and the version of the state that it led to."""

    version: int
    when: str
    who: str
    command: Stored


class Journal:
    """An open session file. Only one process has it open at a time."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def begin(cls, path: Path, about: Mapping[str, str]) -> Journal:
        """Write a new session file, readable by its owner alone. Raises InputError if it is there already."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            raise InputError([Problem(message="exists already", file=shown(path), key="--session")]) from None
        connection = _connect(path)
        with connection:
            connection.executescript(SCHEMA)
            connection.executemany("INSERT INTO about VALUES (?, ?)", {"format": FORMAT, **about}.items())
        return cls(path, connection)

    @classmethod
    def resume(cls, path: Path) -> Journal:
        """Open a session file. Raises InputError for another kind of file, and for one that is in use."""
        connection = sqlite3.connect(":memory:")
        try:
            connection = _connect(path)
            found = connection.execute("SELECT value FROM about WHERE key = 'format'").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                message = "this session is in use by another server"
                raise InputError([Problem(message=message, file=shown(path), key="--session")]) from None
            found = None
        except sqlite3.DatabaseError:
            found = None
        if found is None or found[0] != FORMAT:
            problem = Problem(message="this is not a file of a workshop", file=shown(path), key="--session")
            raise InputError([problem])
        return cls(path, connection)

    @property
    def about(self) -> dict[str, str]:
        """What the session is about."""
        return dict(self._connection.execute("SELECT key, value FROM about"))

    def write(self, made: Made) -> None:
        """Put a command on the disk. Raises OSError if the disk refuses, and then nothing is written."""
        row = (made.version, made.when, made.who, made.command.id, made.command.model_dump_json())
        try:
            with self._connection:
                self._connection.execute("INSERT INTO commands VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise OSError(str(error)) from error

    def __iter__(self) -> Iterator[Made]:
        """All commands, in the order in which they were made. Raises InputError for one that cannot be read."""
        rows = self._connection.execute("SELECT version, made, who, command FROM commands ORDER BY version")
        for version, when, who, text in rows:
            try:
                command = read_stored(text)
            except ValidationError:
                message = f"command {version} of this session is not one that this version of Frenemy knows"
                raise InputError([Problem(message=message, file=shown(self.path), key="--session")]) from None
            yield Made(version, when, who, command)

    def close(self) -> None:
        """Let go of the file; everything is in it."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that holds the file for this process; a commit returns when the disk has it."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=0.2, check_same_thread=False)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
