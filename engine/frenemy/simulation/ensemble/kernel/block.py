"""The compiled kernel: one block of paths through all ticks, ticks outside and paths inside.

Everything a kernel function calls stands in this module, because Numba's cache does not see changes elsewhere.
Rows of the state run over the paths of the block, so that the inner loops are vectorised; only paths in which
something happens during a tick are taken one by one, in `settle`, event by event in the order of time.
All arithmetic is IEEE double precision in a stated order: the same bits for any number of threads.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.runtime.kernel_cache import numba_cache

CACHE = numba_cache()

import numba as nb  # noqa: E402
from llvmlite import ir  # noqa: E402
from numba.core import cgutils  # noqa: E402
from numba.extending import intrinsic  # noqa: E402

from frenemy.arrays import Floats, Ints  # noqa: E402
from frenemy.simulation.compile.compile import Calendar, Links, Observations, Pairs, Rules, Triggers  # noqa: E402
from frenemy.simulation.compile.programs import ALWAYS, NEVER, Programs  # noqa: E402

__all__ = [
    "DONE",
    "NEED_EVENTS",
    "NEED_LAYERS",
    "NEED_PENDING",
    "NEED_QUEUE",
    "Kept",
    "Law",
    "Rows",
    "State",
    "Sums",
    "new_state",
    "simulate_block",
]

Ints32 = NDArray[np.int32]

DONE, NEED_LAYERS, NEED_QUEUE, NEED_EVENTS, NEED_PENDING = 0, 1, 2, 3, 4
GROUP = 64
BATCHES = 32
BINS = 1000
CELLS = 100
TINY = 1e-100
EV_OWN, EV_FOLLOW_UP, EV_IMPOSED, EV_OBSERVED = 0, 1, 2, 3
ROOT_2 = math.sqrt(2.0)
SURE = 1e-12
"""What is less likely than this not to have happened by now counts as impossible."""


class Motion(NamedTuple):
    """How the drivers move: the transition of a tick, (D, D) each, and where they start, (D,)."""

    phi: Floats
    anchor_in: Floats
    scar_in: Floats
    heal: Floats
    shock: Floats
    level: Floats
    scar: Floats
    anchor: Floats


class Given(NamedTuple):
    """What is on its way, or running, at the start."""

    imposed_trigger: Ints
    imposed_time: Floats
    running_trigger: Ints
    running_median: Floats
    running_sigma: Floats


class Law(NamedTuple):
    """The compiled model as the kernel reads it."""

    ticks: int
    tick: float
    year: Ints  # (N,)
    motion: Motion
    triggers: Triggers
    links: Links
    pairs: Pairs
    calendar: Calendar
    programs: Programs
    rules: Rules
    given: Given
    watched: Observations


class Rows(NamedTuple):
    """First row of each stream in the block's noise, -1 where there is none; `depth` is (2, K), layers drawn."""

    drivers: Ints
    calendar: Ints
    clock: Ints
    severity: Ints
    duration: Ints
    chance: Ints
    delay: Ints
    remaining: Ints
    occurrence: Ints
    depth: Ints


class Sums(NamedTuple):
    """Where a block adds what it counts; shapes as in `Tally`. An empty histogram or plane is left alone.

    `share_squares` takes the growth from tick to tick; its running total over ticks is the tally's.
    """

    occupancy: Ints
    first_entry: Ints
    share_squares: Ints
    index_sum: Floats
    index_squares: Floats
    histogram: Ints
    plane: Ints
    events: Ints
    first_events: Ints
    event_squares: Ints
    year_events: Ints
    year_squares: Ints
    branches: Ints


class Kept(NamedTuple):
    """Whole paths, where asked for; arrays of length 0 are left alone."""

    latent: Floats  # (N + 1, D, paths)
    points: Floats  # (N + 1, D, paths) index
    scenario: NDArray[np.int8]  # (N, paths)
    counts: Ints  # (K, paths)
    branch: Ints  # (C, paths)
    event_path: Ints  # (capacity,) path within the block
    event_trigger: Ints
    event_kind: Ints
    event_time: Floats  # days
    event_number: Ints  # (1,) events written


class Levels(NamedTuple):
    """The drivers; the last axis is the path, as in all of the state."""

    x: Floats  # (D, B) latent level
    x_next: Floats  # (D, B) scratch
    scar: Floats  # (D, B)
    s: Floats  # (D, B) index
    anchor: Floats  # (D, B) anchor with the calendar's shifts
    mu: Floats  # (D, B) anchor of this tick
    bins: NDArray[np.uint16]  # (N + 1, D, B) of the index, for the histogram


class Clocks(NamedTuple):
    """The triggers."""

    log_factor: Floats  # (K, B) the calendar's factors
    left: Floats  # (K, B) what is left of the unit exponential that the clock runs on
    rate: Floats  # (K, B) events a day in this tick
    gate: Floats  # (K, B) days; the own rate is 0 before
    ends: Floats  # (K, B) days; when the latest episode ends
    happened: Ints32  # (K, B) events so far
    marks: Ints32  # (2, K, B) layers of noise used up by own events and by others; of the place, not of its path
    before: Ints32  # (K, B) events before the current year
    extra: Floats  # (pairs, B) extra rate a day
    fired: Ints32  # (B,) triggers whose clock runs out in this tick
    latest: Ints32  # (B,) the last of these
    busy: Ints32  # (B,) list of the paths in which something happens


class Queue(NamedTuple):
    """Follow-ups on their way."""

    due: Floats  # (B,) days; the next
    waiting: Ints32  # (B,) how many
    time: Floats  # (capacity, B) days
    trigger: Ints32  # (capacity, B)
    source: Ints32  # (capacity, B) followed or imposed


class Places(NamedTuple):
    """Where each path is among the branches and the scenarios."""

    branch: Ints32  # (C, B)
    scenario: Ints32  # (B,)
    streak: Ints32  # (S, B)
    stays: Ints32  # (B,)
    spent: Ints32  # (S, B) assessments in the scenario so far


class Watch(NamedTuple):
    """What the evidence weighs, and the follow-ups that it may yet speak of; empty where nothing is watched."""

    log_weight: Floats  # (B,) log likelihood of the evidence since it was last set to 0
    failed: Ints32  # (B,) what has made it impossible: an occurrence, -2 - k: a follow-up into k; -1 nothing
    day: Ints32  # (O, B) days since the start; the day of an occurrence, -1 when it is done with
    number: Ints32  # (B,) follow-ups that may have been on their way
    since: Floats  # (capacity, B) days; when what leads to them happened
    seen: Floats  # (capacity, B) days; up to when it is weighed that they did not come
    link: Ints32  # (capacity, B)
    gone: Floats  # (capacity, B) probability of what they could have done and did not
    begun: Floats  # (O, B) days since the start; when the occurrence happened, -1: not yet
    told: Floats  # (O, B) log probability of what has been weighed of the end of the episode that it began


class State(NamedTuple):
    """What the next tick needs, and room to work in."""

    resume: Ints  # (3,) tick to go on with, -1 before the start; path; 1 in the midst of the tick, else 0
    stack: Floats  # (depth + 1, B)
    levels: Levels
    clocks: Clocks
    queue: Queue
    places: Places
    watch: Watch


OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False, "error_model": "numpy", "no_cfunc_wrapper": True}
COMPILE = nb.njit(cache=CACHE, **OPTIONS)
"""No reference counting, as nothing is allocated inside; IEEE division, as a check for 0 keeps loops scalar."""
PART = nb.njit(**OPTIONS | {"no_cpython_wrapper": True})
"""For what only the kernel calls: without the way in from Python, which takes longer to compile than most parts."""


@intrinsic
def _bits(typing_context: Any, value: Any) -> Any:
    """The bits of a double as an integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return nb.types.int64(nb.types.float64), generate


@intrinsic
def _double(typing_context: Any, value: Any) -> Any:
    """The double with these bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return nb.types.float64(nb.types.int64), generate


def _generate_fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once, in one step of the processor."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return nb.types.float64(*[nb.types.float64] * 3), generate


_fma: Any = intrinsic(_generate_fma)


@PART
def _exp(z: float) -> float:
    """exp to about 1e-16 relative, in steps that vectorise: the C library's would be called path by path.

    Cody and Waite's reduction z = n ln 2 + r, then Taylor's series to r^12 (|r| <= 0.347); clipped to +-708.
    """
    z = min(max(z, -708.0), 708.0)
    shifted = z * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = (z - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    p = 2.08767569878681e-09
    p = _fma(p, r, 2.505210838544172e-08)
    p = _fma(p, r, 2.755731922398589e-07)
    p = _fma(p, r, 2.7557319223985893e-06)
    p = _fma(p, r, 2.48015873015873e-05)
    p = _fma(p, r, 0.0001984126984126984)
    p = _fma(p, r, 0.001388888888888889)
    p = _fma(p, r, 0.008333333333333333)
    p = _fma(p, r, 0.041666666666666664)
    p = _fma(p, r, 0.16666666666666666)
    p = _fma(p, r, 0.5)
    p = _fma(p, r, 1.0)
    p = _fma(p, r, 1.0)
    return p * _double((_bits(shifted) + 1023) << 52)  # type: ignore[call-arg, no-any-return]


@PART
def _exp_now(z: float) -> float:
    """The same for a number that is waited for: the terms side by side (Estrin), not one after the other."""
    z = min(max(z, -708.0), 708.0)
    shifted = z * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = (z - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + r2 * (0.5 + r * 0.16666666666666666)
    middle = (0.041666666666666664 + r * 0.008333333333333333) + r2 * (0.001388888888888889 + r * 0.0001984126984126984)
    high = (2.48015873015873e-05 + r * 2.7557319223985893e-06) + r2 * (
        2.755731922398589e-07 + r * 2.505210838544172e-08
    )
    p = low + r4 * (middle + r4 * (high + r4 * 2.08767569878681e-09))
    return p * _double((_bits(shifted) + 1023) << 52)  # type: ignore[call-arg]


def new_state(law: Law, paths: int, queue: int) -> State:
    """Room for the state of `paths` paths, in each of which `queue` follow-ups may wait."""
    drivers, triggers, scenarios = len(law.motion.level), len(law.triggers.intercept), len(law.rules.enter)
    by_driver, by_trigger, by_scenario = (drivers, paths), (triggers, paths), (scenarios, paths)
    queue = max(queue, len(law.given.imposed_time))

    def floats(*shape: int, value: float = 0.0) -> Floats:
        return np.full(shape, value)

    def ints(*shape: int, value: int = 0) -> Ints32:
        return np.full(shape, value, dtype=np.int32)

    return State(
        resume=np.array([-1, 0, 0]),
        stack=floats(law.programs.depth + 1, paths),
        levels=Levels(
            x=floats(*by_driver),
            x_next=floats(*by_driver),
            scar=floats(*by_driver),
            s=floats(*by_driver),
            anchor=floats(*by_driver),
            mu=floats(*by_driver),
            bins=np.zeros((law.ticks + 1, drivers, paths), dtype=np.uint16),
        ),
        clocks=Clocks(
            log_factor=floats(*by_trigger),
            left=floats(*by_trigger),
            rate=floats(*by_trigger),
            gate=floats(*by_trigger, value=-np.inf),
            ends=floats(*by_trigger, value=-np.inf),
            happened=ints(*by_trigger),
            marks=ints(2, *by_trigger),
            before=ints(*by_trigger),
            extra=floats(len(law.pairs.target), paths),
            fired=ints(paths),
            latest=ints(paths),
            busy=ints(paths),
        ),
        queue=Queue(
            due=floats(paths, value=np.inf),
            waiting=ints(paths),
            time=floats(queue, paths),
            trigger=ints(queue, paths),
            source=ints(queue, paths),
        ),
        places=Places(
            branch=ints(len(law.calendar.tick), paths),
            scenario=ints(paths, value=law.rules.default),
            streak=ints(*by_scenario),
            stays=ints(paths),
            spent=ints(*by_scenario),
        ),
        watch=Watch(
            log_weight=floats(paths),
            failed=ints(paths, value=-1),
            day=ints(len(law.watched.first), paths),
            number=ints(paths),
            since=floats(0, paths),
            seen=floats(0, paths),
            link=ints(0, paths),
            gone=floats(0, paths),
            begun=floats(len(law.watched.first), paths, value=-1.0),
            told=floats(len(law.watched.first), paths),
        ),
    )


@COMPILE
def simulate_block(
    law: Law, rows: Rows, noise: Floats, block: int, until: int, state: State, sums: Sums, kept: Kept
) -> tuple[int, int, int]:
    """Simulate the paths of a block that `state` has room for up to tick `until`; `noise` is (rows, BLOCK).

    Returns (DONE, 0, 0), or what is too small: (NEED_LAYERS, kind, trigger), or NEED_QUEUE, NEED_EVENTS, NEED_PENDING.
    Then call again with more of it and all else as it is: `state.resume` knows the tick and the path to go on with.
    """
    levels, clocks, places, stack = state.levels, state.clocks, state.places, state.stack
    motion, triggers, calendar, programs = law.motion, law.triggers, law.calendar, law.programs
    paths = len(places.scenario)
    first = state.resume[0]
    if first < 0:
        _begin(law, rows, noise, state, paths)
        _read_levels(levels, sums, kept, 0, paths)
        first = 0
    for n in range(first, until):
        start, end = n * law.tick, (n + 1) * law.tick
        if state.resume[2] == 0:
            _apply_calendar(motion.anchor, calendar, levels.anchor, clocks.log_factor, places.branch, n, paths)
            _rates(law, levels.s, clocks, state.watch.log_weight, stack, start, paths)
            _move(motion, triggers.shift, rows.drivers, noise, levels, clocks.ends, n, start, paths)
            state.resume[1] = 0
        code, kind, trigger = _settle(law, rows, noise, state, sums, kept, n, paths)
        if code != DONE:
            state.resume[0], state.resume[2] = n, 1
            return code, kind, trigger
        state.resume[2] = 0
        if n + 1 == until and len(state.watch.since) > 0:  # before that nobody asks
            _weigh_absence(law, clocks, state.watch, end, paths)
        _end_of_tick(triggers.on_end, calendar, levels, clocks.ends, places.branch, n, start, end, paths)
        _read_levels(levels, sums, kept, n + 1, paths)
        _assess(law.rules, programs, levels.s, clocks, places, stack, end, paths)
        _count(places, sums, kept.scenario, block, n, paths)
        if n + 1 == law.ticks or law.year[n + 1] > law.year[n]:
            _end_of_year(clocks.happened, clocks.before, sums.year_events, sums.year_squares, law.year[n], paths)
    state.resume[0] = until
    if until == law.ticks:
        _finish(levels, clocks.happened, places, sums, kept, paths)
    return DONE, 0, 0


@PART
def _begin(law: Law, rows: Rows, noise: Floats, state: State, paths: int) -> None:
    """The state at the start, and the branches that the calendar will take."""
    levels, clocks, queue = state.levels, state.clocks, state.queue
    for d in range(len(law.motion.level)):
        levels.x[d, :] = law.motion.level[d]
        levels.scar[d, :] = law.motion.scar[d]
        levels.anchor[d, :] = law.motion.anchor[d]
    for k in range(len(rows.clock)):
        _copy(clocks.left[k], noise[rows.clock[k]], paths)
    for c in range(len(law.calendar.tick)):
        if law.watched.branch[c] >= 0:
            state.places.branch[c, :] = law.watched.branch[c]
            continue
        for p in range(paths):
            u, b = noise[rows.calendar[c], p], 0
            while u >= law.calendar.cumulative[c, b]:
                b += 1
            state.places.branch[c, p] = b
    for i in range(len(law.given.imposed_time)):
        queue.time[i, :] = law.given.imposed_time[i]
        queue.trigger[i, :] = law.given.imposed_trigger[i]
        queue.source[i, :] = EV_IMPOSED
        queue.waiting[:] = len(law.given.imposed_time)
        queue.due[:] = min(queue.due[0], law.given.imposed_time[i])
    for i in range(len(law.watched.first)):
        for p in range(paths):
            u = noise[rows.occurrence[i], p]
            state.watch.day[i, p] = law.watched.first[i] + int(u * law.watched.days[i])
    for i in range(len(law.given.running_trigger)):
        k, sigma = law.given.running_trigger[i], law.given.running_sigma[i]
        for p in range(paths):
            remaining = law.given.running_median[i]
            if sigma > 0:
                remaining *= _exp(sigma * noise[rows.remaining[i], p])
            clocks.ends[k, p] = remaining
            clocks.gate[k, p] = remaining


@PART
def _apply_calendar(
    long_run: Floats, calendar: Calendar, anchor: Floats, log_factor: Floats, branch: Ints32, n: int, paths: int
) -> None:
    """Refresh anchors and rate factors in the ticks in which a branch begins or ceases to hold."""
    changed = False
    for c in range(len(calendar.tick)):
        changed = changed or n == calendar.tick[c] + 1
        for b in range(calendar.cumulative.shape[1]):
            changed = changed or n == calendar.shift_end[c, b] or n == calendar.factor_end[c, b]
    if not changed:
        return
    for d in range(len(anchor)):
        for p in range(paths):
            anchor[d, p] = long_run[d]
    log_factor[:] = 0.0
    for c in range(len(calendar.tick)):
        if n <= calendar.tick[c]:
            continue
        for d in range(len(anchor)):
            for p in range(paths):
                b = branch[c, p]
                anchor[d, p] += calendar.shift[c, b, d] if n < calendar.shift_end[c, b] else 0.0
        for k in range(len(log_factor)):
            if calendar.changes[k]:
                for p in range(paths):
                    b = branch[c, p]
                    log_factor[k, p] += calendar.log_factor[c, b, k] if n < calendar.factor_end[c, b] else 0.0


@PART
def _rates(law: Law, s: Floats, clocks: Clocks, log_weight: Floats, stack: Floats, start: float, paths: int) -> None:
    """Rates of this tick, and each clock run down by them: below 0 where an event falls into the tick.

    Where a trigger is watched its clock stands still, and what it would have run down is weighed.
    """
    triggers, pairs, tick = law.triggers, law.pairs, law.tick
    z, fired, latest = stack[len(stack) - 1], clocks.fired, clocks.latest
    fired[:] = 0
    for k in range(len(triggers.intercept)):
        rate, left, gate = clocks.rate[k], clocks.left[k], clocks.gate[k]
        if start < triggers.opens[k] or start >= triggers.closes[k] or triggers.requires[k] == NEVER:
            rate[:] = 0.0
            for i in range(pairs.into_start[k], pairs.into_start[k + 1]):
                q = pairs.into[i]
                _add_and_fade(z, clocks.extra[q], pairs.keep[q], paths)
            continue
        _own_rate(triggers.intercept[k], triggers.slope[k], law.calendar.changes[k], s, clocks.log_factor[k], z, paths)
        for i in range(pairs.into_start[k], pairs.into_start[k + 1]):
            q = pairs.into[i]
            _add_and_fade(z, clocks.extra[q], pairs.keep[q], paths)
        if triggers.requires[k] >= 0:
            _evaluate(law.programs, triggers.requires[k], s, clocks.happened, clocks.ends, start, stack, paths)
            holds = stack[0]
            for p in range(paths):
                z[p] *= holds[p]
        if law.watched.on[k] == 1:
            seen = _covered(law.watched, k, start, start + tick)
            for p in range(paths):
                now = z[p] if start >= gate[p] else 0.0
                rate[p] = now
                left[p] -= now * (tick - seen)
                log_weight[p] -= now * seen
        else:
            for p in range(paths):
                now = z[p] if start >= gate[p] else 0.0
                rate[p] = now
                left[p] -= now * tick
        for p in range(paths):
            out = left[p] < 0.0
            fired[p] += out
            latest[p] = k if out else latest[p]


@PART
def _own_rate(
    intercept: float, slopes: Floats, changes: bool, s: Floats, log_factor: Floats, z: Floats, paths: int
) -> None:
    """A trigger's base rate, modulated by the drivers, two at a time, and by the calendar."""
    varies = changes
    for p in range(paths):
        z[p] = intercept
    for d in range(0, len(slopes), 2):
        other = min(d + 1, len(slopes) - 1)
        slope, beside = slopes[d], slopes[other] if other > d else 0.0
        if slope != 0.0 or beside != 0.0:
            level, neighbour = s[d], s[other]
            for p in range(paths):
                z[p] += slope * level[p] + beside * neighbour[p]
            varies = True
    if changes:
        for p in range(paths):
            z[p] += log_factor[p]
    if varies:
        for p in range(paths):
            z[p] = _exp(z[p])
    else:
        constant = _exp(intercept)
        for p in range(paths):
            z[p] = constant


@PART
def _add_and_fade(target: Floats, extra: Floats, keep: float, paths: int) -> None:
    for p in range(paths):
        now = extra[p]
        target[p] += now
        rest = now * keep
        extra[p] = rest if rest > TINY else 0.0


@PART
def _move(
    motion: Motion,
    shifts: Floats,
    streams: Ints,
    noise: Floats,
    levels: Levels,
    ends: Floats,
    n: int,
    start: float,
    paths: int,
) -> None:
    """The exact transition of levels and scars over the tick, before its events act."""
    drivers = len(motion.level)
    for d in range(drivers):
        mu, anchor = levels.mu[d], levels.anchor[d]
        for p in range(paths):
            mu[p] = anchor[p]
    for k in range(len(shifts)):
        for d in range(drivers):
            shift = shifts[k, d]
            if shift != 0.0:
                mu, end = levels.mu[d], ends[k]
                for p in range(paths):
                    mu[p] += shift if end[p] > start else 0.0
    for d in range(drivers):
        x_next = levels.x_next[d]
        x_next[:] = 0.0
        for j in range(drivers):
            _add_scaled(x_next, motion.phi[d, j], levels.x[j], paths)
            _add_scaled(x_next, motion.anchor_in[d, j], levels.mu[j], paths)
            _add_scaled(x_next, motion.scar_in[d, j], levels.scar[j], paths)
            if j <= d:
                _add_scaled(x_next, motion.shock[d, j], noise[streams[j] + n], paths)
    for d in range(drivers):
        x, x_next, scar, heal = levels.x[d], levels.x_next[d], levels.scar[d], motion.heal[d, d]
        for p in range(paths):
            x[p] = x_next[p]
        for p in range(paths):
            scar[p] *= heal


@PART
def _copy(target: Floats, source: Floats, paths: int) -> None:
    for p in range(paths):
        target[p] = source[p]


@PART
def _add_scaled(target: Floats, factor: float, source: Floats, paths: int) -> None:
    if factor != 0.0:
        for p in range(paths):
            target[p] += factor * source[p]


def _generate_prefetch(typing_context: Any, array: Any, row: Any, column: Any) -> Any:
    """Ask for an element of a matrix without waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        matrix = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = cgutils.get_item_pointer(context, builder, signature.args[0], matrix, list(arguments[1:]))  # type: ignore[no-untyped-call]
        address, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address, number, number, number])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        builder.call(fetch, [builder.bitcast(place, address), number(0), number(3), number(1)])
        return context.get_dummy_value()

    return nb.types.void(array, nb.types.int64, nb.types.int64), generate


_call_for: Any = intrinsic(_generate_prefetch)


@PART
def _busy(
    links: Links,
    rows: Rows,
    noise: Floats,
    clocks: Clocks,
    due: Floats,
    first: int,
    end: float,
    all_of_them: bool,
    paths: int,
) -> int:
    """List the paths in which something happens, and call for the noise they will want.

    A path's next exponential and severity lie scattered over the block: asked for together they come at once, asked
    for event by event each is waited for.
    """
    number = 0
    if all_of_them:
        for p in range(first, paths):
            clocks.busy[number] = p
            number += 1
    else:
        for p in range(first, paths):
            clocks.busy[number] = p
            number += int((clocks.fired[p] > 0) | (due[p] < end))
    for i in range(number):
        p = int(clocks.busy[i])
        k = int(clocks.latest[p])
        event = int(clocks.marks[0, k, p])
        if event + 1 < rows.depth[0, k]:
            _call_for(noise, rows.clock[k] + event + 1, p)
            if rows.severity[0, k] >= 0:
                _call_for(noise, rows.severity[0, k] + event, p)
            if rows.duration[0, k] >= 0:
                _call_for(noise, rows.duration[0, k] + event, p)
            for link in range(links.start[k], links.start[k + 1]):
                _call_for(noise, rows.chance[0, link] + event, p)
    return number


@PART
def _settle(
    law: Law, rows: Rows, noise: Floats, state: State, sums: Sums, kept: Kept, n: int, paths: int
) -> tuple[int, int, int]:
    """Take the paths in which something happens in the tick through their events, in the order of time."""
    levels, clocks, queue, watch = state.levels, state.clocks, state.queue, state.watch
    triggers, links, pairs, watched = law.triggers, law.links, law.pairs, law.watched
    start, end = n * law.tick, (n + 1) * law.tick
    drivers, n_triggers = len(levels.x), len(triggers.intercept)
    capacity = len(queue.time)
    record = len(kept.event_path)
    watching, observed = len(watched.since) > 0, watched.of_tick[n + 1] > watched.of_tick[n]
    busy = _busy(links, rows, noise, clocks, queue.due, state.resume[1], end, observed, paths)
    for i_busy in range(busy):
        p = int(clocks.busy[i_busy])
        first, last = 0, n_triggers
        if clocks.fired[p] <= 1:
            first = int(clocks.latest[p])
            last = first + 1
        while True:
            time, k, slot = end, -1, -1
            for j in range(first, last):
                if clocks.left[j, p] < 0.0:
                    candidate = end + clocks.left[j, p] / clocks.rate[j, p]
                    if watched.on[j] == 1:
                        candidate = _moment_before(watched, j, start, end, -clocks.left[j, p] / clocks.rate[j, p])
                    if candidate < time or k < 0:
                        time, k = candidate, j
            if queue.due[p] < time:
                time, slot = queue.due[p], 0
                for i in range(queue.waiting[p] - 1, -1, -1):
                    if queue.time[i, p] == time:  # of those that come at once, the one that was put in first
                        slot = i
                k = int(queue.trigger[slot, p])
            occurrence = -1
            if observed:
                occurrence = _occurrence(watched, watch.day, n, p, start, time)
            if k < 0 and occurrence < 0:
                break
            source, kind, lost = EV_OWN, 0, False
            if occurrence >= 0:
                source, kind, slot, k = EV_OBSERVED, 1, -1, int(watched.trigger[occurrence])
            if slot >= 0:
                source, kind = int(queue.source[slot, p]), 1
                lost = time < triggers.opens[k] or time >= triggers.closes[k]
                lost = lost or clocks.happened[k, p] >= triggers.max_count[k] or clocks.ends[k, p] > time
            number = int(clocks.marks[kind, k, p])
            if not lost:  # is there room for the event? Nothing has been changed yet
                state.resume[1] = p
                if number + 1 - kind >= rows.depth[kind, k]:
                    return NEED_LAYERS, kind, k
                if queue.waiting[p] + links.start[k + 1] - links.start[k] > capacity:
                    return NEED_QUEUE, 0, 0
                if watching and watch.number[p] + links.start[k + 1] - links.start[k] > len(watch.since):
                    return NEED_PENDING, 0, 0
                if record > 0 and kept.event_number[0] >= record:
                    return NEED_EVENTS, 0, 0
            if slot >= 0:
                queue.waiting[p] -= 1
                end_of_queue = queue.waiting[p]
                for i in range(slot, end_of_queue):
                    queue.time[i, p] = queue.time[i + 1, p]
                    queue.trigger[i, p] = queue.trigger[i + 1, p]
                    queue.source[i, p] = queue.source[i + 1, p]
                queue.due[p] = np.inf
                for i in range(end_of_queue):
                    queue.due[p] = min(queue.due[p], queue.time[i, p])
            if lost:
                continue
            if occurrence >= 0:
                time = _witness(law, rows, noise, clocks, watch, occurrence, p)
                if time < 0.0:
                    continue
                watch.begun[occurrence, p] = time
            if watching:
                _weigh_absence_of(law, clocks, watch, k, time, p)
            clocks.marks[kind, k, p] = number + 1
            count = int(clocks.happened[k, p]) + 1
            clocks.happened[k, p] = count
            sums.events[n, k] += 1
            if count == 1:
                sums.first_events[n, k] += 1
            if record > 0:
                at = kept.event_number[0]
                kept.event_path[at] = p
                kept.event_trigger[at] = k
                kept.event_kind[at] = source
                kept.event_time[at] = time
                kept.event_number[0] = at + 1
            # The clock: an event that closes its own gate stops it for the rest of the tick.
            full = count >= triggers.max_count[k]
            closes = full or triggers.cooldown[k] > 0.0 or triggers.episode[k] == 1
            if source == EV_OWN:
                fresh = noise[rows.clock[k] + number + 1, p]
                clocks.left[k, p] = fresh if closes else clocks.left[k, p] + fresh
            elif closes and clocks.rate[k, p] > 0.0:
                unused = end - time
                if watched.on[k] == 1:
                    unused -= _covered(watched, k, time, end)
                clocks.left[k, p] += clocks.rate[k, p] * unused
            if closes and watched.on[k] == 1:
                watch.log_weight[p] += clocks.rate[k, p] * _covered(watched, k, time, end)
            if closes:
                clocks.rate[k, p] = 0.0
            if full:
                clocks.gate[k, p] = np.inf
            elif triggers.cooldown[k] > 0.0:
                clocks.gate[k, p] = max(clocks.gate[k, p], time + triggers.cooldown[k])
            if triggers.episode[k] == 1:
                if clocks.ends[k, p] > start:  # one that ended earlier in this tick
                    for d in range(drivers):
                        levels.x[d, p] += triggers.on_end[k, d]
                lasts = triggers.duration[k]
                if triggers.duration_sigma[k] > 0.0:
                    z = noise[rows.duration[kind, k] + number, p]
                    if occurrence >= 0 and watched.ends_from[occurrence] >= 0.0:
                        low, high = watched.ends_from[occurrence] - time, watched.ends_until[occurrence] - time
                        z = _score_between(lasts, triggers.duration_sigma[k], low, high, z)
                        lasts = min(max(lasts * _exp_now(triggers.duration_sigma[k] * z), low), high)
                    else:
                        lasts *= _exp_now(triggers.duration_sigma[k] * z)
                clocks.ends[k, p] = time + lasts
                clocks.gate[k, p] = max(clocks.gate[k, p], time + lasts)
            severity = 1.0
            if occurrence >= 0 and watched.severity[occurrence] >= 0.0:
                severity = watched.severity[occurrence]
            elif triggers.severity_sigma[k] > 0.0:
                sigma = triggers.severity_sigma[k]
                severity = _exp_now(sigma * noise[rows.severity[kind, k] + number, p] - 0.5 * sigma * sigma)
            for d in range(drivers):
                effect = severity * triggers.effect[k, d]
                levels.x[d, p] += effect
                levels.scar[d, p] += triggers.lasting[k] * effect
            for q in range(pairs.start[k], pairs.start[k + 1]):
                clocks.extra[q, p] += pairs.jump[q]
            for link in range(links.start[k], links.start[k + 1]):
                comes = noise[rows.chance[kind, link] + number, p] < links.chance[link]
                delay = links.delay[link]
                if comes and links.delay_sigma[link] > 0.0:
                    delay *= _exp_now(links.delay_sigma[link] * noise[rows.delay[kind, link] + number, p])
                if watching and _leave_open(law, watch, link, time, comes, delay, p):
                    continue
                if comes:
                    queue.time[queue.waiting[p], p] = time + delay
                    queue.trigger[queue.waiting[p], p] = links.target[link]
                    queue.source[queue.waiting[p], p] = EV_FOLLOW_UP
                    queue.waiting[p] += 1
                    queue.due[p] = min(queue.due[p], time + delay)
    return DONE, 0, 0


@PART
def _score_between(median: float, sigma: float, low: float, high: float, z: float) -> float:
    """A standard normal score made one of those with which a lognormal time lies between `low` and `high`.

    Where z stands among all scores, the result stands among these: its upper tail q is found by Newton's method on
    log q, which falls ever more steeply, so that from the right each step stays right of the solution.
    """
    upper = 1.0 if low <= 0.0 else 0.5 * math.erfc(math.log(low / median) / (sigma * ROOT_2))
    lower = 0.5 * math.erfc(math.log(high / median) / (sigma * ROOT_2)) if high < np.inf else 0.0
    q = max(upper - 0.5 * math.erfc(-z / ROOT_2) * (upper - lower), TINY)
    x = math.sqrt(-2.0 * math.log(2.0 * q)) if q < 0.5 else 0.0
    for _ in range(100):
        tail = 0.5 * math.erfc(x / ROOT_2)
        step = math.log(tail / q) * tail * math.sqrt(2.0 * math.pi) / math.exp(-0.5 * x * x)
        x += step
        if abs(step) < 1e-12 * (1.0 + abs(x)):
            break
    return x


@PART
def _covered(watched: Observations, k: int, a: float, b: float) -> float:
    """Days of [a, b) on which trigger k is watched."""
    days = 0.0
    for i in range(watched.start[k], watched.start[k + 1]):
        days += max(min(b, watched.until[i]) - max(a, watched.since[i]), 0.0)
    return days


@PART
def _moment_before(watched: Observations, k: int, start: float, end: float, left: float) -> float:
    """The moment after which `left` days remain until `end` on which trigger k is not watched."""
    moment = end - left
    for back in range(watched.start[k + 1] - watched.start[k]):
        i = watched.start[k + 1] - 1 - back
        if watched.since[i] < end and moment < watched.until[i]:
            moment -= max(min(end, watched.until[i]) - max(start, watched.since[i]), 0.0)
    return moment


@PART
def _come(links: Links, link: int, days: float) -> float:
    """Probability that a follow-up, if it comes at all, comes within less than so many days."""
    if days <= 0.0:
        return 0.0
    if links.delay_sigma[link] == 0.0:
        return 1.0 if days > links.delay[link] else 0.0
    return 0.5 * math.erfc(-math.log(days / links.delay[link]) / (links.delay_sigma[link] * ROOT_2))


@PART
def _come_watched(watched: Observations, links: Links, link: int, since: float, a: float, b: float) -> float:
    """Probability that a follow-up of what happened at `since` comes in [a, b) while its trigger is watched."""
    k, p = links.target[link], 0.0
    for i in range(watched.start[k], watched.start[k + 1]):
        low, high = max(a, watched.since[i]), min(b, watched.until[i])
        if high > low:
            p += _come(links, link, high - since) - _come(links, link, low - since)
    return float(links.chance[link] * p)


@PART
def _leave_open(law: Law, watch: Watch, link: int, time: float, comes: bool, delay: float, p: int) -> bool:
    """Whether it is left to the evidence if and when a follow-up of what happens at `time` comes.

    One that comes at a time at which its trigger is not watched does so as ever. Of all others it is known only that
    they do not: such a one is not drawn, but weighed for as long as it might come.
    """
    watched, k = law.watched, law.links.target[link]
    if watched.on[k] == 0:
        return False
    if comes and _covered(watched, k, time + delay, time + delay + 1e-9) == 0.0:
        return False
    ahead = _come_watched(watched, law.links, link, time, time, np.inf)
    if ahead > 0.0:
        i = watch.number[p]
        watch.since[i, p] = time
        watch.seen[i, p] = time
        watch.link[i, p] = link
        watch.gone[i, p] = law.links.chance[link] - ahead
        watch.number[p] += 1
    return True


@PART
def _drop(watch: Watch, i: int, p: int) -> None:
    """Take a follow-up from the list of those that might yet come."""
    watch.number[p] -= 1
    last = watch.number[p]
    watch.since[i, p] = watch.since[last, p]
    watch.seen[i, p] = watch.seen[last, p]
    watch.link[i, p] = watch.link[last, p]
    watch.gone[i, p] = watch.gone[last, p]


@PART
def _weigh_absence_of(law: Law, clocks: Clocks, watch: Watch, k: int, now: float, p: int) -> None:
    """Weigh that no follow-up into trigger k came up to now; of what could not have been seen nothing is known."""
    for i in range(watch.number[p]):
        link = watch.link[i, p]
        if law.links.target[link] == k:
            _weigh_absence_from(law, clocks, watch, i, now, p)


@PART
def _weigh_absence_from(law: Law, clocks: Clocks, watch: Watch, i: int, now: float, p: int) -> None:
    link = watch.link[i, p]
    k = law.links.target[link]
    low = max(watch.seen[i, p], law.triggers.opens[k], clocks.ends[k, p])
    high = min(now, law.triggers.closes[k])
    watch.seen[i, p] = max(watch.seen[i, p], now)
    if high <= low or clocks.happened[k, p] >= law.triggers.max_count[k]:
        return
    came = _come_watched(law.watched, law.links, link, watch.since[i, p], low, high)
    if came <= 0.0:
        return
    open_still = 1.0 - watch.gone[i, p]
    watch.gone[i, p] += came
    if open_still - came < SURE:
        watch.log_weight[p] = -np.inf
        if watch.failed[p] == -1:
            watch.failed[p] = -2 - k
        watch.gone[i, p] = 0.0  # the path is out: nothing that comes of it is a number that is used
    else:
        watch.log_weight[p] += math.log((open_still - came) / open_still)


@PART
def _weigh_absence(law: Law, clocks: Clocks, watch: Watch, end: float, paths: int) -> None:
    """The same for all triggers at the end of a tick; what cannot come any more is forgotten."""
    for p in range(paths):
        i = 0
        while i < watch.number[p]:
            _weigh_absence_from(law, clocks, watch, i, end, p)
            link = watch.link[i, p]
            if _come_watched(law.watched, law.links, link, watch.since[i, p], end, np.inf) < SURE:
                _drop(watch, i, p)
            else:
                i += 1


@PART
def _occurrence(watched: Observations, day: Ints32, n: int, p: int, start: float, time: float) -> int:
    """The first occurrence of tick n whose day ends before `time`, -1: none. It waits for all that may lead to it."""
    found, soonest = -1, time
    for i in range(watched.of_tick[n], watched.of_tick[n + 1]):
        o = watched.which[i]
        if day[o, p] >= start and day[o, p] + 1.0 <= time and (found < 0 or day[o, p] < soonest):
            found, soonest = o, float(day[o, p])
    return found


@PART
def _witness(law: Law, rows: Rows, noise: Floats, clocks: Clocks, watch: Watch, o: int, p: int) -> float:
    """Weigh an occurrence, and say at which moment of its day it is taken to happen; -1: it is impossible here.

    Its probability is that of the trigger's own rate and of each follow-up that may have been on its way; by these
    weights it is drawn which of them it was. A day out of several was drawn evenly, which the weight makes good.
    """
    triggers, links, k = law.triggers, law.links, law.watched.trigger[o]
    day = float(watch.day[o, p])
    watch.day[o, p] = -1
    own = clocks.rate[k, p]
    total = own
    for i in range(watch.number[p]):
        total += _came_on(law, clocks, watch, i, k, day, p)
    if not total > TINY:  # a rate of 0 has a logarithm here, if a low one
        watch.log_weight[p] = -np.inf
        if watch.failed[p] == -1:
            watch.failed[p] = o
        return -1.0
    watch.log_weight[p] += math.log(total * law.watched.days[o])
    part = noise[rows.occurrence[o] + 1, p] * total - own
    within_day = noise[rows.occurrence[o] + 2, p]
    if part < 0.0:
        return float(day + within_day)
    chosen, came = -1, 0.0
    for i in range(watch.number[p]):
        came = _came_on(law, clocks, watch, i, k, day, p)
        if came > 0.0 and (chosen < 0 or part >= 0.0):
            chosen = i
            part -= came
    if chosen < 0:
        return float(day + within_day)
    link, since = watch.link[chosen, p], watch.since[chosen, p]
    low = max(day, watch.seen[chosen, p], triggers.opens[k], clocks.ends[k, p])
    high = min(day + 1.0, triggers.closes[k])
    _drop(watch, chosen, p)
    if links.delay_sigma[link] == 0.0:
        return float(since + links.delay[link])
    return float(low + within_day * (high - low))


@PART
def _came_on(law: Law, clocks: Clocks, watch: Watch, i: int, k: int, day: float, p: int) -> float:
    """Probability that a follow-up came on a day, given that it had not by then, where it would have been seen."""
    link = watch.link[i, p]
    if law.links.target[link] != k or clocks.happened[k, p] >= law.triggers.max_count[k]:
        return 0.0
    low = max(day, watch.seen[i, p], law.triggers.opens[k], clocks.ends[k, p])
    high = min(day + 1.0, law.triggers.closes[k])
    if high <= low:
        return 0.0
    since = watch.since[i, p]
    came = _come(law.links, link, high - since) - _come(law.links, link, low - since)
    return float(law.links.chance[link] * came / (1.0 - watch.gone[i, p]))


@PART
def _end_of_tick(
    on_end: Floats,
    calendar: Calendar,
    levels: Levels,
    ends: Floats,
    branch: Ints32,
    n: int,
    start: float,
    end: float,
    paths: int,
) -> None:
    """Effects of episodes that ended in the tick, and of the calendar's branches."""
    for k in range(len(on_end)):
        for d in range(len(levels.x)):
            effect = on_end[k, d]
            if effect != 0.0:
                x, ended = levels.x[d], ends[k]
                for p in range(paths):
                    x[p] += effect if start < ended[p] <= end else 0.0
    for c in range(len(calendar.tick)):
        if calendar.tick[c] == n:
            for p in range(paths):
                b = branch[c, p]
                for d in range(len(levels.x)):
                    levels.x[d, p] += calendar.effect[c, b, d]
                    levels.scar[d, p] += calendar.lasting[c, b] * calendar.effect[c, b, d]


@PART
def _read_levels(levels: Levels, sums: Sums, kept: Kept, n: int, paths: int) -> None:
    """The index at tick n from the latent levels, its sums, and its bins for the histogram."""
    for d in range(len(levels.x)):
        s, x = levels.s[d], levels.x[d]
        for p in range(paths):
            s[p] = 100.0 / (1.0 + _exp(-x[p]))
        sums.index_sum[n, d] += _sum(s, paths)
        sums.index_squares[n, d] += _sum_of_squares(s, paths)
        if sums.histogram.size > 0:
            bins = levels.bins[n, d]
            for p in range(paths):
                bins[p] = np.uint16(min(s[p] * (BINS / 100.0), BINS - 1.0))
        if len(kept.points) > 0:
            _copy(kept.points[n, d], s, paths)
        if len(kept.latent) > 0:
            _copy(kept.latent[n, d], x, paths)


@PART
def _sum(values: Floats, paths: int) -> float:
    """Sum in four lanes, always in the same order, so that it need not wait for each addition."""
    a = b = c = d = 0.0
    whole = paths - paths % 4
    for p in range(0, whole, 4):
        a += values[p]
        b += values[p + 1]
        c += values[p + 2]
        d += values[p + 3]
    for p in range(whole, paths):
        a += values[p]
    return (a + b) + (c + d)


@PART
def _sum_of_squares(values: Floats, paths: int) -> float:
    a = b = c = d = 0.0
    whole = paths - paths % 4
    for p in range(0, whole, 4):
        a += values[p] * values[p]
        b += values[p + 1] * values[p + 1]
        c += values[p + 2] * values[p + 2]
        d += values[p + 3] * values[p + 3]
    for p in range(whole, paths):
        a += values[p] * values[p]
    return (a + b) + (c + d)


@PART
def _assess(
    rules: Rules, programs: Programs, s: Floats, clocks: Clocks, places: Places, stack: Floats, end: float, paths: int
) -> None:
    """Which scenario each path is in, by the state machine of the rules."""
    scenario, stays = places.scenario, places.stays
    stays[:] = 0
    for j in range(len(rules.enter)):
        streak = places.streak[j]
        if j == rules.default:
            continue
        _evaluate(programs, rules.enter[j], s, clocks.happened, clocks.ends, end, stack, paths)
        holds = stack[0]
        for p in range(paths):
            streak[p] = streak[p] + 1 if holds[p] != 0.0 else 0
        _evaluate(programs, rules.leave[j], s, clocks.happened, clocks.ends, end, stack, paths)
        leaves = stack[0]
        absorbing = rules.absorbing[j] == 1
        for p in range(paths):
            here = scenario[p] == j
            remains = absorbing | (leaves[p] == 0.0)
            stays[p] |= here & remains
            streak[p] = 0 if here & (not remains) else streak[p]
    for p in range(paths):
        scenario[p] = scenario[p] if stays[p] != 0 else rules.default
    for j in range(len(rules.enter) - 1, -1, -1):  # the highest priority comes first, so it is written last
        if j == rules.default:
            continue
        streak, ticks = places.streak[j], rules.ticks[j]
        for p in range(paths):
            scenario[p] = j if (stays[p] == 0) & (streak[p] >= ticks) else scenario[p]


@PART
def _evaluate(
    code: Programs, program: int, s: Floats, happened: Ints32, ends: Floats, now: float, stack: Floats, paths: int
) -> None:
    """The condition for every path, 1 or 0, left in `stack[0]`; episodes are active if they end after `now`."""
    if program < 0:
        stack[0, :] = 1.0 if program == ALWAYS else 0.0
        return
    top = -1
    for i in range(code.start[program], code.start[program + 1]):
        op, operand = code.opcode[i], code.operand[i]
        if op <= 3:
            top += 1
            out = stack[top]
            if op == 0:
                out[:] = code.value[i]
            elif op == 1:
                _copy(out, s[operand], paths)
            elif op == 2:
                number = happened[operand]
                for p in range(paths):
                    out[p] = number[p]
            else:
                until = ends[operand]
                for p in range(paths):
                    out[p] = 1.0 if until[p] > now else 0.0
            continue
        if op == 16:
            out = stack[top]
            for p in range(paths):
                out[p] = 1.0 - out[p]
            continue
        top -= 1
        a, b = stack[top], stack[top + 1]
        if op == 4:
            for p in range(paths):
                a[p] = a[p] + b[p]
        elif op == 5:
            for p in range(paths):
                a[p] = a[p] - b[p]
        elif op == 6 or op == 14:
            for p in range(paths):
                a[p] = a[p] * b[p]
        elif op == 7:
            for p in range(paths):
                a[p] = a[p] / b[p]
        elif op == 8:
            for p in range(paths):
                a[p] = 1.0 if a[p] < b[p] else 0.0
        elif op == 9:
            for p in range(paths):
                a[p] = 1.0 if a[p] <= b[p] else 0.0
        elif op == 10:
            for p in range(paths):
                a[p] = 1.0 if a[p] > b[p] else 0.0
        elif op == 11:
            for p in range(paths):
                a[p] = 1.0 if a[p] >= b[p] else 0.0
        elif op == 12:
            for p in range(paths):
                a[p] = 1.0 if a[p] == b[p] else 0.0
        elif op == 13:
            for p in range(paths):
                a[p] = 1.0 if a[p] != b[p] else 0.0
        else:
            for p in range(paths):
                a[p] = max(a[p], b[p])


@PART
def _count(places: Places, sums: Sums, kept: NDArray[np.int8], block: int, n: int, paths: int) -> None:
    """Add the assessment at the end of tick n to the sums."""
    for j in range(len(places.streak)):
        for first in range(0, paths, GROUP):
            last = min(first + GROUP, paths)
            scenario, spent = places.scenario[first:last], places.spent[j, first:last]
            inside = fresh = squares = 0
            for p in range(len(scenario)):  # from 0: a loop that might index from the end is not vectorised
                here = 1 if scenario[p] == j else 0
                inside += here
                fresh += here if spent[p] == 0 else 0
                squares += here * (2 * spent[p] + 1)
            for p in range(len(scenario)):
                spent[p] += scenario[p] == j
            batch = (block * (1024 // GROUP) + first // GROUP) % BATCHES
            sums.occupancy[batch, n, j] += inside
            sums.first_entry[batch, n, j] += fresh
            sums.share_squares[n, j] += squares
    if len(kept) > 0:
        for p in range(paths):
            kept[n, p] = places.scenario[p]


@PART
def _end_of_year(happened: Ints32, before: Ints32, events: Ints, squares: Ints, year: int, paths: int) -> None:
    """Events of the year that ends."""
    for k in range(len(happened)):
        now, then = happened[k], before[k]
        for p in range(paths):
            number = np.int64(now[p] - then[p])
            events[year, k] += number > 0
            squares[year, k] += number * number
            then[p] = now[p]


@PART
def _finish(levels: Levels, happened: Ints32, places: Places, sums: Sums, kept: Kept, paths: int) -> None:
    """Sums that need the scenario in which a path ends."""
    drivers = len(levels.x)
    if sums.histogram.size > 0:
        for n in range(len(levels.bins)):
            for d in range(drivers):
                bins = levels.bins[n, d]
                for p in range(paths):
                    sums.histogram[places.scenario[p], n, d, bins[p]] += 1
    for k in range(len(happened)):
        for p in range(paths):
            sums.event_squares[k] += np.int64(happened[k, p]) * happened[k, p]
    if sums.plane.size > 0:
        for p in range(paths):
            i = np.int64(min(levels.s[0, p], CELLS - 1.0))
            j = np.int64(min(levels.s[drivers - 1 if drivers < 2 else 1, p], CELLS - 1.0))
            sums.plane[places.scenario[p], i, j] += 1
    for c in range(len(places.branch)):
        for p in range(paths):
            sums.branches[c, places.branch[c, p]] += 1
    if kept.counts.shape[1] > 0:
        for k in range(len(happened)):
            for p in range(paths):
                kept.counts[k, p] = np.int64(happened[k, p])
        for c in range(len(places.branch)):
            for p in range(paths):
                kept.branch[c, p] = places.branch[c, p]
