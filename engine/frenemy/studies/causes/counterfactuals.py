"""But-for causes: how the same paths would end, on the same noise, if a trigger were impossible, or were forced.

For a scenario S and a trigger k, let S₋ be the event that the same path is in S in the world in which k cannot happen,
and S₊ that it is in S in the world in which k is forced once:

    necessity    P(not S₋ | S)      of the paths in S, the share that would not be in it without k
    sufficiency  P(S₊ | not S)      of the paths not in S, the share that one more event of k would bring into it
    removal      P(S₋) - P(S)       the change in the odds if k is impossible
    lift         P(S₊) - P(S)       the change in the odds if k is forced

These are Pearl's probabilities of necessity and sufficiency (Causality, 2nd ed., 2009, chapter 9), over all paths,
not only those in which k happened: where it never happens, it is necessary for nothing. Necessities of several triggers
do not sum to 1: where two are needed together, each counts in full; where either would have been enough, neither does.

An impossible trigger has a window that ends before it begins: neither its own rate, nor contagion, nor another event,
nor the experiment makes it happen. An episode of it that runs at the start continues: it is history. A trigger is
forced on a date as by `[[impose]]`, or at its first chance: in the first tick in which its window is open, and at whose
start its `requires` holds and no episode of its own runs. On a path without such a tick, nothing is forced.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.forecast import report_ticks
from frenemy.forecast.paired.differences import difference_error
from frenemy.forecast.paired.paths import BlockScenarios, paired_blocks
from frenemy.model import conditions as ex
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.experiment import Experiment, Imposed, Reading
from frenemy.model.resolved import FollowUp, Model, PerYear, Times, Trigger
from frenemy.simulation.ensemble.ensemble import Part
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensembles import ensemble_of

__all__ = ["FEW_HITS", "CausesFindings", "Effects", "forced", "impossible", "is_open", "trace"]

READINGS: tuple[Reading, ...] = ("at", "ever")
FEW_HITS = 100
"""Paths in a scenario below which a share of them says little."""
LONG_AGO = dt.date(1, 1, 2)
AT_ONCE = 1e6 * DAYS_PER_YEAR
"""Events a year of the helper that makes a trigger happen at its first chance: seconds after the gate opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """One reading; shapes (triggers, report dates, scenarios), except `probability`."""

    probability: Floats  # (report dates, scenarios) odds in the world as it is
    hits: NDArray[np.int64]  # (report dates, scenarios) paths in the scenario
    necessity: Floats  # NaN where no path is in the scenario
    necessity_se: Floats
    removal: Floats
    removal_se: Floats
    sufficiency: Floats  # NaN where every path is in the scenario
    sufficiency_se: Floats
    lift: Floats
    lift_se: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CausesFindings:
    """What each trigger does to the odds."""

    model: Model
    experiment: Experiment
    dates: NDArray[np.datetime64]  # (report dates,) their assessments
    paths: int
    triggers: tuple[int, ...]  # positions in model.triggers
    force_on: str  # ISO date; empty: at the first chance
    happens: Floats  # (triggers,) share of paths in which it happens at all
    could_be_forced: Floats  # (triggers,) share of paths
    effects: Mapping[Reading, Effects]  # at, ever

    @property
    def closed(self) -> tuple[int, ...]:
        """Which of `triggers`, by position in it, are closed on the day on which they were to be forced."""
        if not self.force_on:
            return ()
        on, triggers = dt.date.fromisoformat(self.force_on), self.model.triggers
        return tuple(n for n, k in enumerate(self.triggers) if not is_open(triggers[k], on))


def is_open(trigger: Trigger, on: dt.date) -> bool:
    """Whether a trigger's window is open on a day."""
    return trigger.from_ <= on < trigger.until


def impossible(model: Model, trigger: str) -> Model:
    """The model in which the trigger never happens."""
    shut = (replace(t, until=LONG_AGO) if t.name == trigger else t for t in model.triggers)
    return replace(model, triggers=tuple(shut))


def forced(model: Model, experiment: Experiment, trigger: str, on: dt.date | None) -> tuple[Model, Experiment]:
    """The world in which the trigger happens once more: on a date, or at its first chance."""
    if on is not None:
        return model, replace(experiment, impose=(*experiment.impose, Imposed(trigger=trigger, date=on)))
    return replace(model, triggers=(*model.triggers, _helper(_trigger(model, trigger)))), experiment


def trace(
    model: Model,
    experiment: Experiment,
    triggers: Sequence[str],
    on: dt.date | None,
    *,
    noise: Noise,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> CausesFindings:
    """The effect of each of these triggers on the odds: two further worlds for each trigger."""
    base = ensemble_of(model, experiment)
    worlds = [base]
    for name in triggers:
        worlds += [
            ensemble_of(impossible(model, name), experiment),
            ensemble_of(*forced(model, experiment, name, on)),
        ]
    numbers = tuple(base.models[0].trigger_names.index(name) for name in triggers)
    steps = np.arange(experiment.ticks + 1) * np.timedelta64(experiment.tick, "D")
    at = list(report_ticks(experiment))
    kinds, groups, paths = len(model.scenarios), base.groups, base.paths

    def count(block: Sequence[BlockScenarios], parts: list[Part]) -> list[NDArray[np.int64]]:
        return _count(block, parts, numbers, at, kinds)

    shape = (len(groups.paths), len(READINGS))
    inside = np.zeros((*shape, len(at), kinds), dtype=np.int64)
    lost, gained = np.zeros((2, *shape, 2 * len(numbers), len(at), kinds), dtype=np.int64)
    happens, could_be_forced = np.zeros((2, len(numbers)), dtype=np.int64)
    for parts, counts in paired_blocks(worlds, count, noise=noise, workers=workers, progress=progress):
        rows = [part.number for part in parts]
        for total, one in zip((inside, lost, gained), counts, strict=False):
            np.add.at(total, rows, one)
        happens += counts[3]
        could_be_forced += counts[4]
    return CausesFindings(
        model=model,
        experiment=experiment,
        dates=(np.datetime64(experiment.start, "D") + steps)[1:][at],
        paths=paths,
        triggers=numbers,
        force_on="" if on is None else on.isoformat(),
        happens=happens / paths,
        could_be_forced=could_be_forced / paths,
        effects={r: _effects(groups, inside[:, n], lost[:, n], gained[:, n]) for n, r in enumerate(READINGS)},
    )


def _count(
    block: Sequence[BlockScenarios], parts: Sequence[Part], numbers: Sequence[int], at: Sequence[int], kinds: int
) -> list[NDArray[np.int64]]:
    """Counts of paths in one block of all worlds, by group.

    (groups, readings, dates, scenarios) in the scenario in the base; (groups, readings, 2 x triggers, dates, scenarios)
    in it in the base only, and in the other world only; (triggers,) in which the trigger happens; (triggers,) in which
    it is forced.
    """
    starts = [part.start - parts[0].start for part in parts]

    def by_group(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.moveaxis(np.add.reduceat(mask, starts, axis=-1, dtype=np.int64), -1, 0)

    base = _inside(block[0], at, kinds)
    others = [_inside(world, at, kinds) for world in block[1:]]
    lost = np.stack([by_group(base & ~other) for other in others], axis=2)
    gained = np.stack([by_group(other & ~base) for other in others], axis=2)
    happens = np.array([(block[0].counts[k] > 0).sum() for k in numbers])
    are_forced = np.array([_forced_paths(block[2 + 2 * n], block[0], k) for n, k in enumerate(numbers)])
    return [by_group(base), lost, gained, happens, are_forced]


def _forced_paths(world: BlockScenarios, base: BlockScenarios, k: int) -> int:
    """Paths in which the forced event happened: the helper did, or, on a date, the trigger happened at all."""
    has_helper = len(world.counts) > len(base.counts)
    return int((world.counts[-1 if has_helper else k] > 0).sum())


def _inside(world: BlockScenarios, at: Sequence[int], kinds: int) -> NDArray[np.bool_]:
    """(readings, dates, scenarios, paths)."""
    now = np.stack([world.scenario == j for j in range(kinds)], axis=1)
    ever = np.maximum.accumulate(now, axis=0)
    return np.stack([now[at], ever[at]])


def _effects(groups: Groups, inside: NDArray[np.int64], lost: NDArray[np.int64], gained: NDArray[np.int64]) -> Effects:
    """`inside` (groups, dates, scenarios); `lost`, `gained` (groups, 2 x triggers, dates, scenarios).

    Along the axis of worlds, impossible and forced in turn.
    """
    removed, added = gained[:, 0::2] - lost[:, 0::2], gained[:, 1::2] - lost[:, 1::2]
    moved, pushed = gained[:, 0::2] + lost[:, 0::2], gained[:, 1::2] + lost[:, 1::2]
    outside = groups.paths[:, None, None] - inside
    necessity, necessity_se = _share(groups, lost[:, 0::2], inside)
    sufficiency, sufficiency_se = _share(groups, gained[:, 1::2], outside)
    return Effects(
        probability=groups.mean(inside),
        hits=inside.sum(axis=0),
        necessity=necessity,
        necessity_se=necessity_se,
        removal=groups.mean(removed),
        removal_se=_error(groups, removed, moved),
        sufficiency=sufficiency,
        sufficiency_se=sufficiency_se,
        lift=groups.mean(added),
        lift_se=_error(groups, added, pushed),
    )


def _share(groups: Groups, part: NDArray[np.int64], whole: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """A share of paths and its standard error; NaN if there are no paths.

    Over outer draws the error is that of a ratio of means (linearised), never less than that between paths.
    """
    whole = np.broadcast_to(whole[:, None], part.shape)
    some, all_ = part.sum(axis=0), whole.sum(axis=0)
    share = np.divide(some, all_, out=np.full(some.shape, np.nan), where=all_ > 0)
    mean = (some + 0.5) / (all_ + 1)
    error = np.sqrt(mean * (1 - mean) / (all_ + 2))
    if groups.drawn and len(groups.paths) > 1:
        left = groups.error(part - np.nan_to_num(share) * whole) * groups.paths.sum()
        error = np.maximum(error, np.divide(left, all_, out=np.zeros_like(left), where=all_ > 0))
    return share, np.where(all_ > 0, error, np.nan)


def _error(groups: Groups, total: NDArray[np.int64], squares: NDArray[np.int64]) -> Floats:
    return difference_error(groups, total.astype(np.float64), squares.sum(axis=0).astype(np.float64))


def _trigger(model: Model, name: str) -> Trigger:
    return next(trigger for trigger in model.triggers if trigger.name == name)


def _helper(trigger: Trigger) -> Trigger:
    """A trigger that only makes another one happen, once, as soon as that one could happen by its own rate."""
    free = [trigger.requires, *([ex.Not(ex.Active(trigger.name))] if trigger.kind == "episode" else [])]
    at_once = Times(median=0.0, q95=0.0)
    return replace(
        trigger, name=f"{trigger.name}/first_chance", kind="event", rate=PerYear(rate=AT_ONCE), per_10_points={},
        reference={}, effect={}, lasting=0.0, severity_cv=0.0, cooldown=0.0, max_count=1.0,
        requires=free[0] if len(free) == 1 else ex.And(tuple(free)), raises={}, duration=at_once, while_active={},
        on_end={}, leads_to=(FollowUp(trigger=trigger.name, probability=1.0, delay=at_once),),
    )  # fmt: skip
