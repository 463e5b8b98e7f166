"""Single files: whole or absent, and never in the place of something that is not ours.

A file is written beside its place under a hidden name, forced to the disk and put in place in one step. A crash
leaves at most the hidden one, which the next writer of the same file clears away, also if it is refused.
"""

from __future__ import annotations

import glob
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from frenemy.errors import InputError, Problem
from frenemy.storage.run_folder import check_name, lock, sync_folder

__all__ = ["check_places", "clear_leftovers", "write_file", "written_after"]

PARTIAL = ".partial"
READABLE = 0o666
"""Whoever the user lets read new files may read it."""


def write_file(
    path: Path, content: str | bytes, *, replace: bool = False, key: str = "--out", mode: int = READABLE
) -> None:
    """Write a file that is not there yet; with `replace` also over one that is. `mode`: who may read and write it.

    Text is written as UTF-8 with its own line ends. Raises InputError, naming the option `key`, if the file is there
    already or cannot be there, OSError if the disk is full.
    """
    with written_after({path: content}, replace=replace, key=key, mode=mode):
        pass


@contextmanager
def written_after(
    files: Mapping[Path, str | bytes], *, replace: bool = False, key: str = "--out", mode: int = READABLE
) -> Iterator[None]:
    """Write files that are part of a result: they get their names when the block has ended, and none if it fails.

    All their bytes are on the disk before the block begins, so that a full disk is found before the rest is written.
    """
    check_places([*files], replace=replace, key=key)
    with ExitStack() as stack:
        beside = {path: stack.enter_context(_beside(path, content, mode)) for path, content in files.items()}
        yield
        for path, hidden in beside.items():
            if replace:
                hidden.replace(path)
            else:
                _put_in_place(hidden, path, key)
                _remove(hidden)
            sync_folder(path.parent)


@contextmanager
def _beside(path: Path, content: str | bytes, mode: int) -> Iterator[Path]:
    """A hidden file beside `path` with its content, forced to the disk; gone after the block."""
    clear_leftovers(path)
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    held = lock(hidden)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        yield hidden
    finally:
        _remove(hidden)
        if held is not None:
            os.close(held)


def check_places(paths: Sequence[Path], *, replace: bool = False, key: str = "--out") -> None:
    """Raise InputError where files cannot be written; called before long work, so that it is not done in vain."""
    problems = []
    for path in paths:
        check_name(path, key)
        clear_leftovers(path)
        if path.is_dir():
            problems.append(Problem(message="is a folder, not a file", file=str(path), key=key))
        elif not path.parent.is_dir():
            found = str(path.parent)
            problems.append(Problem(message="there is no such folder", file=str(path), key=key, found=found))
        elif not replace and os.path.lexists(path):
            problems += _exists(path, key).problems
    if problems:
        raise InputError(problems)


def _exists(path: Path, key: str) -> InputError:
    message = "exists already; choose another name, so that nothing is overwritten"
    return InputError([Problem(message=message, file=str(path), key=key)])


def _put_in_place(beside: Path, path: Path, key: str) -> None:
    """Give the file its name, in one step that fails if the name is taken."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise _exists(path, key) from None
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise _exists(path, key) from None
        beside.rename(path)


def _remove(hidden: Path) -> None:
    """Remove a hidden file; one that stays changes nothing, and the next writer clears it away."""
    with suppress(OSError):
        hidden.unlink()


def clear_leftovers(path: Path) -> None:
    """Clear away what writers of this file left behind when they were killed."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.????????{PARTIAL}"):
        with suppress(OSError):
            held = lock(leftover)
            if held is not None:
                leftover.unlink(missing_ok=True)
                os.close(held)
