"""`python -m reliability fuzz`: damaged files and command lines of every kind, each given to a command."""

from __future__ import annotations

import contextlib
import functools
import json
import multiprocessing
import os
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from reliability.kinds import COMMANDS, KINDS, spoil
from reliability.mutation import damaged_words
from reliability.playground import Workplace, call, playground, prepared
from reliability.verdict import fault_of

__all__ = ["Finding", "fuzz", "one_by_one", "report"]

WORDS_OF = 5
"""One mutant in so many has its command line damaged, not a file."""
LONG_OF = 10
"""One mutant in so many is examined as a user would have it: on all cores, and `check` follows 70 years."""
PATIENCE = 90.0
"""Seconds for one mutant, so that a kernel can be compiled; beyond, it counts as a hang."""
MEMORY = 6 << 30
"""Bytes of address space of a worker, so that a mutant cannot take the machine down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One mutant that was not answered as it should be; seed and number make it again."""

    seed: int
    number: int
    kind: str
    file: str
    words: Sequence[str]
    fault: str

    @property
    def sort(self) -> str:
        """The fault without the words and numbers that differ from mutant to mutant."""
        return self.kind + " " + re.sub(r"[0-9]+|'[^']*'|\"[^\"]*\"|found .*", "…", self.fault)[:100]


def damage(seed: int, number: int) -> tuple[str, str, list[str]]:
    """Damage one file of the current folder, or a command line: its kind, the file and the command to give."""
    chance = Random(f"{seed}:{number}")
    if number % WORDS_OF == 0:
        return "command line", "", damaged_words(chance.choice(COMMANDS), chance)
    name = chance.choices([*KINDS], [kind.weight for kind in KINDS.values()])[0]
    kind = KINDS[name]
    file = chance.choice(kind.files)
    (kind.damage or spoil)(Path(file), chance)
    return name, file, [*chance.choice(kind.commands)]


def examine(seed: int, number: int, workplace: Workplace) -> Finding | None:
    """Make one mutant in a fresh folder, give it to a command and judge the answer."""
    workplace.restore()
    os.chdir(workplace.folder)
    kind, file, words = damage(seed, number)
    try:
        with quickly() if number % LONG_OF else contextlib.nullcontext():
            fault = fault_of(call(words), words)
    except SystemExit as error:
        fault = f"left by {error!r}"
    except Exception as error:  # noqa: BLE001 whatever comes out of `main` is a finding
        fault = f"{type(error).__name__}: {error}"
    return Finding(seed=seed, number=number, kind=kind, file=file, words=words, fault=fault) if fault else None


def one_by_one(seed: int, numbers: Sequence[int], pristine: Path) -> Iterator[Finding]:
    """The findings among some mutants, in this process and without a time limit."""
    workplace = Workplace(pristine, pristine.parent / "work")
    with quiet_session():
        for number in numbers:
            if found := examine(seed, number, workplace):
                yield found


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """One thread, as the workers share the cores, and a `check` that follows settled levels for two years only.

    What a command says of a file is the same.
    """
    from frenemy.check import settled_levels
    from frenemy.runtime import executors

    kept = settled_levels.PATHS, settled_levels.YEARS, settled_levels.MAX_BURN_IN_YEARS, executors.cores
    settled_levels.PATHS, settled_levels.YEARS, settled_levels.MAX_BURN_IN_YEARS = 64, 1.0, 1.0
    executors.cores = lambda: 1
    try:
        yield
    finally:
        settled_levels.PATHS, settled_levels.YEARS, settled_levels.MAX_BURN_IN_YEARS, executors.cores = kept


@contextlib.contextmanager
def quiet_session() -> Iterator[None]:
    """Let the command `workshop` open its session and end, and let warnings be told where the judge finds them.

    The commands are put together once, not for each mutant.
    """
    from frenemy.cli import main
    from frenemy.workshop.server import launch

    serve, application = launch.serve, main.application
    launch.serve, main.application = lambda *_: None, functools.cache(application)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        try:
            yield
        finally:
            launch.serve, main.application = serve, application


def _work(seed: int, numbers: Sequence[int], pipe: Connection) -> None:
    """A worker: says which mutant it begins, and what it found."""
    _limit_memory()
    with playground() as folder:
        pristine = folder / "pristine"
        pristine.mkdir()
        os.chdir(pristine)
        prepared(pristine)
        workplace = Workplace(pristine, folder / "work")
        with quiet_session():
            for number in numbers:
                pipe.send(number)
                found = examine(seed, number, workplace)
                if found:
                    pipe.send(asdict(found))
    pipe.send(None)


def _limit_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


class _Worker:
    """A process that examines mutants; replaced by a new one if a mutant hangs."""

    def __init__(self, seed: int, numbers: Sequence[int]) -> None:
        self._seed, self._left = seed, list(numbers)
        self._context = multiprocessing.get_context("spawn")
        self.done = 0
        self._start()

    def _start(self) -> None:
        self.pipe, theirs = self._context.Pipe(duplex=False)
        self._process = self._context.Process(target=_work, args=(self._seed, tuple(self._left), theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._current: int | None = None
        self._since = time.monotonic()

    def messages(self) -> Iterator[Finding]:
        """What it has found since last time; a hang and a crash of the process are findings too."""
        while self.busy and self.pipe.poll(0.05):
            try:
                message: Any = self.pipe.recv()
            except EOFError:
                self._process.join()
                yield from self._lost(f"the process died, exit {self._process.exitcode}")
                return
            if message is None:
                self._left, self._current = [], None
                self._process.join()
                return
            if isinstance(message, dict):
                yield Finding(**message)
                continue
            self._current, self._since = message, time.monotonic()
            self._left = [number for number in self._left if number != message]
            self.done += 1
        if self._current is not None and time.monotonic() - self._since > PATIENCE:
            self._process.kill()
            yield from self._lost(f"no answer in {PATIENCE:.0f} s")

    def _lost(self, fault: str) -> Iterator[Finding]:
        number = self._current
        if number is None:
            raise RuntimeError(f"a worker could not begin: {fault}")
        yield Finding(seed=self._seed, number=number, kind="?", file="", words=(), fault=fault)
        if self._left:
            self._start()

    @property
    def busy(self) -> bool:
        """Whether mutants are left or one is being examined."""
        return bool(self._left) or self._process.is_alive()


def fuzz(seed: int, numbers: Sequence[int], *, workers: int = 2) -> Iterator[Finding]:
    """Examine mutants in several processes; a hang is ended after `PATIENCE` seconds."""
    crew = [_Worker(seed, numbers[n::workers]) for n in range(min(workers, len(numbers)))]
    shown = time.monotonic()
    while any(worker.busy for worker in crew):
        for worker in crew:
            yield from worker.messages()
        if time.monotonic() - shown > 20:
            shown = time.monotonic()
            print(f"  {sum(worker.done for worker in crew):,} of {len(numbers):,}", file=sys.stderr, flush=True)


def report(findings: Sequence[Finding], mutants: int, seconds: float, folder: Path) -> None:
    """Print the findings by sort, one example each, and keep them all."""
    sorts = Counter(finding.sort for finding in findings)
    examples = {finding.sort: finding for finding in reversed(findings)}
    for sort, times in sorts.most_common():
        example = examples[sort]
        print(f"{times} x {example.kind} {example.file}: {' '.join(example.words)}\n    {example.fault}")
        print(f"    python -m reliability fuzz --seed {example.seed} --only {example.number}")
    print(f"{mutants:,} mutants in {seconds:.0f} s: {len(findings)} findings of {len(sorts)} sorts")
    if findings:
        folder.mkdir(parents=True, exist_ok=True)
        for finding in findings:
            keep = folder / f"{finding.seed}-{finding.number}.json"
            keep.write_text(json.dumps(asdict(finding), indent=1, default=list) + "\n", encoding="utf-8")
