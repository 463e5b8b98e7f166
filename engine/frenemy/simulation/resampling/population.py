"""A population: paths that can stop between ticks, and be copied and dropped.

It uses the ensemble's kernel, stopped at the end of a tick: without `pick` a population has the paths of `simulate`,
bit for bit. `pick` replaces all paths by copies of chosen ones; each place then continues with its own noise, so that
copies of one path diverge. What is already determined goes with the path: its levels, gates, the ends of its episodes,
follow-ups on their way. What is not yet determined stays with the place: what is left of each clock's unit exponential
(which has no memory, so that it carries no information on the path it ran for) and the branches of dates still ahead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble import run
from frenemy.simulation.ensemble.kernel import state as kernel
from frenemy.simulation.ensemble.kernel.block import simulate_block
from frenemy.simulation.ensemble.kernel.marks import first_exponentials
from frenemy.simulation.ensemble.kernel.state import KeptPaths, Law, State, Sums, new_state
from frenemy.simulation.ensemble.laws import law_of
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.lazy import STRETCH, LazyNoise, SharedNoise, StretchNoise
from frenemy.simulation.noise.streams import BLOCK, Layout, generator, layout, occurrence_streams
from frenemy.simulation.resampling.episode_ends import redraw_episode_ends, same_occurrences, weigh_ends
from frenemy.simulation.resampling.observations import resample_pending
from frenemy.simulation.resampling.packing import RestingPaths, unpack
from frenemy.storage.spool import Spool

__all__ = ["Block", "Population", "Snapshot", "start"]


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
    """All paths at the end of a tick; the last axis is the path."""

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


def start(
    compiled: Compiled,
    *,
    seed: int,
    size: int,
    purpose: str = "",
    width: int = BLOCK,
    history: int = 0,
    shared: Noise | None = None,
    spool: Spool | None = None,
) -> Population:
    """A population of `size` paths at tick 0, in blocks of `width`.

    `purpose` names its noise: populations of one seed with different purposes are independent. With none, and blocks
    of the usual width, the paths are those of the ensemble; `shared`, if given, then has the noise of all populations
    of the seed. Up to tick `history`, index and scenario are kept. `spool`: where paths lie while they rest.
    """
    population = Population(compiled=compiled, seed=seed, size=size, purpose=purpose, width=width, spool=spool)
    if shared is None:
        population._add_blocks()
    else:
        population._add_shared_blocks(shared, layout(compiled))
    for block in population._blocks:
        block.kept = _history(compiled, history, block.count)
    population.advance(0, workers=1)
    return population


@dataclass(slots=True, eq=False)
class Block:
    """Up to `width` paths, and the noise of their places."""

    number: int
    count: int
    law: Law
    names: Sequence[str]  # of the triggers
    _state: State | None  # None: it rests
    _kept: KeptPaths | None
    _noise: LazyNoise | None
    first: int  # the tick to which the drivers' first layer in the buffer belongs
    scratch: Sums | None = None  # where the kernel adds counts that are not used
    resting: RestingPaths | None = None  # the state and the past, while the block rests

    def rest(self, spool: Spool | None = None) -> None:
        """Hold only what the next tick needs, packed, in `spool` if there is one; no number changes."""
        if self.resting is None:
            self.resting, self.scratch = RestingPaths.of(self.state, self.kept, self.noise, spool), None
            self._state = self._kept = self._noise = None

    def _wake(self) -> None:
        if self.resting is not None:
            packed, self._kept, self._noise = self.resting.read()
            self._state, self.resting = unpack(packed), None

    @property
    def state(self) -> State:
        """The state, unpacked when it is first needed after a rest."""
        self._wake()
        assert self._state is not None
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._wake()
        self._state = state

    @property
    def kept(self) -> KeptPaths:
        """The past that is kept; a block that rests goes on resting."""
        if self.resting is not None:
            return self.resting.read()[1]
        assert self._kept is not None
        return self._kept

    @kept.setter
    def kept(self, kept: KeptPaths) -> None:
        self._wake()
        self._kept = kept

    @property
    def noise(self) -> LazyNoise:
        """The noise of the places; a block that rests goes on resting."""
        if self.resting is not None:
            return self.resting.read()[2]
        assert self._noise is not None
        return self._noise

    @property
    def tick(self) -> int:
        """The tick to continue with."""
        return int(self.state.resume[0]) if self.resting is None else self.resting.tick

    def advance(self, until: int, sums: Sums) -> None:
        """Continue to tick `until`, with more room where the kernel needs it."""
        at = self.tick
        if at >= until:
            return
        self._wake()
        self.noise.wake()
        history = len(self.kept.scenario)
        while at < until:
            kept = self.kept if at < history else run.NOTHING_KEPT
            if max(at, 0) >= self.first + self.noise.stretch:
                self.noise.next_stretch()
                self.first += self.noise.stretch
            at = min(until, self.first + self.noise.stretch, history if at < history else until)
            self._run(at, sums, kept)

    def _run(self, until: int, sums: Sums, kept: KeptPaths) -> None:
        noise, rows = self.noise, self.noise.rows
        rows = rows._replace(drivers=rows.drivers - self.first)
        marks, counted = noise.marks._replace(path=noise.marks.path[: self.count]), run.batches(self.number, self.count)
        while True:
            code, trigger = simulate_block(self.law, rows, noise.buffer, marks, counted, until, self.state, sums, kept)
            if code == kernel.DONE:
                return
            self.state = run.with_more_room(self.state, code, self.names[trigger])

    def redraw(self, past: NDArray[np.bool_], begun: NDArray[np.bool_]) -> None:
        """Take from new noise what is not yet determined: clocks, branches of dates ahead, days of vague dates."""
        state, rows, noise, law = self.state, self.noise.rows, self.noise.buffer[:, : self.count], self.law
        marks = self.noise.marks
        first_exponentials(marks._replace(path=marks.path[: self.count]), state.clocks.left)
        for c in np.flatnonzero(~past):
            known, u = law.observations.branch[c], noise[rows.calendar[c]]
            state.places.branch[c] = (
                known if known >= 0 else np.searchsorted(law.calendar.cumulative[c], u, side="right")
            )
        state.evidence.day[begun] = -1
        for o in np.flatnonzero(~begun):
            u = noise[rows.occurrence[o]]
            state.evidence.day[o] = law.observations.first[o] + (u * law.observations.days[o]).astype(np.int32)


@dataclass(slots=True, eq=False)
class Population:
    """Paths of one compiled model at the end of a tick; made by `start`."""

    compiled: Compiled
    seed: int
    size: int
    purpose: str
    width: int
    spool: Spool | None = None
    _law: Law = field(init=False)
    _blocks: list[Block] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._law = law_of(self.compiled)

    def _add_blocks(self, tick: int = 0) -> list[Block]:
        """Add empty blocks with noise from `tick` on."""
        streams, names = layout(self.compiled), self.compiled.trigger_names
        for number in range(-(-self.size // self.width)):
            count = min(self.width, self.size - number * self.width)
            lazy = StretchNoise(self.seed, self.purpose, number, self.width, streams)
            state = _without_bins(new_state(self._law, count, run.QUEUE))
            kept = run.NOTHING_KEPT
            self._blocks.append(Block(number, count, self._law, names, state, kept, lazy, tick - STRETCH))
        return self._blocks

    def _add_shared_blocks(self, noise: Noise, streams: Layout, first: int = 0) -> None:
        """Add empty blocks at the start, numbered from `first`, on noise kept for all populations of the seed."""
        names, observed = self.compiled.trigger_names, occurrence_streams(self.compiled)
        for place in range(-(-self.size // self.width)):
            count, number = min(self.width, self.size - place * self.width), first + place
            lazy = SharedNoise(noise, number, streams, observed)
            state = _without_bins(new_state(self._law, count, run.QUEUE))
            self._blocks.append(Block(number, count, self._law, names, state, run.NOTHING_KEPT, lazy, -lazy.stretch))

    @property
    def tick(self) -> int:
        """Assessments so far; 0 at the start."""
        return max(self._blocks[0].tick, 0)

    def rest(self) -> None:
        """Hold the paths in as little memory as possible, also after an advance, until they are used again."""
        for block in self._blocks:
            block.rest(self.spool)

    def advance(self, tick: int, *, workers: int = 0, sums: Sums | None = None) -> None:
        """Simulate up to tick `tick`, on `workers` threads (0: one a core).

        `sums`, if given, takes what the ensemble would count, except histograms (then all blocks run on one thread).
        Raises ValueError for a tick that is past or beyond the end, SimulationError where a model runs away.
        """
        if not self.tick <= tick <= self.compiled.ticks:
            raise ValueError(f"tick {tick} lies outside {self.tick} to {self.compiled.ticks}")
        if sums is not None:
            for block in self._blocks:
                block.advance(tick, sums)
            return

        def work(block: Block) -> None:
            if block.scratch is None:
                block.scratch = run.empty_sums(self.compiled, "odds")
            rested = block.resting is not None
            block.advance(tick, block.scratch)
            if rested:  # one block after another is awake
                block.rest(self.spool)

        for _ in ordered_map(work, self._blocks, 1 if len(self._blocks) == 1 else workers):
            pass

    def read(self) -> Snapshot:
        """The paths as they are now; copies."""
        return Snapshot(
            tick=self.tick,
            latent=self._column("levels", "x"),
            index=self._column("levels", "s"),
            scar=self._column("levels", "scar"),
            scenario=self._column("places", "scenario"),
            streak=self._column("places", "streak"),
            spent=self._column("places", "spent"),
            count=self._column("clocks", "happened"),
            ends=self._column("clocks", "ends"),
            branch=self._column("places", "branch"),
        )

    def past(self, since: int = 0, until: int | None = None) -> tuple[Floats, NDArray[np.int8]]:
        """What was kept of ticks `since` to `until` (default: all), for each path and its ancestors.

        Index at both ends of each tick, (ticks + 1, drivers, paths), and the scenario at its end, (ticks, paths).
        """
        pasts = [block.kept for block in self._blocks]
        last = len(pasts[0].scenario) if until is None else until
        return (
            np.concatenate([kept.points[since : last + 1] for kept in pasts], axis=-1),
            np.concatenate([kept.scenario[since:last] for kept in pasts], axis=-1),
        )

    def remember(self, ticks: int) -> None:
        """Keep index and scenario up to tick `ticks`, beyond what is kept already. Raises ValueError if too late."""
        for block in self._blocks:
            past = block.kept
            known = len(past.scenario)
            if self.tick > known:
                raise ValueError(f"ticks {known} to {self.tick} are past and were not kept")
            kept = _history(self.compiled, ticks, block.count)
            kept.points[: known + 1] = past.points[: known + 1] if known else block.state.levels.s
            kept.scenario[:known] = past.scenario if known else 0
            block.kept = kept

    def forget(self) -> None:
        """Drop what was kept."""
        for block in self._blocks:
            block.kept = run.NOTHING_KEPT

    def pick(self, indices: Sequence[int] | Ints) -> None:
        """Put path `indices[i]` in place i, for all places; what is not yet determined stays with the place.

        `indices` is (size,). Raises ValueError where it is not.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.shape != (self.size,):
            raise ValueError(f"pick needs {self.size} indices, one for each place; got {chosen.shape}")
        self._equalise_room()
        self._copy_fields(self, chosen)
        for name in ("points", "scenario"):
            columns = np.concatenate([getattr(block.kept, name) for block in self._blocks], axis=-1)
            for block, mine in self._shares(chosen):
                if columns.size:
                    getattr(block.kept, name)[...] = columns[..., mine]
        past, begun = self._determined()
        branch, day = self._column("places", "branch"), self._column("evidence", "day")
        for block, mine in self._shares(chosen):
            block.state.places.branch[past] = branch[past][:, mine]
            block.state.evidence.day[begun] = day[begun][:, mine]
        self._copy_occurrences(self, chosen)

    def fork(
        self, purpose: str, indices: Sequence[int] | Ints | None = None, compiled: Compiled | None = None
    ) -> Population:
        """Copies of paths (default: one of each) that continue with noise of their own, drawn for another purpose.

        `compiled`, if given, is the model they continue under: the same with other evidence from now on. No trigger may
        be watched when it was not watched so far; follow-ups into what is no longer watched are drawn now.
        """
        chosen = np.arange(self.size) if indices is None else np.asarray(indices, dtype=np.int64)
        size = len(chosen)
        other = Population(
            compiled=self.compiled if compiled is None else compiled,
            seed=self.seed,
            size=size,
            purpose=purpose,
            width=min(self.width, size),
            spool=self.spool,
        )
        self._equalise_room()
        tick, (past, begun) = self.tick, self._determined()
        for block in other._add_blocks(tick):
            block.state.resume[0] = tick
            block.state = _with_room_of(block.state, self._blocks[0].state)
        self._copy_fields(other, chosen)
        branch, day = self._column("places", "branch"), self._column("evidence", "day")
        index, scenario = self.past()
        for block, mine in other._shares(chosen):
            block.redraw(past, other._determined()[1])
            block.state.places.branch[past] = branch[past][:, mine]
            if scenario.size:
                block.kept = block.kept._replace(points=index[..., mine], scenario=scenario[..., mine])
            if compiled is None:
                block.state.evidence.day[begun] = day[begun][:, mine]
            else:
                u = generator(self.seed, f"{purpose}release", block.number).random(block.state.evidence.since.shape)
                block.state = resample_pending(self._law, other._law, block.state, tick, u)
        self._copy_occurrences(other, chosen)
        if compiled is not None:
            which = same_occurrences(self._law.observations, other._law.observations)
            for block in other._blocks:
                redraw_episode_ends(
                    self._law, other._law, block.state, which, generator(self.seed, f"{purpose}ends", block.number)
                )
        return other

    def take_log_weight(self) -> Floats:
        """Log likelihood of the evidence since the last call, (size,); -inf where it is impossible."""
        for block in self._blocks:
            weigh_ends(block.law, block.state)
        weights = self._column("evidence", "log_weight")
        for block in self._blocks:
            block.state.evidence.log_weight[...] = 0.0
        return weights

    def failures(self) -> NDArray[np.int32]:
        """What made each path impossible, (size,): of O occurrences, number o; O + o: the end of the episode that
        it began; -2 - k: a follow-up into trigger k; -1: nothing.
        """
        return self._column("evidence", "failed")

    def _copy_fields(self, other: Population, chosen: Ints) -> None:
        for part, names in COPIED_FIELDS.items():
            for name in names:
                columns = self._column(part, name)
                for block, mine in other._shares(chosen):
                    getattr(getattr(block.state, part), name)[...] = columns[..., mine]

    def _copy_occurrences(self, other: Population, chosen: Ints) -> None:
        """Copy when occurrences happened, and the likelihood of their ends."""
        begun, weights = self._column("evidence", "begun"), self._column("evidence", "end_log_weight")
        which = same_occurrences(self._law.observations, other._law.observations)
        for block, mine in other._shares(chosen):
            for o in np.flatnonzero(which >= 0):
                block.state.evidence.begun[o] = begun[which[o], mine]
                block.state.evidence.end_log_weight[o] = weights[which[o], mine]

    def _determined(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which dates are past, and for which occurrences the first possible day has begun."""
        return self._law.calendar.tick < self.tick, self._law.observations.first < self.tick * self._law.tick

    def _shares(self, chosen: Ints) -> Iterator[tuple[Block, Ints]]:
        for block in self._blocks:
            start = (block.number - self._blocks[0].number) * self.width
            yield block, chosen[start : start + block.count]

    def _column(self, part: str, name: str) -> NDArray[Any]:
        return np.concatenate([getattr(getattr(block.state, part), name) for block in self._blocks], axis=-1)

    def _equalise_room(self) -> None:
        """Give all blocks as much room for follow-ups as the largest has."""
        if len(self._blocks) == 1:
            return
        queue = max(self._blocks, key=lambda block: len(block.state.queue.time)).state
        evidence = max(self._blocks, key=lambda block: len(block.state.evidence.since)).state
        for block in self._blocks:
            block.state = _with_room_of(_with_room_of(block.state, queue), evidence)


def _without_bins(state: State) -> State:
    """The state without the bins of a histogram that nobody counts."""
    bins = np.zeros((0, *state.levels.bins.shape[1:]), dtype=np.uint16)
    return state._replace(levels=state.levels._replace(bins=bins))


def _with_room_of(state: State, other: State) -> State:
    """The state with at least as much room for follow-ups as another has."""
    while len(state.queue.time) < len(other.queue.time):
        state = run.longer_queue(state)
    while len(state.evidence.since) < len(other.evidence.since):
        state = run.longer_pending(state)
    return state


def _history(compiled: Compiled, ticks: int, count: int) -> KeptPaths:
    if ticks == 0:
        return run.NOTHING_KEPT
    # Zeros: the rest of a path that stops, as no evidence is consistent with it, is read too, with weight 0.
    return run.NOTHING_KEPT._replace(
        points=np.zeros((ticks + 1, len(compiled.drivers), count)), scenario=np.zeros((ticks, count), dtype=np.int8)
    )
