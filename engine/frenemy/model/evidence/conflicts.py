"""Entries of a ledger that contradict each other, or that may report the same event twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from frenemy.model.evidence.entries import BranchTaken, DriverReading, Entry, EpisodeEnd, Occurrence, SignpostSighting

__all__ = ["Conflict", "conflicts"]

SAME_MOMENT = 7
"""Days within which two entries are about the same moment."""
MIN_CONTRADICTION = 3.0
"""Standard deviations above which two readings of the same moment contradict each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two entries that cannot both be right, or that may report the same event twice."""

    entries: tuple[str, str]
    why: str
    doubtful: bool  # whether both may be right


def conflicts(entries: Sequence[Entry]) -> Iterator[Conflict]:
    """All pairs of entries that conflict."""
    for place, one in enumerate(entries):
        for other in entries[:place]:
            found = _conflict(other, one)
            if found is not None:
                why, doubtful = found
                yield Conflict(entries=(other.entry, one.entry), why=why, doubtful=doubtful)


def _conflict(one: Entry, other: Entry) -> tuple[str, bool] | None:
    """Why two entries conflict, and whether both may still be right."""
    match one, other:
        case SignpostSighting(), SignpostSighting():
            near = abs((one.date - other.date).days) <= SAME_MOMENT
            if one.signpost == other.signpost and one.seen != other.seen and near:
                return f"the same signpost is seen in one and not in the other within {SAME_MOMENT} days", False
        case DriverReading(), DriverReading():
            near = abs((one.date - other.date).days) <= SAME_MOMENT
            apart = abs(one.value - other.value) / (one.sd**2 + other.sd**2) ** 0.5
            if one.driver == other.driver and near and apart > MIN_CONTRADICTION:
                why = f"two readings of the same driver within {SAME_MOMENT} days"
                return f"{why} are {apart:.1f} standard deviations apart", False
        case BranchTaken(), BranchTaken():
            if one.event == other.event and one.branch != other.branch:
                return f"{one.event} can take only one branch, {one.branch} or {other.branch}", False
            if one.event == other.event:
                return "the same outcome is reported twice; it counts once", True
        case (EpisodeEnd() as end, Occurrence() as begin) | (Occurrence() as begin, EpisodeEnd() as end):
            inside = end.since < begin.first and begin.last <= end.still
            if end.trigger == begin.trigger and end.began != begin.entry and inside:
                return f"an episode of {end.trigger} lasts through all days on which another begins", False
        case Occurrence(), Occurrence():
            short = all((entry.last - entry.first).days <= SAME_MOMENT for entry in (one, other))
            meet = one.first <= other.last and other.first <= one.last
            if one.trigger == other.trigger and short and meet:
                return "the same trigger on the same days; is one event reported twice?", True
    return None
