"""The fast engine: many paths at once, in blocks over threads, added up as they finish.

The result is a pure function of (compiled model, seed, paths): counts are integers, and the few floating sums are
added in the order of the blocks, so that any number of workers gives the same bits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.errors import SimulationError
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.ensemble import Ensemble, Part, one_model
from frenemy.simulation.ensemble.kernel import state as kernel
from frenemy.simulation.ensemble.kernel.block import simulate_block
from frenemy.simulation.ensemble.kernel.state import CountRows, KeptPaths, State, Sums, new_state
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.tally import BATCHES, BINS, GROUP, Tally
from frenemy.simulation.noise.blocks import BlockNoise, Noise
from frenemy.simulation.noise.streams import BLOCK, Layout, Marks, layout

__all__ = [
    "NOTHING_KEPT",
    "BlockRun",
    "BlockScenarios",
    "Detail",
    "Job",
    "Noise",
    "block_scenarios",
    "empty_sums",
    "longer_pending",
    "longer_queue",
    "new_job",
    "rows_by_draw",
    "simulate",
    "simulate_ensemble",
    "simulate_paths",
    "twice",
    "whole_paths",
    "with_more_room",
]  # fmt: skip

Detail = Literal["odds", "full"]
"""What a tally holds. `odds` leaves the histogram of levels and the plane empty, which is faster."""

QUEUE = 8
"""Follow-ups that one path has room for at first."""
PENDING = 8
"""Pending follow-ups that one path has room for at first, where triggers are watched."""
EVENTS = 1 << 16
"""Events that a kept block has room for at first."""


class BlockRun(NamedTuple):
    """Simulated paths of a block: their last state, and what was kept of them."""

    state: State
    kept: KeptPaths


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """What all blocks of a run share."""

    ensemble: Ensemble
    streams: Layout
    noise: Noise

    def block(self, block: int, buffer: Floats) -> BlockNoise:
        """The noise of a block, drawn into `buffer` if that is large enough and the noise is not kept."""
        return self.noise.block(block, self.streams, buffer)

    def sums(self, parts: Sequence[Part]) -> Sums:
        """Room for the odds of these parts of a block."""
        return empty_sums(self.ensemble.models[0], "odds", draws=len(parts) if self.ensemble.drawn else 0)

    def run(
        self, parts: Sequence[Part], paths: slice | Ints, drawn: BlockNoise, sums: Sums, kept: KeptPaths
    ) -> BlockRun:
        """Run these paths of a block, a slice or positions in it: of each part's model so many, one after the other.

        The models are one model, or successive outer draws.
        """
        first, law = self.ensemble.models[parts[0].number], self.ensemble.law(parts)
        noise, marks = _of_paths(drawn, paths)
        rows = rows_by_draw(parts) if self.ensemble.drawn else batches(drawn.number, len(marks.path))
        state = new_state(law, len(marks.path), QUEUE)
        while True:
            status, trigger = simulate_block(law, drawn.rows, noise, marks, rows, law.ticks, state, sums, kept)
            match status:
                case kernel.DONE:
                    return BlockRun(state, kept)
                case kernel.NEED_EVENTS:
                    kept = kept._replace(**{name: twice(getattr(kept, name)) for name in _EVENT_COLUMNS})
                case _:
                    state = with_more_room(state, status, first.trigger_names[trigger])


def rows_by_draw(parts: Sequence[Part]) -> CountRows:
    """The rows of the sums into which the paths of these draws are counted, one for each."""
    ends = np.cumsum([part.stop - part.start for part in parts])
    return CountRows(np.append(0, ends), np.arange(len(parts)))


def batches(block: int, paths: int) -> CountRows:
    """The rows of the sums into which the first paths of a block are counted, if they are those of one model."""
    start = np.append(np.arange(0, paths, GROUP), paths)
    return CountRows(start, (block * (BLOCK // GROUP) + np.arange(len(start) - 1)) % BATCHES)


def _of_paths(drawn: BlockNoise, paths: slice | Ints) -> tuple[Floats, Marks]:
    """The noise and the marks of these paths; the noise is contiguous."""
    marks = drawn.marks._replace(path=drawn.marks.path[paths])
    if not isinstance(paths, slice):
        whole = len(paths) and paths[-1] == len(paths) - 1  # rising positions without a gap
        return drawn.buffer if whole else drawn.buffer.take(paths, axis=1), marks
    if paths.start == 0:  # the kernel reads the first columns only
        return drawn.buffer, marks
    return np.ascontiguousarray(drawn.buffer[:, paths]), marks


def with_more_room(state: State, needed: int, trigger: str) -> State:
    """The state with more of what the kernel needs. Raises SimulationError where the model runs away."""
    match needed:
        case kernel.NEED_QUEUE:
            return longer_queue(state)
        case kernel.NEED_PENDING:
            return longer_pending(state)
    message = f"{trigger} happens more than {kernel.MAX_EVENTS:,} times in one path: the model runs away"
    raise SimulationError(message)


def longer_queue(state: State) -> State:
    """The same state with room for twice as many follow-ups on their way."""
    longer = {name: twice(getattr(state.queue, name)) for name in ("time", "trigger", "source")}
    return state._replace(queue=state.queue._replace(**longer))


def longer_pending(state: State) -> State:
    """The same state with room for more pending follow-ups."""
    names = ("since", "weighed_until", "link", "missed")
    roomier = {}
    for name in names:
        old = getattr(state.evidence, name)
        roomier[name] = np.concatenate([old, np.zeros((max(PENDING, len(old)), old.shape[1]), dtype=old.dtype)])
    return state._replace(evidence=state.evidence._replace(**roomier))


def twice(array: NDArray[Any]) -> NDArray[Any]:
    """The array with as many rows again, zeros."""
    return np.concatenate([array, np.zeros_like(array)])


class _Counted(NamedTuple):
    """What is known of a block by draw or by batch, and its floating sums, added in the order of the blocks."""

    occupancy: Ints  # (draws or batches, ticks, scenarios)
    first_entry: Ints
    draw_events: Ints  # (draws, years, triggers)
    draw_happened: Ints  # (draws, triggers)
    year_happened: Ints  # (draws, years, triggers)
    index_sum: Floats
    index_squares: Floats


_LEVELS = ("index_sum", "index_squares")
_BY_MODEL = ("occupancy", "first_entry", "draw_events", "draw_happened", "year_happened")


@dataclass(slots=True)
class _Worker:
    """What one worker adds to, and its noise buffer."""

    sums: Sums
    buffer: Floats


def simulate(
    compiled: Compiled,
    *,
    seed: int | Noise,
    paths: int,
    detail: Detail = "full",
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Tally:
    """Simulate paths 0..paths-1 of a seed under one model and add them up; see `simulate_ensemble`."""
    whole = one_model(compiled, paths)
    return simulate_ensemble(whole, seed=seed, detail=detail, workers=workers, progress=progress)


def simulate_ensemble(
    ensemble: Ensemble,
    *,
    seed: int | Noise,
    detail: Detail = "full",
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Tally:
    """Simulate the paths of an ensemble and add them up.

    `workers` threads (0: one a core); `progress` is called with the number of paths done since the last call.
    Raises SimulationError where a model runs away.
    """
    job, first = new_job(ensemble, seed), ensemble.models[0]
    workers_sums: list[_Worker] = []
    local = threading.local()

    def work(block: int) -> tuple[list[Part], _Counted]:
        if not hasattr(local, "worker"):
            local.worker = _Worker(empty_sums(first, detail), np.empty((0, BLOCK)))
            workers_sums.append(local.worker)
        return _run_block(job, block, local.worker, total)

    total = _Totals(ensemble)
    for parts, counted in ordered_map(work, ensemble.blocks, workers):
        total.add(parts, counted)
        progress(parts[-1].stop - parts[0].start)
    return total.tally([worker.sums for worker in workers_sums])


def _run_block(job: Job, block: int, worker: _Worker, total: _Totals) -> tuple[list[Part], _Counted]:
    """Run the models that have paths in a block; what is to be added in the order of the blocks is returned."""
    drawn, parts = job.block(block, worker.buffer), job.ensemble.parts(block)
    own = total.room(parts)
    sums = worker.sums._replace(**own._asdict())
    job.run(parts, slice(parts[0].start, parts[-1].stop), drawn, sums, NOTHING_KEPT)
    worker.buffer = drawn.buffer
    return parts, own


class _Totals:
    """The sums over all blocks, by model where they are known by model."""

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        self._in_place = ensemble.drawn and BLOCK % ensemble.each == 0  # no draw has paths in two blocks
        self._sums = self._empty(len(ensemble.models))

    def _empty(self, draws: int) -> _Counted:
        empty = empty_sums(self._ensemble.models[0], "odds", draws=draws if self._ensemble.drawn else 0)
        return _Counted(*(getattr(empty, name) for name in _Counted._fields))

    def _rows(self, parts: Sequence[Part]) -> slice:
        return slice(parts[0].number, parts[-1].number + 1) if self._ensemble.drawn else slice(None)

    def room(self, parts: Sequence[Part]) -> _Counted:
        """Where these parts of a block are counted."""
        if not self._in_place:
            return self._empty(len(parts))
        rows = {name: getattr(self._sums, name)[self._rows(parts)] for name in _BY_MODEL}
        levels = {name: np.zeros_like(getattr(self._sums, name)) for name in _LEVELS}
        return _Counted(**rows, **levels)

    def add(self, parts: Sequence[Part], counted: _Counted) -> None:
        """Add what was counted in a block, unless it was counted in its place."""
        for name in _LEVELS:
            getattr(self._sums, name)[...] += getattr(counted, name)
        for name in () if self._in_place else _BY_MODEL:
            getattr(self._sums, name)[self._rows(parts)] += getattr(counted, name)

    def tally(self, workers: Sequence[Sums]) -> Tally:
        """The tally, with what each worker has counted."""
        counted = {
            name: sum((getattr(one, name) for one in workers[1:]), getattr(workers[0], name)) for name in _SHARED
        }
        counted["share_squares"] = np.cumsum(counted["share_squares"], axis=0)
        sums = self._sums
        return Tally(
            groups=self._ensemble.groups,
            occupancy=sums.occupancy,
            first_entry=sums.first_entry,
            index_sum=sums.index_sum,
            index_squares=sums.index_squares,
            model_events=sums.draw_events.sum(axis=1),
            model_happened=sums.draw_happened,
            model_year_events=sums.draw_events,
            model_year_happened=sums.year_happened,
            **counted,
        )


_SHARED = (
    "share_squares", "histogram", "plane", "events", "first_events", "event_squares", "year_squares", "branches",
)  # fmt: skip


class BlockScenarios(NamedTuple):
    """Scenarios and event counts of the paths of one block; the last axis is the path."""

    scenario: NDArray[np.int8]  # (ticks, paths) position in the models' own scenarios
    counts: Ints  # (triggers, paths) events by the end


def block_scenarios(job: Job, block: int) -> BlockScenarios:
    """The scenarios of an ensemble's paths in one block, in the order of the paths."""
    first, parts = job.ensemble.models[0], job.ensemble.parts(block)
    paths = slice(parts[0].start, parts[-1].stop)
    number = paths.stop - paths.start
    room = NOTHING_KEPT._replace(
        scenario=np.empty((first.ticks, number), dtype=np.int8),
        counts=np.empty((len(first.trigger_names), number), dtype=np.int64),
        branch=np.empty((len(first.calendar_names), number), dtype=np.int64),
    )
    kept = job.run(parts, paths, job.block(block, np.empty((0, BLOCK))), job.sums(parts), room).kept
    return BlockScenarios(kept.scenario, kept.counts)


def whole_paths(job: Job, block: int) -> Paths:
    """The whole paths of an ensemble in one block."""
    first, parts = job.ensemble.models[0], job.ensemble.parts(block)
    paths = slice(parts[0].start, parts[-1].stop)
    room = _room(first, paths.stop - paths.start, EVENTS)
    kept = job.run(parts, paths, job.block(block, np.empty((0, BLOCK))), job.sums(parts), room).kept
    inside = np.arange(paths.stop - paths.start)
    return _joined(first, block * BLOCK + paths.start + inside, [(_pick(kept, inside), inside)])


def simulate_paths(compiled: Compiled, *, seed: int | Noise, numbers: Sequence[int], workers: int = 0) -> Paths:
    """Simulate the named paths of a seed and keep them whole.

    Memory grows with ticks x drivers x paths. Raises SimulationError where a model runs away.
    """
    one_draw = Ensemble(models=(compiled,), each=len(numbers), points=np.empty((1, 0)))  # by the kernel of a whole run
    job = new_job(one_draw, seed)
    chosen = np.asarray(numbers, dtype=np.int64)
    blocks = sorted({int(number) // BLOCK for number in chosen})

    def work(block: int) -> tuple[KeptPaths, Ints]:
        columns = np.flatnonzero(chosen // BLOCK == block)
        inside = chosen[columns] - block * BLOCK
        kept = _keep_block(job, compiled, block, int(inside.max()) + 1)
        return _pick(kept, inside), columns

    return _joined(compiled, chosen, ordered_map(work, blocks, workers))


def _joined(compiled: Compiled, numbers: Ints, parts: Iterable[tuple[KeptPaths, Ints]]) -> Paths:
    """Kept paths, each with their columns among the numbers, as one."""
    n, d, k = compiled.ticks, len(compiled.drivers), len(compiled.trigger_names)
    latent, index = np.empty((n + 1, d, len(numbers))), np.empty((n + 1, d, len(numbers)))
    scenario = np.empty((n, len(numbers)), dtype=np.int8)
    counts = np.empty((k, len(numbers)), dtype=np.int64)
    branch = np.empty((len(compiled.calendar_names), len(numbers)), dtype=np.int64)
    running_end = np.empty((len(compiled.running), len(numbers)))
    events: list[tuple[Ints, Ints, Ints, Floats, Floats]] = []
    for kept, columns in parts:
        latent[:, :, columns], index[:, :, columns] = kept.latent, kept.points
        scenario[:, columns], counts[:, columns], branch[:, columns] = kept.scenario, kept.counts, kept.branch
        running_end[:, columns] = kept.running_end
        columns_of_events = (getattr(kept, name) for name in _EVENT_COLUMNS[1:])
        events.append((columns[kept.event_path], *columns_of_events))
    joined = [np.concatenate(part) for part in zip(*events, strict=True)] if events else [np.empty(0)] * 5
    order = np.lexsort((joined[3], joined[0]))
    return Paths(
        numbers=numbers,
        latent=latent,
        index=index,
        scenario=scenario,
        counts=counts,
        branch=branch,
        event_path=joined[0][order].astype(np.int64),
        event_trigger=joined[1][order].astype(np.int64),
        event_kind=joined[2][order].astype(np.int64),
        event_time=joined[3][order],
        event_end=joined[4][order],
        running_trigger=np.array([k for k, _, _ in compiled.running], dtype=np.int64),
        running_end=running_end,
    )


def _keep_block(job: Job, compiled: Compiled, block: int, count: int) -> KeptPaths:
    room, parts = _room(compiled, count, EVENTS), [Part(0, 0, count)]
    return job.run(parts, slice(0, count), job.block(block, np.empty((0, BLOCK))), job.sums(parts), room).kept


def _room(compiled: Compiled, count: int, capacity: int) -> KeptPaths:
    n, d, k = compiled.ticks, len(compiled.drivers), len(compiled.trigger_names)
    return KeptPaths(
        latent=np.empty((n + 1, d, count)),
        points=np.empty((n + 1, d, count)),
        scenario=np.empty((n, count), dtype=np.int8),
        counts=np.empty((k, count), dtype=np.int64),
        branch=np.empty((len(compiled.calendar_names), count), dtype=np.int64),
        event_path=np.empty(capacity, dtype=np.int64),
        event_trigger=np.empty(capacity, dtype=np.int64),
        event_kind=np.empty(capacity, dtype=np.int64),
        event_time=np.empty(capacity),
        event_end=np.empty(capacity),
        running_end=np.empty((len(compiled.running), count)),
        event_number=np.zeros(1, dtype=np.int64),
    )


_EVENT_COLUMNS = ("event_path", "event_trigger", "event_kind", "event_time", "event_end")

NOTHING_KEPT = KeptPaths(
    latent=np.empty((0, 0, 0)),
    points=np.empty((0, 0, 0)),
    scenario=np.empty((0, 0), dtype=np.int8),
    counts=np.empty((0, 0), dtype=np.int64),
    branch=np.empty((0, 0), dtype=np.int64),
    event_path=np.empty(0, dtype=np.int64),
    event_trigger=np.empty(0, dtype=np.int64),
    event_kind=np.empty(0, dtype=np.int64),
    event_time=np.empty(0),
    event_end=np.empty(0),
    running_end=np.empty((0, 0)),
    event_number=np.zeros(1, dtype=np.int64),
)
"""No path is kept whole."""


def _pick(kept: KeptPaths, inside: Ints) -> KeptPaths:
    """The columns `inside` of a block, events renumbered to them."""
    number = int(kept.event_number[0])
    path = kept.event_path[:number]
    position = np.full(kept.scenario.shape[1], -1, dtype=np.int64)
    position[inside] = np.arange(len(inside))
    mine = position[path] >= 0
    return KeptPaths(
        latent=kept.latent[:, :, inside],
        points=kept.points[:, :, inside],
        scenario=kept.scenario[:, inside],
        counts=kept.counts[:, inside],
        branch=kept.branch[:, inside],
        event_path=position[path[mine]],
        event_trigger=kept.event_trigger[:number][mine],
        event_kind=kept.event_kind[:number][mine],
        event_time=kept.event_time[:number][mine],
        event_end=kept.event_end[:number][mine],
        running_end=kept.running_end[:, inside],
        event_number=kept.event_number,
    )


def new_job(ensemble: Ensemble, seed: int | Noise) -> Job:
    """A run of an ensemble, ready to be simulated block by block."""
    noise = seed if isinstance(seed, Noise) else Noise(seed)
    return Job(ensemble=ensemble, streams=layout(*ensemble.models), noise=noise)


def empty_sums(compiled: Compiled, detail: Detail, *, draws: int = 0) -> Sums:
    """Room for what a block counts, of one model (`draws` of 0) or of so many outer draws."""
    n, d, k, s = compiled.ticks, len(compiled.drivers), len(compiled.trigger_names), len(compiled.rules.enter)
    full, years, rows = detail == "full", int(compiled.year[-1]) + 1, draws or BATCHES

    def zeros(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    return Sums(
        occupancy=zeros(rows, n, s),
        first_entry=zeros(rows, n, s),
        share_squares=zeros(n, s),
        index_sum=np.zeros((n + 1, d)),
        index_squares=np.zeros((n + 1, d)),
        histogram=zeros(s, n + 1, d, BINS) if full else zeros(0, 0, 0, 0),
        plane=zeros(s, 100, 100) if full else zeros(0, 0, 0),
        events=zeros(n, k),
        first_events=zeros(n, k),
        event_squares=zeros(k),
        draw_events=zeros(draws or 1, years, k),
        draw_happened=zeros(draws or 1, k),
        year_happened=zeros(draws or 1, years, k),
        year_squares=zeros(years, k),
        branches=zeros(*compiled.calendar.cumulative.shape),
    )
