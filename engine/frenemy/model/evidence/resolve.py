"""From ledgers as written to the evidence that the filter uses: named entries within the run.

An experiment names ledgers (experiments/evidence/*.toml), which hold what is known about the world. Here they become
one `LedgerResolved`, with an `EntryStatus` for each entry, for people to read. Entries that contradict each other are
bad input until one of them is switched off. Entries that may report the same event twice get a warning.
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
from frenemy.model.evidence.known_by import days_of, known_by, opened, until_of, within, without_overlaps
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.model.specs.ledger import CompleteSpec, EntrySpec, LedgerSpec

__all__ = ["Conflict", "EntryStatus", "Evidence", "resolve_evidence"]

Kind = Literal["occurrence", "ending", "branch", "reading", "sighting", "coverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryStatus:
    """An entry for people to read, switched on or off."""

    name: str
    kind: Kind
    about: str  # the trigger, calendar event, driver or signpost
    label: str
    first: dt.date
    last: dt.date  # it is known by the end of this day; for coverage the last day covered
    on: bool
    source: str
    note: str
    ledger: str  # the file, as the experiment names it
    place: tuple[str, int]  # its place in that file: the list, entries or complete, and the position


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The ledgers of an experiment, joined."""

    start: dt.date  # of the run
    entries: tuple[Entry, ...]  # switched on and within the run
    notes: Mapping[
        str, EntryStatus
    ]  # by name, in the order of the ledgers; also entries that are off or outside the run
    outside: tuple[str, ...]  # names of entries that are not within the run
    conflicts: tuple[Conflict, ...]

    def ledger(
        self, name: str, until: dt.date | None = None, without: Sequence[str] = (), waiting: Sequence[str] = ()
    ) -> LedgerResolved:
        """What was known by the end of the day `until` (everything if not given), `without` some entries by name.

        Entries that are `waiting`, by name, count only as far as they were known a day earlier. An event that is left
        out or not yet known is open: its days are taken out of the coverage of its trigger, which would otherwise say
        that it did not happen, and its end is left out too.
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

    Entries without a name get one; entries outside the run are listed but not used.
    """
    notes: dict[str, EntryStatus] = {}
    entries: list[Entry] = []
    reported = frozenset(item.trigger for spec in ledgers.values() for item in spec.entries_ if item.on)
    given = {item.name for spec in ledgers.values() for item in spec.entries_}
    for file, spec in ledgers.items():
        for place, item in enumerate(spec.entries_):
            entry = _entry(item, item.name or _free(_default_name(item), given | notes.keys()), model)
            notes[entry.entry] = _entry_status(entry, item, file, place, model)
            entries.append(entry)
            if isinstance(entry, Occurrence) and (item.ended or item.still_active):
                end = _end(item, entry, given | notes.keys())
                notes[end.entry] = _entry_status(end, item, file, place, model)
                entries.append(end)
        for place, block in enumerate(spec.complete):
            for trigger in block.triggers:
                coverage = _coverage(block, trigger, experiment, given | notes.keys())
                label = next(item.label for item in model.triggers if item.name == trigger)
                words = f"{'No other' if trigger in reported else 'None'}: {label}"
                notes[coverage.entry] = _coverage_status(coverage, block, (file, place), words)
                entries.append(coverage)
    parts = [part for entry in entries if (part := within(entry, experiment)) is not None]
    inside = {entry.entry for entry in parts}
    parts = [entry for entry in parts if not isinstance(entry, EpisodeEnd) or entry.began in inside]
    inside = {entry.entry for entry in parts}
    on = tuple(entry for entry in parts if notes[entry.entry].on)
    return Evidence(
        start=experiment.start,
        entries=without_overlaps(on),
        notes=notes,
        outside=tuple(name for name in notes if name not in inside),
        conflicts=tuple(conflicts(on)),
    )


def _default_name(item: EntrySpec) -> str:
    """The name of an entry that states none."""
    if item.calendar:
        return f"{item.calendar}_{item.branch}"
    about = item.trigger or item.driver or item.signpost
    return f"{about}_{(item.date or item.between[0]):%Y_%m_%d}"


def _free(name: str, taken: Collection[str]) -> str:
    """The name, with a number if another entry has it; duplicate names in the files are refused earlier."""
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
        value, sd = float(item.index or 0), float(item.sd or 0)  # the checks of the spec make sure that both are there
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
    """What an entry about the start of an episode says about its end."""
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


def _entry_status(entry: Entry, item: EntrySpec, file: str, place: int, model: Model) -> EntryStatus:
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


def _coverage_status(coverage: Coverage, block: CompleteSpec, at: tuple[str, int], words: str) -> EntryStatus:
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
    """What an entry says, in the words of the ledger if it has any."""
    triggers = {trigger.name: trigger.label for trigger in model.triggers}
    match entry:
        case EpisodeEnd():
            what = "Ongoing" if entry.ended == dt.date.max else "Ended"
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
