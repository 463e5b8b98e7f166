"""The likelihood of readings, sightings and branches in each state, and the assessments at which they are weighed.

An entry is weighed at the first assessment on its date or after it; at the start, if its date is the start's. The
branch of a calendar event is known once its day is over. What happened, what did not happen and what ended is weighed
day by day while the paths are simulated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.model.evidence.entries import BranchTaken, DriverReading, LedgerResolved, SignpostSighting
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.compile.drift import POINTS_PER_LATENT
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.resampling.observations import branch_number

__all__ = ["Stop", "log_branches", "log_likelihood", "log_likelihoods", "stops"]

Observed = DriverReading | SignpostSighting | BranchTaken

ROUNDING = 1e-12
"""A branch with a smaller probability has none: it is the rounding of those of the others."""
MAX_TICKS_BETWEEN_STOPS = 4
"""Ticks between stops, at most, so that the absence of events is weighed as time passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """An assessment at which the particles are weighed."""

    tick: int  # 0: the start
    seen: tuple[Observed, ...]  # readings, sightings and branches weighed here, in a fixed order
    entries: tuple[str, ...]  # names of all entries weighed here, including occurrences of the ticks before


def stops(compiled: Compiled, ledger: LedgerResolved, now: int) -> tuple[Stop, ...]:
    """When to weigh: at each entry, at regular stops between, and at `now`."""
    seen: dict[int, list[Observed]] = {}
    names: dict[int, set[str]] = {}
    reports: tuple[Observed, ...] = (*ledger.readings, *ledger.sightings, *ledger.branches)
    for report in reports:
        tick = _assessment(compiled, (report.date - compiled.start).days + isinstance(report, BranchTaken))
        seen.setdefault(tick, []).append(report)
        names.setdefault(tick, set()).add(report.entry)
    for entry, last in [*((o.entry, o.last) for o in ledger.occurrences), *((e.entry, e.last) for e in ledger.ends)]:
        names.setdefault(_assessment(compiled, (last - compiled.start).days + 1), set()).add(entry)
    for coverage in ledger.coverage:
        tick = _assessment(compiled, (coverage.until - compiled.start).days)
        names.setdefault(tick, set()).add(coverage.entry)
    ticks = {min(tick, now) for tick in names} | {now} | set(range(0, now, MAX_TICKS_BETWEEN_STOPS))
    return tuple(
        Stop(
            tick=tick,
            seen=tuple(sorted(seen.get(tick, ()), key=repr)),
            entries=tuple(sorted(names.get(tick, ()))),
        )
        for tick in sorted(ticks)
    )


def _assessment(compiled: Compiled, day: int) -> int:
    """The first assessment on a day or after."""
    return max(0, math.ceil(day / compiled.tick))


def log_likelihoods(
    compiled: Compiled, seen: Sequence[Observed], latent: Floats, index: Floats, scenario: NDArray[np.int32]
) -> Floats:
    """Log likelihood of readings and sightings at one assessment, (paths,); levels are (drivers, paths)."""
    total = np.zeros(latent.shape[1:])
    for entry in seen:
        if not isinstance(entry, BranchTaken):
            total += log_likelihood(compiled, entry, latent, index, scenario)
    return total


def log_branches(ensemble: Ensemble, seen: Sequence[Observed]) -> Floats:
    """Log likelihood of the branches that calendar events took, (draws,); -inf: impossible."""
    compiled, total = ensemble.models[0], np.zeros(len(ensemble.models))
    for entry in seen:
        if isinstance(entry, BranchTaken):
            c = compiled.calendar_names.index(entry.event)
            upper = ensemble.laws.calendar.cumulative[c]  # (branches, draws)
            chance = np.diff(upper, axis=0, prepend=0.0)[branch_number(compiled, entry.event, entry.branch)]
            with np.errstate(divide="ignore"):
                total += np.log(np.where(chance > ROUNDING, chance, 0.0))
    return total


def log_likelihood(
    compiled: Compiled,
    entry: DriverReading | SignpostSighting,
    latent: Floats,
    index: Floats,
    scenario: NDArray[np.int32],
) -> Floats:
    """Log likelihood of one report, (paths,): log density per point for readings; -inf: impossible."""
    if isinstance(entry, DriverReading):
        level = compiled.drivers.index(entry.driver)
        if entry.scale == "latent":
            value = math.log(entry.value / (100 - entry.value))
            return _log_normal(value, latent[level], entry.sd / POINTS_PER_LATENT)
        return _log_normal(entry.value, index[level], entry.sd)
    return _log_sighting(compiled, entry, index, scenario)


def _log_normal(value: float, mean: Floats, sd: float) -> Floats:
    return np.asarray(-0.5 * ((value - mean) / sd) ** 2 - math.log(sd * math.sqrt(2 * math.pi)))


def _log_sighting(compiled: Compiled, entry: SignpostSighting, index: Floats, scenario: NDArray[np.int32]) -> Floats:
    log_odds = np.full(index.shape[1:], math.log(entry.chance / (1 - entry.chance)))
    for driver, factor in entry.per_10_points.items():
        level = index[compiled.drivers.index(driver)]
        log_odds += math.log(factor) * (level - entry.reference[driver]) / 10
    names = [s.name for s in compiled.model.scenarios]
    factors = np.array([entry.by_scenario.get(name, 1.0) for name in names])
    with np.errstate(divide="ignore"):
        log_odds += np.log(factors)[scenario]
        there = 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))
        there = np.where(np.isneginf(log_odds), 0.0, there)
        right = entry.reliability
        reported = right * there + (1 - right) * (1 - there)
        return np.asarray(np.log(reported if entry.seen else 1 - reported))
