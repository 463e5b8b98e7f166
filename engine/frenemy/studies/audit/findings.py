"""What the rules of the scenarios do: how many paths enter, by which clause, after what time, and how long they stay.

Everything is read from the kept paths of one run at the medians. A share of *path-ticks* weighs each assessment of each
path alike. Standard errors are Monte Carlo errors over independent paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats
from frenemy.forecast.forecast import Reading as OddsReading
from frenemy.forecast.odds import jeffreys_variance
from frenemy.model import conditions as ex
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model, Scenario
from frenemy.studies.audit.reclassify import Facts, Reading, Rule, holds
from frenemy.studies.audit.stays import Dwell, dwell, spells
from frenemy.studies.audit.thresholds import OddsCurve

__all__ = [
    "AuditFindings",
    "Clause",
    "Overlap",
    "RuleFindings",
    "Share",
    "WaitingTime",
    "audit_rule",
    "overlaps",
    "series",
]

MIN_ENTRIES_TOGETHER = 3
"""Paths with this many entries or more are counted together."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its Monte Carlo standard error, never 0."""

    value: float
    mc_se: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One of the conditions that `or` joins in a rule's `enter` (all of it, where there is no `or`)."""

    text: str
    held: float  # share of path-ticks
    entries: float  # share of entries at which it held
    alone: float  # share of entries at which no other clause held


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTime:
    """Between the day on which a rule begins to hold and the entry, over entries; days. NaN without entries."""

    median: float
    q95: float
    held_back: float  # share of entries for which the rule held longer than `for` requires
    first_median: float  # from the first day on which the rule ever held to the first entry, over paths that enter
    first_q95: float
    stretches: int  # stretches in which the rule held and that began outside the scenario
    led: float  # share of them that led to an entry


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleFindings:
    """One scenario; the default one, which has no rule, has only entries and stays."""

    scenario: int
    held: Share  # of path-ticks at which `enter` holds
    inside: Share  # of path-ticks spent in the scenario
    held_outside: Share  # `enter` holds, but the path is elsewhere
    inside_unheld: Share  # in the scenario, but `enter` no longer holds
    ever_held: Share  # of paths in which `enter` ever held
    ever_inside: Share  # of paths that were ever in it
    stayed: float  # share of paths ever in it that are in it at the end
    clauses: tuple[Clause, ...]
    waiting: WaitingTime
    entries: Floats  # (MIN_ENTRIES_TOGETHER + 1,) share of paths with 0, 1, 2 and 3 or more entries
    mean_entries: Share  # entries a path
    dwell: Dwell


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two rules that hold at once, as shares of path-ticks; `in_one` and `in_other` say where the paths are then."""

    one: int
    other: int
    share: Share
    in_one: float  # share of the overlap; NaN without any
    in_other: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AuditFindings:
    """The findings of the audit of an experiment's rules."""

    model: Model
    experiment: Experiment
    dates: NDArray[np.datetime64]  # (ticks,) of the assessments
    tick: int  # position of the date at which the curves are read
    paths: int
    odds: Mapping[OddsReading, tuple[Floats, Floats]]  # (ticks, scenarios): probability, Monte Carlo error
    rules: tuple[RuleFindings, ...]  # in the order of the model
    overlaps: tuple[Overlap, ...]
    curves: tuple[OddsCurve, ...]


def audit_rule(j: int, scenario: Scenario, facts: Facts, rules: Sequence[Rule], reading: Reading) -> RuleFindings:
    """What one scenario's rule does along the paths, over the whole run."""
    inside = np.asarray(reading.scenario == j)
    enter = rules[j].enter
    entry = _entries(inside, default=scenario.default)
    number = entry.sum(axis=0)
    ticks, paths = inside.shape
    return RuleFindings(
        scenario=j,
        held=_share(enter),
        inside=_share(inside),
        held_outside=_share(enter & ~inside),
        inside_unheld=_share(inside & ~enter),
        ever_held=_share(np.atleast_2d(enter.any(axis=0))),
        ever_inside=_share(np.atleast_2d(inside.any(axis=0))),
        stayed=_ratio(int(inside[-1].sum()), int(inside.any(axis=0).sum())),
        clauses=() if scenario.default else _clauses(scenario, facts, entry),
        waiting=_waiting(rules[j], reading, (inside, entry), facts),
        entries=np.bincount(np.minimum(number, MIN_ENTRIES_TOGETHER), minlength=MIN_ENTRIES_TOGETHER + 1) / paths,
        mean_entries=Share(float(number.mean()), float(np.sqrt((number.var() + 1 / paths) / paths))),
        dwell=dwell(spells(inside), ticks, paths),
    )


def overlaps(rules: Sequence[Rule], reading: Reading) -> tuple[Overlap, ...]:
    """Every pair of rules, in the order of the model."""
    found = []
    for one, other in combinations([j for j, rule in enumerate(rules) if not rule.default], 2):
        both = rules[one].enter & rules[other].enter
        total = int(both.sum())
        found.append(
            Overlap(
                one=one,
                other=other,
                share=_share(both),
                in_one=_ratio(int((both & (reading.scenario == one)).sum()), total),
                in_other=_ratio(int((both & (reading.scenario == other)).sum()), total),
            )
        )
    return tuple(found)


def series(scenario: NDArray[np.int8], count: int) -> Mapping[OddsReading, tuple[Floats, Floats]]:
    """The three readings with their errors, each (ticks, scenarios)."""
    ticks, paths = scenario.shape
    so_far = np.arange(1, ticks + 1)[:, None]
    sums: dict[OddsReading, list[tuple[Floats, Floats]]] = {"at": [], "ever": [], "time_share": []}
    for j in range(count):
        inside = scenario == j
        share = np.cumsum(inside, axis=0, dtype=np.float64) / so_far
        at, ever = inside.sum(axis=1), np.maximum.accumulate(inside, axis=0).sum(axis=1)
        sums["at"].append((at, at))
        sums["ever"].append((ever, ever))
        sums["time_share"].append((share.sum(axis=1), (share**2).sum(axis=1)))
    return {name: _odds(parts, paths) for name, parts in sums.items()}


def _odds(parts: list[tuple[Floats, Floats]], paths: int) -> tuple[Floats, Floats]:
    total, squares = (np.stack(part, axis=1).astype(np.float64) for part in zip(*parts, strict=True))
    return total / paths, np.sqrt(jeffreys_variance(total, squares, paths))


def _entries(inside: Bools, *, default: bool) -> Bools:
    """(ticks, paths): in it now and not before. Every path begins in the default scenario; that is not an entry."""
    before = np.concatenate([np.full((1, inside.shape[1]), default), inside[:-1]])
    return np.asarray(inside & ~before)


def _clauses(scenario: Scenario, facts: Facts, entry: Bools) -> tuple[Clause, ...]:
    parts = scenario.enter.operands if isinstance(scenario.enter, ex.Or) else (scenario.enter,)
    flags = [holds(part, scenario.thresholds, facts) for part in parts]
    at_entry = np.array([flag[entry] for flag in flags])
    total, held = at_entry.shape[1], at_entry.sum(axis=0)
    return tuple(
        Clause(
            text=ex.text(part),
            held=float(flag.mean()),
            entries=_ratio(int(mine.sum()), total),
            alone=_ratio(int((mine & (held == 1)).sum()), total),
        )
        for part, flag, mine in zip(parts, flags, at_entry, strict=True)
    )


def _waiting(rule: Rule, reading: Reading, where: tuple[Bools, Bools], facts: Facts) -> WaitingTime:
    inside, entry = where
    streak = reading.streak[entry]
    stretch = spells(np.asarray(rule.enter))
    begun_outside = ~inside[stretch.first, stretch.path] | entry[stretch.first, stretch.path]
    so_far = np.concatenate([np.zeros((1, entry.shape[1]), dtype=np.int64), np.cumsum(entry, axis=0)])
    led = so_far[stretch.first + stretch.length, stretch.path] > so_far[stretch.first, stretch.path]
    mine = entry.any(axis=0) & rule.enter.any(axis=0)
    first = (entry.argmax(axis=0) - rule.enter.argmax(axis=0))[mine]
    wait = (streak - 1) if not rule.default else streak[:0]
    return WaitingTime(
        median=_quantile(wait, 0.5) * facts.tick,
        q95=_quantile(wait, 0.95) * facts.tick,
        held_back=_ratio(int((streak > rule.ticks).sum()), len(streak)) if not rule.default else np.nan,
        first_median=_quantile(first, 0.5) * facts.tick,
        first_q95=_quantile(first, 0.95) * facts.tick,
        stretches=int(begun_outside.sum()),
        led=_ratio(int((led & begun_outside).sum()), int(begun_outside.sum())),
    )


def _share(flags: Bools) -> Share:
    """The share of True in (ticks, paths), its error over paths; half a path is added on each side."""
    paths = flags.shape[1]
    each = flags.mean(axis=0)
    variance = jeffreys_variance(np.float64(each.sum()), np.float64((each**2).sum()), paths)
    return Share(float(each.mean()), float(np.sqrt(variance)))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _quantile(values: NDArray[np.integer], share: float) -> float:
    return float(np.quantile(values, share, method="inverted_cdf")) if len(values) else float("nan")
