"""`python -m reliability faults`: an error or a kill at every change of a file, and kills at random moments."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from reliability.playground import call, fill, playground
from reliability.writers import WRITERS, WRONG_TWINS, Writer, is_for_the_next, leftovers, results

__all__ = ["HOWS", "Fault", "Stage", "at_every_call", "at_random", "with_disk"]

SOURCE = Path(__file__).with_name("disk.c")
HOWS = {"error": 1, "full disk": 2, "kill": 4}
"""What happens at a call, with its number in disk.c. A kill comes when the call is done, of a write the half."""
PATIENCE = 120.0
"""Seconds for one command; beyond, it counts as a hang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault after which something was not as it should be."""

    writer: str
    how: str
    where: str
    wrong: str

    @property
    def sort(self) -> str:
        """What was wrong, without the names."""
        return re.split(r": |, and ", self.wrong)[0] + " " + " ".join(self.wrong.split()[:4])


@dataclass(frozen=True, slots=True)
class _End:
    """How a command ended: exit code, or None if it was killed; its last words; the call that was hit."""

    code: int | None
    said: str
    hit: str


def with_disk(arguments: Sequence[str]) -> int:
    """Carry out `python -m reliability` again with the failing disk before the system's calls; its exit code.

    Raises FileNotFoundError where there is no C compiler.
    """
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        raise FileNotFoundError("faults at every write need Linux and a C compiler (cc)")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "disk.so")
        subprocess.run([compiler, "-O1", "-shared", "-fPIC", SOURCE, "-o", library, "-ldl"], check=True)
        command = [sys.executable, "-m", "reliability", *arguments]
        return subprocess.run(command, check=False, env=os.environ | {"LD_PRELOAD": str(library)}).returncode


class Stage:
    """A writer with its old and its new result, in a folder in which it is repeated under faults."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.writer = name, {**WRITERS, **WRONG_TWINS}[name]
        self._judged_before: dict[tuple[object, ...], str] = {}
        self.work, self._before = folder / "work", folder / "before"
        shutil.rmtree(self._before, ignore_errors=True)
        self._before.mkdir()
        fill(self._before)
        (self._before / "tmp").mkdir()
        self._warm_up(folder / "warm")
        self._enter(self._before)
        for words in self.writer.before:
            if (end := _child(partial(_act, Writer(words=words)), None)).code:
                raise RuntimeError(f"{' '.join(words)}: {end.said}")
        self.reset()
        self.old = results(self.work)
        self._enter(self.work)
        start = time.monotonic()
        end = _forked(self.writer, self.work, 0, "error")
        self.seconds = time.monotonic() - start
        if end.code:
            raise RuntimeError(f"{name}: {end.said}")
        self.calls = int(end.hit or 0)
        self.new = results(self.work)
        if left := leftovers(self.work):
            raise RuntimeError(f"{name}: leaves {left}")

    def _warm_up(self, folder: Path) -> None:
        """Load in this process what the command needs, so that its children begin at once."""
        shutil.copytree(self._before, folder)
        self._enter(folder)
        for words in self.writer.before:
            call(words)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            _act(self.writer)

    def _enter(self, folder: Path) -> None:
        os.chdir(folder)
        tempfile.tempdir = str(folder / "tmp")

    def reset(self) -> None:
        """Put the old result back."""
        os.chdir(self._before)
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self._before, self.work, symlinks=True)
        self._enter(self.work)

    def faulted(self, number: int, how: str) -> Fault | None:
        """Carry out the command with a fault at one call, then once more without; what was wrong, if anything."""
        self.reset()
        end = _forked(self.writer, self.work, number, how)
        return self._judged(end, how, f"call {number}: {end.hit}".replace(str(self.work), ""))

    def killed(self, after: float) -> Fault | None:
        """Kill the command after some seconds, then carry it out once more; what was wrong, if anything."""
        self.reset()
        return self._judged(_killed(self.writer, after), "kill", f"after {after:.4f} s")

    def _judged(self, end: _End, how: str, where: str) -> Fault | None:
        wrong = self._wrong_now(end) or self._wrong_afterwards(end)
        return Fault(writer=self.name, how=how, where=where, wrong=wrong) if wrong else None

    def _wrong_now(self, end: _End) -> str:
        found = results(self.work)
        if end.code not in {None, 0, 1, 2} or "this is a bug" in end.said or "Traceback" in end.said:
            return f"exit {end.code}: {end.said[-300:]}"
        if broken := [name for name, says in found.items() if says not in {self.old.get(name), self.new.get(name)}]:
            return f"exit {end.code}: neither old nor new: {', '.join(broken)}"
        if lost := [name for name in self.old if name not in found]:
            return f"exit {end.code}: gone: {', '.join(lost)}"
        if end.code == 0 and found != self.new:
            return f"exit 0, but not the new result: {_difference(found, self.new)}"
        if end.code in {1, 2} and found != self.old and not self.writer.parts:
            return f"exit {end.code}, but not the old result: {_difference(found, self.old)}"
        left = [name for name in leftovers(self.work) if end.code == 0 or not is_for_the_next(name)]
        if left and end.code is not None and not end.hit.startswith("unlink"):
            return f"exit {end.code}, and left over: {', '.join(left)}"
        return ""

    def _wrong_afterwards(self, end: _End) -> str:
        """What is wrong after the next start."""
        found, left = results(self.work), leftovers(self.work)
        if end.code is not None and found == self.old and not left:
            return ""  # as it was before: there is nothing that the next start could stumble over
        sizes = sum((self.work / name).stat().st_size for name in found)
        state = (*found.items(), *(re.sub(r"\.[0-9a-f]{8}\.", ".*.", name) for name in left), sizes)
        if state not in self._judged_before:  # the next start has nothing else to go by
            self._judged_before[state] = self._wrong_at_the_next_start(found)
        return self._judged_before[state]

    def _wrong_at_the_next_start(self, found: dict[str, str]) -> str:
        again = _forked(self.writer, self.work, 0, "error")
        done = found == self.new and found != self.old
        if again.code and not (done and self.writer.new_only and again.code == 2):
            return f"the next start fails: exit {again.code}: {again.said[-300:]}"
        after = results(self.work)
        if after != self.new and not (done and not self.writer.new_only):
            return f"the next start does not give the new result: {_difference(after, self.new)}"
        return f"left over after the next start: {', '.join(left)}" if (left := leftovers(self.work)) else ""


def _difference(found: dict[str, str], wanted: dict[str, str]) -> str:
    names = sorted(name for name in found | wanted if found.get(name) != wanted.get(name))
    return ", ".join(
        f"{name} {'differs' if name in found and name in wanted else 'is there' if name in found else 'is not there'}"
        for name in names
    )


def _act(writer: Writer) -> int:
    return writer.act(list(writer.words))


def _forked(writer: Writer, folder: Path, number: int, how: str) -> _End:
    """Carry out a command in a child process whose disk fails at one call; at none for 0, and `hit` counts them."""
    return _child(partial(_act, writer), (folder, number, how))


def _child(act: Callable[[], int], fault: tuple[Path, int, str] | None) -> _End:
    said, hit = tempfile.TemporaryFile(dir="/tmp"), tempfile.TemporaryFile(dir="/tmp")  # noqa: SIM115 closed below
    with said, hit:
        child = os.fork()
        if child == 0:
            _be_the_child(act, fault, said.fileno(), hit.fileno())
        status = _wait(child)
        said.seek(0)
        hit.seek(0)
        code = os.waitstatus_to_exitcode(status)
        return _End(
            None if code == -signal.SIGKILL else code, said.read().decode(errors="replace"), hit.read().decode()
        )


def _be_the_child(act: Callable[[], int], fault: tuple[Path, int, str] | None, said: int, hit: int) -> None:
    """Never returns."""
    code = 99
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        disk = ctypes.CDLL(None)
        if fault is not None:
            folder, number, how = fault
            disk.disk_arm(os.fsencode(folder), number, HOWS[how], hit)
        code = act()
        sys.stdout.flush()
        if fault is not None and fault[1] == 0:
            count = disk.disk_calls()
            disk.disk_arm(b"", 0, 0, -1)
            os.write(hit, str(count).encode())
    except BaseException:  # noqa: BLE001 a child must not run the parent's code
        import traceback

        os.write(said, traceback.format_exc().encode())
    finally:
        os._exit(code)


def _wait(child: int) -> int:
    """The status with which a child ended; one that hangs is killed with another signal than those of the faults."""
    end = time.monotonic() + PATIENCE
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > end:
            os.kill(child, signal.SIGABRT)
            return os.waitpid(child, 0)[1]
        time.sleep(0.002)


def _killed(writer: Writer, after: float) -> _End:
    """Carry out a command in a child process and kill it after some seconds."""
    with tempfile.TemporaryFile(dir="/tmp") as said:
        child = os.fork()
        if child == 0:
            _be_the_child(partial(_act, writer), None, said.fileno(), -1)
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return _End(None if code == -signal.SIGKILL else code, said.read().decode(errors="replace"), "")


def at_every_call(names: Sequence[str], *, hows: Sequence[str] = tuple(HOWS), every: int = 1) -> Iterator[Fault | int]:
    """A fault at every call of some writers (or at each so many): what was wrong, and after each writer how many."""
    for name in names:
        with playground() as folder:
            stage = Stage(name, folder)
            tried = 0
            for number in range(1, stage.calls + 1, every):
                for how in hows:
                    tried += 1
                    if fault := stage.faulted(number, how):
                        yield fault
            yield tried


def at_random(kills: int, seed: int, names: Sequence[str] = tuple(WRITERS)) -> Iterator[Fault | int]:
    """Kills at random moments, shared out among some writers: what was wrong, and after each writer how many."""
    chance = Random(seed)
    for place, name in enumerate(names):
        share = kills * (place + 1) // len(names) - kills * place // len(names)
        with playground() as folder:
            stage = Stage(name, folder)
            for _ in range(share):
                if fault := stage.killed(chance.uniform(0, 1.05 * stage.seconds)):
                    yield fault
            yield share
