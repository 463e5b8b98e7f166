"""Checkpoints of long computations: each finished piece is written at once, so that a killed run can be continued.

A checkpoint is a text file of one JSON value per line: first what the pieces belong to, then one piece per line. Each
line is forced to the disk before the next piece begins, so a crash loses only the piece in progress; a torn last line
is dropped. Numbers come back as the same bits: JSON has the shortest decimal that is read as the same float.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

from frenemy.errors import InputError, Problem

__all__ = ["Checkpoint", "open_checkpoint"]

FORMAT = "frenemy journal 2"
State = Literal["new", "continued", "anew"]


class Checkpoint:
    """An open checkpoint: the pieces that it holds, and how to add one."""

    def __init__(self, file: BinaryIO, fingerprint: str) -> None:
        self._file = file
        self.pieces: dict[str, Any] = {}
        """Name of a piece -> its result."""
        self.state: State = "new"
        """Whether it held pieces of the same computation (continued), of another (anew: they are dropped), or none."""
        head, *lines = [*_lines(file)] or [None]
        if head == {"format": FORMAT, "fingerprint": fingerprint}:
            self.pieces = {name: found for name, found, _ in _sound(lines)}
            self.state = "continued" if self.pieces else "new"
            return
        self.state = "anew" if lines or head is not None else "new"
        file.truncate(0)
        self._write({"format": FORMAT, "fingerprint": fingerprint})

    def add(self, name: str, result: Any) -> None:
        """Write one finished piece. Raises OSError if the disk is full."""
        self._write([name, result, _digest(name, result)])
        self.pieces[name] = result

    def _write(self, value: Any) -> None:
        self._file.seek(0, os.SEEK_END)
        self._file.write(json.dumps(value).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def open_checkpoint(path: Path, fingerprint: str) -> Iterator[Checkpoint]:
    """Open the checkpoint at a path, or begin one; pieces of a computation with another fingerprint are dropped.

    Raises InputError if another process is writing it, OSError if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _locked(path)
    try:
        yield Checkpoint(file, fingerprint)
    finally:
        file.close()


def _digest(name: str, found: Any) -> str:
    """What a line ends with, so that one that was changed is no piece."""
    return hashlib.sha256(json.dumps([name, found]).encode()).hexdigest()[:16]


def _sound(lines: list[Any]) -> Iterator[tuple[str, Any, str]]:
    """The pieces that are as they were written."""
    for line in lines:
        match line:
            case [str(name), found, str(digest)] if digest == _digest(name, found):
                yield name, found, digest


def _locked(path: Path) -> BinaryIO:
    while True:
        file = path.open("a+b", buffering=0)
        if not _lock(file):
            file.close()
            raise InputError([Problem(message="the same computation is already running", file=str(path))])
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file  # else it was finished and removed between opening and locking
        file.close()


def _lock(file: BinaryIO) -> bool:
    """Lock the file while it is open; also True where files cannot be locked."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a network file system without locks
        return True
    return True


def _lines(file: BinaryIO) -> Iterator[Any]:
    """The complete lines; the file is truncated at a torn one."""
    file.seek(0)
    end = 0
    for line in file.read().splitlines(keepends=True):
        try:
            value = json.loads(line) if line.endswith(b"\n") else None
        except (ValueError, RecursionError):
            value = None
        if value is None:
            break
        end += len(line)
        yield value
    file.truncate(end)
