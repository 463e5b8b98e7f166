"""Estimates of the memory and time of a run, before it is started."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from frenemy.errors import InputError, Problem
from frenemy.model.describe.wording import rounded
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.model.resolved import Model
from frenemy.runtime.executors import cores
from frenemy.simulation.ensemble.tally import BATCHES, BINS
from frenemy.simulation.noise.streams import BLOCK
from frenemy.storage.spool import MEMORY

__all__ = [
    "Size", "check_memory", "check_runs", "estimate", "filter_memory", "free_memory", "kept_problems",
    "shared_filter_memory", "size_problems",
]  # fmt: skip

NUMBER = 8
"""Bytes of a number: everything is float64 or int64."""
KEPT_PATHS = 2048
"""Paths that a run keeps whole, to draw some and to find typical ones."""
KEPT_NOISE = 16_384
"""Paths of an outer draw up to which the noise is kept from one draw to the next."""
SECONDS_PER_STEP = 4e-8
"""One driver or trigger of one path over one tick, on one core; good to an order of magnitude."""
PROCESS = 4e8
"""Bytes of a process that has its libraries and kernels, but no work yet."""
LAW = 3e4
"""Bytes of one outer draw's compiled model."""
WARN_MEMORY = 4e9
"""A larger run gets a warning."""
CONTAINERS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current", "inactive_file"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
"""Where Linux says what a container may use, what it uses, and which of that is files that it can drop."""
SECONDS_PER_DRAW = 2e-3
"""The numbers of one outer draw, made into a model, checked and compiled."""
MAX_DRAWS = 131_072
"""Outer draws of a run; more say nothing that these do not, and all are checked before it begins."""
MAX_SECONDS = 30 * 86_400.0
"""A longer run is treated as a mistake."""
WARN_SECONDS = 3_600.0
"""A longer run gets a warning."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a run needs."""

    memory: float  # bytes, at its peak
    seconds: float  # on the cores of this machine; good to a factor of a few


def estimate(model: Model, experiment: Experiment, workers: int = 0) -> Size:
    """The size of a run with so many threads (0: one a core). Memory does not grow with the number of paths."""
    workers = workers or cores()
    ticks, drivers, triggers = experiment.ticks, len(model.drivers), len(model.triggers)
    scenarios, outer = len(model.scenarios), experiment.uncertainty
    rows = ticks * drivers + len(model.calendar)
    odds = ticks * scenarios * (2 * BATCHES + 1) + 2 * ticks * (triggers + drivers)
    levels = scenarios * ((ticks + 1) * drivers * BINS + 100 * 100)
    kept = min(KEPT_PATHS, experiment.paths) * (ticks + 1) * 2 * drivers
    held = workers * (rows * BLOCK + 2 * odds + levels) + 2 * (odds + levels) + 2 * kept
    steps = float(experiment.paths)
    if outer.draws:
        steps = float(outer.draws) * outer.paths
        held += 3 * outer.draws * ticks * scenarios + (rows * outer.paths if outer.paths <= KEPT_NOISE else 0)
    seconds = steps * ticks * (drivers + triggers + 1) * SECONDS_PER_STEP / workers
    return Size(memory=NUMBER * held, seconds=seconds + SECONDS_PER_DRAW * outer.draws)


def check_runs(
    model: Model, experiment: Experiment, runs: float, *, key: str, found: int, held: float = 0.0, workers: int = 0
) -> None:
    """Raise InputError if so many runs of an experiment at the medians, which hold so many numbers, are too much.

    Called before a study begins; `key` is the option that asks for so many, `found` its value.
    """
    once = estimate(model, replace(experiment, uncertainty=Uncertainty(draws=0, paths=experiment.paths)), workers)
    size = Size(memory=once.memory + NUMBER * held, seconds=runs * once.seconds)
    memory = free_memory()
    if size.seconds > MAX_SECONDS:
        message = f"this takes about {_duration(size.seconds)} on this machine"
    elif size.memory > memory:
        message = f"this needs about {_bytes(size.memory)} of memory, and {_bytes(memory)} is free"
    else:
        return
    raise InputError([Problem(message=message, key=key, found=str(found), allowed="a smaller number, or fewer paths")])


def filter_memory(model: Model, experiment: Experiment, *, draws: int, paths: int, workers: int = 0) -> float:
    """Bytes that the paths of all draws need, filtered and then simulated to the horizon.

    Paths that wait lie in memory up to a limit, then in a temporary file. Only the numbers of a draw, the weights of
    its paths and its odds stay.
    """
    workers = min(workers or cores(), -(-draws * paths // BLOCK))
    ticks, drivers, triggers = experiment.ticks, len(model.drivers), len(model.triggers)
    dates = len(model.calendar)
    of_path = NUMBER * (32 * drivers + 4 * dates + 10 * triggers * (drivers + 1) + 8 * drivers**2 + 100)
    past = (ticks + 1) * (NUMBER * drivers + 1)
    waiting = draws * (LAW + 3 * NUMBER * paths) + min(draws * paths * of_path, 2 * MEMORY)  # twice where they move
    levels = 4 * NUMBER * (ticks + 1) * drivers * BINS
    odds = 7 * NUMBER * draws * ticks * len(model.scenarios)
    return waiting + workers * (2 * BLOCK * (of_path + past) + levels) + odds


def shared_filter_memory(model: Model, experiment: Experiment, *, ledgers: int, paths: int) -> float:
    """Bytes that one pass through many ledgers needs, whose noise is drawn once and whose common past is shared."""
    ticks, drivers, triggers = experiment.ticks, len(model.drivers), len(model.triggers)
    rows = ticks * drivers + len(model.calendar)
    blocks = -(-paths // BLOCK)
    forks = 3 + math.log2(max(ledgers, 1))  # those that wait where ledgers part
    return NUMBER * (rows * BLOCK * blocks + forks * paths * (24 * triggers + 8 * drivers + 24))


def check_memory(needed: Callable[[int], float], size: int, *, key: str, unit: str) -> None:
    """Refuse what cannot fit into the memory that is free: InputError, with the size that would fit.

    `needed` gives the bytes for any size; `key` and `unit` name it.
    """
    free = free_memory()
    if PROCESS + needed(size) <= free:
        return
    fits = size
    while fits > 0 and PROCESS + needed(fits) > free:
        fits //= 2
    while 0 < fits < size and PROCESS + needed(fits + max(fits // 16, 1)) <= free:
        fits += max(fits // 16, 1)
    message = f"this needs about {_bytes(PROCESS + needed(size))} of memory, and {_bytes(free)} is free"
    allowed = f"up to about {fits:,} {unit}" if fits else "fewer paths, a shorter horizon, or a longer tick"
    raise InputError([Problem(message=message, key=key, found=f"{size:,}", allowed=allowed)])


def free_memory() -> float:
    """Bytes of memory that this process may still take: the machine's, or its container's if that is less.

    What a process would give back, such as cached files, counts as free. inf if unknown.
    """
    limits = [math.inf]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")))
    with suppress(OSError, ValueError, KeyError):
        limits.append(1024 * _numbers(Path("/proc/meminfo"))["MemAvailable:"])
    for folder, limit, used, files in CONTAINERS:
        with suppress(OSError, ValueError, KeyError):  # no such limit, or the word "max"
            taken = float((folder / used).read_text()) - _numbers(folder / "memory.stat")[files]
            limits.append(float((folder / limit).read_text()) - taken)
    return max(min(limits), 0.0)


def _numbers(file: Path) -> dict[str, float]:
    """The first number of each line of a file of the kernel, by its name."""
    lines = (line.split() for line in file.read_text().splitlines())
    return {name: float(number) for name, number, *_ in lines}


def size_problems(size: Size, memory: float, draws: int = 0) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about the size of a run where so many bytes of memory are free."""
    errors: list[Problem] = []
    warnings: list[Problem] = []
    if size.memory > memory:
        message = f"this run needs about {_bytes(size.memory)} of memory, and {_bytes(memory)} is free"
        share = f"to about {100 * memory / size.memory:.0f} % of it" if memory > 0.01 * size.memory else ""
        allowed = f"a shorter horizon{share and f' ({share})'}, a longer tick, or fewer drivers and scenarios"
        errors.append(Problem(message=message, key="horizon", allowed=allowed))
    elif size.memory > WARN_MEMORY:
        message = f"this run needs about {_bytes(size.memory)} of memory; {_bytes(memory)} is free"
        warnings.append(Problem(message=message, key="horizon", allowed="a shorter horizon, or a longer tick"))
    if draws > MAX_DRAWS:
        message = f"so many draws take about {_duration(size.seconds)} and {_bytes(size.memory)} of memory"
        allowed = f"at most {MAX_DRAWS:,}; more paths for each draw, if the error is to be smaller"
        errors.append(Problem(message=message, key="uncertainty.draws", found=str(draws), allowed=allowed))
    if size.seconds > WARN_SECONDS:
        message = f"this run takes about {_duration(size.seconds)} on this machine"
        problem = Problem(message=message, key="paths", allowed="fewer paths or draws, or a longer tick")
        (errors if size.seconds > MAX_SECONDS else warnings).append(problem)
    return errors, warnings


def kept_problems(model: Model, experiment: Experiment, paths: int, memory: float) -> list[Problem]:
    """Whether so many whole paths fit into memory, with the copy that is made to label or write them."""
    size = 2.0 * NUMBER * paths * (experiment.ticks + 1) * (2 * len(model.drivers) + 1)
    if size <= memory:
        return []
    message = f"{paths:,} whole paths need about {_bytes(size)} of memory, and {_bytes(memory)} is free"
    return [Problem(message=message, key="keep", allowed="fewer of them, a shorter horizon or a longer tick")]


def _bytes(number: float) -> str:
    for size, unit in ((1e12, "TB"), (1e9, "GB")):
        if number >= size:
            return f"{rounded(number / size)} {unit}"
    return f"{rounded(number / 1e6)} MB"


def _duration(seconds: float) -> str:
    days = seconds / 86_400
    if days < 2:
        return f"{rounded(24 * days)} hours"
    return f"{rounded(days)} days" if days < 2 * DAYS_PER_YEAR else f"{rounded(days / DAYS_PER_YEAR)} years"
