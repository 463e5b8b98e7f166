"""Paired measurements: machines are noisy, so tasks take turns, and medians are reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

__all__ = ["Row", "Spread", "Task", "in_turns", "ratio", "slope", "spread"]

Task = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with its quartiles."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `bar` is what was promised, `kept` whether it holds; both are empty if there is none."""

    question: str
    what: str
    answer: str
    bar: str = ""
    kept: bool | None = None


def in_turns(tasks: Sequence[Task], rounds: int) -> list[list[float]]:
    """Seconds of each task in each round; A B C, A B C, ... after one warm-up round."""
    seconds: list[list[float]] = [[] for _ in tasks]
    for number in range(rounds + 1):
        for task, times in zip(tasks, seconds, strict=True):
            begun = time.perf_counter()
            task()
            if number:
                times.append(time.perf_counter() - begun)
    return seconds


def ratio(times: Sequence[float], against: Sequence[float]) -> Spread:
    """Median and quartiles of the ratio within each round: a machine that slows down for a while does not change it."""
    return spread([a / b for a, b in zip(times, against, strict=True)])


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles."""
    if len(values) < 2:
        return Spread(values[0], values[0], values[0])
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Spread(median(values), low, high)


def slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Slope of log seconds on log size: 1 where time is proportional, less where part of it is fixed."""
    import numpy as np

    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])
