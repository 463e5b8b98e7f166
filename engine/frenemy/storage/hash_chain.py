"""An append-only journal: one JSON object per line, each chained to the one before by its hash.

An entry holds the hash of its predecessor, and its own hash covers the rest of the entry. A line that was changed,
removed or inserted is therefore detected, unless every later line was forged too; to guard against that, keep the last
hash elsewhere. Writers take turns through a lock on the file. A writer that is killed half-way leaves a torn last line;
the next one moves it to a file beside the journal and continues.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from frenemy.errors import InputError, Problem
from frenemy.storage.regular_file import read_bytes

__all__ = ["FIRST", "HashChain", "append", "read_chain"]

FIRST = "0" * 64
"""The predecessor's hash in the first entry."""
HOLDS: Mapping[str, Mapping[str, type]] = {
    "frozen": {"forecast": str, "experiment": str, "as_of": str, "questions": dict},
    "resolved": {"question": str, "outcome": object, "date": str},
}
"""What an entry of each kind has beside its place in the chain."""
DATES = ("as_of", "date")
TORN = ".torn"
"""Suffix of the file beside the journal that keeps torn lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashChain:
    """The entries in order; `torn` is the unfinished last line of a writer that was killed."""

    entries: tuple[Mapping[str, Any], ...]
    torn: bytes = b""

    @property
    def head(self) -> str:
        """The hash of the last entry, which confirms all entries."""
        return str(self.entries[-1]["hash"]) if self.entries else FIRST

    def of(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """The entries of one kind."""
        return tuple(entry for entry in self.entries if entry["kind"] == kind)


def read_chain(path: Path) -> HashChain:
    """Read a journal and check its chain. Raises InputError with the line at which it is broken."""
    if path.is_dir():
        raise InputError([Problem(message="is a folder, not a journal", file=str(path))])
    if not os.path.lexists(path):
        message = "there is no journal yet; frenemy freeze creates one"
        raise InputError([Problem(message=message, file=str(path))])
    return _parsed(read_bytes(path), path)


def append(path: Path, kind: str, contents: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write one entry to the disk and return it. Raises InputError if the chain is broken."""
    return append_with(path, kind, lambda _: contents)


def append_with(path: Path, kind: str, contents: Any) -> Mapping[str, Any]:
    """Write one entry whose contents are a function of the journal so far, while nobody else can change it."""
    contents(read_chain(path) if os.path.lexists(path) else HashChain(entries=()))  # what is refused writes nothing
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    with _turn(descriptor):
        whole = _all_of(descriptor)
        journal = _parsed(whole, path)
        if journal.torn:
            _set_aside(path, journal.torn)
        kept = whole[: len(whole) - len(journal.torn)]
        if kept and not kept.endswith(b"\n"):  # the line is complete except for its line feed
            kept += b"\n"
        entry = {
            "entry": len(journal.entries) + 1, "written": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "kind": kind, **contents(journal), "before": journal.head,
        }  # fmt: skip
        entry["hash"] = _hash(entry)
        line = _line(entry) + b"\n"
        end = len(whole) - len(journal.torn)
        try:
            os.ftruncate(descriptor, end)
            os.lseek(descriptor, 0, os.SEEK_END)
            _write(descriptor, kept[end:] + line)
            os.fsync(descriptor)
        except OSError:  # the writer is told that nothing is on record, so nothing may be
            with suppress(OSError):
                os.ftruncate(descriptor, end)
            raise
    return entry


def _hash(entry: Mapping[str, Any]) -> str:
    """The SHA-256 of an entry without its own hash, keys in alphabetical order."""
    rest = {key: value for key, value in entry.items() if key != "hash"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _line(entry: Mapping[str, Any]) -> bytes:
    """An entry as it is written: one entry has one form."""
    return json.dumps(entry, ensure_ascii=False, separators=(", ", ": ")).encode()


def _parsed(whole: bytes, path: Path) -> HashChain:
    lines = whole.split(b"\n")
    last = lines.pop()  # whatever follows the last line feed
    entries: list[Mapping[str, Any]] = []
    for number, line in enumerate(lines, 1):
        entries.append(_entry(line, number, entries, path))
    if not last:
        return HashChain(entries=tuple(entries))
    try:  # only its line feed may be missing
        entries.append(_entry(last, len(lines) + 1, entries, path))
    except InputError:
        return HashChain(entries=tuple(entries), torn=last)
    return HashChain(entries=tuple(entries))


def _entry(line: bytes, number: int, before: Sequence[Mapping[str, Any]], path: Path) -> Mapping[str, Any]:
    def refusal(message: str) -> InputError:
        return InputError([Problem(message=message, file=str(path), line=number)])

    try:
        entry: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise refusal("not an entry: the journal was changed after it was written") from None
    whole = isinstance(entry, dict) and {"entry", "kind", "before", "hash"} <= entry.keys()
    if not whole or not isinstance(entry["kind"], str):
        raise refusal("not an entry of a journal")
    if entry["hash"] != _hash(entry) or line != _line(entry):  # keys written twice, other blanks, other line ends
        raise refusal("this entry was changed after it was written: its hash does not match")
    if entry["before"] != (before[-1]["hash"] if before else FIRST):
        raise refusal("this entry was not written after the one before it: lines were removed or inserted")
    for name, kind in HOLDS.get(entry["kind"], {}).items():
        if name not in entry or not isinstance(entry[name], kind) or (name in DATES and not _is_date(entry[name])):
            raise refusal(f"not an entry of a journal: {name} is missing or wrong")
    return cast("Mapping[str, Any]", entry)


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _all_of(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write(descriptor: int, text: bytes) -> None:
    while text:
        text = text[os.write(descriptor, text) :]


def _set_aside(path: Path, torn: bytes) -> None:
    with path.with_name(path.name + TORN).open("ab") as file:
        file.write(torn + b"\n")


@contextmanager
def _turn(descriptor: int) -> Iterator[None]:
    """Wait for the lock of an open file; release and close it at the end."""
    try:
        try:
            import fcntl
        except ImportError:  # Windows
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
