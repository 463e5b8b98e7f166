"""Entries of ledgers for tests, on days counted from the start of the experiments of `builders`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from builders import day
from frenemy.model.evidence.entries import (
    BranchTaken,
    Coverage,
    DriverReading,
    Entry,
    EpisodeEnd,
    LedgerResolved,
    Occurrence,
    SignpostSighting,
)

__all__ = ["covered", "ended", "happened", "ledger", "reading", "still_active", "taken"]


def happened(name: str, first: int, last: int | None = None, **more: Any) -> Occurrence:
    """Trigger `name` happened on day `first` after the start, or between it and `last`."""
    last = first if last is None else last
    return Occurrence(entry=f"{name} {first}", trigger=name, first=day(first), last=day(last), **more)


def ended(begin: Occurrence, on: int, since: int | None = None) -> EpisodeEnd:
    """The episode that an occurrence began ended on day `on`, or between `since` and it."""
    still = (on if since is None else since) - 1
    return EpisodeEnd(
        entry=f"{begin.entry} ended", trigger=begin.trigger, began=begin.entry, since=begin.last, still=day(still),
        ended=day(on),
    )  # fmt: skip


def still_active(begin: Occurrence, on: int) -> EpisodeEnd:
    """The episode that an occurrence began had not ended by the end of day `on`."""
    return EpisodeEnd(
        entry=f"{begin.entry} still on", trigger=begin.trigger, began=begin.entry, since=begin.last, still=day(on),
        ended=dt.date.max,
    )  # fmt: skip


def taken(event: str, branch: str, on: int) -> BranchTaken:
    return BranchTaken(entry=f"{event} {branch}", event=event, branch=branch, date=day(on))


def covered(name: str, until: int, since: int = 0) -> Coverage:
    return Coverage(entry=f"{name} covered from {since}", trigger=name, since=day(since), until=day(until))


def reading(name: str, on: int, value: float, sd: float, scale: Any = "index") -> DriverReading:
    return DriverReading(entry=f"{name} {on}", driver=name, date=day(on), value=value, sd=sd, scale=scale)


def ledger(until: int, *entries: Entry) -> LedgerResolved:
    def of(kind: type) -> Any:
        return tuple(entry for entry in entries if isinstance(entry, kind))

    return LedgerResolved(
        name="toy",
        until=day(until),
        occurrences=of(Occurrence),
        ends=of(EpisodeEnd),
        branches=of(BranchTaken),
        readings=of(DriverReading),
        sightings=of(SignpostSighting),
        coverage=of(Coverage),
    )
