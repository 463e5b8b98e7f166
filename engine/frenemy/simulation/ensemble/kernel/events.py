"""Events within a tick, in order of time."""

from __future__ import annotations

import numpy as np

from frenemy.arrays import Floats
from frenemy.simulation.compile.arrays import Links
from frenemy.simulation.ensemble.kernel.evidence import (
    covered_days,
    first_occurrence,
    keep_pending,
    moment_before,
    score_between,
    weigh_absence_of,
    weigh_occurrence,
)
from frenemy.simulation.ensemble.kernel.maths import PART, exp_single, prefetch
from frenemy.simulation.ensemble.kernel.state import (
    DONE,
    EV_FOLLOW_UP,
    EV_OBSERVED,
    EV_OWN,
    NEED_EVENTS,
    NEED_LAYERS,
    NEED_PENDING,
    NEED_QUEUE,
    Clocks,
    Kept,
    Law,
    State,
    Sums,
)
from frenemy.simulation.noise.streams import Rows

__all__ = ["run_events"]


@PART
def run_events(
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
    busy = _list_busy_paths(links, rows, noise, clocks, queue.due, state.resume[1], end, observed, paths)
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
                        candidate = moment_before(watched, j, start, end, -clocks.left[j, p] / clocks.rate[j, p])
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
                occurrence = first_occurrence(watched, watch.day, n, p, start, time)
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
                time = weigh_occurrence(law, rows, noise, clocks, watch, occurrence, p)
                if time < 0.0:
                    continue
                watch.begun[occurrence, p] = time
            if watching:
                weigh_absence_of(law, clocks, watch, k, time, p)
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
                    unused -= covered_days(watched, k, time, end)
                clocks.left[k, p] += clocks.rate[k, p] * unused
            if closes and watched.on[k] == 1:
                watch.log_weight[p] += clocks.rate[k, p] * covered_days(watched, k, time, end)
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
                        z = score_between(lasts, triggers.duration_sigma[k], low, high, z)
                        lasts = min(max(lasts * exp_single(triggers.duration_sigma[k] * z), low), high)
                    else:
                        lasts *= exp_single(triggers.duration_sigma[k] * z)
                clocks.ends[k, p] = time + lasts
                clocks.gate[k, p] = max(clocks.gate[k, p], time + lasts)
            severity = 1.0
            if occurrence >= 0 and watched.severity[occurrence] >= 0.0:
                severity = watched.severity[occurrence]
            elif triggers.severity_sigma[k] > 0.0:
                sigma = triggers.severity_sigma[k]
                severity = exp_single(sigma * noise[rows.severity[kind, k] + number, p] - 0.5 * sigma * sigma)
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
                    delay *= exp_single(links.delay_sigma[link] * noise[rows.delay[kind, link] + number, p])
                if watching and keep_pending(law, watch, link, time, comes, delay, p):
                    continue
                if comes:
                    queue.time[queue.waiting[p], p] = time + delay
                    queue.trigger[queue.waiting[p], p] = links.target[link]
                    queue.source[queue.waiting[p], p] = EV_FOLLOW_UP
                    queue.waiting[p] += 1
                    queue.due[p] = min(queue.due[p], time + delay)
    return DONE, 0, 0


@PART
def _list_busy_paths(
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
            prefetch(noise, rows.clock[k] + event + 1, p)
            if rows.severity[0, k] >= 0:
                prefetch(noise, rows.severity[0, k] + event, p)
            if rows.duration[0, k] >= 0:
                prefetch(noise, rows.duration[0, k] + event, p)
            for link in range(links.start[k], links.start[k + 1]):
                prefetch(noise, rows.chance[0, link] + event, p)
    return number
