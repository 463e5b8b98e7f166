"""From ledgers as written to evidence as the filter takes it: entries within the run, named, told to people.

What is known of the world stands in ledgers (experiments/evidence/*.toml), which an experiment names. Here they become
one `LedgerResolved`, and a `Noted` for each entry: what people read of it. Entries that contradict each other are
never mixed: they are bad input until one of them is switched off. Entries that may tell the same event twice are
remarked upon.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from frenemy.model.evidence.conflicts import Conflict, conflicts
from frenemy.model.evidence.entries import (
    SEVERITY_UNKNOWN,
    BranchTaken,
    Coverage,
    DriverReading,
    Entry,
    EpisodeEnd,
    LedgerResolved,
    Occurrence,
    SignpostSighting,
)
from frenemy.model.evidence.known_by import days_of, known_by, opened, told_once, until_of, within
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.model.specs.ledger import CompleteSpec, EntrySpec, LedgerSpec

__all__ = ["Conflict", "EntryStatus", "Evidence", "resolve_evidence"]

Kind = Literal["occurrence", "ending", "branch", "reading", "sighting", "coverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryStatus:
    """What people read of an entry, switched on or off."""

    name: str
    kind: Kind
    about: str  # the trigger, calendar event, driver or signpost
    label: str
    first: dt.date
    last: dt.date  # the day by whose end it is known; for coverage the last day told
    on: bool
    source: str
    note: str
    ledger: str  # the file, as the experiment names it
    place: tuple[str, int]  # where it stands in that file: entries or complete, and which


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The ledgers of an experiment as one."""

    start: dt.date  # of the run: before anything is told, nothing is known until then
    entries: tuple[Entry, ...]  # switched on and within the run
    notes: Mapping[
        str, EntryStatus
    ]  # by name, in the order of the ledgers; also of those that are off or outside the run
    outside: tuple[str, ...]  # names of entries that are not within the run
    conflicts: tuple[Conflict, ...]

    def ledger(
        self, name: str, until: dt.date | None = None, without: Sequence[str] = (), waiting: Sequence[str] = ()
    ) -> LedgerResolved:
        """What was known by the end of the day `until` (all of it if not given), without some entries by name.

        Of entries that are `waiting`, by name, no more than was known a day before. What is left out, or not yet known,
        is open: on the days of an event left out, coverage of its trigger says nothing, as it would otherwise say that
        the event did not happen; and without the event, nothing is known of its end.
        """
        end = dt.date.max - dt.timedelta(days=1) if until is None else until

        def day(entry: Entry) -> dt.date:
            return end - dt.timedelta(days=1) if entry.entry in waiting else end

        open_days = [entry for entry in self.entries if isinstance(entry, Occurrence) and (
            entry.entry in without or entry.last > day(entry))]  # fmt: skip
        known: list[Entry] = []
        for entry in self.entries:
            part = None if entry.entry in without else known_by(entry, day(entry))
            if isinstance(part, Coverage):
                known += opened(part, open_days)
            elif part is not None:
                known.append(part)
        occurrences = tuple(entry for entry in known if isinstance(entry, Occurrence))
        begun = {entry.entry for entry in occurrences}
        known = [entry for entry in known if not isinstance(entry, EpisodeEnd) or entry.began in begun]
        last = max((until_of(entry) for entry in known), default=self.start)
        return LedgerResolved(
            name=name,
            until=last if until is None else max(last, until),
            occurrences=occurrences,
            ends=tuple(entry for entry in known if isinstance(entry, EpisodeEnd)),
            branches=tuple({entry.event: entry for entry in known[::-1] if isinstance(entry, BranchTaken)}.values()),
            readings=tuple(entry for entry in known if isinstance(entry, DriverReading)),
            sightings=tuple(entry for entry in known if isinstance(entry, SignpostSighting)),
            coverage=tuple(entry for entry in known if isinstance(entry, Coverage)),
        )


def resolve_evidence(model: Model, experiment: Experiment, ledgers: Mapping[str, LedgerSpec]) -> Evidence:
    """The evidence of an experiment from its ledgers, by the name of their file.

    Names that are not given are made; entries outside the run are noted and left out.
    """
    notes: dict[str, EntryStatus] = {}
    entries: list[Entry] = []
    told = frozenset(item.trigger for spec in ledgers.values() for item in spec.entries_ if item.on)
    given = {item.name for spec in ledgers.values() for item in spec.entries_}
    for file, spec in ledgers.items():
        for place, item in enumerate(spec.entries_):
            entry = _entry(item, item.name or _free(_made(item), given | notes.keys()), model)
            notes[entry.entry] = _noted_entry(entry, item, file, place, model)
            entries.append(entry)
            if isinstance(entry, Occurrence) and (item.ended or item.still_active):
                end = _end(item, entry, given | notes.keys())
                notes[end.entry] = _noted_entry(end, item, file, place, model)
                entries.append(end)
        for place, block in enumerate(spec.complete):
            for trigger in block.triggers:
                coverage = _coverage(block, trigger, experiment, given | notes.keys())
                label = next(item.label for item in model.triggers if item.name == trigger)
                words = f"{'No other' if trigger in told else 'None'}: {label}"
                notes[coverage.entry] = _noted_coverage(coverage, block, (file, place), words)
                entries.append(coverage)
    parts = [part for entry in entries if (part := within(entry, experiment)) is not None]
    inside = {entry.entry for entry in parts}
    parts = [entry for entry in parts if not isinstance(entry, EpisodeEnd) or entry.began in inside]
    inside = {entry.entry for entry in parts}
    on = tuple(entry for entry in parts if notes[entry.entry].on)
    return Evidence(
        start=experiment.start,
        entries=told_once(on),
        notes=notes,
        outside=tuple(name for name in notes if name not in inside),
        conflicts=tuple(conflicts(on)),
    )


def _made(item: EntrySpec) -> str:
    """A name for an entry without one."""
    if item.calendar:
        return f"{item.calendar}_{item.branch}"
    about = item.trigger or item.driver or item.signpost
    return f"{about}_{(item.date or item.between[0]):%Y_%m_%d}"


def _free(name: str, taken: Collection[str]) -> str:
    """The name, with a number where another entry has it: names given twice are found before."""
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


def _entry(item: EntrySpec, name: str, model: Model) -> Entry:
    if item.calendar:
        date = next(event.date for event in model.calendar if event.name == item.calendar)
        return BranchTaken(entry=name, event=item.calendar, branch=item.branch, date=date)
    first, last = (item.date, item.date) if item.date else (item.between[0], item.between[1])
    if item.trigger:
        severity = SEVERITY_UNKNOWN if item.severity is None else float(item.severity)
        return Occurrence(entry=name, trigger=item.trigger, first=first, last=last, severity=severity)
    if item.driver:
        value, sd = float(item.index or 0), float(item.sd or 0)  # the spec's own checks see to it that both are there
        return DriverReading(entry=name, driver=item.driver, date=first, value=value, sd=sd)
    post = model.signposts[item.signpost]
    return SignpostSighting(
        entry=name,
        signpost=post.name,
        date=first,
        seen=item.seen,
        chance=post.chance,
        per_10_points=dict(post.per_10_points),
        reference=dict(post.reference),
        by_scenario=dict(post.by_scenario),
        reliability=post.reliability if item.reliability is None else float(item.reliability),
    )


def _end(item: EntrySpec, begin: Occurrence, taken: Collection[str]) -> EpisodeEnd:
    """What an entry that began an episode says of its end."""
    ended, day = item.ended or dt.date.max, dt.timedelta(days=1)
    return EpisodeEnd(
        entry=_free(f"{begin.entry}_{'ended' if item.ended else 'still_active'}", taken),
        trigger=begin.trigger,
        began=begin.entry,
        since=begin.last,
        still=item.still_active or ended - day,
        ended=ended,
    )


def _coverage(block: CompleteSpec, trigger: str, experiment: Experiment, taken: Collection[str]) -> Coverage:
    name = _free(f"no_{trigger}_until_{block.until:%Y_%m_%d}", taken)
    return Coverage(entry=name, trigger=trigger, since=block.from_ or experiment.start, until=block.until)


def _noted_entry(entry: Entry, item: EntrySpec, file: str, place: int, model: Model) -> EntryStatus:
    kinds: dict[type, Kind] = {Occurrence: "occurrence", EpisodeEnd: "ending", BranchTaken: "branch",
                               DriverReading: "reading", SignpostSighting: "sighting"}  # fmt: skip
    kind = kinds[type(entry)]
    about = item.trigger or item.calendar or item.driver or item.signpost
    first, last = days_of(entry)
    return EntryStatus(
        name=entry.entry,
        kind=kind,
        about=about,
        label=_label(entry, item.label, model),
        first=first,
        last=last,
        on=item.on,
        source=item.source,
        note=item.note,
        ledger=file,
        place=("entries", place),
    )


def _noted_coverage(coverage: Coverage, block: CompleteSpec, at: tuple[str, int], words: str) -> EntryStatus:
    first, last = days_of(coverage)
    return EntryStatus(
        name=coverage.entry,
        kind="coverage",
        about=coverage.trigger,
        label=words,
        first=first,
        last=last,
        on=block.on,
        source=block.source,
        note="",
        ledger=at[0],
        place=("complete", at[1]),
    )


def _label(entry: Entry, words: str, model: Model) -> str:
    """What an entry says: by the words of the ledger, where it has any."""
    triggers = {trigger.name: trigger.label for trigger in model.triggers}
    match entry:
        case EpisodeEnd():
            what = "Still going on" if entry.ended == dt.date.max else "Ended"
            return f"{what}: {words or triggers[entry.trigger]}"
        case _ if words:
            return words
        case Occurrence():
            return triggers[entry.trigger]
        case Coverage():
            return f"No other: {triggers[entry.trigger]}"
        case BranchTaken():
            event = next(event for event in model.calendar if event.name == entry.event)
            return f"{event.label}: {next(item.label for item in event.branches if item.name == entry.branch)}"
        case DriverReading():
            label = next(driver.label for driver in model.drivers if driver.name == entry.driver)
            return f"{label} at {entry.value:g} ± {entry.sd:g}"
        case SignpostSighting():
            return f"{'' if entry.seen else 'Not seen: '}{model.signposts[entry.signpost].text}"
