"""experiments/evidence/NAME.toml."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from frenemy.model.specs.base import Finding, Names, Spec, close_to, entry, toml_text
from frenemy.model.specs.checks import date_findings
from frenemy.model.specs.fields import CalendarName, DriverName, Items, SignpostName, TriggerName, name_problem
from frenemy.model.specs.signposts import Reliability

__all__ = ["CompleteSpec", "EntrySpec", "LedgerSpec", "named_twice"]

KINDS: dict[str, tuple[str, ...]] = {
    "trigger": ("between", "severity", "ended", "still_active"),
    "calendar": ("branch",),
    "driver": ("index", "sd"),
    "signpost": ("seen", "reliability"),
}
"""The key that states the kind of an entry, and the keys that only this kind has."""


class EntrySpec(Spec):
    """An item of `entries`: a trigger, the outcome of a calendar event, the reading of a driver, or a signpost."""

    name: str = entry(
        "Name in results and for `--without`; made from its subject and its day if left out.",
        example="transfer_of_29",
        default="",
    )
    label: str = entry("What happened, in a few words, for pictures and tables.", example="29 handed over", default="")
    trigger: TriggerName = entry("A trigger that happened, once.", example="mass_transfer", default="")
    calendar: CalendarName = entry(
        "A calendar event that has happened, on the date in the model.", example="usmca_review", default=""
    )
    driver: DriverName = entry("A driver whose level was observed.", example="trust", default="")
    signpost: SignpostName = entry("A signpost that was looked for.", example="congress_blocks", default="")
    date: dt.date | None = entry(
        "The day; it may be left out for a calendar event, whose date is in the model.",
        unit="date",
        example=dt.date(2025, 2, 27),
        default=None,
    )
    between: Items[dt.date] = entry(
        "For a trigger, instead of `date`: the first and the last day on which it may have happened, both included. "
        "For sources that differ or give only a month.",
        unit="two dates",
        example=[dt.date(2026, 1, 12), dt.date(2026, 1, 13)],
        default=(),
    )
    severity: Annotated[float, Field(gt=0, lt=1e6)] | None = entry(
        "For a trigger: how severe it was, 1 being ordinary; unknown if left out.",
        unit="factor on its effect",
        example=1.5,
        default=None,
    )
    ended: dt.date | None = entry(
        "For an episode: the day on which it ended.",
        unit="date",
        example=dt.date(2025, 9, 30),
        default=None,
    )
    still_active: dt.date | None = entry(
        "For an episode, instead of `ended`: a day at whose end it was still running.",
        unit="date",
        example=dt.date(2026, 1, 16),
        default=None,
    )
    branch: str = entry("For a calendar event: the branch that it took.", example="extended", default="")
    index: Annotated[float, Field(gt=0, lt=100)] | None = entry(
        "For a driver: the level observed.", unit="index points", example=38, default=None
    )
    sd: Annotated[float, Field(gt=0, le=100)] | None = entry(
        "For a driver: the standard deviation of the observation.", unit="index points", example=5, default=None
    )
    seen: bool = entry("For a signpost: whether it was seen, or looked for and not seen.", example=False, default=True)
    reliability: Reliability | None = entry(
        "For a signpost: how often such a report is right; that of the signpost if left out.",
        unit="share, 0.5 to 1",
        example=0.7,
        default=None,
    )
    on: bool = entry("Whether it is used.", example=False, default=True)
    note: str = entry("A remark for the reader, such as how sources differ.", example="Sources differ.", default="")
    source: str = entry("Where this comes from.", example="000: February 2025")

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """One kind with its keys, one way to state the day, an end only for an episode, and an existing branch."""
        name = table.get("name")
        if isinstance(name, str) and (why := name_problem(name)):
            yield Finding(why, ("name",), toml_text(name))
        kinds = [kind for kind in KINDS if kind in table]
        if not kinds:
            allowed = "one of trigger, calendar, driver and signpost"
            yield Finding("names nothing that happened or was observed", (), "", allowed)
        if len(kinds) > 1:
            yield Finding(f"is about two things, {' and '.join(kinds)}", (kinds[1],), "", "an entry for each")
        for kind, own in KINDS.items():
            for key in own:
                if len(kinds) == 1 and kind != kinds[0] and key in table:
                    message = f"belongs to a {_words(kind)}, but this is a {_words(kinds[0])}"
                    yield Finding(message, (key,), toml_text(table[key]))
        needed = {"driver": ("index", "sd"), "calendar": ("branch",)}
        for key in needed.get(kinds[0], ()) if len(kinds) == 1 else ():
            if key not in table:
                yield Finding("missing", (key,), "", cls.like(key))
        misspelt = any(close_to(key, ("date", "between")) for key in table if key not in cls.entries())
        if not misspelt:
            yield from _day_findings(table, kinds)
        if kinds == ["trigger"]:
            yield from _end_findings(table, names)
        if kinds == ["calendar"]:
            yield from _branch_findings(table, names)


def _words(kind: str) -> str:
    return "calendar event" if kind == "calendar" else kind


def _day_findings(table: Mapping[str, Any], kinds: list[str]) -> Iterator[Finding]:
    between = table.get("between")
    if "date" not in table and "between" not in table and kinds != ["calendar"]:
        ranged = ", or between = [first, last]" if kinds == ["trigger"] else ""
        yield Finding("missing", ("date",), "", f"a date such as 2026-07-01, without quotes{ranged}")
    if "date" in table and "between" in table and kinds == ["trigger"]:
        yield Finding("states the day a second time, besides date", ("between",), "", "date or between")
    if isinstance(between, list) and all(type(day) is dt.date for day in between):
        if len(between) != 2:
            yield Finding("expected two dates, the first and the last day", ("between",), toml_text(between))
        elif between[1] < between[0]:
            yield Finding("the last day is before the first", ("between",), toml_text(between))


def _end_findings(table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
    stated = [key for key in ("ended", "still_active") if key in table]
    if len(stated) > 1:
        yield Finding("contradicts ended", ("still_active",), "", "ended or still_active")
    trigger, between = table.get("trigger"), table.get("between")
    last = between[-1] if isinstance(between, list) and between else table.get("date")
    for key in stated:
        day = table[key]
        if trigger in names.triggers and trigger not in names.episodes:
            episodes = ", ".join(name for name in names.triggers if name in names.episodes)
            yield Finding(
                "only an episode has an end, and this trigger has no duration", (key,), str(trigger), episodes
            )
        if type(day) is dt.date and type(last) is dt.date and day < last:
            message = "is before the last day on which it may have begun"
            yield Finding(message, (key,), toml_text(day), f"{last} or later")


def _branch_findings(table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
    event, branch = table.get("calendar"), table.get("branch")
    known = names.calendar.get(event, ()) if isinstance(event, str) else ()
    if isinstance(branch, str) and known and branch not in known:
        meant = close_to(branch, known)
        allowed = "" if meant else ", ".join(known)
        yield Finding(f"is not a branch of {event}", ("branch",), toml_text(branch), allowed, meant)


class CompleteSpec(Spec):
    """An item of `complete`: triggers of which the ledger lists every event, so that no entry means no event."""

    triggers: Items[TriggerName] = entry("The triggers.", example=["unilateral_strike"])
    from_: dt.date | None = entry(
        "First day covered; the start of the run if left out.",
        unit="date",
        example=dt.date(2025, 1, 21),
        default=None,
        alias="from",
    )
    until: dt.date = entry("First day no longer covered.", unit="date", example=dt.date(2026, 1, 16))
    on: bool = entry("Whether it is used.", example=False, default=True)
    source: str = entry("Why the list is known to be complete.", example="000, 001: none until then")

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """At least one trigger, and dates in order."""
        yield from date_findings(table, "from", "until")
        if table.get("triggers") == []:
            yield Finding("expected at least one trigger", ("triggers",), "[]")


class LedgerSpec(Spec):
    """`experiments/evidence/NAME.toml`: what is known about the world since the start, entry by entry."""

    title: str = entry("What the ledger holds, in a few words.", example="The first year", default="")
    description: str = entry("A few sentences for the reader of a report.", example="From five papers.", default="")
    complete: Items[CompleteSpec] = entry(
        "Triggers whose events are all listed, and until when.",
        example=[{"triggers": ["unilateral_strike"], "until": dt.date(2026, 1, 16), "source": "000"}],
        default=(),
    )
    entries_: Items[EntrySpec] = entry(
        "What happened, was observed or was looked for.",
        example=[{"trigger": "mass_transfer", "date": dt.date(2025, 2, 27), "source": "000"}],
        default=(),
        alias="entries",
    )


def named_twice(ledgers: Mapping[str, Any]) -> Iterator[Finding]:
    """No two entries of all ledgers have the same name."""
    seen: dict[str, str] = {}
    for file, ledger in ledgers.items():
        items = ledger.get("entries") if isinstance(ledger, dict) else None
        for place, item in enumerate(items if isinstance(items, list) else []):
            name = item.get("name") if isinstance(item, dict) else None
            if isinstance(name, str) and name in seen:
                path = ("ledgers", file, "entries", place, "name")
                yield Finding(f"an entry of {seen[name]} already has this name", path, toml_text(name))
            elif isinstance(name, str):
                seen[name] = file
