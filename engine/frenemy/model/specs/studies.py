"""What may stand in the blocks of an experiment's file that ask what if, why, and what then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

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
    """`[[variants]]`: a named what-if, for `frenemy compare`: the experiment with one thing changed."""

    name: str = entry("A short name.", example="strike_in_2026")
    label: str = entry("Name for people to read; made of the name if left out.", example="A strike in 2026", default="")
    set: dict[str, Any] = entry(
        "Other values for keys of the model, as in `[set]` of the experiment, on top of it.",
        example={"triggers.unilateral_strike.probability": 0.2},
        default={},
    )
    impose: Items[ImposeSpec] = entry(
        "Events that happen in every path, besides those of the experiment.",
        example=[{"trigger": "strike", "date": dt.date(2026, 3, 2)}],
        default=(),
    )
    initial: InitialSpec = entry(
        "Scars and episodes at the start; each takes the place of the experiment's of that name, or is added.",
        example={"scars": {"trust": -3}},
        default=InitialSpec(),
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """A usable name."""
        name = table.get("name")
        if isinstance(name, str) and (why := name_problem(name)):
            yield Finding(why, ("name",))


class CausesSpec(Spec):
    """`[causes]`: what `frenemy causes` asks."""

    triggers: Items[TriggerName] = entry(
        "The triggers to be held to account; all if left out.", example=["unilateral_strike"], default=()
    )
    force_on: dt.date | None = entry(
        "The day on which each is forced once; its first chance if left out.",
        unit="date",
        example=dt.date(2026, 3, 2),
        default=None,
    )


class EvidenceSpec(Spec):
    """`[evidence]`: what is known of the world, for `frenemy update`. A list of ledgers will do."""

    ledgers: Items[str] = entry(
        "Files of the ledgers, as seen from the experiment's file.", example=["evidence/2025.toml"], default=()
    )
    until: dt.date | None = entry(
        "The day at whose end the past ends and the forecast begins; the last that is told if left out.",
        unit="date",
        example=dt.date(2026, 1, 16),
        default=None,
    )
    draws: Annotated[int, Field(ge=1, le=10**6)] | None = entry(
        "Draws of the uncertain numbers, each with particles of its own; those of `[uncertainty]` if left out.",
        unit="whole number",
        example=512,
        default=None,
    )
    paths: Annotated[int, Field(ge=1, le=10**6)] | None = entry(
        "Particles for each draw.", unit="whole number", example=128, default=None
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
    """`[watch]`: what `frenemy watch` asks."""

    by: dt.date | None = entry(
        "The day by whose end the answers are known; half a year on if left out.",
        unit="date",
        example=dt.date(2026, 6, 30),
        default=None,
    )
    at: dt.date | None = entry(
        "When the scenarios hold whose odds are to be moved; the end of the run if left out.",
        unit="date",
        example=dt.date(2028, 12, 31),
        default=None,
    )
    reading: Literal["at", "ever"] = entry(
        "Odds of being in a scenario at that date, or of having been in it by then.", example="ever", default="at"
    )


def block_findings(table: Mapping[str, Any], start: dt.date, end: dt.date) -> Iterator[Finding]:
    """Variants have names of their own, and all dates lie within the run."""
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


YEAR = 365.25


MAX_SOLUTIONS = 20


MIN_REGION_DRAWS = 128
"""Outer draws with which a region can be looked for at all."""


class AuditSpec(Spec):
    """`[audit]`: what `frenemy audit` asks."""

    date: dt.date | None = entry(
        "The date at which the odds are read; the end of the run if left out.",
        unit="date",
        example=dt.date(2027, 12, 31),
        default=None,
    )


class MapSpec(Spec):
    """`[map]`: the plane of `frenemy map`."""

    drivers: Items[DriverName] = entry(
        "Two drivers: across and up; the first two of the model if left out.",
        example=["alignment", "trust"],
        default=(),
    )
    within: DurationDays = entry("How far to look ahead.", unit="duration", example="26w", default=YEAR)
    cells: Annotated[int, Field(ge=2, le=200)] = entry(
        "Places along each side of the plane.", unit="whole number", example=21, default=15
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """Two different drivers, and some time."""
        yield from super().cross_checks(table, names)
        drivers = table.get("drivers")
        if isinstance(drivers, list) and drivers and len(set(map(str, drivers))) != 2:
            yield Finding("names other than two drivers", ("drivers",), toml_text(drivers), "two different drivers")


class RareSpec(Spec):
    """`[rare]`: what `frenemy rare` asks."""

    scenario: ScenarioName = entry(
        "The scenario; the one that fewest futures are ever in if left out.", example="total_rift", default=""
    )
    date: dt.date | None = entry(
        "By when; the end of the run if left out.", unit="date", example=dt.date(2025, 12, 31), default=None
    )


class TuningSpec(Spec):
    """`[tuning]`: how far `frenemy tune` goes beyond the least change."""

    solutions: Annotated[int, Field(ge=1, le=MAX_SOLUTIONS)] = entry(
        "How many ways to find, if several numbers may change: that of the least change, and others at a distance.",
        unit="whole number",
        example=3,
        default=1,
    )
    apart: Annotated[float, Field(gt=0, le=5)] = entry(
        "That distance: the root of the sum of squares over the numbers.",
        unit="elicited spreads",
        example=1.5,
        default=1.0,
    )
    region: Annotated[int, Field(ge=0, le=10**6)] = entry(
        "Outer draws of all uncertain numbers over which to look for the ranges in which the targets are met, at least "
        "128; 0 for none.",
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
    """`[sensitivity]`: which odds `frenemy sensitivity` asks about."""

    scenario: ScenarioName = entry(
        "The scenario; that of highest priority if left out.", example="total_rift", default=""
    )
    reading: Literal["at", "ever", "time_share"] = entry(
        "Odds of being in it at the date, of having been in it by then, or the share of time.",
        example="ever",
        default="at",
    )
    date: dt.date | None = entry(
        "The date; the end of the run if left out.", unit="date", example=dt.date(2027, 12, 31), default=None
    )
    samples: Annotated[int, Field(ge=0, le=10**6)] = entry(
        "Rows of the Sobol design, each of which takes `strongest` + 3 runs. A power of 2; 0 for no Sobol indices.",
        unit="whole number",
        example=256,
        default=128,
    )
    strongest: Annotated[int, Field(ge=1, le=1000)] = entry(
        "How many numbers have Sobol indices of their own: the longest bars of the tornado. The others share one.",
        unit="whole number",
        example=12,
        default=8,
    )


class TargetSpec(Spec):
    """`[[targets]]`: odds that `frenemy tune` is to bring about."""

    scenario: ScenarioName = entry("The scenario.", example="total_rift")
    reading: Literal["at", "ever", "time_share"] = entry(
        "Odds of being in it at the date, of having been in it by then, or the share of time.",
        example="ever",
        default="at",
    )
    date: dt.date | None = entry(
        "The date; the end of the run if left out.", unit="date", example=dt.date(2027, 12, 31), default=None
    )
    probability: Annotated[float, Field(gt=0, lt=1)] = entry("The odds wanted.", unit="probability", example=0.4)
