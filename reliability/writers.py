"""Every command that writes: what is there before, and the words that put something new in its place."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from frenemy.cli.main import main
from frenemy.errors import InputError
from frenemy.storage.hash_chain import read_chain
from frenemy.storage.run_folder import MANIFEST
from reliability.playground import EXPERIMENT

__all__ = ["WRITERS", "WRONG_TWINS", "Writer", "is_for_the_next", "leftovers", "results"]

BESIDE = (".torn", "-wal", "-shm", "-journal")
"""What belongs to the file beside it: torn lines of a journal, SQLite's own files."""
FEW = ("--paths", "8", "--no-plots")
NEW = ("--seed", "2")
SMALL_RUN = ("run", EXPERIMENT, "--draws", "2", *FEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A command that writes."""

    words: Sequence[str]
    before: Sequence[Sequence[str]] = ()
    """Commands that make the old result."""
    act: Callable[[Sequence[str]], int] = main
    """How the words are carried out."""
    parts: bool = False
    """The result has several parts, each of which is whole; after an error some may be new."""
    new_only: bool = False
    """The result must not be there before: a second time the command is refused."""


def _study(*words: str) -> Writer:
    """A study that replaces its folder."""
    command = (*words, *FEW, "--out", "runs/old")
    return Writer(words=(*command, *NEW), before=(command,))


def _export() -> int:
    """Open a session, do something in it, and export all of it."""
    from frenemy.runtime.progress import Silent
    from frenemy.workshop.compute.export import Record, exported, report_files
    from frenemy.workshop.server.launch import open_session
    from frenemy.workshop.state.commands import Note
    from frenemy.workshop.state.state import Refusal

    requests, *_ = open_session(Path(EXPERIMENT), Path("runs/small.workshop"))
    session = requests.session
    try:
        joined = session.join("Ana", "facilitator")
        if isinstance(joined, Refusal) or isinstance(session.execute(Note(text="A note"), joined[0]), Refusal):
            return 1
        run = session.engine.run(session.state.numbers)
        record = Record(
            catalogue=session.catalogue, state=session.state, minutes=list(session.minutes), effects={},
            experiment=Path(EXPERIMENT), session_id="x",
        )  # fmt: skip
        if os.environ.get("RELIABILITY_PICTURES"):
            exported(record, "all", lambda: report_files(record, run, Silent(), 1))
        else:
            exported(record, "minutes", dict)
    finally:
        session.log.close()
    return 0


def _workshop(_: Sequence[str]) -> int:
    """An export, with errors told as the command line tells them."""
    try:
        return _export()
    except InputError:
        return 2
    except OSError:
        return 1


WRITERS: Mapping[str, Writer] = {
    "run": _study("run", EXPERIMENT, "--draws", "2"),
    "run anew": Writer(words=(*SMALL_RUN, "--keep", "2", "--out", "deep/er/new")),
    "compare": _study("compare", EXPERIMENT, "--draws", "2"),
    "causes": _study("causes", EXPERIMENT),
    "causes of a storyline": Writer(
        words=("causes", EXPERIMENT, "--path", "3", "--out", "causes.csv", "--force"),
        before=(("causes", EXPERIMENT, "--path", "2", "--out", "causes.csv"),),
    ),
    "causes, new": Writer(words=("causes", EXPERIMENT, "--path", "3", "--out", "causes.csv"), new_only=True),
    "story": Writer(
        words=("story", EXPERIMENT, "--path", "3", "--out", "story.svg", "--force"),
        before=(("story", EXPERIMENT, "--path", "2", "--out", "story.svg"),),
    ),
    "story, new": Writer(words=("story", EXPERIMENT, "--path", "3", "--out", "story.png"), new_only=True),
    "sensitivity": _study("sensitivity", EXPERIMENT),
    "sweep": _study("sweep", EXPERIMENT),
    "tune": Writer(
        words=("tune", EXPERIMENT, "--target", "dispute=0.6", "--write", "tuned.toml", "--paths", "256", "--no-plots"),
        new_only=True,
    ),
    "map": _study("map", EXPERIMENT),
    "audit": _study("audit", EXPERIMENT),
    "rare": _study("rare", EXPERIMENT),
    "elicit": Writer(words=("elicit", EXPERIMENT, "--write", "pooled.toml", "--draws", "2", *FEW), new_only=True),
    "update": _study("update", EXPERIMENT),
    "timeline": _study("timeline", EXPERIMENT, "--repeats", "2"),
    "watch": _study("watch", EXPERIMENT),
    "fit": Writer(
        words=("fit", "data/levels.csv", "--driver", "trust", "--write", "fitted.toml", "--no-plots"), new_only=True
    ),
    "freeze": Writer(
        words=("freeze", "runs/kept", "--as-of", "2026-01-05"),
        before=((*SMALL_RUN, "--out", "runs/kept"), ("freeze", "runs/kept", "--as-of", "2026-01-06")),
    ),
    "freeze, first": Writer(
        words=("freeze", "runs/kept", "--as-of", "2026-01-05"), before=((*SMALL_RUN, "--out", "runs/kept"),)
    ),
    "resolve": Writer(
        words=("resolve", "at/2026-03-30", "--outcome", "calm", "--source", "seen", "--date", "2026-03-31"),
        new_only=True, before=((*SMALL_RUN, "--out", "runs/kept"), ("freeze", "runs/kept", "--as-of", "2026-01-05")),
    ),
    "score": Writer(
        words=("score", "data/forecasts.csv", "--no-plots", "--out", "runs/old"),
        before=(("score", "data/choices.csv", "--no-plots", "--out", "runs/old"),),
    ),
    "hindcast": _study("hindcast", EXPERIMENT, "--months", "1"),
    "init": Writer(words=("init", "fresh"), parts=True, new_only=True),
    "schema": Writer(words=("schema", "--out", "schemas"), parts=True),
    "workshop": Writer(words=(), act=_workshop, parts=True),
}  # fmt: skip
"""By name."""


def _in_place(_: Sequence[str]) -> int:
    """Write a file as no command may."""
    Path("note.txt").write_text("half of this is worse than nothing", encoding="utf-8")
    return 0


WRONG_TWINS: Mapping[str, Writer] = {"a wrong twin": Writer(words=(), act=_in_place)}
"""Writers whose faults must be found."""


def results(folder: Path) -> dict[str, str]:
    """What a reader finds: each file, run folder, journal and session outside hidden ones, by what it says."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if any(part.startswith(".") or part == "tmp" for part in name.parts) or not path.is_file():
            continue
        if path.name.endswith(BESIDE) or (path.suffix == ".jsonl" and not _says(path)):
            continue  # a journal without entries, which may have a torn line, says nothing
        run = next((above for above in path.parents if above != folder and _is_run(above)), None)
        if run is None:
            found[name.as_posix()] = _says(path)
        else:
            found.setdefault(run.relative_to(folder).as_posix(), _run_says(run))
    return found


def _is_run(folder: Path) -> bool:
    return (folder / MANIFEST).exists()


def _run_says(run: Path) -> str:
    """The tables of a run folder, all of which must be as its manifest says."""
    try:
        files = json.loads((run / MANIFEST).read_bytes())["files"]
        digests = {name: hashlib.sha256((run / name).read_bytes()).hexdigest() for name in files}
    except (OSError, ValueError, KeyError) as error:
        return f"broken: {error}"
    if any(digests[name] != file["sha256"] for name, file in files.items()):
        return "broken: a hash does not match"
    return json.dumps({name: digest for name, digest in digests.items() if name.endswith((".csv", ".toml"))})


def _says(path: Path) -> str:
    """What a single file says."""
    if path.suffix == ".jsonl":
        try:
            chain = read_chain(path)
        except InputError as error:
            return f"broken: {error}"
        return " ".join(entry["kind"] for entry in chain.entries)
    if path.suffix == ".workshop":
        return _session_says(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _session_says(path: Path) -> str:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return f"{connection.execute('PRAGMA integrity_check').fetchone()[0]}"
    except sqlite3.Error as error:
        return f"broken: {error}"


def is_for_the_next(name: str) -> bool:
    """Whether it is what the next start continues from: the checkpoint of a sweep, SQLite's own files."""
    return (Path(name).name.startswith(".") and name.endswith(".journal")) or name.endswith(BESIDE[1:])


def leftovers(folder: Path) -> list[str]:
    """Hidden and temporary files that no command has use for."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.name.startswith(".")
        or path.name.endswith((".partial", "-wal", "-shm", "-journal"))
        or path.parent.name == "tmp"
    )
