"""Estimates of the memory and time of a run, before it is started."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from frenemy.errors import Problem
from frenemy.model.describe.wording import rounded
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model, PerYear, Trigger, central
from frenemy.runtime.executors import cores
from frenemy.simulation.ensemble.tally import BATCHES, BINS
from frenemy.simulation.noise.streams import BLOCK

__all__ = ["Size", "estimate", "kept_problems", "machine_memory", "size_problems"]

NUMBER = 8
"""Bytes of a number: everything is float64 or int64."""
KEPT_PATHS = 2048
"""Paths that a run keeps whole, to draw some and to find typical ones."""
KEPT_NOISE = 16_384
"""Paths of an outer draw up to which the noise is kept from one draw to the next."""
SECONDS_PER_STEP = 4e-8
"""One driver or trigger of one path over one tick, on one core; good to an order of magnitude."""
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
    years = ticks * experiment.tick / DAYS_PER_YEAR
    rows = ticks * drivers + len(model.calendar) + sum(_layers(trigger, years) for trigger in model.triggers)
    odds = ticks * scenarios * (2 * BATCHES + 1) + 2 * ticks * (triggers + drivers)
    levels = scenarios * ((ticks + 1) * drivers * BINS + 100 * 100)
    kept = min(KEPT_PATHS, experiment.paths) * (ticks + 1) * 2 * drivers
    held = workers * (rows * BLOCK + 2 * odds + levels) + 2 * (odds + levels) + 2 * kept
    steps = float(experiment.paths)
    if outer.draws:
        steps = float(outer.draws) * outer.paths
        held += 3 * outer.draws * ticks * scenarios + (rows * outer.paths if outer.paths <= KEPT_NOISE else 0)
    seconds = steps * ticks * (drivers + triggers + 1) * SECONDS_PER_STEP / workers
    return Size(memory=NUMBER * held, seconds=seconds)


def _layers(trigger: Trigger, years: float) -> float:
    """Rows of noise that a trigger needs: for each possible event, one for the clock and one for each further draw."""
    rate = trigger.rate
    if isinstance(rate, PerYear):
        a_year = central(rate.rate)
    else:
        a_year = -math.log1p(-central(rate.probability)) * DAYS_PER_YEAR / rate.within
    events = min(3 + a_year * years + 5 * math.sqrt(a_year * years), trigger.max_count + 2)
    return events * (1 + (trigger.severity_cv != 0) + (trigger.kind == "episode") + 2 * len(trigger.leads_to))


def machine_memory() -> float:
    """Bytes of memory that this process may use: the machine's, or its container's if that is less. inf if unknown."""
    limits = [math.inf]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")))
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limits.append(float(Path(file).read_text()))
        except (OSError, ValueError):  # no such limit, or the word "max"
            continue
    return min(limit for limit in limits if limit > 0)


def size_problems(size: Size, memory: float) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about the size of a run on a machine with so many bytes of memory."""
    errors: list[Problem] = []
    warnings: list[Problem] = []
    if size.memory > memory:
        message = f"this run needs about {_bytes(size.memory)} of memory, and the machine has {_bytes(memory)}"
        allowed = "a shorter horizon, a longer tick, fewer draws, or fewer drivers and scenarios"
        errors.append(Problem(message=message, key="horizon", allowed=allowed))
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
    message = f"{paths:,} whole paths need about {_bytes(size)} of memory, and the machine has {_bytes(memory)}"
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
