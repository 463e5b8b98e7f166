"""Another model on the paths of a run: only the paths that it can change are simulated again.

On the same noise a path is a function of the model alone, and most numbers leave most paths as they are: the effect of
a strike matters only in paths with a strike. So a run is kept with what each trigger and each date did in each path.
From this it follows which paths another model cannot change; the others are simulated again. The sums are those of a
complete run, to the last bit.

The rule errs on one side: a path that may change counts as changed. Let F be the largest factor by which a trigger's
own rate grows anywhere between the lowest and the highest index of a path's drivers, and let the path have no event of
the trigger. Then its clock runs out in the other model only if F times the integrated rate reaches the unit
exponential.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats, Ints
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.ensemble import run as ensembles
from frenemy.simulation.ensemble.ensemble import Ensemble, Part
from frenemy.simulation.ensemble.kernel.marks import first_exponentials
from frenemy.simulation.ensemble.kernel.state import TINY, KeptPaths, Law, Sums
from frenemy.simulation.ensemble.laws import varies
from frenemy.simulation.ensemble.path_counts import Counts, count
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensemble.tally import Tally
from frenemy.simulation.noise.streams import BLOCK

__all__ = ["Run", "keep_run", "rerun", "rerun_each", "simulate_variants"]

Scenarios = NDArray[np.int8]

MAX_RERUN_SHARE = 0.9
"""Where more than this share of the paths may change, all are simulated: selecting them would gain nothing."""
HAZARD_ROUNDING = 1e-12
"""Rounding error of an integrated rate, as a share of its unit exponential."""
EVENT_FIELDS = (
    "cooldown", "max_count", "effect", "lasting", "severity_sigma", "duration", "duration_sigma", "shift", "on_end",
)  # fmt: skip
"""Numbers of a trigger that matter only in paths in which it happens."""
SOURCE_FIELDS = {"links": ("chance", "delay", "delay_sigma"), "pairs": ("keep", "jump")}
"""Numbers of follow-ups and contagion, which matter only in paths in which their source happens."""
BRANCH_FIELDS = ("effect", "lasting", "shift", "shift_end", "log_factor", "factor_end")
"""Numbers of a branch, which matter only in paths that take it."""
FIELDS_COMPARED_BY_PATH = SOURCE_FIELDS | {
    "triggers": (*EVENT_FIELDS, "intercept", "slope"),
    "calendar": (*BRANCH_FIELDS, "cumulative", "changes"),
}
"""Fields in which two models may differ: they are compared only in the paths in which they matter."""
WITHOUT_EFFECT = ("used", "draw")
"""Fields of a law that follow from the others."""
NAMES = ("start", "drivers", "trigger_names", "calendar_names", "calendar_index")
"""Fields of a compiled model that say which noise is whose."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Kept:
    """What happened in the paths of a block; the last axis of arrays is the path."""

    block: int
    parts: Sequence[Part]
    draw: Ints  # (paths,) the model of each, by position
    scenario: Scenarios  # (ticks, paths)
    happened: Bools  # (K, paths)
    margin: Floats  # (K, paths) log of the factor by which the own rate may grow before the clock runs out
    low: Floats  # (D, paths) lowest index
    high: Floats  # (D, paths) highest index
    branch: Ints  # (C, paths)
    chance: Floats  # (C, paths) the uniform number by which the branch was drawn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A run on kept noise, with the data that decide which of its paths another model can change."""

    ensemble: Ensemble
    noise: Noise
    tally: Tally  # of the odds alone; its other fields are empty
    kept: tuple[_Kept, ...]  # by block

    def touched(self, other: Ensemble) -> list[Ints]:
        """For each of `kept`, the positions of the paths that are not the same in the other ensemble."""
        change = _changes(self.ensemble, other)
        return [np.flatnonzero(_touched(kept, change)) for kept in self.kept]


def keep_run(ensemble: Ensemble, *, noise: Noise, workers: int = 0) -> Run:
    """Simulate an ensemble and keep what a rerun needs. Memory grows with ticks x paths, one byte for each.

    Raises SimulationError where the model runs away.
    """
    job = ensembles.new_job(ensemble, noise)

    kept, counts = list[_Kept](), _no_counts(ensemble)
    for one, sums in ordered_map(lambda block: _keep_block(job, block), ensemble.blocks, workers):
        kept.append(one)
        rows = slice(one.parts[0].number, one.parts[-1].number + 1) if ensemble.drawn else slice(None)
        counts.occupancy[rows] += sums.occupancy
        counts.first_entry[rows] += sums.first_entry
        counts.growth[...] += sums.share_squares
    return Run(ensemble=ensemble, noise=noise, tally=_odds_alone(ensemble, counts), kept=tuple(kept))


def rerun(run: Run, other: Ensemble, *, workers: int = 0) -> Tally:
    """The odds of other models on the paths of a run, draw by draw; the other fields of the tally are empty.

    Raises SimulationError where a model runs away.
    """
    touched, tally = run.touched(other), run.tally
    if sum(map(len, touched)) > MAX_RERUN_SHARE * tally.paths:
        whole = ensembles.simulate_ensemble(other, seed=run.noise, detail="odds", workers=workers)
        return _odds_alone(other, Counts(whole.occupancy, whole.first_entry, _growth(whole)))
    job = ensembles.new_job(other, run.noise)

    def work(place: int) -> tuple[Ints, Scenarios, Scenarios]:
        return _moved(job, run.kept[place], touched[place])

    counts = Counts(tally.occupancy.copy(), tally.first_entry.copy(), _growth(tally))
    for group, old, new in ordered_map(work, [n for n, places in enumerate(touched) if len(places)], workers):
        count(counts, old, group, -1)
        count(counts, new, group, 1)
    return _odds_alone(other, counts)


def rerun_each(run: Run, others: Iterable[Ensemble], *, workers: int = 0) -> Iterator[Tally]:
    """`rerun` of several ensembles, `workers` of them at a time; taken as they are needed, and yielded in order."""
    return ordered_map(lambda other: rerun(run, other, workers=1), others, workers)


def simulate_variants(
    first: Ensemble, others: Iterable[Ensemble], *, noise: Noise, workers: int = 0
) -> Iterator[Tally]:
    """The odds of an ensemble and then of others that differ from it in a few numbers, on the same noise.

    Where the noise is kept, the others are reruns of the first; otherwise there is no memory to keep a run either.
    """
    if noise.keep:
        run = keep_run(first, noise=noise, workers=workers)
        yield run.tally
        yield from rerun_each(run, others, workers=workers)
    else:
        for one in chain([first], others):
            yield ensembles.simulate_ensemble(one, seed=noise, detail="odds", workers=workers)


def _moved(job: ensembles.Job, kept: _Kept, places: Ints) -> tuple[Ints, Scenarios, Scenarios]:
    """Those of these paths whose scenarios change: their groups, and their old and new scenarios."""
    ensemble = job.ensemble
    begin, numbers = kept.parts[0].start, kept.draw[places]
    drawn = job.block(kept.block, np.empty((0, BLOCK)))
    parts = _parts_of(numbers)
    room = _room_for_scenarios(ensemble.models[0].ticks, len(places))
    new = job.run(parts, begin + places, drawn, job.sums(parts), room).kept.scenario
    old = kept.scenario[:, places]
    moved = np.flatnonzero((old != new).any(axis=0))
    paths = kept.block * BLOCK + begin + places[moved]
    return ensemble.group_of(paths), old[:, moved], new[:, moved]


def _parts_of(numbers: Ints) -> list[Part]:
    """The parts of paths whose models have these numbers, rising; every number from the first to the last has one."""
    first, last = int(numbers[0]), int(numbers[-1])
    ends = np.searchsorted(numbers, np.arange(first, last + 2))
    return [Part(first + place, int(start), int(stop)) for place, (start, stop) in enumerate(pairwise(ends))]


def _keep_block(job: ensembles.Job, block: int) -> tuple[_Kept, Sums]:
    first, parts = job.ensemble.models[0], job.ensemble.parts(block)
    paths = slice(parts[0].start, parts[-1].stop)
    number = paths.stop - paths.start
    points = np.empty((first.ticks + 1, len(first.drivers), number))
    room, sums = _room_for_scenarios(first.ticks, number)._replace(points=points), job.sums(parts)
    drawn = job.block(block, np.empty((0, BLOCK)))
    state, room = job.run(parts, paths, drawn, sums, room)
    exponentials = np.empty_like(state.clocks.left)
    first_exponentials(drawn.marks._replace(path=drawn.marks.path[paths]), exponentials)
    np.maximum(exponentials, TINY, out=exponentials)
    hazard = np.maximum(exponentials - state.clocks.left, 0.0)
    return _Kept(
        block=block,
        parts=parts,
        draw=np.repeat([part.number for part in parts], [part.stop - part.start for part in parts]),
        scenario=room.scenario,
        happened=state.clocks.happened > 0,
        margin=-np.log(hazard / exponentials + HAZARD_ROUNDING),
        low=points.min(axis=0),
        high=points.max(axis=0),
        branch=state.places.branch.astype(np.int64),
        chance=drawn.buffer[drawn.rows.calendar, paths],
    ), sums


def _room_for_scenarios(ticks: int, paths: int) -> KeptPaths:
    return ensembles.NOTHING_KEPT._replace(scenario=np.empty((ticks, paths), dtype=np.int8))


def _no_counts(ensemble: Ensemble) -> Counts:
    empty = ensembles.empty_sums(ensemble.models[0], "odds").occupancy
    shape = (len(ensemble.groups.paths), *empty.shape[1:])
    occupancy, first_entry = np.zeros((2, *shape), dtype=np.int64)
    return Counts(occupancy, first_entry, np.zeros(shape[1:], dtype=np.int64))


def _growth(tally: Tally) -> Ints:
    return np.diff(tally.share_squares, axis=0, prepend=0)


def _odds_alone(ensemble: Ensemble, counts: Counts) -> Tally:
    nothing: Any = np.zeros(0, dtype=np.int64)
    empty: dict[str, Any] = {field.name: nothing for field in fields(Tally)}
    known = {
        "groups": ensemble.groups,
        "occupancy": counts.occupancy,
        "first_entry": counts.first_entry,
        "share_squares": np.cumsum(counts.growth, axis=0),
        "index_sum": np.zeros(0),
        "index_squares": np.zeros(0),
    }
    return Tally(**(empty | known))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Change:
    """How other models differ, by where the difference matters; the last axis is the draw."""

    everywhere: Bools  # (draws,) it may matter in every path
    triggers: Bools  # (K, draws) a number that matters where the trigger happens
    intercept: Floats  # (K, draws) change of the log rate at index 0
    slope: Floats  # (K, D, draws) change of the log rate per index point
    branches: Bools  # (C, B, draws) a number that matters where the branch is taken
    cumulative: Floats  # (C, B, draws) of the other models


def _changes(one: Ensemble, other: Ensemble) -> _Change:
    mine, theirs = one.laws, other.laws
    triggers = np.zeros(mine.triggers.intercept.shape, dtype=bool)
    branches = np.zeros(mine.calendar.cumulative.shape, dtype=bool)
    everywhere = _apart(one, other) | bool(mine.observations.on.any())
    rate = np.zeros(mine.triggers.intercept.shape), np.zeros(mine.triggers.slope.shape)
    if not everywhere.all():
        rate = theirs.triggers.intercept - mine.triggers.intercept, theirs.triggers.slope - mine.triggers.slope
        for name in EVENT_FIELDS:
            triggers |= _differ(mine, theirs, "triggers", name, axes=1)
        for part, names in SOURCE_FIELDS.items():
            source = np.repeat(np.arange(len(triggers)), np.diff(getattr(mine, part).start))
            for name in names:
                np.logical_or.at(triggers, source, _differ(mine, theirs, part, name, axes=1))
        for name in BRANCH_FIELDS:
            branches |= _differ(mine, theirs, "calendar", name, axes=2)
        everywhere = everywhere | triggers[mine.initial.running_trigger].any(axis=0)
    return _Change(
        everywhere=everywhere,
        triggers=triggers,
        intercept=rate[0],
        slope=rate[1],
        branches=branches,
        cumulative=theirs.calendar.cumulative,
    )


def _differ(mine: Law, theirs: Law, part: str, name: str, *, axes: int) -> Bools:
    """(..., draws), or (..., 1) if it is the same in all draws: whether anything differs beyond so many axes."""
    differ = np.asarray(getattr(getattr(mine, part), name) != getattr(getattr(theirs, part), name))
    if not varies(part, name):
        differ = differ[..., None]
    return np.asarray(differ.any(axis=tuple(range(axes, differ.ndim - 1))))


def _apart(one: Ensemble, other: Ensemble) -> Bools:
    """(draws,): whether anything differs that may change a path, whatever happens in it."""
    draws = len(one.models)
    if any(getattr(one.models[0], name) != getattr(other.models[0], name) for name in NAMES):
        return np.ones(draws, dtype=bool)
    apart = np.zeros(draws, dtype=bool)
    for part in Law._fields:
        mine, theirs = getattr(one.laws, part), getattr(other.laws, part)
        for name in () if part in WITHOUT_EFFECT else getattr(mine, "_fields", ("",)):
            ours, others = (getattr(half, name) if name else half for half in (mine, theirs))
            if np.shape(ours) != np.shape(others):
                return np.ones(draws, dtype=bool)
            if name not in FIELDS_COMPARED_BY_PATH.get(part, ()):
                differ = np.asarray(ours != others)
                apart |= differ.any(axis=tuple(range(differ.ndim - 1))) if varies(part, name) else differ.any()
    return apart


def _touched(block: _Kept, change: _Change) -> Bools:
    """(paths,) whether the change can matter in the path."""
    draw = block.draw
    touched = change.everywhere[draw]
    if touched.all():
        return touched
    moved = (change.intercept != 0) | (change.slope != 0).any(axis=1)
    for k in np.flatnonzero((change.triggers | moved).any(axis=-1)):
        touched |= block.happened[k] & (change.triggers | moved)[k, draw]
    for k in np.flatnonzero(moved.any(axis=-1)):
        slope = change.slope[k][:, draw]
        growth = change.intercept[k, draw] + np.maximum(slope * block.low, slope * block.high).sum(axis=0)
        touched |= moved[k, draw] & (growth >= block.margin[k])
    for c in range(len(block.branch)):
        touched |= change.branches[c, block.branch[c], draw]
        touched |= (block.chance[c] >= change.cumulative[c][:, draw]).sum(axis=0) != block.branch[c]
    return touched
