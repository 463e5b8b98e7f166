"""Paths in one block of noise that can stop between ticks: their law, their state, and the noise of their places.

The paths of a block may belong to several outer draws, each with numbers of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble import run
from frenemy.simulation.ensemble.ensemble import Ensemble, Part
from frenemy.simulation.ensemble.kernel import state as kernel
from frenemy.simulation.ensemble.kernel.block import simulate_block
from frenemy.simulation.ensemble.kernel.marks import first_exponentials
from frenemy.simulation.ensemble.kernel.state import KeptPaths, Law, State, Sums, new_state
from frenemy.simulation.noise.lazy import LazyNoise
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.resampling.episode_ends import weigh_ends
from frenemy.simulation.resampling.packing import RestingPaths
from frenemy.storage.spool import Spool

__all__ = ["COPIED_FIELDS", "Block", "Snapshot", "copied"]


COPIED_FIELDS = {
    "levels": ("x", "scar", "s", "anchor"),
    "clocks": ("log_factor", "gate", "ends", "happened", "before", "extra"),
    "queue": ("due", "waiting", "time", "trigger", "source"),
    "places": ("scenario", "streak", "spent"),
    "evidence": ("log_weight", "failed", "pending", "since", "weighed_until", "link", "missed"),
}
"""The parts of the state that belong to the path; the others are scratch arrays, or belong to the place.

Branches of the calendar belong to the path once their date is past, and so do the days drawn for vague dates.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """Paths at the end of a tick; the last axis is the path."""

    tick: int
    latent: Floats  # (drivers, paths)
    index: Floats  # (drivers, paths)
    scar: Floats  # (drivers, paths) latent
    scenario: NDArray[np.int32]  # (paths,)
    streak: NDArray[np.int32]  # (scenarios, paths) assessments in a row at which `enter` has held
    spent: NDArray[np.int32]  # (scenarios, paths) assessments spent in it so far; above 0: it has been entered
    count: NDArray[np.int32]  # (triggers, paths) events so far
    ends: Floats  # (triggers, paths) days since the start; when the latest episode ends, -inf: there was none
    branch: NDArray[np.int32]  # (calendar events inside the run, paths) of dates still ahead: the branch drawn so far


def copied(part: Any) -> Any:
    """A copy of nested tuples of arrays."""
    return part.copy() if isinstance(part, np.ndarray) else type(part)(*map(copied, part))


@dataclass(slots=True, eq=False)
class Block:
    """The paths of one block, and the noise of their places."""

    number: int
    begin: int  # position of its first path in the ensemble
    parts: Sequence[Part]  # the models that have paths in it
    ensemble: Ensemble
    _law: Law | None  # None: it is made when it is needed
    _state: State | None  # None: it rests
    _kept: KeptPaths | None
    _noise: LazyNoise | None
    first: int  # the tick to which the drivers' first layer in the buffer belongs
    resting: RestingPaths | None = None  # all of these, while the block rests

    @classmethod
    def new(cls, ensemble: Ensemble, number: int, noise: LazyNoise, tick: int = 0) -> Block:
        """A block of paths of an ensemble, not yet begun; the drivers' noise begins at a tick.

        Raises ValueError for an ensemble whose first draw begins in the middle of a block.
        """
        parts = ensemble.parts(number)
        if parts[0].start:
            raise ValueError(f"draw {ensemble.first} of {ensemble.each} paths each begins in the middle of a block")
        law = ensemble.law(parts)
        state = new_state(law, parts[-1].stop, run.QUEUE)
        bins = np.zeros((0, *state.levels.bins.shape[1:]), dtype=np.uint16)  # of a histogram that nobody counts
        state = state._replace(levels=state.levels._replace(bins=bins))
        begin = number * BLOCK - ensemble.first * ensemble.each
        return cls(number, begin, parts, ensemble, law, state, run.NOTHING_KEPT, noise, tick - noise.stretch)

    def with_state(self, state: State, kept: KeptPaths, noise: LazyNoise) -> Block:
        """The same block with other paths."""
        return Block(self.number, self.begin, self.parts, self.ensemble, self._law, state, kept, noise, self.first)

    @property
    def model(self) -> Compiled:
        """The first of the ensemble's, for what all have in common."""
        return self.ensemble.models[0]

    @property
    def law(self) -> Law:
        """The models of its paths, as the kernel reads them."""
        if self._law is None:
            self._law = self.ensemble.law(self.parts)
        return self._law

    def follow(self, ensemble: Ensemble) -> None:
        """Continue under other models."""
        self.ensemble, self._law = ensemble, None

    def watch(self, ensemble: Ensemble) -> None:
        """Continue under the same models with other evidence."""
        self._law = self.law._replace(observations=ensemble.models[0].observations)
        self.ensemble = ensemble

    @property
    def count(self) -> int:
        """Number of paths."""
        return self.parts[-1].stop

    @property
    def paths(self) -> slice:
        """The positions of its paths in the ensemble."""
        return slice(self.begin, self.begin + self.count)

    @property
    def draws(self) -> slice:
        """The numbers of its models in the ensemble."""
        return slice(self.parts[0].number, self.parts[-1].number + 1)

    def by_draw(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sums over the paths of each of its models: (..., paths) to (..., models)."""
        return np.asarray(np.add.reduceat(values, [part.start for part in self.parts], axis=-1))

    @property
    def draw(self) -> Ints:
        """(paths,) the number of each path's model in the ensemble."""
        return np.repeat([part.number for part in self.parts], [part.stop - part.start for part in self.parts])

    def rest(self, spool: Spool | None = None) -> None:
        """Hold only what the next tick needs, in `spool` if there is one; no number changes."""
        if self.resting is None:
            self.resting = RestingPaths.of(self.state, self.kept, self.noise, spool)
            self._state = self._kept = self._noise = None
            if self.resting.packed:
                self._law = None

    def wake(self) -> None:
        """Have the paths at hand again."""
        if self.resting is not None:
            self._state, self._kept, self._noise = self.resting.read()
            self.resting = None

    def peek(self) -> tuple[State, KeptPaths, LazyNoise]:
        """State, past and noise, to be read only; a block that rests goes on resting."""
        return (self.state, self.kept, self.noise) if self.resting is None else self.resting.read()

    @property
    def state(self) -> State:
        """The state, at hand again when it is first needed after a rest."""
        self.wake()
        assert self._state is not None
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self.wake()
        self._state = state

    @property
    def kept(self) -> KeptPaths:
        """The past that is kept."""
        self.wake()
        assert self._kept is not None
        return self._kept

    @property
    def noise(self) -> LazyNoise:
        """The noise of the places."""
        self.wake()
        assert self._noise is not None
        return self._noise

    @property
    def tick(self) -> int:
        """Assessments so far, -1 before the start."""
        return int(self.state.resume[0]) if self.resting is None else self.resting.tick

    def advance(self, until: int) -> None:
        """Continue to tick `until`. Raises SimulationError where a model runs away."""
        at = self.tick
        if at >= until:
            return
        self.noise.wake()
        history, sums = len(self.kept.scenario), self._scratch()
        while at < until:
            kept = self.kept if at < history else run.NOTHING_KEPT
            if max(at, 0) >= self.first + self.noise.stretch:
                self.noise.next_stretch()
                self.first += self.noise.stretch
            at = min(until, self.first + self.noise.stretch, history if at < history else until)
            self._run(at, sums, kept)

    def _scratch(self) -> Sums:
        """Where the kernel adds counts that nobody reads."""
        return run.empty_sums(self.model, "odds", draws=len(self.parts) if np.ndim(self.law.draw) else 0)

    def _run(self, until: int, sums: Sums, kept: KeptPaths) -> None:
        noise, rows = self.noise, self.noise.rows
        rows = rows._replace(drivers=rows.drivers - self.first)
        marks = noise.marks._replace(path=noise.marks.path[: self.count])
        counted = run.rows_by_draw(self.parts) if np.ndim(self.law.draw) else run.batches(self.number, self.count)
        while True:
            code, trigger = simulate_block(self.law, rows, noise.buffer, marks, counted, until, self.state, sums, kept)
            if code == kernel.DONE:
                return
            self.state = run.with_more_room(self.state, code, self.model.trigger_names[trigger])

    def take_log_weight(self) -> Floats:
        """Log likelihood of the evidence since the last call, (paths,); -inf where it is impossible."""
        weigh_ends(self.law, self.state)
        weights = self.state.evidence.log_weight.copy()
        self.state.evidence.log_weight[...] = 0.0
        return weights

    def read(self) -> Snapshot:
        """The paths as they are now; not copies."""
        state = self.state
        return Snapshot(
            tick=max(self.tick, 0),
            latent=state.levels.x,
            index=state.levels.s,
            scar=state.levels.scar,
            scenario=state.places.scenario,
            streak=state.places.streak,
            spent=state.places.spent,
            count=state.clocks.happened,
            ends=state.clocks.ends,
            branch=state.places.branch,
        )

    def remember(self, ticks: int) -> None:
        """Keep index and scenario up to tick `ticks`, beyond what is kept already. Raises ValueError if too late."""
        past, known = self.kept, len(self.kept.scenario)
        if self.tick > known:
            raise ValueError(f"ticks {known} to {self.tick} are past and were not kept")
        if ticks > 0:
            self.room_for_past(ticks)
            self.kept.points[: known + 1] = past.points if known else self.state.levels.s
            self.kept.scenario[:known] = past.scenario if known else 0

    def room_for_past(self, ticks: int) -> None:
        """Keep index and scenario up to tick `ticks`; those of the past are 0 so far.

        The rest of a path that stops, as no evidence is consistent with it, is read too, with weight 0.
        """
        self.wake()
        points = np.zeros((ticks + 1, len(self.model.drivers), self.count))
        self._kept = run.NOTHING_KEPT._replace(points=points, scenario=np.zeros((ticks, self.count), dtype=np.int8))

    def redraw(self, past: NDArray[np.bool_], begun: NDArray[np.bool_]) -> None:
        """Take from the noise what is not yet determined: clocks, branches of dates ahead, days of vague dates."""
        state, rows, noise, law = self.state, self.noise.rows, self.noise.buffer[:, : self.count], self.law
        first_exponentials(self.noise.marks._replace(path=self.noise.marks.path[: self.count]), state.clocks.left)
        for c in np.flatnonzero(~past):
            odds = law.calendar.cumulative[c].reshape(law.calendar.cumulative.shape[1], -1)  # (branches, draws or 1)
            known, u = law.observations.branch[c], noise[rows.calendar[c]]
            state.places.branch[c] = known if known >= 0 else (odds[:, np.atleast_1d(law.draw)] <= u).sum(axis=0)
        state.evidence.day[begun] = -1
        for o in np.flatnonzero(~begun):
            u = noise[rows.occurrence[o]]
            state.evidence.day[o] = law.observations.first[o] + (u * law.observations.days[o]).astype(np.int32)

    def take(self, source: State, columns: Ints, places: Ints, past: NDArray[np.bool_], which: Ints) -> None:
        """Copy what is determined in the paths `columns` of a state into some places.

        `past`: the dates that are; `which`: the position of each observed occurrence in the source, -1: none.
        """
        self.state = state = _with_room_of(self.state, source)
        for part, names in COPIED_FIELDS.items():
            for name in names:
                mine, theirs = (getattr(getattr(each, part), name) for each in (state, source))
                if theirs.ndim == 1:
                    mine[places] = theirs[columns]
                else:
                    mine[: len(theirs), places] = theirs[:, columns]
        dates, known = np.flatnonzero(past)[:, None], np.flatnonzero(which >= 0)[:, None]
        state.places.branch[dates, places] = source.places.branch[dates, columns]
        for name in ("begun", "end_log_weight"):
            getattr(state.evidence, name)[known, places] = getattr(source.evidence, name)[which[known], columns]

    def take_days(self, source: State, columns: Ints, places: Ints, begun: NDArray[np.bool_]) -> None:
        """Copy the days of occurrences whose first possible day has begun."""
        rows = np.flatnonzero(begun)[:, None]
        self.state.evidence.day[rows, places] = source.evidence.day[rows, columns]

    def take_past(self, source: KeptPaths, columns: Ints, places: Ints) -> None:
        """Copy what was kept of the past, if anything was."""
        for name in ("points", "scenario") if len(source.scenario) else ():
            getattr(self.kept, name)[..., places] = getattr(source, name)[..., columns]


def _with_room_of(state: State, other: State) -> State:
    """The state with at least as much room for follow-ups as another has."""
    while len(state.queue.time) < len(other.queue.time):
        state = run.longer_queue(state)
    while len(state.evidence.since) < len(other.evidence.since):
        state = run.longer_pending(state)
    return state
