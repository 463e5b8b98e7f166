"""Resolved evidence: what is known about the world since the start of an experiment, as plain data.

Frozen, no arrays, no None. Each entry has the name it has in its ledger, and results use that name. Dates mean the
following: an occurrence, the end of an episode and the outcome of a calendar event belong to their days, a reading or a
sighting to the first assessment on or after its date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

__all__ = [
    "SEVERITY_UNKNOWN", "BranchTaken", "Coverage", "DriverReading", "Entry", "EpisodeEnd", "LedgerResolved",
    "Occurrence", "SignpostSighting",
]  # fmt: skip

SEVERITY_UNKNOWN = -1.0
"""Stands for an unknown severity, which is drawn from the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A trigger happened, once, on a day from `first` to `last`, both included.

    Where the two differ, sources disagree or are vague; the model says how likely each day is.
    """

    entry: str
    trigger: str
    first: dt.date
    last: dt.date
    severity: float = SEVERITY_UNKNOWN  # multiplies the effect; 1: ordinary


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeEnd:
    """What is known about the end of an episode: it ended after the day `still` and by the end of the day `ended`.

    If the episode is not known to have ended, `ended` is `date.max`.
    """

    entry: str
    trigger: str
    began: str  # the entry of the occurrence that began it
    since: dt.date  # the last day on which it may have begun
    still: dt.date
    ended: dt.date

    @property
    def last(self) -> dt.date:
        """The day by whose end all of this is known."""
        return self.still if self.ended == dt.date.max else self.ended

    def known_by(self, day: dt.date) -> EpisodeEnd | None:
        """What of this is known by the end of a day: before the end, only that it has not ended. None: nothing."""
        if self.last <= day:
            return self
        return replace(self, still=min(self.still, day), ended=dt.date.max) if self.since <= day else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTaken:
    """A calendar event took a branch, on its date."""

    entry: str
    event: str
    branch: str
    date: dt.date  # the event's own


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverReading:
    """A driver was observed at `value`, with a normal error of standard deviation `sd`, both in index points.

    On the scale `latent` the error is normal in the latent level instead: `sd` is in points at mid-scale, and so covers
    fewer points near the ends of the index, like an effect.
    """

    entry: str
    driver: str
    date: dt.date
    value: float  # strictly between 0 and 100
    sd: float  # above 0
    scale: Literal["index", "latent"] = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignpostSighting:
    """A signpost was seen, or looked for and not seen.

    With every driver at its reference level, it is seen with probability `chance`. Each 10 points of a driver above its
    reference multiply the odds of seeing it by a factor, and so does the scenario that the path is in:

        odds(seen) = chance / (1 - chance) * prod_i per_10_points[i] ** ((s_i - reference[i]) / 10) * by_scenario[c]

    The report is right with probability `reliability`: at 1 always, at 0.5 it has no information.
    """

    entry: str
    signpost: str
    date: dt.date
    seen: bool
    chance: float  # strictly between 0 and 1
    per_10_points: Mapping[str, float]  # driver -> factor on the odds
    reference: Mapping[str, float]  # same keys: index level
    by_scenario: Mapping[str, float]  # scenario -> factor on the odds; 1 where absent
    reliability: float = 1.0  # from 0.5 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """From the morning of `since` to the morning of `until`, the ledger holds every event of the trigger.

    So the absence of other events is evidence too. An occurrence covers its own days for its trigger.
    """

    entry: str
    trigger: str
    since: dt.date
    until: dt.date


Entry = Occurrence | EpisodeEnd | BranchTaken | DriverReading | SignpostSighting | Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerResolved:
    """The entries of all ledgers that are switched on and within the run, in any order.

    There is at most one branch for each calendar event and at most one end for each occurrence; an end has its
    occurrence here.

    `until` is the date at which the past ends and the forecast begins: the ledger's own end, at least the date of its
    last entry. It concerns the odds only; `coverage` states which days of which triggers are complete.
    """

    name: str
    until: dt.date
    occurrences: tuple[Occurrence, ...] = ()
    ends: tuple[EpisodeEnd, ...] = ()
    branches: tuple[BranchTaken, ...] = ()
    readings: tuple[DriverReading, ...] = ()
    sightings: tuple[SignpostSighting, ...] = ()
    coverage: tuple[Coverage, ...] = ()

    @property
    def last_day(self) -> dt.date:
        """The last day whose evidence is used."""
        return self.until - dt.timedelta(days=1)

    def known_by(self, date: dt.date) -> LedgerResolved:
        """What the ledger held on the morning of a date, if everything was known at once: coverage is cut there.

        An occurrence whose days are not over was not yet known.
        """
        day = date - dt.timedelta(days=1)
        occurrences = tuple(o for o in self.occurrences if o.last < date)
        begun = {o.entry for o in occurrences}
        ends = (end.known_by(day) for end in self.ends if end.began in begun)
        return replace(
            self,
            until=min(self.until, date),
            occurrences=occurrences,
            ends=tuple(end for end in ends if end is not None),
            branches=tuple(b for b in self.branches if b.date < date),
            readings=tuple(r for r in self.readings if r.date <= date),
            sightings=tuple(s for s in self.sightings if s.date <= date),
            coverage=tuple(replace(c, until=min(c.until, date)) for c in self.coverage if c.since < date),
        )

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, by kind."""
        return (*self.occurrences, *self.ends, *self.branches, *self.readings, *self.sightings, *self.coverage)
