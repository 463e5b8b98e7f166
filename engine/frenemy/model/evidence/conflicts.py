"""Entries of a ledger that contradict each other, or that may tell one thing twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from frenemy.model.evidence.entries import BranchTaken, DriverReading, Entry, EpisodeEnd, Occurrence, SignpostSighting

__all__ = ["Conflict", "conflicts"]

NEAR = 7
"""Days within which two entries are about the same moment."""
APART = 3.0
"""Standard deviations by which two readings of the same moment contradict each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two entries that cannot both be right, or that may tell the same event twice."""

    entries: tuple[str, str]
    why: str
    doubtful: bool  # whether both may stand


def conflicts(entries: Sequence[Entry]) -> Iterator[Conflict]:
    """All pairs of entries that do not go together."""
    for place, one in enumerate(entries):
        for other in entries[:place]:
            found = _conflict(other, one)
            if found is not None:
                why, doubtful = found
                yield Conflict(entries=(other.entry, one.entry), why=why, doubtful=doubtful)


def _conflict(one: Entry, other: Entry) -> tuple[str, bool] | None:
    """Why two entries do not go together, and whether they may."""
    match one, other:
        case SignpostSighting(), SignpostSighting():
            near = abs((one.date - other.date).days) <= NEAR
            if one.signpost == other.signpost and one.seen != other.seen and near:
                return f"the same signpost is seen in one and not in the other within {NEAR} days", False
        case DriverReading(), DriverReading():
            near = abs((one.date - other.date).days) <= NEAR
            apart = abs(one.value - other.value) / (one.sd**2 + other.sd**2) ** 0.5
            if one.driver == other.driver and near and apart > APART:
                return (
                    f"two readings of the same driver within {NEAR} days are {apart:.1f} standard deviations apart",
                    False,
                )
        case BranchTaken(), BranchTaken():
            if one.event == other.event and one.branch != other.branch:
                return f"{one.event} takes one branch, {one.branch} or {other.branch}", False
            if one.event == other.event:
                return "the same outcome told twice: it counts once", True
        case (EpisodeEnd() as end, Occurrence() as begin) | (Occurrence() as begin, EpisodeEnd() as end):
            inside = end.since < begin.first and begin.last <= end.still
            if end.trigger == begin.trigger and end.began != begin.entry and inside:
                return f"an episode of {end.trigger} goes on all through the days on which another begins", False
        case Occurrence(), Occurrence():
            short = all((entry.last - entry.first).days <= NEAR for entry in (one, other))
            meet = one.first <= other.last and other.first <= one.last
            if one.trigger == other.trigger and short and meet:
                return "the same trigger on the same days: one event told twice?", True
    return None
