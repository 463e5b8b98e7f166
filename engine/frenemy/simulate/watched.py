"""From a ledger to what the kernel watches: stretches of days, and occurrences in the order in which they can cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from frenemy.model.evidence import LedgerResolved, Occurrence
from frenemy.simulate.compiled import Compiled, Links, Watched

__all__ = ["ordered_occurrences", "watch"]

Stretch = tuple[int, int]


def watch(compiled: Compiled, ledger: LedgerResolved) -> Compiled:
    """The same model, watched: its paths bear out the ledger's occurrences, and weigh what the ledger says.

    Occurrences must lie inside the run, and so far as they do, stretches are cut to it.
    """
    count = len(compiled.trigger_names)
    stretches = [_merged(_stretches(compiled, ledger, name)) for name in compiled.trigger_names]
    occurrences = ordered_occurrences(compiled, ledger)
    first = [(o.first - compiled.start).days for o in occurrences]
    days = [(o.last - o.first).days + 1 for o in occurrences]
    of_tick, which = [0], list[int]()
    for n in range(compiled.ticks):
        start, end = n * compiled.tick, (n + 1) * compiled.tick
        which += [o for o in range(len(first)) if first[o] < end and first[o] + days[o] > start]
        of_tick.append(len(which))
    watched = Watched(
        on=np.array([len(mine) > 0 for mine in stretches], dtype=np.int64),
        start=np.cumsum([0, *map(len, stretches)], dtype=np.int64),
        since=np.array([since for mine in stretches for since, _ in mine], dtype=np.float64),
        until=np.array([until for mine in stretches for _, until in mine], dtype=np.float64),
        trigger=np.array([compiled.trigger_names.index(o.trigger) for o in occurrences], dtype=np.int64),
        first=np.array(first, dtype=np.int64),
        days=np.array(days, dtype=np.int64),
        severity=np.array([o.severity for o in occurrences], dtype=np.float64),
        of_tick=np.array(of_tick, dtype=np.int64),
        which=np.array(which, dtype=np.int64),
    )
    assert len(watched.on) == count
    return replace(compiled, watched=watched)


def ordered_occurrences(compiled: Compiled, ledger: LedgerResolved) -> tuple[Occurrence, ...]:
    """The occurrences in the order in which those of one day are taken: what may lead to another comes before it."""
    rank = _ranks(compiled.links, len(compiled.trigger_names))

    def place(o: Occurrence) -> tuple[object, ...]:
        k = compiled.trigger_names.index(o.trigger)
        return rank[k], k, o.first, o.last, o.severity, o.entry

    return tuple(sorted(ledger.occurrences, key=place))


def _stretches(compiled: Compiled, ledger: LedgerResolved, trigger: str) -> Iterable[Stretch]:
    """Days since the start on which the ledger knows all of a trigger; an occurrence knows its own days."""
    last = int(compiled.ticks * compiled.tick)
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
    """The length of the longest chain of follow-ups that leads to each trigger; chains that bite their tail are cut."""
    rank = [0] * triggers
    for _ in range(triggers):
        for k in range(triggers):
            for link in range(links.start[k], links.start[k + 1]):
                target = int(links.target[link])
                if target != k:
                    rank[target] = min(max(rank[target], rank[k] + 1), triggers)
    return rank
