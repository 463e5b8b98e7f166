"""[calendar]."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model.specs.base import Finding, Names, Spec, entry, toml_text
from frenemy.model.specs.checks import date_findings, repeat_findings, scar_findings, sum_findings
from frenemy.model.specs.fields import DriverName, Items, TriggerName, name_problem
from frenemy.model.specs.numbers import Factor, Points, Share
from frenemy.model.specs.sourced import Section

__all__ = ["BranchSpec", "CalendarEventSpec"]


class BranchSpec(Spec):
    """An item of `branches`: one outcome of a calendar event."""

    name: str = entry("Name of the outcome, used in keys.", example="extended")
    label: str = entry("Name for people to read; `name` if left out.", example="Extended", default="")
    probability: Share = entry("How likely; all branches sum to 1.", unit="share, 0 to 1", example=0.5)
    effect: dict[DriverName, Points] = entry(
        "Effect on the drivers, stated at mid-scale.",
        unit="index points, −50 to 50",
        example={"trust": 5},
        default={},
    )
    lasting: Share = entry(
        "Share of the effect that also moves the anchor, as a scar.", unit="share, 0 to 1", example=0.4, default=0.0
    )
    shift: dict[DriverName, Points] = entry(
        "How far anchors are shifted from then on.", unit="index points, −50 to 50", example={"trust": -4}, default={}
    )
    shift_until: dt.date = entry(
        "When the shift ends; permanent if left out.", unit="date", example=dt.date(2029, 1, 20), default=dt.date.max
    )
    factor: dict[TriggerName, Factor] = entry(
        "Factors on the rates of triggers from then on.", unit="factor", example={"tariff_round": 1.5}, default={}
    )
    factor_until: dt.date = entry(
        "When the factors end; permanent if left out.",
        unit="date",
        example=dt.date(2029, 1, 20),
        default=dt.date.max,
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """A valid name, and scars that heal."""
        yield from scar_findings(table, names)
        if isinstance(table.get("name"), str) and (why := name_problem(table["name"])):
            yield Finding(why, ("name",), toml_text(table["name"]))


class CalendarEventSpec(Section):
    """`[calendar.NAME]`: a known date with an uncertain outcome."""

    label: str = entry(
        "Name for people to read; the name of the table if left out.", example="USMCA review", default=""
    )
    description: str = entry("What is decided on that day.", example="The parties may extend the treaty.", default="")
    date: dt.date = entry("The day.", unit="date", example=dt.date(2026, 7, 1))
    branches: Items[BranchSpec] = entry(
        "The outcomes; their probabilities sum to 1.", example=[{"name": "extended", "probability": 1.0}]
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """At least one branch, different names, shifts and factors that end after the date."""
        yield from super().cross_checks(table, names)
        yield from repeat_findings(table, "branches", "name")
        branches = table.get("branches")
        if branches == []:
            yield Finding("expected at least one branch", ("branches",), "[]")
        yield from sum_findings(branches)
        for place, branch in enumerate(branches if isinstance(branches, list) else []):
            for key in ("shift_until", "factor_until") if isinstance(branch, dict) else ():
                for finding in date_findings({"date": table.get("date"), key: branch.get(key)}, "date", key):
                    yield Finding(finding.message, ("branches", place, key), finding.found, finding.allowed)
