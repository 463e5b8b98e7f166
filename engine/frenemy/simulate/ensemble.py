"""The fast engine: many paths at once, in blocks, over threads, added up as they come.

The answer is a pure function of (compiled model, seed, paths): counts are integers, and the few floating sums are
added in the order of the blocks, so that any number of workers gives the same bits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from frenemy.errors import SimulationError
from frenemy.executors import ordered_map
from frenemy.simulate import kernel
from frenemy.simulate.compiled import Compiled
from frenemy.simulate.kernel import Kept, Law, Rows, Sums, simulate_block
from frenemy.simulate.noise import BLOCK, FOLLOW_UP, OWN, Layout, Stream, draw, layout
from frenemy.simulate.tally import BATCHES, BINS, Tally

__all__ = ["Detail", "Noise", "Paths", "simulate", "simulate_paths"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Detail = Literal["odds", "full"]
"""What a tally holds: `odds` leaves the histogram of levels and the plane empty, which is faster."""

QUEUE = 8
"""Follow-ups that may wait in one path, to begin with."""
EVENTS = 1 << 16
"""Events that a kept block may hold, to begin with."""
MOST_LAYERS = 20_000
"""Events of one trigger in one path; beyond that the model has run away."""


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """The noise of one block as it was last laid out."""

    streams: tuple[Stream, ...]
    depth: Ints
    rows: Rows
    stacks: dict[str, Floats]  # by stream, views of `buffer`
    buffer: Floats


@dataclass(slots=True)
class Noise:
    """The noise of one seed, drawn block by block; with `keep`, drawn once and kept for the next run.

    Runs of other models on the same seed may share it (from several threads): a stream is known by its name. It also
    remembers how deep the stacks had to be, which saves time and changes no number.
    """

    seed: int
    keep: bool = False
    _depth: dict[tuple[str, int], int] = field(default_factory=dict)
    _drawn: dict[int, _Drawn] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def depth(self, compiled: Compiled) -> Ints:
        """Layers to draw, (2, K): own events and follow-ups of each trigger."""
        depth = np.empty((2, len(compiled.trigger_names)), dtype=np.int64)
        guess = _guess_depth(compiled)
        with self._lock:
            for kind in (OWN, FOLLOW_UP):
                for k, name in enumerate(compiled.trigger_names):
                    depth[kind, k] = self._depth.setdefault((name, kind), int(guess[kind, k]))
        return depth

    def deepen(self, name: str, kind: int, used: int) -> None:
        """More layers than `used` were needed for a trigger."""
        if used >= MOST_LAYERS:
            raise SimulationError(f"{name} happens more than {MOST_LAYERS:,} times in one path: the model runs away")
        with self._lock:
            self._depth[name, kind] = max(self._depth[name, kind], used + max(2, used // 2))

    def fill(self, streams: Layout, depth: Ints, block: int, buffer: Floats) -> tuple[Rows, Floats]:
        """The block's noise, (rows, BLOCK), with the first row of each stream; `buffer` is used if it is free to be."""
        held = self._drawn.get(block)
        if held is not None and held.streams == streams.streams and np.array_equal(held.depth, depth):
            return held.rows, held.buffer
        layers = [int(depth[s.kind, s.trigger]) if s.trigger >= 0 else s.layers for s in streams.streams]
        first = np.concatenate([[0], np.cumsum(layers)]).astype(np.int64)
        if self.keep or len(buffer) < first[-1]:
            buffer = np.empty((int(first[-1]), BLOCK))
        stacks: dict[str, Floats] = {}
        for stream, start, count in zip(streams.streams, first, layers, strict=False):
            out = stacks[stream.name] = buffer[start : start + count]
            old = None if held is None else held.stacks.get(stream.name)
            if old is not None and len(old) >= count:
                out[:] = old[:count]
            else:
                draw(stream, self.seed, block, out)
        rows = _rows(streams, first, depth)
        if self.keep:
            self._drawn[block] = _Drawn(streams.streams, depth, rows, stacks, buffer)
        return rows, buffer


def _rows(streams: Layout, first: Ints, depth: Ints) -> Rows:
    at = np.concatenate([first[:-1], [-1]])  # index -1, no stream, gives row -1
    return Rows(
        drivers=at[streams.drivers],
        calendar=at[streams.calendar],
        clock=at[streams.clock],
        severity=at[streams.severity],
        duration=at[streams.duration],
        chance=at[streams.chance],
        delay=at[streams.delay],
        remaining=at[streams.remaining],
        depth=depth,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paths:
    """Whole paths; the last axis is the path, in the order asked for."""

    numbers: Ints  # (paths,) which paths of the seed
    latent: Floats  # (ticks + 1, drivers, paths)
    index: Floats  # (ticks + 1, drivers, paths)
    scenario: NDArray[np.int8]  # (ticks, paths) at the assessments
    counts: Ints  # (triggers, paths) events by the end
    branch: Ints  # (calendar events inside the run, paths)
    event_path: Ints  # (events,) position along the path axis; events are ordered by it, then by time
    event_trigger: Ints  # (events,)
    event_kind: Ints  # (events,) 0 own rate, 1 follow-up, 2 imposed
    event_time: Floats  # (events,) days since the start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Job:
    """What all blocks of a run share."""

    compiled: Compiled
    law: Law
    streams: Layout
    noise: Noise

    def run(
        self, block: int, buffer: Floats, attempt: Callable[[Rows, Floats, int, int], tuple[int, int, int]]
    ) -> Floats:
        """Run `attempt` on a block, again from its start with more room until it had enough; returns the buffer."""
        queue, capacity = QUEUE, EVENTS
        while True:
            depth = self.noise.depth(self.compiled)
            rows, buffer = self.noise.fill(self.streams, depth, block, buffer)
            status, kind, trigger = attempt(rows, buffer, queue, capacity)
            match status:
                case kernel.DONE:
                    return buffer
                case kernel.NEED_LAYERS:
                    self.noise.deepen(self.compiled.trigger_names[trigger], kind, int(depth[kind, trigger]))
                case kernel.NEED_QUEUE:
                    queue *= 2
                case _:
                    capacity *= 2


@dataclass(slots=True)
class _Desk:
    """What one worker writes on: its integer sums and its noise buffer."""

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
    job = _job(compiled, seed)
    desks: list[_Desk] = []
    local = threading.local()

    def work(block: int) -> tuple[int, Floats, Floats]:
        if not hasattr(local, "desk"):
            local.desk = _Desk(_empty_sums(compiled, detail), np.empty((0, BLOCK)))
            desks.append(local.desk)
        count = min(BLOCK, paths - block * BLOCK)
        return count, *_run_block(job, block, count, local.desk)

    index_sum = np.zeros((compiled.ticks + 1, len(compiled.drivers)))
    index_squares = np.zeros_like(index_sum)
    for count, first, second in ordered_map(work, range(-(-paths // BLOCK)), workers):
        index_sum += first
        index_squares += second
        progress(count)
    return _tally(desks, paths, index_sum, index_squares)


def _run_block(job: _Job, block: int, count: int, desk: _Desk) -> tuple[Floats, Floats]:
    """Run one block and add it to the desk; the floating sums are returned, to be added in the order of blocks."""
    trial = _block_sums(desk.sums)

    def attempt(rows: Rows, noise: Floats, queue: int, _: int) -> tuple[int, int, int]:
        nonlocal trial
        trial = _block_sums(desk.sums)
        return simulate_block(job.law, rows, noise, block, count, queue, trial, _NOTHING_KEPT)

    desk.buffer = job.run(block, desk.buffer, attempt)
    _add_block(desk.sums, trial)
    return trial.index_sum, trial.index_squares


def simulate_paths(compiled: Compiled, *, seed: int | Noise, numbers: Sequence[int], workers: int = 0) -> Paths:
    """Simulate the named paths of a seed and keep them whole.

    Memory grows with ticks x drivers x paths. Raises SimulationError where a model runs away.
    """
    job = _job(compiled, seed)
    wanted = np.asarray(numbers, dtype=np.int64)
    blocks = sorted({int(number) // BLOCK for number in wanted})

    def work(block: int) -> tuple[Kept, Ints]:
        columns = np.flatnonzero(wanted // BLOCK == block)
        inside = wanted[columns] - block * BLOCK
        kept = _keep_block(job, block, int(inside.max()) + 1)
        return _pick(kept, inside), columns

    n, d, k = compiled.ticks, len(compiled.drivers), len(compiled.trigger_names)
    latent, index = np.empty((n + 1, d, len(wanted))), np.empty((n + 1, d, len(wanted)))
    scenario = np.empty((n, len(wanted)), dtype=np.int8)
    counts = np.empty((k, len(wanted)), dtype=np.int64)
    branch = np.empty((len(compiled.calendar_names), len(wanted)), dtype=np.int64)
    events: list[tuple[Ints, Ints, Ints, Floats]] = []
    for kept, columns in ordered_map(work, blocks, workers):
        latent[:, :, columns], index[:, :, columns] = kept.latent, kept.points
        scenario[:, columns], counts[:, columns], branch[:, columns] = kept.scenario, kept.counts, kept.branch
        events.append((columns[kept.event_path], kept.event_trigger, kept.event_kind, kept.event_time))
    parts = [np.concatenate(part) for part in zip(*events, strict=True)] if events else [np.empty(0)] * 4
    order = np.lexsort((parts[3], parts[0]))
    return Paths(
        numbers=wanted,
        latent=latent,
        index=index,
        scenario=scenario,
        counts=counts,
        branch=branch,
        event_path=parts[0][order].astype(np.int64),
        event_trigger=parts[1][order].astype(np.int64),
        event_kind=parts[2][order].astype(np.int64),
        event_time=parts[3][order],
    )


def _keep_block(job: _Job, block: int, count: int) -> Kept:
    sums, kept = _empty_sums(job.compiled, "odds"), _NOTHING_KEPT

    def attempt(rows: Rows, noise: Floats, queue: int, capacity: int) -> tuple[int, int, int]:
        nonlocal kept
        kept = _room(job.compiled, count, capacity)
        return simulate_block(job.law, rows, noise, block, count, queue, sums, kept)

    job.run(block, np.empty((0, BLOCK)), attempt)
    return kept


def _room(compiled: Compiled, count: int, capacity: int) -> Kept:
    n, d, k = compiled.ticks, len(compiled.drivers), len(compiled.trigger_names)
    return Kept(
        latent=np.empty((n + 1, d, count)),
        points=np.empty((n + 1, d, count)),
        scenario=np.empty((n, count), dtype=np.int8),
        counts=np.empty((k, count), dtype=np.int64),
        branch=np.empty((len(compiled.calendar_names), count), dtype=np.int64),
        event_path=np.empty(capacity, dtype=np.int64),
        event_trigger=np.empty(capacity, dtype=np.int64),
        event_kind=np.empty(capacity, dtype=np.int64),
        event_time=np.empty(capacity),
        event_number=np.zeros(1, dtype=np.int64),
    )


_NOTHING_KEPT = Kept(
    latent=np.empty((0, 0, 0)),
    points=np.empty((0, 0, 0)),
    scenario=np.empty((0, 0), dtype=np.int8),
    counts=np.empty((0, 0), dtype=np.int64),
    branch=np.empty((0, 0), dtype=np.int64),
    event_path=np.empty(0, dtype=np.int64),
    event_trigger=np.empty(0, dtype=np.int64),
    event_kind=np.empty(0, dtype=np.int64),
    event_time=np.empty(0),
    event_number=np.zeros(1, dtype=np.int64),
)


def _pick(kept: Kept, inside: Ints) -> Kept:
    """The columns `inside` of a block, events renumbered to them."""
    number = int(kept.event_number[0])
    path = kept.event_path[:number]
    position = np.full(kept.scenario.shape[1], -1, dtype=np.int64)
    position[inside] = np.arange(len(inside))
    mine = position[path] >= 0
    return Kept(
        latent=kept.latent[:, :, inside],
        points=kept.points[:, :, inside],
        scenario=kept.scenario[:, inside],
        counts=kept.counts[:, inside],
        branch=kept.branch[:, inside],
        event_path=position[path[mine]],
        event_trigger=kept.event_trigger[:number][mine],
        event_kind=kept.event_kind[:number][mine],
        event_time=kept.event_time[:number][mine],
        event_number=kept.event_number,
    )


def _job(compiled: Compiled, seed: int | Noise) -> _Job:
    noise = seed if isinstance(seed, Noise) else Noise(seed)
    return _Job(compiled=compiled, law=_law(compiled), streams=layout(compiled), noise=noise)


def _law(compiled: Compiled) -> Law:
    move = compiled.transition
    return Law(
        ticks=compiled.ticks,
        tick=compiled.tick,
        year=compiled.year,
        phi=_tidy(move.phi),
        anchor_in=_tidy(move.anchor),
        scar_in=_tidy(move.scar),
        heal=_tidy(move.heal),
        shock=_tidy(move.shock),
        level=compiled.level,
        scar=compiled.scar,
        anchor=compiled.anchor,
        triggers=compiled.triggers,
        links=compiled.links,
        pairs=compiled.pairs,
        calendar=compiled.calendar,
        programs=compiled.programs,
        rules=compiled.rules,
        imposed_trigger=np.array([k for k, _ in compiled.imposed], dtype=np.int64),
        imposed_time=np.array([time for _, time in compiled.imposed], dtype=np.float64),
        running_trigger=np.array([k for k, _, _ in compiled.running], dtype=np.int64),
        running_median=np.array([median for _, median, _ in compiled.running], dtype=np.float64),
        running_sigma=np.array([sigma for _, _, sigma in compiled.running], dtype=np.float64),
    )


def _tidy(matrix: Floats) -> Floats:
    return np.ascontiguousarray(matrix, dtype=np.float64)


def _guess_depth(compiled: Compiled) -> Ints:
    """A first guess of the layers needed: a Poisson count at the starting levels, generously rounded up."""
    triggers = compiled.triggers
    days = compiled.ticks * compiled.tick
    index = 100 / (1 + np.exp(-compiled.level))
    open_for = np.clip(np.minimum(triggers.closes, days) - np.maximum(triggers.opens, 0), 0, days)
    mean = np.exp(np.clip(triggers.intercept + triggers.slope @ index, -700, 10)) * open_for
    own = np.minimum(np.ceil(3 + mean + 5 * np.sqrt(mean)), triggers.max_count + 2)
    return np.stack([own, np.full_like(own, 4)]).astype(np.int64)


def _empty_sums(compiled: Compiled, detail: Detail) -> Sums:
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


def _block_sums(desk: Sums) -> Sums:
    """Sums for one block: fresh ones, but for the histogram and plane, which a block adds to only when it is done."""
    fresh = {name: np.zeros_like(array) for name, array in desk._asdict().items() if name not in ("histogram", "plane")}
    return Sums(**fresh, histogram=desk.histogram, plane=desk.plane)


def _add_block(desk: Sums, trial: Sums) -> None:
    for name, total, part in zip(Sums._fields, desk, trial, strict=True):
        if name not in ("histogram", "plane", "index_sum", "index_squares"):
            np.add(total, part, out=total)


def _tally(desks: Sequence[_Desk], paths: int, index_sum: Floats, index_squares: Floats) -> Tally:
    counted = {
        name: sum((getattr(desk.sums, name) for desk in desks[1:]), getattr(desks[0].sums, name))
        for name in Sums._fields
        if name not in ("index_sum", "index_squares")
    }
    counted["share_squares"] = np.cumsum(counted["share_squares"], axis=0)
    group = np.arange(paths // 64 + 1)
    sizes = np.minimum(64, paths - group * 64)
    return Tally(
        paths=paths,
        batch_paths=np.bincount(group % BATCHES, weights=sizes, minlength=BATCHES).astype(np.int64),
        index_sum=index_sum,
        index_squares=index_squares,
        **counted,
    )
