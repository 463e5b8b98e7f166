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

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats, Ints
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble import run as ensembles
from frenemy.simulation.ensemble.ensemble import Ensemble, Part
from frenemy.simulation.ensemble.kernel.marks import first_exponentials
from frenemy.simulation.ensemble.kernel.state import TINY, KeptPaths, Sums
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
IRRELEVANT_FIELDS = ("model", "experiment")
"""Fields of a compiled model that no path depends on."""
FIELDS_COMPARED_BY_PATH = SOURCE_FIELDS | {
    "triggers": (*EVENT_FIELDS, "intercept", "slope"),
    "calendar": (*BRANCH_FIELDS, "cumulative"),
}
"""Fields in which two models may differ: they are compared only in the paths in which they matter."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Kept:
    """What happened in the paths of one model in a block; the last axis of arrays is the path."""

    block: int
    part: Part
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
    kept: tuple[_Kept, ...]  # in the order of the paths

    def touched(self, other: Ensemble) -> list[Ints]:
        """For each of `kept`, the positions of the paths that are not the same in the other ensemble."""
        changes = [_changes(*pair) for pair in zip(self.ensemble.models, other.models, strict=True)]
        return [np.flatnonzero(_touched(kept, changes[kept.part.number])) for kept in self.kept]


def keep_run(ensemble: Ensemble, *, noise: Noise, workers: int = 0) -> Run:
    """Simulate an ensemble and keep what a rerun needs. Memory grows with ticks x paths, one byte for each.

    Raises SimulationError where the model runs away.
    """
    job = ensembles.new_job(ensemble, noise)

    def work(block: int) -> list[tuple[_Kept, Sums]]:
        return [_keep_part(job, block, part) for part in ensemble.parts(block)]

    kept, counts = list[_Kept](), _no_counts(ensemble)
    for parts in ordered_map(work, ensemble.blocks, workers):
        for one, sums in parts:
            kept.append(one)
            rows = slice(one.part.number, one.part.number + 1) if ensemble.drawn else slice(None)
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
    ensemble, part = job.ensemble, kept.part
    compiled = ensemble.models[part.number]
    sums, room = ensembles.empty_sums(compiled, "odds"), _room_for_scenarios(compiled, len(places))
    drawn = job.block(kept.block, np.empty((0, BLOCK)))
    new = job.run(part.number, part.start + places, drawn, sums, room).kept.scenario
    old = kept.scenario[:, places]
    moved = np.flatnonzero((old != new).any(axis=0))
    numbers = kept.block * BLOCK + part.start + places[moved]
    return ensemble.group_of(numbers), old[:, moved], new[:, moved]


def _keep_part(job: ensembles.Job, block: int, part: Part) -> tuple[_Kept, Sums]:
    compiled, paths = job.ensemble.models[part.number], slice(part.start, part.stop)
    room = _room_for_scenarios(compiled, part.stop - part.start)
    points = np.empty((compiled.ticks + 1, len(compiled.drivers), part.stop - part.start))
    sums = ensembles.empty_sums(compiled, "odds")
    if job.ensemble.drawn:
        sums = sums._replace(occupancy=sums.occupancy[:1], first_entry=sums.first_entry[:1])
    drawn = job.block(block, np.empty((0, BLOCK)))
    state, room = job.run(part.number, paths, drawn, sums, room._replace(points=points))
    first = np.empty_like(state.clocks.left)
    first_exponentials(drawn.marks._replace(path=drawn.marks.path[paths]), first)
    np.maximum(first, TINY, out=first)
    hazard = np.maximum(first - state.clocks.left, 0.0)
    return _Kept(
        block=block,
        part=part,
        scenario=room.scenario,
        happened=state.clocks.happened > 0,
        margin=-np.log(hazard / first + HAZARD_ROUNDING),
        low=points.min(axis=0),
        high=points.max(axis=0),
        branch=state.places.branch.astype(np.int64),
        chance=drawn.buffer[drawn.rows.calendar, paths],
    ), sums


def _room_for_scenarios(compiled: Compiled, paths: int) -> KeptPaths:
    return ensembles.NOTHING_KEPT._replace(scenario=np.empty((compiled.ticks, paths), dtype=np.int8))


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
    """How another model differs, by where the difference matters."""

    everywhere: bool  # it may matter in every path
    triggers: Bools  # (K,) a number that matters where the trigger happens
    intercept: Floats  # (K,) change of the log rate at index 0
    slope: Floats  # (K, D) change of the log rate per index point
    branches: Bools  # (C, B) a number that matters where the branch is taken
    cumulative: Floats  # (C, B) of the other model


def _changes(one: Compiled, other: Compiled) -> _Change:
    triggers, branches = (
        np.zeros(len(one.trigger_names), dtype=bool),
        np.zeros_like(one.calendar.cumulative, dtype=bool),
    )
    everywhere = not _alike(one, other) or bool(one.observations.on.any())
    rate = np.zeros_like(one.triggers.intercept), np.zeros_like(one.triggers.slope)
    if not everywhere:
        rate = other.triggers.intercept - one.triggers.intercept, other.triggers.slope - one.triggers.slope
        for name in EVENT_FIELDS:
            triggers |= _rows_that_differ(getattr(one.triggers, name), getattr(other.triggers, name), 1)
        for origin, parts in SOURCE_FIELDS.items():
            mine, theirs = getattr(one, origin), getattr(other, origin)
            source = np.repeat(np.arange(len(triggers)), np.diff(mine.start))
            for name in parts:
                triggers[source[getattr(mine, name) != getattr(theirs, name)]] = True
        for name in BRANCH_FIELDS:
            branches |= _rows_that_differ(getattr(one.calendar, name), getattr(other.calendar, name), 2)
        everywhere = bool(triggers[[k for k, _, _ in one.running]].any())
    return _Change(
        everywhere=everywhere,
        triggers=triggers,
        intercept=rate[0],
        slope=rate[1],
        branches=branches,
        cumulative=other.calendar.cumulative,
    )


def _rows_that_differ(one: NDArray[Any], other: NDArray[Any], axes: int) -> Bools:
    """Whether anything differs beyond the first so many axes."""
    return np.asarray((one != other).any(axis=tuple(range(axes, one.ndim))))


def _alike(one: Compiled, other: Compiled) -> bool:
    """Whether everything is the same that may change a path, whatever happens in it."""
    return all(
        _same(getattr(one, name), getattr(other, name), FIELDS_COMPARED_BY_PATH.get(name, ()))
        for name in COMPARED_FIELDS
    )


def _same(one: Any, other: Any, left_out: tuple[str, ...] = ()) -> bool:
    """Whether two values are the same; of the fields left out only the shape is compared."""
    if one is other:
        return True
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    names = _names_of(type(one))  # type: ignore[arg-type]  # a type is hashable
    if not names:
        return bool(one == other)
    return all(
        np.shape(getattr(one, name)) == np.shape(getattr(other, name))
        if name in left_out
        else _same(getattr(one, name), getattr(other, name))
        for name in names
    )


@cache
def _names_of(kind: type) -> tuple[str, ...]:
    """The fields of a named tuple or a dataclass; none of any other type."""
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return tuple(getattr(kind, "_fields", ()))


COMPARED_FIELDS = tuple(field.name for field in fields(Compiled) if field.name not in IRRELEVANT_FIELDS)


def _touched(block: _Kept, change: _Change) -> Bools:
    """(paths,) whether the change can matter in the path."""
    touched = np.full(block.scenario.shape[1], change.everywhere)
    if change.everywhere:
        return touched
    moved = (change.intercept != 0) | (change.slope != 0).any(axis=1)
    for k in np.flatnonzero(change.triggers | moved):
        touched |= block.happened[k]
    for k in np.flatnonzero(moved):
        slope = change.slope[k][:, None]
        growth = change.intercept[k] + np.maximum(slope * block.low, slope * block.high).sum(axis=0)
        touched |= growth >= block.margin[k]
    for c in range(len(block.branch)):
        touched |= change.branches[c][block.branch[c]]
        touched |= (block.chance[c] >= change.cumulative[c][:, None]).sum(axis=0) != block.branch[c]
    return touched
