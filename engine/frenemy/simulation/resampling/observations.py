"""From a ledger to the kernel's observations: watched stretches of days, and occurrences in causal order."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.evidence.entries import LedgerResolved, Occurrence
from frenemy.simulation.compile.compile import Compiled, Links, Observations
from frenemy.simulation.ensemble.kernel.state import EV_FOLLOW_UP, Law, State
from frenemy.simulation.ensemble.laws import of_paths
from frenemy.simulation.ensemble.run import longer_queue

__all__ = ["branch_number", "observe", "ordered_occurrences", "resample_pending"]

Stretch = tuple[float, float]


def observe(compiled: Compiled, ledger: LedgerResolved, *, open_from: int | None = None) -> Compiled:
    """The same model under observation: its paths contain the ledger's occurrences, and weigh what the ledger says.

    Occurrences and calendar events must lie inside the run. A stretch that lasts until tick `open_from` is watched for
    ever, as it is not known yet whether the ledger will be continued (see `resample_pending`).
    """
    days = math.inf if open_from is None else open_from * compiled.tick
    stretches = [_merged(_stretches(compiled, ledger, name)) for name in compiled.trigger_names]
    stretches = [[(a, math.inf if b >= days else b) for a, b in mine] for mine in stretches]
    occurrences = ordered_occurrences(compiled, ledger)
    first = [(o.first - compiled.start).days for o in occurrences]
    long = [(o.last - o.first).days + 1 for o in occurrences]
    ends = {end.began: end for end in ledger.ends}
    after = [_morning_after(compiled, ends[o.entry].still) if o.entry in ends else -math.inf for o in occurrences]
    by = [_morning_after(compiled, ends[o.entry].ended) if o.entry in ends else math.inf for o in occurrences]
    taken = {branch.event: branch.branch for branch in ledger.branches}
    of_tick, which = [0], list[int]()
    for n in range(compiled.ticks):
        start, end = n * compiled.tick, (n + 1) * compiled.tick
        which += [o for o in range(len(first)) if first[o] < end and first[o] + long[o] > start]
        of_tick.append(len(which))
    observations = Observations(
        on=np.array([len(mine) > 0 for mine in stretches], dtype=np.int64),
        start=np.cumsum([0, *map(len, stretches)], dtype=np.int64),
        since=np.array([since for mine in stretches for since, _ in mine], dtype=np.float64),
        until=np.array([until for mine in stretches for _, until in mine], dtype=np.float64),
        trigger=np.array([compiled.trigger_names.index(o.trigger) for o in occurrences], dtype=np.int64),
        first=np.array(first, dtype=np.int64),
        days=np.array(long, dtype=np.int64),
        severity=np.array([o.severity for o in occurrences], dtype=np.float64),
        ends_from=np.array(after, dtype=np.float64),
        ends_until=np.array(by, dtype=np.float64),
        of_tick=np.array(of_tick, dtype=np.int64),
        which=np.array(which, dtype=np.int64),
        branch=np.array(
            [branch_number(compiled, name, taken[name]) if name in taken else -1 for name in compiled.calendar_names],
            dtype=np.int64,
        ),
    )
    return replace(compiled, observations=observations)


def branch_number(compiled: Compiled, event: str, branch: str) -> int:
    """The position of a branch among those of a calendar event inside the run."""
    index = compiled.calendar_index[compiled.calendar_names.index(event)]
    return [item.name for item in compiled.model.calendar[index].branches].index(branch)


def _morning_after(compiled: Compiled, day: dt.date) -> float:
    """Days since the start at which a day is over; inf for `date.max`, which stands for never."""
    return math.inf if day == dt.date.max else float((day - compiled.start).days + 1)


def ordered_occurrences(compiled: Compiled, ledger: LedgerResolved) -> tuple[Occurrence, ...]:
    """The occurrences in the order in which those of one day are taken: what may lead to another precedes it."""
    rank = _ranks(compiled.links, len(compiled.trigger_names))

    def place(o: Occurrence) -> tuple[object, ...]:
        k = compiled.trigger_names.index(o.trigger)
        return rank[k], k, o.first, o.last, o.severity, o.entry

    return tuple(sorted(ledger.occurrences, key=place))


def _stretches(compiled: Compiled, ledger: LedgerResolved, trigger: str) -> Iterable[Stretch]:
    """Stretches on which the ledger records every event of a trigger; an occurrence covers its own days."""
    last = compiled.ticks * compiled.tick
    for c in ledger.coverage:
        if c.trigger == trigger:
            since, until = (c.since - compiled.start).days, (c.until - compiled.start).days
            yield max(since, 0), min(until, last)
    for o in ledger.occurrences:
        if o.trigger == trigger:
            yield (o.first - compiled.start).days, (o.last - compiled.start).days + 1


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for since, until in sorted(stretches):
        if until <= since:
            continue
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def _ranks(links: Links, triggers: int) -> list[int]:
    """The length of the longest chain of follow-ups that leads to each trigger; loops are cut."""
    rank = [0] * triggers
    for _ in range(triggers):
        for k in range(triggers):
            for link in range(links.start[k], links.start[k + 1]):
                target = int(links.target[link])
                if target != k:
                    rank[target] = min(max(rank[target], rank[k] + 1), triggers)
    return rank


def resample_pending(old: Law, new: Law, state: State, tick: int, u: Floats) -> State:
    """Draw which pending follow-ups come, and when, at times that are no longer watched.

    `u` are uniform numbers, (capacity, paths), with the capacity of the state's list of pending follow-ups. Those that
    come are put into the queue of the returned state; for the others it is recorded that they do not come then.
    """
    evidence, links, now = state.evidence, old.links, tick * old.tick
    listed = np.arange(len(evidence.since))[:, None] < evidence.pending
    for link in np.unique(evidence.link[listed]):
        k = int(links.target[link])
        gaps = _freed(_ahead(old.observations, k, now), _ahead(new.observations, k, now))
        if not gaps:
            continue
        slot, path = np.nonzero(listed & (evidence.link == link))
        chance, median, sigma = (
            np.broadcast_to(of_paths(getattr(links, name)[link], old), listed.shape[1:])[path]
            for name in ("chance", "delay", "delay_sigma")
        )
        since, part = evidence.since[slot, path], u[slot, path] * (1 - evidence.missed[slot, path]) / chance
        for low, high in gaps:
            before, after = (_arrival_probability(median, sigma, edge - since) for edge in (low, high))
            comes = (part >= 0) & (part < after - before)
            times = since + _delay(median, sigma, before + part)
            for p, time in zip(path[comes].tolist(), times[comes].tolist(), strict=True):
                state = _queue(state, p, k, time)
            part = np.where(comes, -1.0, np.where(part >= 0, part - (after - before), part))
            evidence.missed[slot, path] += chance * (after - before)
        listed[slot[part < 0], path[part < 0]] = False
        if not _ahead(new.observations, k, now):
            listed[slot, path] = False
    order = np.argsort(~listed, axis=0, kind="stable")
    for name in ("since", "weighed_until", "link", "missed"):
        column = getattr(state.evidence, name)
        column[...] = np.take_along_axis(column, order, axis=0)
    state.evidence.pending[...] = listed.sum(axis=0)
    return state


def _ahead(observations: Observations, k: int, now: float) -> list[Stretch]:
    """Stretches of trigger k from now on."""
    mine = range(observations.start[k], observations.start[k + 1])
    stretches = [(max(float(observations.since[i]), now), float(observations.until[i])) for i in mine]
    return [(since, until) for since, until in stretches if until > since]


def _freed(old: list[Stretch], new: list[Stretch]) -> list[Stretch]:
    """The times in the old stretches but not in the new."""
    edges = sorted({edge for stretch in (*old, *new) for edge in stretch})

    def inside(stretches: list[Stretch], a: float) -> bool:
        return any(since <= a < until for since, until in stretches)

    return [(a, b) for a, b in pairwise(edges) if inside(old, a) and not inside(new, a)]


def _arrival_probability(median: Floats, sigma: Floats, days: Floats) -> Floats:
    """As in the kernel: probability that a follow-up that comes takes less than so many days."""
    from scipy.special import ndtr

    with np.errstate(divide="ignore", invalid="ignore"):
        late = ndtr(np.log(np.maximum(days, 0.0) / median) / sigma)
    return np.where(sigma == 0, days > median, late)


def _delay(median: Floats, sigma: Floats, share: Floats) -> Floats:
    """The quantile `share` of the delay of a follow-up that comes; it means nothing outside 0 to 1."""
    from scipy.special import ndtri

    with np.errstate(invalid="ignore"):
        return np.where(sigma == 0, median, median * np.exp(sigma * ndtri(np.clip(share, 0.0, 1.0))))


def _queue(state: State, p: int, trigger: int, time: float) -> State:
    """The state with a follow-up on its way in path p."""
    if state.queue.waiting[p] == len(state.queue.time):
        state = longer_queue(state)
    queue, at = state.queue, state.queue.waiting[p]
    queue.time[at, p], queue.trigger[at, p], queue.source[at, p] = time, trigger, EV_FOLLOW_UP
    queue.waiting[p] += 1
    queue.due[p] = min(queue.due[p], time)
    return state
