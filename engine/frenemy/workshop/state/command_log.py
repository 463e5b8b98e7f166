"""The session's file: every command with its author and time, in SQLite.

A command is on disk before anybody hears that it was carried out. What the session is about (experiment, its resolved
model, the codes) is written once, at its start. The state is never stored; it is replayed from the commands.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from frenemy.errors import InputError, Problem
from frenemy.model.files.toml_source import display_path
from frenemy.storage.single_file import clear_leftovers, write_file
from frenemy.workshop.state.commands import Stored, read_stored

__all__ = ["CommandLog", "LoggedCommand"]

FORMAT = "frenemy workshop 1"
DISK = ("SQLITE_FULL", "SQLITE_IOERR")
"""Errors of the disk, not of the file."""
SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE commands (
    version INTEGER PRIMARY KEY, made TEXT NOT NULL, who TEXT NOT NULL, id TEXT NOT NULL, command TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX once ON commands (who, id) WHERE id <> '';
"""


@dataclass(frozen=True, slots=True)
class LoggedCommand:
    """A command that was carried out, and the version of the resulting state."""

    version: int
    when: str
    who: str
    command: Stored


class CommandLog:
    """An open session file. Only one process can have it open."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def begin(cls, path: Path, about: Mapping[str, str]) -> CommandLog:
        """Write a new session file, whole or not at all, readable only by its owner.

        Raises InputError if the file exists.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(SCHEMA)
            connection.executemany("INSERT INTO about VALUES (?, ?)", {"format": FORMAT, **about}.items())
            connection.commit()
            content = connection.serialize()
        write_file(path, content, key="--session", mode=0o600)
        return cls.resume(path)

    @classmethod
    def resume(cls, path: Path) -> CommandLog:
        """Open a session file. Raises InputError for a folder, another kind of file, and one that is in use."""
        if path.is_dir():
            raise InputError([Problem(message="a folder, not a session", file=display_path(path), key="--session")])
        clear_leftovers(path)
        try:
            with contextlib.closing(_open(path, "ro")) as connection:  # another kind of file is left untouched
                found = connection.execute("SELECT value FROM about WHERE key = 'format'").fetchone()
                if found == (FORMAT,):
                    _check_pages(connection, path)
            if found == (FORMAT,):
                return cls(path, _lock(path))
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                message = "this session is in use by another server"
                raise InputError([Problem(message=message, file=display_path(path), key="--session")]) from None
            if error.sqlite_errorname.startswith(DISK):
                raise OSError(errno.EIO, str(error), str(path)) from error
        except sqlite3.DatabaseError:
            pass
        raise InputError([Problem(message="this is not a workshop session", file=display_path(path), key="--session")])

    @property
    def about(self) -> dict[str, str]:
        """What the session is about."""
        return dict(self._connection.execute("SELECT key, value FROM about"))

    def write(self, logged: LoggedCommand) -> None:
        """Write a command to disk. Raises OSError if that fails; then nothing is written."""
        command = logged.command
        row = (logged.version, logged.when, logged.who, command.id, command.model_dump_json())
        try:
            with self._connection:
                self._connection.execute("INSERT INTO commands VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise OSError(str(error)) from error

    def __iter__(self) -> Iterator[LoggedCommand]:
        """All commands in their order. Raises InputError for one that cannot be read."""
        rows = self._connection.execute("SELECT version, made, who, command FROM commands ORDER BY version")
        for version, when, who, text in rows:
            try:
                command = read_stored(text)
            except ValidationError:
                message = f"this version of Frenemy does not know command {version} of this session"
                raise InputError([Problem(message=message, file=display_path(self.path), key="--session")]) from None
            yield LoggedCommand(version, when, who, command)

    def close(self) -> None:
        """Close the file; everything is in it."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


def _open(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=0.2, check_same_thread=False)


def _check_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Raise InputError if some page of the file cannot be read."""
    with contextlib.suppress(sqlite3.DatabaseError):
        if connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]:
            return
    message = "this session is damaged: a part of the file cannot be read"
    raise InputError([Problem(message=message, file=display_path(path), key="--session", allowed="a copy of it")])


def _lock(path: Path) -> sqlite3.Connection:
    """A connection that locks the file for this process; a commit returns once it is on disk."""
    connection = _open(path, "rw")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    with connection:
        connection.execute("BEGIN EXCLUSIVE")
    return connection
