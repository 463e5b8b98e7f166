"""Rates and clocks at the start of a tick."""

from __future__ import annotations

from frenemy.arrays import Floats
from frenemy.simulation.compile.programs import NEVER
from frenemy.simulation.ensemble.kernel.evidence import covered_days
from frenemy.simulation.ensemble.kernel.maths import PART, PerPath, at, copy, exp
from frenemy.simulation.ensemble.kernel.rules import evaluate
from frenemy.simulation.ensemble.kernel.state import TINY, Clocks, Ints32, Law

__all__ = ["apply_calendar", "set_rates"]


@PART
def apply_calendar(law: Law, anchor: Floats, log_factor: Floats, branch: Ints32, n: int, paths: int) -> None:
    """Update anchors and rate factors in the ticks in which a branch begins or ceases to hold."""
    calendar, changed = law.calendar, False
    for c in range(len(calendar.tick)):
        changed = changed or n == calendar.tick[c] + 1
        for b in range(calendar.cumulative.shape[1]):
            changed = changed or n == calendar.shift_end[c, b] or n == calendar.factor_end[c, b]
    if not changed:
        return
    for d in range(len(anchor)):
        copy(anchor[d], law.motion.anchor[d], paths)
    log_factor[:] = 0.0
    for c in range(len(calendar.tick)):
        if n <= calendar.tick[c]:
            continue
        for d in range(len(anchor)):
            for p in range(paths):
                b, m = branch[c, p], at(law.draw, p)
                anchor[d, p] += at(calendar.shift[c, b, d], m) if n < calendar.shift_end[c, b] else 0.0
        for k in range(len(log_factor)):
            if calendar.changes[k]:
                for p in range(paths):
                    b, m = branch[c, p], at(law.draw, p)
                    log_factor[k, p] += at(calendar.log_factor[c, b, k], m) if n < calendar.factor_end[c, b] else 0.0


@PART
def set_rates(law: Law, s: Floats, clocks: Clocks, log_weight: Floats, stack: Floats, start: float, paths: int) -> None:
    """Set the rates of this tick and run the clocks down by them: below 0 where an event falls into the tick.

    A clock runs only while its gate is open. While a trigger is watched its clock stands still, and the integrated rate
    is weighed instead.
    """
    triggers, pairs, tick = law.triggers, law.pairs, law.tick
    z, fired, latest = stack[len(stack) - 1], clocks.fired, clocks.latest
    fired[:] = 0
    for k in range(len(triggers.intercept)):
        rate, left, gate = clocks.rate[k], clocks.left[k], clocks.gate[k]
        opens, closes = max(start, triggers.opens[k]), min(start + tick, triggers.closes[k])
        if opens >= closes or triggers.requires[k] == NEVER:
            rate[:] = 0.0
            for i in range(pairs.into_start[k], pairs.into_start[k + 1]):
                q = pairs.into[i]
                _add_and_fade(z, clocks.extra[q], pairs.keep[q], paths)
            continue
        _own_rate(law, k, s, clocks.log_factor[k], z, paths)
        for i in range(pairs.into_start[k], pairs.into_start[k + 1]):
            q = pairs.into[i]
            _add_and_fade(z, clocks.extra[q], pairs.keep[q], paths)
        if triggers.requires[k] >= 0:
            evaluate(law.programs, triggers.requires[k], s, clocks.happened, clocks.ends, start, stack, paths)
            holds = stack[0]
            for p in range(paths):
                z[p] *= holds[p]
        if law.observations.on[k] == 1:
            all_covered = covered_days(law.observations, k, opens, closes)
            for p in range(paths):
                since = max(opens, gate[p])
                now = z[p] if since < closes else 0.0
                covered = all_covered if since == opens else covered_days(law.observations, k, since, closes)
                rate[p] = now
                left[p] -= now * (max(closes - since, 0.0) - covered)
                log_weight[p] -= now * covered
        elif law.used.gate[k]:
            for p in range(paths):
                days = max(closes - max(opens, gate[p]), 0.0)
                now = z[p] if days > 0.0 else 0.0
                rate[p] = now
                left[p] -= now * days
        else:
            days = closes - opens
            for p in range(paths):
                now = z[p]
                rate[p] = now
                left[p] -= now * days
        for p in range(paths):
            out = left[p] < 0.0
            fired[p] += out
            latest[p] = k if out else latest[p]


@PART
def _own_rate(law: Law, k: int, s: Floats, log_factor: Floats, z: Floats, paths: int) -> None:
    """A trigger's base rate, modulated by the drivers, two at a time, and by the calendar."""
    intercept, slopes, used = law.triggers.intercept[k], law.triggers.slope, law.used.slope
    changes = varies = bool(law.calendar.changes[k])
    for p in range(paths):
        z[p] = at(intercept, p)
    for d in range(0, len(s), 2):
        if d + 1 < len(s) and (used[k, d] or used[k, d + 1]):
            slope, beside, level, neighbour = slopes[k, d], slopes[k, d + 1], s[d], s[d + 1]
            for p in range(paths):
                z[p] += at(slope, p) * level[p] + at(beside, p) * neighbour[p]
            varies = True
        elif used[k, d]:
            slope, level = slopes[k, d], s[d]
            for p in range(paths):
                z[p] += at(slope, p) * level[p]
            varies = True
    if changes:
        for p in range(paths):
            z[p] += log_factor[p]
    if varies:
        for p in range(paths):
            z[p] = exp(z[p])
    else:
        for p in range(paths):
            z[p] = exp(at(intercept, p))


@PART
def _add_and_fade(target: Floats, extra: Floats, keep: PerPath, paths: int) -> None:
    for p in range(paths):
        now = extra[p]
        target[p] += now
        rest = now * at(keep, p)
        extra[p] = rest if rest > TINY else 0.0
