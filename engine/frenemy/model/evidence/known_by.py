"""The part of an entry that is known by a day, and the part that is within a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from frenemy.model.evidence.entries import BranchTaken, Coverage, Entry, EpisodeEnd, Occurrence
from frenemy.model.experiment import Experiment

__all__ = ["days_of", "known_by", "opened", "until_of", "within", "without_overlaps"]


def days_of(entry: Entry) -> tuple[dt.date, dt.date]:
    """The first and the last day of an entry; it is known by the end of the last."""
    match entry:
        case Occurrence():
            return entry.first, entry.last
        case Coverage():
            return entry.since, entry.until - dt.timedelta(days=1)
        case EpisodeEnd():
            return entry.last, entry.last
        case _:
            return entry.date, entry.date


def until_of(entry: Entry) -> dt.date:
    """The morning by which the whole entry is known."""
    return days_of(entry)[1] + dt.timedelta(days=1)


def known_by(entry: Entry, day: dt.date) -> Entry | None:
    """The part of an entry that is known by the end of a day."""
    if isinstance(entry, EpisodeEnd):
        return entry.known_by(day)
    first, last = days_of(entry)
    if isinstance(entry, Coverage) and first <= day:
        until = min(entry.until, day + dt.timedelta(days=1))
        return Coverage(entry=entry.entry, trigger=entry.trigger, since=entry.since, until=until)
    return entry if last <= day else None


def opened(coverage: Coverage, events: Sequence[Occurrence]) -> list[Coverage]:
    """The coverage without the days on which any of the events may have happened."""
    pieces = [(coverage.since, coverage.until)]
    for event in events:
        if event.trigger == coverage.trigger:
            after = event.last + dt.timedelta(days=1)
            cut = [(since, min(until, event.first)) for since, until in pieces]
            cut += [(max(since, after), until) for since, until in pieces]
            pieces = [(since, until) for since, until in cut if since < until]
    return [Coverage(entry=coverage.entry, trigger=coverage.trigger, since=a, until=b) for a, b in sorted(pieces)]


def within(entry: Entry, experiment: Experiment) -> Entry | None:
    """The part of an entry that is within the run."""
    start, end = experiment.start, experiment.end
    match entry:
        case Coverage():
            since, until = max(entry.since, start), min(entry.until, end)
            inside = Coverage(entry=entry.entry, trigger=entry.trigger, since=since, until=until)
            return inside if since < until else None
        case Occurrence():
            first, last = max(entry.first, start), min(entry.last, end - dt.timedelta(days=1))
            inside_days = Occurrence(
                entry=entry.entry, trigger=entry.trigger, first=first, last=last, severity=entry.severity
            )
            return inside_days if first <= last else None
        case EpisodeEnd():
            day = end - dt.timedelta(days=1)
            return replace(entry, since=min(entry.since, day)).known_by(day) if start <= entry.since else None
        case BranchTaken():
            return entry if start <= entry.date < end else None
        case _:
            return entry if start <= entry.date <= end else None


def without_overlaps(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries, with coverage of the same days of a trigger by two ledgers counted once."""
    reached: dict[str, dt.date] = {}
    kept: list[Entry] = []
    coverage = sorted((e for e in entries if isinstance(e, Coverage)), key=lambda e: (e.trigger, e.since, e.until))
    for entry in coverage:
        since = max(entry.since, reached.get(entry.trigger, entry.since))
        if since < entry.until:
            kept.append(Coverage(entry=entry.entry, trigger=entry.trigger, since=since, until=entry.until))
            reached[entry.trigger] = entry.until
    return (*(entry for entry in entries if not isinstance(entry, Coverage)), *kept)
