"""The exposure of each trigger in simulated paths, tick by tick: its rate, and the time for which it could happen.

At tick n trigger k has the own rate b = r c prod f^((s - ref) / 10) and the contagion h. Its gate opens and closes
within the tick: at the ends of its window, at events that close it, and when a cooldown or an episode is over.
Everything that decides this is in the paths (levels at the tick's start, events with their times, branches taken, ends
of episodes).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.simulation.compile.programs import ALWAYS, NEVER, OPCODES
from frenemy.simulation.ensemble.kernel.state import Law
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.noise.streams import OWN

__all__ = ["Exposure", "exposures"]


_BINARY = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "<": np.less, "<=": np.less_equal,
    ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal, "and": np.logical_and,
    "or": np.logical_or,
}  # fmt: skip
_NAMES = {code: name for name, code in OPCODES.items()}


@dataclass(frozen=True, slots=True)
class Exposure:
    """One tick: rates (triggers, paths) while the gate is open, in events a day; days open; own events in the tick."""

    tick: int
    base: Floats  # (K, paths) the part due to the base rate
    extra: Floats  # (K, paths) contagion
    days: Floats  # (K, paths) for which the gate is open
    trigger: Ints  # (own events,)
    path: Ints  # (own events,) position along the path axis
    time: Floats  # (own events,) days since the start


@dataclass(frozen=True, slots=True)
class _Marks:
    """What each event does to the gate of its trigger; the events in the order of the paths."""

    closes: NDArray[np.bool_]  # (events,) whether it closes it at once
    closed_until: Floats  # (events,) days
    ends: Floats  # (events,) days; when the episode that it begins ends


@dataclass(slots=True)
class _State:
    """What the next tick depends on; the last axis is the path."""

    happened: Floats  # (K, P)
    gate: Floats  # (K, P) days; closed before
    ends: Floats  # (K, P) days; when the latest episode ends
    extra: Floats  # (pairs, P)
    log_factor: Floats = field(init=False)  # (K, P)

    def __post_init__(self) -> None:
        self.log_factor = np.zeros_like(self.happened)


def exposures(law: Law, paths: Paths) -> Iterator[Exposure]:
    """Every tick of paths that were simulated from `law`, that of outer draws (`ensemble.laws.law_of_draws`)."""
    marks = _marks(law, paths)
    at = np.clip((paths.event_time // law.tick).astype(np.int64), 0, law.ticks - 1)
    order = np.lexsort((paths.event_time, at))
    starts = np.searchsorted(at[order], np.arange(law.ticks + 1))
    state = _begin(law, paths)
    for n in range(law.ticks):
        _calendar(law, paths, state, n)
        base, extra = _rates(law, paths, state, n)
        here = order[starts[n] : starts[n + 1]]
        days = np.where(base + extra > 0, _happen(law, paths, state, (n, here), marks), 0.0)
        own = here[paths.event_kind[here] == OWN]
        yield Exposure(n, base, extra, days, paths.event_trigger[own], paths.event_path[own], paths.event_time[own])


def _begin(law: Law, paths: Paths) -> _State:
    shape = (len(law.triggers.opens), len(paths.numbers))
    gate, ends = np.full(shape, -np.inf), np.full(shape, -np.inf)
    gate[paths.running_trigger] = ends[paths.running_trigger] = paths.running_end
    return _State(np.zeros(shape), gate, ends, np.zeros((len(law.pairs.target), shape[1])))


def _marks(law: Law, paths: Paths) -> _Marks:
    triggers, trigger, time = law.triggers, paths.event_trigger, paths.event_time
    cooldown = triggers.cooldown[trigger, law.draw[paths.event_path]]
    owner = paths.event_path * len(law.triggers.opens) + trigger
    order = np.argsort(owner, kind="stable")  # by path and trigger, then by time
    count = np.empty(len(time), dtype=np.int64)
    count[order] = np.arange(1, len(time) + 1) - np.searchsorted(owner[order], owner[order])
    full = count >= triggers.max_count[trigger]
    ends = np.where(np.isnan(paths.event_end), time, paths.event_end)
    closed_until = np.where(full, np.inf, np.maximum(ends, time + cooldown))
    closes = full | (cooldown > 0) | (triggers.episode[trigger] == 1)
    return _Marks(closes, closed_until, ends)


def _calendar(law: Law, paths: Paths, state: _State, n: int) -> None:
    """The factors that branches set, refreshed where one begins or ceases to hold."""
    calendar = law.calendar
    if n and not (np.any(calendar.tick + 1 == n) or np.any(calendar.factor_end == n)):
        return
    state.log_factor[:] = 0.0
    for c in np.flatnonzero(calendar.tick < n):
        branch = paths.branch[c]
        holds = n < calendar.factor_end[c, branch]
        state.log_factor += np.where(holds, calendar.log_factor[c, branch, :, law.draw].T, 0.0)


def _rates(law: Law, paths: Paths, state: _State, n: int) -> tuple[Floats, Floats]:
    """Base and extra rates of a tick, 0 where the gate is closed throughout; contagion decays."""
    triggers, pairs, start = law.triggers, law.pairs, n * law.tick
    index = paths.index[n]
    modulated = np.einsum("kdp,dp->kp", triggers.slope, index)
    base = np.exp(np.clip(triggers.intercept + modulated + state.log_factor, -708, 708))
    base[triggers.intercept < -5e3] = 0.0
    extra = np.zeros_like(base)
    for q, target in enumerate(pairs.target):
        extra[target] += state.extra[q]
    gates = (_days_open(law, n, _every(law), start, state.gate) > 0).astype(np.float64)
    for k, program in enumerate(triggers.requires):
        if program != ALWAYS:
            gates[k] *= _holds(law, index, state, int(program), start)
    state.extra *= pairs.keep
    return base * gates, extra * gates


def _every(law: Law) -> Ints:
    return np.arange(len(law.triggers.opens))[:, None]


def _days_open(law: Law, n: int, k: Ints, since: Floats | float, gate: Floats) -> Floats:
    """Days from `since` to the end of tick n for which the gates of triggers k are open."""
    opens = np.maximum(np.maximum(since, law.triggers.opens[k]), gate)
    closes = np.minimum((n + 1) * law.tick, law.triggers.closes[k])
    return np.asarray(np.maximum(closes - opens, 0.0))


def _holds(law: Law, index: Floats, state: _State, program: int, now: float) -> Floats | float:
    """A condition for every path, 1 or 0."""
    if program == NEVER:
        return 0.0
    code, stack = law.programs, list[Floats]()
    for i in range(code.start[program], code.start[program + 1]):
        name, operand = _NAMES[int(code.opcode[i])], code.operand[i]
        match name:
            case "number":
                stack.append(code.value[i])
            case "level":
                stack.append(index[operand])
            case "count":
                stack.append(state.happened[operand])
            case "active":
                stack.append((state.ends[operand] > now).astype(np.float64))
            case "not":
                stack.append(1.0 - stack.pop())
            case _:
                right, left = stack.pop(), stack.pop()
                with np.errstate(divide="ignore", invalid="ignore"):
                    stack.append(_BINARY[name](left, right).astype(np.float64))
    return stack[-1]


def _happen(law: Law, paths: Paths, state: _State, here: tuple[int, Ints], marks: _Marks) -> Floats:
    """Let the events of a tick happen, in the order of time; returns for how many days of it each gate was open.

    `here` is the tick and its events.
    """
    n, events = here
    trigger, path = paths.event_trigger[events], paths.event_path[events]
    np.add.at(state.happened, (trigger, path), 1.0)
    days = _days_open(law, n, _every(law), n * law.tick, state.gate)
    closing = events[marks.closes[events]]
    while len(closing):  # the first event of each gate, then the second, and so on
        owner = paths.event_trigger[closing] * state.gate.shape[1] + paths.event_path[closing]
        first = np.unique(owner, return_index=True)[1]
        event = closing[first]
        k, time = paths.event_trigger[event], paths.event_time[event]
        old = state.gate[k, paths.event_path[event]]
        new = np.maximum(old, marks.closed_until[event])
        shut = _days_open(law, n, k, time, old) - _days_open(law, n, k, time, new)
        days[k, paths.event_path[event]] -= shut
        state.gate[k, paths.event_path[event]] = new
        closing = np.delete(closing, first)
    began = law.triggers.episode[trigger] == 1
    state.ends[trigger[began], path[began]] = marks.ends[events[began]]
    pairs = law.pairs
    for source in np.flatnonzero(np.diff(pairs.start)):
        mine = path[trigger == source]
        for q in range(pairs.start[source], pairs.start[source + 1]):
            np.add.at(state.extra[q], mine, pairs.jump[q, law.draw[mine]])
    return days
