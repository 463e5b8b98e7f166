"""What the rules of the scenarios do: how many paths enter, by which clause, after what time, and how long they stay.

Everything is read from the kept paths of one ensemble: over outer draws, each with its own numbers in the rules, or at
the medians. A share of *path-ticks* weighs each assessment of each path alike. Standard errors are those of
`path_means`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats
from frenemy.forecast.forecast import Odds
from frenemy.forecast.forecast import Reading as OddsReading
from frenemy.model import conditions as ex
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model, Scenario
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.studies.audit.path_means import number_of, share_of
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
    experiment: Experiment  # with the draws and paths of the audit
    dates: NDArray[np.datetime64]  # (ticks,) of the assessments
    tick: int  # position of the date at which the curves are read
    paths: int  # in all
    odds: Mapping[OddsReading, Odds]  # (ticks, scenarios): those of a run of the same draws and paths
    rules: tuple[RuleFindings, ...]  # in the order of the model
    overlaps: tuple[Overlap, ...]
    curves: tuple[OddsCurve, ...]


def audit_rule(j: int, scenario: Scenario, facts: Facts, rules: Sequence[Rule], reading: Reading) -> RuleFindings:
    """What one scenario's rule does along the paths, over the whole run."""
    inside = np.asarray(reading.scenario == j)
    enter = rules[j].enter
    entry = _entries(inside, default=scenario.default)
    number = entry.sum(axis=0)
    of, (ticks, paths) = facts.ensemble, inside.shape
    entries, entries_se = number_of(of, number)
    return RuleFindings(
        scenario=j,
        held=_share(of, enter),
        inside=_share(of, inside),
        held_outside=_share(of, enter & ~inside),
        inside_unheld=_share(of, inside & ~enter),
        ever_held=_share(of, np.atleast_2d(enter.any(axis=0))),
        ever_inside=_share(of, np.atleast_2d(inside.any(axis=0))),
        stayed=_ratio(int(inside[-1].sum()), int(inside.any(axis=0).sum())),
        clauses=() if scenario.default else _clauses(scenario, facts, entry),
        waiting=_waiting(rules[j], reading, (inside, entry), facts),
        entries=np.bincount(np.minimum(number, MIN_ENTRIES_TOGETHER), minlength=MIN_ENTRIES_TOGETHER + 1) / paths,
        mean_entries=Share(float(entries), float(entries_se)),
        dwell=dwell(spells(inside), ticks, of),
    )


def overlaps(rules: Sequence[Rule], facts: Facts, reading: Reading) -> tuple[Overlap, ...]:
    """Every pair of rules, in the order of the model."""
    found = []
    for one, other in combinations([j for j, rule in enumerate(rules) if not rule.default], 2):
        both = rules[one].enter & rules[other].enter
        total = int(both.sum())
        found.append(
            Overlap(
                one=one,
                other=other,
                share=_share(facts.ensemble, both),
                in_one=_ratio(int((both & (reading.scenario == one)).sum()), total),
                in_other=_ratio(int((both & (reading.scenario == other)).sum()), total),
            )
        )
    return tuple(found)


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
    streak, least = reading.streak[entry], np.broadcast_to(rule.ticks, entry.shape)[entry]
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
        held_back=_ratio(int((streak > least).sum()), len(streak)) if not rule.default else np.nan,
        first_median=_quantile(first, 0.5) * facts.tick,
        first_q95=_quantile(first, 0.95) * facts.tick,
        stretches=int(begun_outside.sum()),
        led=_ratio(int((led & begun_outside).sum()), int(begun_outside.sum())),
    )


def _share(of: Ensemble, flags: Bools) -> Share:
    """The share of True in (ticks, paths)."""
    value, error = share_of(of, flags.mean(axis=0))
    return Share(float(value), float(error))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _quantile(values: NDArray[np.integer], share: float) -> float:
    return float(np.quantile(values, share, method="inverted_cdf")) if len(values) else float("nan")
