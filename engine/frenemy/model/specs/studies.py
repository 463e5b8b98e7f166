"""The blocks of an experiment's file, one for each study, except `[sweep]`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.specs.base import Finding, Names, Spec, entry, refusal, toml_text
from frenemy.model.specs.checks import repeat_findings, tables
from frenemy.model.specs.fields import DriverName, DurationDays, Items, ScenarioName, TriggerName, name_problem
from frenemy.model.specs.initial import ImposeSpec, InitialSpec

__all__ = [
    "MAX_SOLUTIONS",
    "MIN_REGION_DRAWS",
    "AuditSpec",
    "CausesSpec",
    "EvidenceSpec",
    "LedgersOrBlock",
    "MapSpec",
    "RareSpec",
    "SensitivitySpec",
    "TargetSpec",
    "TuningSpec",
    "VariantSpec",
    "WatchSpec",
    "block_findings",
]


class VariantSpec(Spec):
    """`[[variants]]`: a named what-if for `frenemy compare`: the experiment with changes."""

    name: str = entry("A short name.", example="strike_in_2026")
    label: str = entry(
        "Name for people to read; made from the name if left out.", example="A strike in 2026", default=""
    )
    set: dict[str, Any] = entry(
        "Other values for keys of the model, as in `[set]` of the experiment and in addition to it.",
        example={"triggers.unilateral_strike.probability": 0.2},
        default={},
    )
    impose: Items[ImposeSpec] = entry(
        "Events that happen in every path, in addition to those of the experiment.",
        example=[{"trigger": "strike", "date": dt.date(2026, 3, 2)}],
        default=(),
    )
    initial: InitialSpec = entry(
        "Scars and episodes at the start; each replaces the experiment's of the same name, or is added.",
        example={"scars": {"trust": -3}},
        default=InitialSpec(),
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """A valid name."""
        name = table.get("name")
        if isinstance(name, str) and (why := name_problem(name)):
            yield Finding(why, ("name",))


class CausesSpec(Spec):
    """`[causes]`: settings of `frenemy causes`."""

    triggers: Items[TriggerName] = entry(
        "The triggers whose effects are computed; all if left out.", example=["unilateral_strike"], default=()
    )
    force_on: dt.date | None = entry(
        "The day on which each is forced once; the first day on which it can happen if left out.",
        unit="date",
        example=dt.date(2026, 3, 2),
        default=None,
    )


class EvidenceSpec(Spec):
    """`[evidence]`: what is known about the world, for `frenemy update`. A list of ledgers is enough."""

    ledgers: Items[str] = entry(
        "Files of the ledgers, relative to the experiment's file.", example=["evidence/2025.toml"], default=()
    )
    until: dt.date | None = entry(
        "The day at whose end the past ends and the forecast begins; the last day of the ledgers if left out.",
        unit="date",
        example=dt.date(2026, 1, 16),
        default=None,
    )
    draws: Annotated[int, Field(ge=1, le=10**6)] | None = entry(
        "Draws of the uncertain numbers, each with its own particles; as in `[uncertainty]`, at most 256, if left out.",
        unit="whole number",
        example=512,
        default=None,
    )
    paths: Annotated[int, Field(ge=1, le=10**6)] | None = entry(
        "Particles for each draw; 256 if left out.", unit="whole number", example=128, default=None
    )


@dataclass(frozen=True)
class _OrLedgers:
    """A table, or only the list of ledgers."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any) -> Any:
            if not isinstance(value, list | dict):
                allowed = 'evidence = ["evidence/2025.toml"]'
                raise refusal("expected a list of ledgers or a table", value=value, allowed=allowed)
            return {"ledgers": value} if isinstance(value, list) else value

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "array", "items": {"type": "string"}}, handler(schema)]}


LedgersOrBlock = Annotated[EvidenceSpec, _OrLedgers()]


class WatchSpec(Spec):
    """`[watch]`: settings of `frenemy watch`."""

    by: dt.date | None = entry(
        "The day by whose end the answers are known; half a year ahead if left out.",
        unit="date",
        example=dt.date(2026, 6, 30),
        default=None,
    )
    at: dt.date | None = entry(
        "The date of the scenario odds that the answers inform; the end of the run if left out.",
        unit="date",
        example=dt.date(2028, 12, 31),
        default=None,
    )
    reading: Literal["at", "ever"] = entry(
        "Odds of being in a scenario at that date, or of having been in it by then.", example="ever", default="at"
    )


def block_findings(table: Mapping[str, Any], start: dt.date, end: dt.date) -> Iterator[Finding]:
    """Variants have different names, and all dates are within the run."""
    yield from repeat_findings(table, "variants", "name")
    dates: list[tuple[tuple[str | int, ...], Any]] = []
    variants = table.get("variants")
    for place, variant in enumerate(variants if isinstance(variants, list) else []):
        imposed = variant.get("impose") if isinstance(variant, dict) else None
        for number, item in enumerate(imposed if isinstance(imposed, list) else []):
            date = item.get("date") if isinstance(item, dict) else None
            dates.append((("variants", place, "impose", number, "date"), date))
    causes = table.get("causes")
    if isinstance(causes, dict):
        dates.append((("causes", "force_on"), causes.get("force_on")))
    for key, date in dates:
        if type(date) is dt.date and not start <= date < end:
            yield Finding("is not within the run", key, str(date), f"from {start}, before {end}")
    for block, name in (("evidence", "until"), ("watch", "by"), ("watch", "at")):
        date = tables(table, block).get(name)
        if type(date) is dt.date and not start <= date <= end:
            yield Finding("is not within the run", (block, name), str(date), f"from {start} to {end}")


MAX_SOLUTIONS = 20
MIN_REGION_DRAWS = 128
"""The fewest outer draws that allow a search for a region."""


class AuditSpec(Spec):
    """`[audit]`: settings of `frenemy audit`."""

    date: dt.date | None = entry(
        "The date of the odds; the end of the run if left out.",
        unit="date",
        example=dt.date(2027, 12, 31),
        default=None,
    )


class MapSpec(Spec):
    """`[map]`: the plane of `frenemy map`."""

    drivers: Items[DriverName] = entry(
        "Two drivers, horizontal and vertical; the first two of the model if left out.",
        example=["alignment", "trust"],
        default=(),
    )
    within: DurationDays = entry("How far to look ahead.", unit="duration", example="26w", default=DAYS_PER_YEAR)
    cells: Annotated[int, Field(ge=2, le=200)] = entry(
        "Points along each side of the plane.", unit="whole number", example=21, default=15
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """Two different drivers."""
        yield from super().cross_checks(table, names)
        drivers = table.get("drivers")
        if isinstance(drivers, list) and drivers and len(set(map(str, drivers))) != 2:
            yield Finding("does not name two drivers", ("drivers",), toml_text(drivers), "two different drivers")


class RareSpec(Spec):
    """`[rare]`: settings of `frenemy rare`."""

    scenario: ScenarioName = entry(
        "The scenario; the one that the fewest paths reach if left out.", example="total_rift", default=""
    )
    date: dt.date | None = entry(
        "The date by which it is reached; the end of the run if left out.",
        unit="date",
        example=dt.date(2025, 12, 31),
        default=None,
    )


class TuningSpec(Spec):
    """`[tuning]`: what `frenemy tune` finds beyond the least change."""

    solutions: Annotated[int, Field(ge=1, le=MAX_SOLUTIONS)] = entry(
        "How many solutions to find, if several numbers may change: the least change, and others at a distance.",
        unit="whole number",
        example=3,
        default=1,
    )
    apart: Annotated[float, Field(gt=0, le=5)] = entry(
        "Least distance between solutions: the root of the sum of squared changes.",
        unit="elicited standard deviations",
        example=1.5,
        default=1.0,
    )
    region: Annotated[int, Field(ge=0, le=10**6)] = entry(
        "Outer draws of all uncertain numbers in which to look for ranges that meet the targets, at least 128; "
        "0 for no search.",
        unit="whole number",
        example=1024,
        default=0,
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """Enough draws for a region."""
        yield from super().cross_checks(table, names)
        region = table.get("region")
        if type(region) is int and 0 < region < MIN_REGION_DRAWS:
            yield Finding(
                "too small", ("region",), str(region), f"at least {MIN_REGION_DRAWS} draws, or 0 for no region"
            )


class SensitivitySpec(Spec):
    """`[sensitivity]`: the odds that `frenemy sensitivity` studies, and its budget."""

    scenario: ScenarioName = entry(
        "The scenario; that of highest priority if left out.", example="total_rift", default=""
    )
    reading: Literal["at", "ever", "time_share"] = entry(
        "Odds of being in it at the date, of having been in it by then, or the share of time in it.",
        example="ever",
        default="at",
    )
    date: dt.date | None = entry(
        "The date; the end of the run if left out.", unit="date", example=dt.date(2027, 12, 31), default=None
    )
    samples: Annotated[int, Field(ge=0, le=10**6)] = entry(
        "Rows of the Sobol design; each takes `strongest` + 3 runs. A power of 2; 0 for no Sobol indices.",
        unit="whole number",
        example=256,
        default=128,
    )
    strongest: Annotated[int, Field(ge=1, le=1000)] = entry(
        "How many numbers get Sobol indices of their own: the longest bars of the tornado. The others share one.",
        unit="whole number",
        example=12,
        default=8,
    )


class TargetSpec(Spec):
    """`[[targets]]`: odds that `frenemy tune` should reach."""

    scenario: ScenarioName = entry("The scenario.", example="total_rift")
    reading: Literal["at", "ever", "time_share"] = entry(
        "Odds of being in it at the date, of having been in it by then, or the share of time in it.",
        example="ever",
        default="at",
    )
    date: dt.date | None = entry(
        "The date; the end of the run if left out.", unit="date", example=dt.date(2027, 12, 31), default=None
    )
    probability: Annotated[float, Field(gt=0, lt=1)] = entry("The target odds.", unit="probability", example=0.4)
