"""From ledgers as written to evidence as the filter takes it: entries within the run, named, told to people.

What is known of the world stands in ledgers (experiments/evidence/*.toml), which an experiment names. Here they become
one `LedgerResolved`, and a `Noted` for each entry: what people read of it. Entries that contradict each other are
never mixed: they are bad input until one of them is switched off. Entries that may tell the same event twice are
remarked upon.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from frenemy.model.evidence import (
    SEVERITY_UNKNOWN,
    Coverage,
    DriverReading,
    Entry,
    LedgerResolved,
    Occurrence,
    SignpostSighting,
)
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.model.specs_ledger import CompleteSpec, EntrySpec, LedgerSpec

__all__ = ["Conflict", "Evidence", "Noted", "resolve_evidence"]

Kind = Literal["occurrence", "reading", "sighting", "coverage"]
KEYS: dict[Kind, str] = {"occurrence": "trigger", "reading": "driver", "sighting": "signpost", "coverage": "trigger"}
NEAR = 7
"""Days within which two entries are about the same moment."""
APART = 3.0
"""Standard deviations by which two readings of the same moment contradict each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What people read of an entry, switched on or off."""

    name: str
    kind: Kind
    about: str  # the trigger, driver or signpost
    label: str
    first: dt.date
    last: dt.date  # the day by whose end it is known; for coverage the last day told
    on: bool
    source: str
    note: str
    ledger: str  # the file, as the experiment names it
    place: tuple[str, int]  # where it stands in that file: entries or complete, and which


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two entries that cannot both be right, or that may tell the same event twice."""

    entries: tuple[str, str]
    why: str
    doubtful: bool  # whether both may stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The ledgers of an experiment as one."""

    entries: tuple[Entry, ...]  # switched on and within the run
    notes: Mapping[str, Noted]  # by name, in the order of the ledgers; also of those that are off or outside the run
    outside: tuple[str, ...]  # names of entries that are not within the run
    conflicts: tuple[Conflict, ...]

    def ledger(self, name: str, until: dt.date | None = None, without: Sequence[str] = ()) -> LedgerResolved:
        """What was known by the end of the day `until` (all of it if not given), without some entries by name.

        What is left out, or not yet known, is open: on the days of an event left out, coverage of its trigger says
        nothing, as it would otherwise say that the event did not happen.
        """
        day = dt.date.max - dt.timedelta(days=1) if until is None else until
        open_days = [entry for entry in self.entries if isinstance(entry, Occurrence) and (
            entry.entry in without or entry.last > day)]  # fmt: skip
        known: list[Entry] = []
        for entry in self.entries:
            part = None if entry.entry in without else _known_by(entry, day)
            if isinstance(part, Coverage):
                known += _opened(part, open_days)
            elif part is not None:
                known.append(part)
        last = max((_until(entry) for entry in known), default=dt.date.min)
        return LedgerResolved(
            name=name,
            until=last if until is None else max(last, until),
            occurrences=tuple(entry for entry in known if isinstance(entry, Occurrence)),
            readings=tuple(entry for entry in known if isinstance(entry, DriverReading)),
            sightings=tuple(entry for entry in known if isinstance(entry, SignpostSighting)),
            coverage=tuple(entry for entry in known if isinstance(entry, Coverage)),
        )


def resolve_evidence(model: Model, experiment: Experiment, ledgers: Mapping[str, LedgerSpec]) -> Evidence:
    """The evidence of an experiment from its ledgers, by the name of their file.

    Names that are not given are made; entries outside the run are noted and left out.
    """
    notes: dict[str, Noted] = {}
    entries: list[Entry] = []
    told = frozenset(item.trigger for spec in ledgers.values() for item in spec.entries_ if item.on)
    for file, spec in ledgers.items():
        for place, item in enumerate(spec.entries_):
            entry = _entry(item, _free(item.name or _made(item), notes), model)
            notes[entry.entry] = _noted_entry(entry, item, file, place, model)
            entries.append(entry)
        for place, block in enumerate(spec.complete):
            for trigger in block.triggers:
                coverage = _coverage(block, trigger, experiment, notes)
                label = next(item.label for item in model.triggers if item.name == trigger)
                words = f"{'No other' if trigger in told else 'None'}: {label}"
                notes[coverage.entry] = _noted_coverage(coverage, block, (file, place), words)
                entries.append(coverage)
    within = [part for entry in entries if (part := _within(entry, experiment)) is not None]
    inside = {entry.entry for entry in within}
    on = tuple(entry for entry in within if notes[entry.entry].on)
    return Evidence(
        entries=_told_once(on),
        notes=notes,
        outside=tuple(name for name in notes if name not in inside),
        conflicts=tuple(_conflicts(on)),
    )


def _made(item: EntrySpec) -> str:
    """A name for an entry without one."""
    about = item.trigger or item.driver or item.signpost
    return f"{about}_{(item.date or item.between[0]):%Y_%m_%d}"


def _free(name: str, taken: Mapping[str, object]) -> str:
    """The name, with a number where another entry has it: names given twice are found before."""
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


def _entry(item: EntrySpec, name: str, model: Model) -> Entry:
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


def _coverage(block: CompleteSpec, trigger: str, experiment: Experiment, taken: Mapping[str, object]) -> Coverage:
    name = _free(f"no_{trigger}_until_{block.until:%Y_%m_%d}", taken)
    return Coverage(entry=name, trigger=trigger, since=block.from_ or experiment.start, until=block.until)


def _noted_entry(entry: Entry, item: EntrySpec, file: str, place: int, model: Model) -> Noted:
    kind: Kind = "occurrence" if item.trigger else "reading" if item.driver else "sighting"
    about = item.trigger or item.driver or item.signpost
    first, last = _days(entry)
    return Noted(
        name=entry.entry,
        kind=kind,
        about=about,
        label=item.label or _label(entry, model),
        first=first,
        last=last,
        on=item.on,
        source=item.source,
        note=item.note,
        ledger=file,
        place=("entries", place),
    )


def _noted_coverage(coverage: Coverage, block: CompleteSpec, at: tuple[str, int], words: str) -> Noted:
    first, last = _days(coverage)
    return Noted(
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


def _label(entry: Entry, model: Model) -> str:
    """What an entry says, where the ledger has no words for it."""
    triggers = {trigger.name: trigger.label for trigger in model.triggers}
    match entry:
        case Occurrence():
            return triggers[entry.trigger]
        case Coverage():
            return f"No other: {triggers[entry.trigger]}"
        case DriverReading():
            label = next(driver.label for driver in model.drivers if driver.name == entry.driver)
            return f"{label} at {entry.value:g} ± {entry.sd:g}"
        case SignpostSighting():
            return f"{'' if entry.seen else 'Not seen: '}{model.signposts[entry.signpost].text}"


def _days(entry: Entry) -> tuple[dt.date, dt.date]:
    """The first day that an entry is about, and the last, by whose end it is known."""
    match entry:
        case Occurrence():
            return entry.first, entry.last
        case Coverage():
            return entry.since, entry.until - dt.timedelta(days=1)
        case _:
            return entry.date, entry.date


def _until(entry: Entry) -> dt.date:
    """The morning by which all of an entry is known."""
    return _days(entry)[1] + dt.timedelta(days=1)


def _known_by(entry: Entry, day: dt.date) -> Entry | None:
    """As much of an entry as is known by the end of a day."""
    first, last = _days(entry)
    if isinstance(entry, Coverage) and first <= day:
        until = min(entry.until, day + dt.timedelta(days=1))
        return Coverage(entry=entry.entry, trigger=entry.trigger, since=entry.since, until=until)
    return entry if last <= day else None


def _opened(coverage: Coverage, events: Sequence[Occurrence]) -> list[Coverage]:
    """The coverage without the days on which any of the events can have been."""
    pieces = [(coverage.since, coverage.until)]
    for event in events:
        if event.trigger == coverage.trigger:
            after = event.last + dt.timedelta(days=1)
            cut = [(since, min(until, event.first)) for since, until in pieces]
            cut += [(max(since, after), until) for since, until in pieces]
            pieces = [(since, until) for since, until in cut if since < until]
    return [Coverage(entry=coverage.entry, trigger=coverage.trigger, since=a, until=b) for a, b in sorted(pieces)]


def _within(entry: Entry, experiment: Experiment) -> Entry | None:
    """As much of an entry as lies within the run."""
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
        case _:
            return entry if start <= entry.date <= end else None


def _told_once(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Where two ledgers cover the same days of a trigger, the later begins where the earlier ends."""
    reached: dict[str, dt.date] = {}
    kept: list[Entry] = []
    coverage = sorted((e for e in entries if isinstance(e, Coverage)), key=lambda e: (e.trigger, e.since, e.until))
    for entry in coverage:
        since = max(entry.since, reached.get(entry.trigger, entry.since))
        if since < entry.until:
            kept.append(Coverage(entry=entry.entry, trigger=entry.trigger, since=since, until=entry.until))
            reached[entry.trigger] = entry.until
    return (*(entry for entry in entries if not isinstance(entry, Coverage)), *kept)


def _conflicts(entries: Sequence[Entry]) -> Iterator[Conflict]:
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
        case Occurrence(), Occurrence():
            short = all((entry.last - entry.first).days <= NEAR for entry in (one, other))
            meet = one.first <= other.last and other.first <= one.last
            if one.trigger == other.trigger and short and meet:
                return "the same trigger on the same days: one event told twice?", True
    return None
