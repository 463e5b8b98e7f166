"""A folder with one small file of every kind that the product reads, each valid."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from frenemy.cli.main import main

__all__ = ["EXPERIMENT", "Outcome", "Workplace", "call", "fill", "playground", "prepared", "scratch"]

MODEL = Path(__file__).with_name("model")
EXPERIMENT = "experiments/small.toml"
FEW = ("--paths", "8", "--no-plots")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command gave: its exit code and what it printed."""

    code: int
    out: str
    err: str


def call(words: Sequence[str]) -> Outcome:
    """Carry out one command in this process."""
    out, err = io.BytesIO(), io.BytesIO()
    with (
        contextlib.redirect_stdout(io.TextIOWrapper(out, encoding="utf-8", write_through=True)),
        contextlib.redirect_stderr(io.TextIOWrapper(err, encoding="utf-8", write_through=True)),
    ):
        code = main(words)
        return Outcome(code, out.getvalue().decode(), err.getvalue().decode())


def scratch() -> str | None:
    """A folder in memory, where there is one: these programmes write much and keep nothing."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextlib.contextmanager
def playground(name: str = "frenemy-reliability-") -> Iterator[Path]:
    """An empty folder to work in, which is the current one until the end of the block."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix=name, dir=scratch(), ignore_cleanup_errors=True) as folder:
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


class Workplace:
    """A copy of a folder that is made good again after each use: only what has changed is copied anew.

    It lies two folders below `place`, so that what a command writes to `..` or `../..` stays in there.
    """

    def __init__(self, pristine: Path, place: Path) -> None:
        self._pristine, self.folder = pristine, place / "above" / "work"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(pristine, self.folder)
        self._whole = self._marks()

    def restore(self) -> None:
        """Make the copy equal to the pristine folder, and leave nothing beside it or above it."""
        for inside in (self.folder, self.folder.parent):
            for stranger in {*inside.parent.iterdir()} - {inside}:
                _remove(stranger)
        now = self._marks()
        if now == self._whole:
            return
        for place in sorted(now.keys() - self._whole.keys()):
            _remove(self.folder / place)
        for place, mark in self._whole.items():  # a folder comes before what is in it
            if now.get(place) == mark:
                continue
            source, path = self._pristine / place, self.folder / place
            if source.is_dir():
                if path.is_symlink() or not path.is_dir():
                    path.unlink(missing_ok=True)
                    path.mkdir()
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            shutil.copy2(source, path)
        self._whole = self._marks()

    def _marks(self) -> dict[str, tuple[int, ...]]:
        """What would change if a file were written, moved or replaced, by its place in the folder; folders first."""
        found: dict[str, tuple[int, ...]] = {}
        waiting = [""]
        while waiting:
            inside = waiting.pop()
            with os.scandir(self.folder / inside) as entries:
                for entry in entries:
                    place = f"{inside}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        found[place] = (entry.stat(follow_symlinks=False).st_mode,)
                        waiting.append(f"{place}/")
                    else:
                        of = entry.stat(follow_symlinks=False)
                        found[place] = (of.st_mode, of.st_ino, of.st_size, of.st_mtime_ns, of.st_ctime_ns)
        return found


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def fill(folder: Path) -> None:
    """Copy the small model and its tables into a folder."""
    shutil.copytree(MODEL, folder, dirs_exist_ok=True)


def prepared(folder: Path) -> None:
    """Make one valid file of every kind in the current folder: model, tables, run folder, journal, checkpoint, session.

    Raises RuntimeError if one of the commands fails.
    """
    fill(folder)
    run = ("run", EXPERIMENT, *FEW, "--draws", "2")
    for words in (
        (*run, "--out", "runs/first"),
        (*run, "--out", "runs/second", "--seed", "2"),
        ("update", EXPERIMENT, *FEW, "--out", "runs/update"),
        ("freeze", "runs/first", "--as-of", "2026-01-05"),
        ("freeze", "runs/update", "--as-of", "2026-05-04"),
        ("resolve", "at/2026-03-30", "--outcome", "calm", "--source", "seen", "--date", "2026-03-31"),
    ):
        outcome = call(words)
        if outcome.code:
            raise RuntimeError(f"{' '.join(words)}: {outcome.err}")
    _checkpoint(folder)
    _session(folder)


def _checkpoint(folder: Path) -> None:
    """The checkpoint that a sweep leaves when it is killed before its results are written."""
    from frenemy.studies.sweep import study

    kept = folder / "runs" / ".swept.journal"
    study.sweep(Path(EXPERIMENT), paths=8, kept_in=kept)


def _session(folder: Path) -> None:
    """A session of a workshop with a few commands in it."""
    from frenemy.workshop.server.launch import open_session
    from frenemy.workshop.state.commands import Ask, Note, Open, Question, Set, Undo
    from frenemy.workshop.state.state import Refusal

    requests, _, _ = open_session(Path(EXPERIMENT), folder / "runs" / "small.workshop")
    session = requests.session
    try:
        joined = session.join("Ana", "facilitator")
        if isinstance(joined, Refusal):
            raise RuntimeError(joined.message)  # noqa: TRY004 no fault of a type
        who, _ = joined
        key = "triggers.diversion.probability"
        session.execute(Set(key=key, value=0.5, seen=session.state.version, why="because"), who)
        session.execute(Ask(question=Question(text="How likely?", key="triggers.diversion.probability")), who)
        session.execute(Open(question=next(iter(session.state.questions)).id, seen=session.state.version), who)
        session.execute(Note(text="A note"), who)
        session.execute(Undo(seen=session.state.version), who)
    finally:
        session.log.close()
