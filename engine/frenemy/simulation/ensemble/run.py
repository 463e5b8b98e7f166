"""The fast engine: many paths at once, in blocks over threads, added up as they finish.

The result is a pure function of (compiled model, seed, paths): counts are integers, and the few floating sums are
added in the order of the blocks, so that any number of workers gives the same bits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.kernel import state as kernel
from frenemy.simulation.ensemble.kernel.block import simulate_block
from frenemy.simulation.ensemble.kernel.state import InitialEvents, KeptPaths, Law, Motion, State, Sums, new_state
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.tally import BATCHES, BINS, GROUP, Tally
from frenemy.simulation.noise.blocks import BlockNoise, Noise
from frenemy.simulation.noise.streams import BLOCK, Layout, layout

__all__ = [
    "NOTHING_KEPT",
    "BlockRun",
    "Detail",
    "Job",
    "Noise",
    "empty_sums",
    "guess_depth",
    "law_of",
    "longer_pending",
    "longer_queue",
    "new_job",
    "simulate",
    "simulate_each",
    "simulate_paths",
    "twice",
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
    """A simulated block: its noise, its last state, and what was kept of it."""

    drawn: BlockNoise
    state: State
    kept: KeptPaths


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """What all blocks of a run share."""

    compiled: Compiled
    law: Law
    streams: Layout
    noise: Noise

    def run(self, block: int, paths: int | Ints, buffer: Floats, sums: Sums, kept: KeptPaths) -> BlockRun:
        """Run the first `paths` paths of a block, or those at these positions in it, with more room where needed."""
        state = new_state(self.law, paths if isinstance(paths, int) else len(paths), QUEUE)
        drawn = self.noise.block(block, self.streams, self._depth(), buffer)
        while True:
            law, ticks = self.law, self.law.ticks
            noise = drawn.buffer if isinstance(paths, int) else drawn.buffer[: drawn.used].take(paths, axis=1)
            status, kind, trigger = simulate_block(law, drawn.rows, noise, block, ticks, state, sums, kept)
            match status:
                case kernel.DONE:
                    return BlockRun(drawn, state, kept)
                case kernel.NEED_LAYERS:
                    self.noise.deepen(self.compiled.trigger_names[trigger], kind, int(drawn.rows.depth[kind, trigger]))
                    drawn = self.noise.more(block, self.streams, self._depth(), drawn)
                case kernel.NEED_QUEUE:
                    state = longer_queue(state)
                case kernel.NEED_PENDING:
                    state = longer_pending(state)
                case _:
                    kept = kept._replace(**{name: twice(getattr(kept, name)) for name in _EVENT_COLUMNS})

    def _depth(self) -> Ints:
        return self.noise.depth(self.compiled.trigger_names, guess_depth(self.compiled))


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


@dataclass(slots=True)
class _WorkerSums:
    """What one worker writes to: its integer sums and its noise buffer."""

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
    """Simulate paths 0..paths-1 of a seed and add them up.

    `workers` threads (0: one a core); `progress` is called with the number of paths done since the last call.
    Raises SimulationError where a model runs away.
    """
    job = new_job(compiled, seed)
    totals: list[_WorkerSums] = []
    local = threading.local()

    def work(block: int) -> tuple[int, Floats, Floats]:
        if not hasattr(local, "total"):
            local.total = _WorkerSums(empty_sums(compiled, detail), np.empty((0, BLOCK)))
            totals.append(local.total)
        count = min(BLOCK, paths - block * BLOCK)
        return count, *_run_block(job, block, count, local.total)

    index_sum = np.zeros((compiled.ticks + 1, len(compiled.drivers)))
    index_squares = np.zeros_like(index_sum)
    for count, first, second in ordered_map(work, range(-(-paths // BLOCK)), workers):
        index_sum += first
        index_squares += second
        progress(count)
    return _tally(totals, paths, index_sum, index_squares)


def simulate_each(
    models: Iterable[Compiled],
    *,
    seed: int | Noise,
    paths: int,
    detail: Detail = "full",
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Iterator[Tally]:
    """Simulate several models on the same noise, `workers` of them at a time, and yield their tallies in order.

    Each tally is that of `simulate`. No thread waits for the end of a model, which is faster where there are many.
    Models are taken as they are needed; `progress` is called with the number of paths done since the last call.
    """
    noise = seed if isinstance(seed, Noise) else Noise(seed)

    def work(compiled: Compiled) -> Tally:
        return simulate(compiled, seed=noise, paths=paths, detail=detail, workers=1)

    for tally in ordered_map(work, models, workers):
        progress(paths)
        yield tally


def _run_block(job: Job, block: int, count: int, total: _WorkerSums) -> tuple[Floats, Floats]:
    """Run one block and add its counts; the floating sums are returned, to be added in the order of the blocks."""
    sums = total.sums._replace(
        index_sum=np.zeros_like(total.sums.index_sum), index_squares=np.zeros_like(total.sums.index_squares)
    )
    total.buffer = job.run(block, count, total.buffer, sums, NOTHING_KEPT).drawn.buffer
    return sums.index_sum, sums.index_squares


def simulate_paths(compiled: Compiled, *, seed: int | Noise, numbers: Sequence[int], workers: int = 0) -> Paths:
    """Simulate the named paths of a seed and keep them whole.

    Memory grows with ticks x drivers x paths. Raises SimulationError where a model runs away.
    """
    job = new_job(compiled, seed)
    chosen = np.asarray(numbers, dtype=np.int64)
    blocks = sorted({int(number) // BLOCK for number in chosen})

    def work(block: int) -> tuple[KeptPaths, Ints]:
        columns = np.flatnonzero(chosen // BLOCK == block)
        inside = chosen[columns] - block * BLOCK
        kept = _keep_block(job, block, int(inside.max()) + 1)
        return _pick(kept, inside), columns

    n, d, k = compiled.ticks, len(compiled.drivers), len(compiled.trigger_names)
    latent, index = np.empty((n + 1, d, len(chosen))), np.empty((n + 1, d, len(chosen)))
    scenario = np.empty((n, len(chosen)), dtype=np.int8)
    counts = np.empty((k, len(chosen)), dtype=np.int64)
    branch = np.empty((len(compiled.calendar_names), len(chosen)), dtype=np.int64)
    running_end = np.empty((len(compiled.running), len(chosen)))
    events: list[tuple[Ints, Ints, Ints, Floats, Floats]] = []
    for kept, columns in ordered_map(work, blocks, workers):
        latent[:, :, columns], index[:, :, columns] = kept.latent, kept.points
        scenario[:, columns], counts[:, columns], branch[:, columns] = kept.scenario, kept.counts, kept.branch
        running_end[:, columns] = kept.running_end
        columns_of_events = (getattr(kept, name) for name in _EVENT_COLUMNS[1:])
        events.append((columns[kept.event_path], *columns_of_events))
    parts = [np.concatenate(part) for part in zip(*events, strict=True)] if events else [np.empty(0)] * 5
    order = np.lexsort((parts[3], parts[0]))
    return Paths(
        numbers=chosen,
        latent=latent,
        index=index,
        scenario=scenario,
        counts=counts,
        branch=branch,
        event_path=parts[0][order].astype(np.int64),
        event_trigger=parts[1][order].astype(np.int64),
        event_kind=parts[2][order].astype(np.int64),
        event_time=parts[3][order],
        event_end=parts[4][order],
        running_trigger=np.array([k for k, _, _ in compiled.running], dtype=np.int64),
        running_end=running_end,
    )


def _keep_block(job: Job, block: int, count: int) -> KeptPaths:
    sums = empty_sums(job.compiled, "odds")
    return job.run(block, count, np.empty((0, BLOCK)), sums, _room(job.compiled, count, EVENTS)).kept


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


def new_job(compiled: Compiled, seed: int | Noise) -> Job:
    """A run of a model, ready to be simulated block by block."""
    noise = seed if isinstance(seed, Noise) else Noise(seed)
    return Job(compiled=compiled, law=law_of(compiled), streams=layout(compiled), noise=noise)


def law_of(compiled: Compiled) -> Law:
    """The compiled model as the kernel reads it."""
    move = compiled.transition
    return Law(
        ticks=compiled.ticks,
        tick=compiled.tick,
        year=compiled.year,
        motion=Motion(
            phi=_tidy(move.phi),
            anchor_in=_tidy(move.anchor),
            scar_in=_tidy(move.scar),
            heal=_tidy(move.heal),
            shock=_tidy(move.shock),
            level=compiled.level,
            scar=compiled.scar,
            anchor=compiled.anchor,
        ),
        triggers=compiled.triggers,
        links=compiled.links,
        pairs=compiled.pairs,
        calendar=compiled.calendar,
        programs=compiled.programs,
        rules=compiled.rules,
        initial=InitialEvents(
            imposed_trigger=np.array([k for k, _ in compiled.imposed], dtype=np.int64),
            imposed_time=np.array([time for _, time in compiled.imposed], dtype=np.float64),
            running_trigger=np.array([k for k, _, _ in compiled.running], dtype=np.int64),
            running_median=np.array([median for _, median, _ in compiled.running], dtype=np.float64),
            running_sigma=np.array([sigma for _, _, sigma in compiled.running], dtype=np.float64),
        ),
        observations=compiled.observations,
    )


def _tidy(matrix: Floats) -> Floats:
    return np.ascontiguousarray(matrix, dtype=np.float64)


def guess_depth(compiled: Compiled, ticks: int | None = None) -> Ints:
    """A first guess of the layers needed: a Poisson count at the starting levels, rounded up generously."""
    triggers = compiled.triggers
    days = (compiled.ticks if ticks is None else ticks) * compiled.tick
    index = 100 / (1 + np.exp(-compiled.level))
    open_for = np.clip(np.minimum(triggers.closes, days) - np.maximum(triggers.opens, 0), 0, days)
    mean = np.exp(np.clip(triggers.intercept + triggers.slope @ index, -700, 10)) * open_for
    own = np.minimum(np.ceil(3 + mean + 5 * np.sqrt(mean)), triggers.max_count + 2)
    return np.stack([own, np.full_like(own, 4)]).astype(np.int64)


def empty_sums(compiled: Compiled, detail: Detail) -> Sums:
    """Room for what a block counts."""
    n, d, k, s = compiled.ticks, len(compiled.drivers), len(compiled.trigger_names), len(compiled.rules.enter)
    full = detail == "full"

    def zeros(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    return Sums(
        occupancy=zeros(BATCHES, n, s),
        first_entry=zeros(BATCHES, n, s),
        share_squares=zeros(n, s),
        index_sum=np.zeros((n + 1, d)),
        index_squares=np.zeros((n + 1, d)),
        histogram=zeros(s, n + 1, d, BINS) if full else zeros(0, 0, 0, 0),
        plane=zeros(s, 100, 100) if full else zeros(0, 0, 0),
        events=zeros(n, k),
        first_events=zeros(n, k),
        event_squares=zeros(k),
        year_events=zeros(int(compiled.year[-1]) + 1, k),
        year_squares=zeros(int(compiled.year[-1]) + 1, k),
        branches=zeros(*compiled.calendar.cumulative.shape),
    )


def _tally(totals: Sequence[_WorkerSums], paths: int, index_sum: Floats, index_squares: Floats) -> Tally:
    counted = {
        name: sum((getattr(total.sums, name) for total in totals[1:]), getattr(totals[0].sums, name))
        for name in Sums._fields
        if name not in ("index_sum", "index_squares")
    }
    counted["share_squares"] = np.cumsum(counted["share_squares"], axis=0)
    group = np.arange(paths // GROUP + 1)
    sizes = np.minimum(GROUP, paths - group * GROUP)
    return Tally(
        paths=paths,
        batch_paths=np.bincount(group % BATCHES, weights=sizes, minlength=BATCHES).astype(np.int64),
        index_sum=index_sum,
        index_squares=index_squares,
        **counted,
    )
