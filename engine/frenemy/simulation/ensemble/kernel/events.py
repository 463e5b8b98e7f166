"""Events within a tick, in order of time.

Most paths have no event in a tick. Those that have one are taken one by one, event by event.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from frenemy.arrays import Floats
from frenemy.simulation.compile.arrays import Links, Triggers
from frenemy.simulation.ensemble.kernel.evidence import (
    covered_days,
    first_occurrence,
    keep_pending,
    moment_before,
    score_between,
    weigh_absence_of,
    weigh_occurrence,
)
from frenemy.simulation.ensemble.kernel.marks import Words, exponential, normal, uniform, words
from frenemy.simulation.ensemble.kernel.maths import INLINED, PART, at, exp_single
from frenemy.simulation.ensemble.kernel.state import (
    DONE,
    EV_FOLLOW_UP,
    EV_OBSERVED,
    EV_OWN,
    MAX_EVENTS,
    NEED_EVENTS,
    NEED_PENDING,
    NEED_QUEUE,
    RUNS_AWAY,
    Clocks,
    EvidenceState,
    KeptPaths,
    Law,
    Queue,
    State,
    Sums,
)
from frenemy.simulation.noise.streams import FOLLOW_UP, OWN, Marks, Rows

__all__ = ["run_events"]


class Event(NamedTuple):
    """The next event of a path."""

    time: float  # days
    trigger: int  # -1: there is none
    source: int  # EV_OWN and so on
    kind: int  # OWN or FOLLOW_UP: whose marks it has
    slot: int  # its place in the queue, -1: it does not come from there
    occurrence: int  # which of the observed ones it is, -1: none


@PART
def run_events(
    law: Law, rows: Rows, noise: Floats, marks: Marks, state: State, sums: Sums, kept: KeptPaths, n: int, paths: int
) -> tuple[int, int]:
    """Take each path in which something happens in tick n through its events, in order of time.

    Returns what `simulate_block` returns; nothing of an event is done before there is room for all of it.
    """
    clocks, queue, evidence = state.clocks, state.queue, state.evidence
    triggers, links, observations = law.triggers, law.links, law.observations
    start, end = n * law.tick, (n + 1) * law.tick
    watching, observed = len(observations.since) > 0, observations.of_tick[n + 1] > observations.of_tick[n]
    busy = _list_busy_paths(clocks, queue.due, state.resume[1], end, observed, paths)
    for i in range(busy):
        p = int(clocks.busy[i])
        m = at(law.draw, p)
        while True:
            event = _next_event(law, clocks, queue, evidence, observed, n, p)
            k = event.trigger
            if k < 0:
                break
            number = int(clocks.draws_used[event.kind, k, p])
            lost = event.slot >= 0 and _is_lost(triggers, clocks, k, event.time, p)
            if not lost:
                need = _missing_room(links, queue, evidence, kept, event, number, watching, p)
                if need != DONE:
                    state.resume[1] = p
                    return need, k
            if event.slot >= 0:
                _leave_queue(queue, event.slot, p)
            if lost:
                continue
            time = event.time
            if event.occurrence >= 0:
                time = weigh_occurrence(law, rows, noise, clocks, evidence, event.occurrence, p)
                if time < 0.0:
                    continue
                evidence.begun[event.occurrence, p] = time
            if watching:
                weigh_absence_of(law, clocks, evidence, k, time, p)
            drawn = words(marks.event[event.kind, k], marks.path[p], number + 1)
            clocks.draws_used[event.kind, k, p] = number + 1
            clocks.happened[k, p] += 1
            lasts = _duration(law, event, drawn, time, m)
            _set_clock(law, marks, clocks, evidence, event, drawn, time, lasts, end, m, p)
            _apply_effects(law, state, event, drawn, time, lasts, start, m, p)
            _record(law, clocks, sums, kept, event, time, n, m, p)
            _send_follow_ups(law, marks, queue, evidence, event, number, time, watching, m, p)
    return DONE, 0


@PART
def _list_busy_paths(clocks: Clocks, due: Floats, first: int, end: float, all_of_them: bool, paths: int) -> int:
    """List the paths in which something happens."""
    number = 0
    if all_of_them:
        for p in range(first, paths):
            clocks.busy[number] = p
            number += 1
    else:
        for p in range(first, paths):
            clocks.busy[number] = p
            number += int((clocks.fired[p] > 0) | (due[p] < end))
    return number


@INLINED
def _next_event(
    law: Law, clocks: Clocks, queue: Queue, evidence: EvidenceState, observed: bool, n: int, p: int
) -> Event:
    """The next event of path p in tick n: a clock that runs out, an arrival from the queue, an observed occurrence."""
    observations = law.observations
    start, end = n * law.tick, (n + 1) * law.tick
    first, last = 0, len(law.triggers.intercept)
    if clocks.fired[p] <= 1:
        first = int(clocks.latest[p])
        last = first + 1
    time, k, source, kind, slot, occurrence = end, -1, EV_OWN, OWN, -1, -1
    for j in range(first, last):
        if clocks.left[j, p] < 0.0:
            closes = min(end, law.triggers.closes[j])
            candidate = closes + clocks.left[j, p] / clocks.rate[j, p]
            if observations.on[j] == 1:
                opens = max(start, law.triggers.opens[j], clocks.gate[j, p])
                candidate = moment_before(observations, j, opens, closes, -clocks.left[j, p] / clocks.rate[j, p])
            if candidate < time or k < 0:
                time, k = candidate, j
    if queue.due[p] < time:
        time, slot = queue.due[p], 0
        for i in range(queue.waiting[p] - 1, -1, -1):
            if queue.time[i, p] == time:  # of several at one moment the one that was queued first
                slot = i
        k, source, kind = int(queue.trigger[slot, p]), int(queue.source[slot, p]), FOLLOW_UP
    if observed:
        occurrence = first_occurrence(observations, evidence.day, n, p, start, time)
        if occurrence >= 0:
            k, source, kind, slot = int(observations.trigger[occurrence]), EV_OBSERVED, FOLLOW_UP, -1
    return Event(time, k, source, kind, slot, occurrence)


@INLINED
def _is_lost(triggers: Triggers, clocks: Clocks, k: int, time: float, p: int) -> bool:
    """Whether an arrival has no effect: outside its window, beyond its limit, or while its own episode runs."""
    return bool(
        time < triggers.opens[k]
        or time >= triggers.closes[k]
        or clocks.happened[k, p] >= triggers.max_count[k]
        or clocks.ends[k, p] > time
    )


@INLINED
def _missing_room(
    links: Links,
    queue: Queue,
    evidence: EvidenceState,
    kept: KeptPaths,
    event: Event,
    number: int,
    watching: bool,
    p: int,
) -> int:
    """What the event needs more of than there is, or that the model runs away; DONE if it may happen."""
    k, record = event.trigger, len(kept.event_path)
    follow_ups = links.start[k + 1] - links.start[k]
    if number >= MAX_EVENTS:
        return RUNS_AWAY
    if queue.waiting[p] + follow_ups > len(queue.time):
        return NEED_QUEUE
    if watching and evidence.pending[p] + follow_ups > len(evidence.since):
        return NEED_PENDING
    if record > 0 and kept.event_number[0] >= record:
        return NEED_EVENTS
    return DONE


@INLINED
def _leave_queue(queue: Queue, slot: int, p: int) -> None:
    """Take an arrival out of the queue; the others keep their order."""
    queue.waiting[p] -= 1
    waiting = queue.waiting[p]
    for i in range(slot, waiting):
        queue.time[i, p] = queue.time[i + 1, p]
        queue.trigger[i, p] = queue.trigger[i + 1, p]
        queue.source[i, p] = queue.source[i + 1, p]
    queue.due[p] = np.inf
    for i in range(waiting):
        queue.due[p] = min(queue.due[p], queue.time[i, p])


@INLINED
def _record(
    law: Law, clocks: Clocks, sums: Sums, kept: KeptPaths, event: Event, time: float, n: int, m: int, p: int
) -> None:
    """Count the event, and write it down if paths are kept."""
    k = event.trigger
    sums.events[n, k] += 1
    sums.draw_events[m, law.year[n], k] += 1
    if clocks.happened[k, p] == 1:
        sums.first_events[n, k] += 1
        sums.draw_happened[m, k] += 1
    if len(kept.event_path) > 0:
        at = kept.event_number[0]
        kept.event_path[at] = p
        kept.event_trigger[at] = k
        kept.event_kind[at] = event.source
        kept.event_time[at] = time
        kept.event_end[at] = clocks.ends[k, p] if law.triggers.episode[k] == 1 else np.nan
        kept.event_number[0] = at + 1


@INLINED
def _set_clock(
    law: Law,
    marks: Marks,
    clocks: Clocks,
    evidence: EvidenceState,
    event: Event,
    drawn: Words,
    time: float,
    lasts: float,
    end: float,
    m: int,
    p: int,
) -> None:
    """Set the trigger's clock and gate: the clock stands still until the gate opens again, in this tick or later."""
    triggers, observations, k = law.triggers, law.observations, event.trigger
    full = clocks.happened[k, p] >= triggers.max_count[k]
    own, cooldown = event.source == EV_OWN, at(triggers.cooldown[k], m)
    fresh = exponential(drawn[0]) if own else 0.0
    if own and marks.pace.size > 0:
        fresh /= marks.pace[k, p]
    if not (full or cooldown > 0.0 or triggers.episode[k] == 1):
        clocks.left[k, p] += fresh
        return
    opens, closes = max(time, triggers.opens[k]), min(end, triggers.closes[k])
    before, after = max(opens, clocks.gate[k, p]), np.inf
    if not full:
        after = max(before, time + max(cooldown, lasts))
    clocks.gate[k, p] = after
    rate, ahead, remaining = clocks.rate[k, p], max(closes - before, 0.0), max(closes - after, 0.0)
    if remaining == 0.0:
        clocks.rate[k, p] = 0.0
    if observations.on[k] == 1:
        ahead_covered = covered_days(observations, k, before, closes)
        remaining_covered = covered_days(observations, k, after, closes)
        evidence.log_weight[p] += rate * (ahead_covered - remaining_covered)
        ahead, remaining = ahead - ahead_covered, remaining - remaining_covered
    if own:
        clocks.left[k, p] = fresh - rate * remaining
    else:  # what was taken for the time ahead is given back; rounding must not make an event of it
        clocks.left[k, p] = max(clocks.left[k, p] + rate * ahead, 0.0) - rate * remaining


@INLINED
def _duration(law: Law, event: Event, drawn: Words, time: float, m: int) -> float:
    """Days that the episode of an event at `time` lasts; 0 where it begins none."""
    triggers, observations, k, occurrence = law.triggers, law.observations, event.trigger, event.occurrence
    if triggers.episode[k] == 0:
        return 0.0
    lasts, sigma = at(triggers.duration[k], m), at(triggers.duration_sigma[k], m)
    if sigma > 0.0:
        z = normal(drawn[2])
        if occurrence >= 0 and observations.ends_from[occurrence] >= 0.0:
            low, high = observations.ends_from[occurrence] - time, observations.ends_until[occurrence] - time
            z = score_between(lasts, sigma, low, high, z)
            lasts = min(max(lasts * exp_single(sigma * z), low), high)
        else:
            lasts *= exp_single(sigma * z)
    return float(lasts)


@INLINED
def _apply_effects(
    law: Law,
    state: State,
    event: Event,
    drawn: Words,
    time: float,
    lasts: float,
    start: float,
    m: int,
    p: int,
) -> None:
    """Begin the episode, move the drivers, raise contagion."""
    triggers, pairs, observations = law.triggers, law.pairs, law.observations
    levels, clocks = state.levels, state.clocks
    k, occurrence, drivers = event.trigger, event.occurrence, len(levels.x)
    if triggers.episode[k] == 1:
        if clocks.ends[k, p] > start:  # one that ended earlier in this tick
            for d in range(drivers):
                levels.x[d, p] += at(triggers.on_end[k, d], p)
        clocks.ends[k, p] = time + lasts
    severity, sigma = 1.0, at(triggers.severity_sigma[k], m)
    if occurrence >= 0 and observations.severity[occurrence] >= 0.0:
        severity = observations.severity[occurrence]
    elif sigma > 0.0:
        severity = exp_single(sigma * normal(drawn[1]) - 0.5 * sigma * sigma)
    lasting = at(triggers.lasting[k], m)
    for d in range(drivers):
        effect = severity * at(triggers.effect[k, d], m)
        levels.x[d, p] += effect
        levels.scar[d, p] += lasting * effect
    for q in range(pairs.start[k], pairs.start[k + 1]):
        clocks.extra[q, p] += at(pairs.jump[q], m)


@INLINED
def _send_follow_ups(
    law: Law,
    marks: Marks,
    queue: Queue,
    evidence: EvidenceState,
    event: Event,
    number: int,
    time: float,
    watching: bool,
    m: int,
    p: int,
) -> None:
    """Draw which follow-ups come and when, and queue them."""
    links, k = law.links, event.trigger
    for link in range(links.start[k], links.start[k + 1]):
        drawn = words(marks.link[event.kind, link], marks.path[p], number)
        comes = uniform(drawn[0]) < at(links.chance[link], m)
        delay, sigma = at(links.delay[link], m), at(links.delay_sigma[link], m)
        if comes and sigma > 0.0:
            delay *= exp_single(sigma * normal(drawn[1]))
        if watching and keep_pending(law, evidence, link, time, comes, delay, p):
            continue
        if comes:
            queue.time[queue.waiting[p], p] = time + delay
            queue.trigger[queue.waiting[p], p] = links.target[link]
            queue.source[queue.waiting[p], p] = EV_FOLLOW_UP
            queue.waiting[p] += 1
            queue.due[p] = min(queue.due[p], time + delay)
