"""Run folders: whole or absent, whatever happens to the machine.

A result is built in a hidden sibling of its folder, forced to the disk, sealed with a manifest that lists every file,
and put in place by one rename. A reader therefore finds the last complete result or the new one, never a mixture. A
crash leaves at most a hidden sibling, which the next writer removes. Two simultaneous writers do not interfere: each
has its own sibling, and the last to finish wins.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from frenemy.errors import InputError, Problem
from frenemy.storage.folder_swap import swap
from frenemy.storage.regular_file import read_bytes

__all__ = [
    "MANIFEST", "check_name", "guard", "is_complete", "is_folder", "lock", "read_manifest", "read_unchanged",
    "replacing", "seal", "sha256", "sync_folder",
]  # fmt: skip

MANIFEST = "manifest.json"
FORMAT = "frenemy run folder 1"
PARTIAL, ASIDE = ".partial", ".aside"
MAX_NAME_BYTES = 255
"""Bytes of a name on the usual file systems."""
HIDDEN_BYTES = len(f"..01234567{PARTIAL}")
ABANDONED_AFTER = 86_400.0
"""Seconds after which a hidden sibling counts as abandoned where folders cannot be locked (Windows)."""


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to fill and `seal`; at the end of the block it replaces `folder` in one step.

    If the block fails, or the process dies, `folder` is unchanged. Files in it that are not ours are kept.
    Raises InputError if `folder` holds something other than a result.
    """
    folder = guard(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _tidy(folder)
    temporary, held = _sibling(folder)
    try:
        yield temporary
        if not _is_complete(temporary):
            raise ValueError(f"{temporary} was not sealed")
        _keep_foreign_files(folder, temporary)
        _sync(temporary)
        _put_in_place(temporary, folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if held >= 0:
            os.close(held)


def guard(folder: Path) -> Path:
    """The folder as an absolute path without links; raises InputError if a result may not be put there.

    Called before a long run, so that it is not refused at its end.
    """
    try:
        folder = folder.resolve()
    except (OSError, RuntimeError):
        raise InputError([Problem(message="leads in a circle", file=str(folder), key="--out")]) from None
    if not folder.name:
        message = "is where all files are, not a folder for results"
        raise InputError([Problem(message=message, file=str(folder), key="--out", allowed="a folder in it")])
    check_name(folder)
    _recover(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError([Problem(message="this is a file; a run needs a folder", file=str(folder), key="--out")])
    above = next(parent for parent in folder.parents if os.path.lexists(parent))
    if not above.is_dir():
        raise InputError([Problem(message="this is a file, not a folder", file=str(above), key="--out")])
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError([Problem(message="nothing can be written to this folder", file=str(above), key="--out")])
    if folder.is_dir() and any(folder.iterdir()) and _manifest(folder) is None:
        message = "this folder holds something other than a run; choose another, so that nothing is overwritten"
        raise InputError([Problem(message=message, file=str(folder), key="--out")])
    return folder


def check_name(path: Path, key: str = "--out") -> None:
    """Raise InputError for a name that leaves no room for the hidden one under which the result is built."""
    for part, most in ((path.name, MAX_NAME_BYTES - HIDDEN_BYTES), *((name, MAX_NAME_BYTES) for name in path.parts)):
        if len(os.fsencode(part)) > most:
            message, found = "this name is too long", f"{len(os.fsencode(part))} bytes"
            problem = Problem(message=message, file=str(path), key=key, found=found, allowed=f"at most {most}")
            raise InputError([problem])


def seal(folder: Path, record: Mapping[str, Any]) -> None:
    """Write the manifest: `record`, and every file of the folder with its size and SHA-256."""
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    text = json.dumps({"format": FORMAT, **record, "files": files}, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def is_folder(path: Path) -> bool:
    """Whether there is a folder here, put back first if a killed writer left it set aside."""
    _recover(path.resolve())
    return path.is_dir()


def is_complete(folder: Path) -> bool:
    """Whether the folder is a sealed result with every file at its full size; put back first if it was set aside."""
    return is_folder(folder) and _is_complete(folder)


def _is_complete(folder: Path) -> bool:
    manifest = _manifest(folder)
    if manifest is None:
        return False
    with suppress(OSError):
        return all((folder / name).stat().st_size == file["bytes"] for name, file in manifest["files"].items())
    return False


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a complete result. Raises InputError if there is none."""
    manifest = _manifest(folder) if is_complete(folder) else None
    if manifest is None:
        raise InputError([Problem(message="this is not a complete run folder", file=str(folder))])
    return manifest


def read_unchanged(folder: Path, name: str) -> str:
    """A text of a complete result, as it was written.

    Raises InputError if there is no such result or text, or if the text is not the one whose hash the manifest has.
    """
    manifest = read_manifest(folder)
    if name not in manifest["files"]:
        raise InputError([Problem(message=f"holds no {name}", file=str(folder))])
    content = (folder / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest["files"][name]["sha256"]:
        message = "was changed after it was written: its hash does not match"
        raise InputError([Problem(message=message, file=str(folder / name), allowed="the folder as it was written")])
    try:
        return content.decode()
    except UnicodeDecodeError:  # sealed so
        raise InputError([Problem(message="is not UTF-8 text", file=str(folder / name))]) from None


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads(read_bytes(folder / MANIFEST))
    except (OSError, ValueError, RecursionError, InputError):
        return None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or not _lists_files(manifest.get("files")):
        return None
    return manifest


def _lists_files(files: Any) -> bool:
    """Whether this is a list of files, each with its size and hash, as `seal` writes it."""
    return isinstance(files, dict) and all(
        isinstance(file, dict) and type(file.get("bytes")) is int and isinstance(file.get("sha256"), str)
        for file in files.values()
    )


def _sibling(folder: Path) -> tuple[Path, int]:
    """Create a hidden sibling and lock it while this process lives (-1: folders cannot be locked)."""
    while True:
        sibling = _hidden(folder, PARTIAL)
        sibling.mkdir()
        try:
            held = lock(sibling)
        except (BlockingIOError, FileNotFoundError):  # another writer removed it as abandoned before it was locked
            continue
        if held is None or sibling.is_dir():
            return sibling, -1 if held is None else held
        os.close(held)


def _hidden(folder: Path, suffix: str) -> Path:
    return folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{suffix}")


def _hidden_siblings(folder: Path, suffix: str) -> list[Path]:
    return sorted(folder.parent.glob(f".{glob.escape(folder.name)}.????????{suffix}"))


def lock(folder: Path) -> int | None:
    """Lock a folder or file without waiting; None where it cannot be locked. Raises BlockingIOError if it is taken."""
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:  # a network file system without locks
        os.close(descriptor)
        return None
    return descriptor


def _tidy(folder: Path) -> None:
    """Remove what killed writers of this folder left behind."""
    for leftover in _hidden_siblings(folder, PARTIAL):
        with suppress(OSError):
            held = lock(leftover)
            if held is not None or leftover.stat().st_mtime < time.time() - ABANDONED_AFTER:
                shutil.rmtree(leftover, ignore_errors=True)
            if held is not None:
                os.close(held)


def _keep_foreign_files(old: Path, new: Path) -> None:
    """Copy the files that the user has put into the run folder."""
    manifest = _manifest(old)
    if manifest is None:
        return
    ours = {MANIFEST, *(name.split("/")[0] for name in manifest["files"])}
    for entry in old.iterdir():
        if entry.name in ours or (new / entry.name).exists():
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, new / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, new / entry.name, follow_symlinks=False)


def _put_in_place(new: Path, folder: Path) -> None:
    """Rename `new` to `folder`; if that exists, swap the two, so that a result is there at all times."""
    while True:
        try:
            new.rename(folder)
            break
        except OSError as error:
            if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise
        if swap(new, folder):
            break
        with suppress(FileNotFoundError):  # another writer has set it aside
            folder.rename(_hidden(folder, ASIDE))  # if killed here, the next writer puts it back
    _recover(folder)


def _recover(folder: Path) -> None:
    """Put back a result that a writer set aside, if it was killed before the new one was in place."""
    for aside in _hidden_siblings(folder, ASIDE):
        if not folder.exists() and _is_complete(aside):
            with suppress(OSError):
                aside.rename(folder)
        elif _is_complete(folder):
            shutil.rmtree(aside, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Force every file and folder to the disk, innermost first."""
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(root, name)
            if path.is_symlink():
                continue
            descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(root))


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk."""
    with suppress(OSError):  # Windows cannot open folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
