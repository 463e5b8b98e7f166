"""What may stand in `[audit]`, `[map]`, `[tuning]` and `[rare]`: studies with a setting or two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from frenemy.model.experiment import Audit, Map, Rare, Tuning
from frenemy.model.specs_base import Finding, Names, Spec, entry, toml_text
from frenemy.model.specs_fields import DriverName, DurationDays, Items, ScenarioName

__all__ = [
    "FEWEST_DRAWS",
    "MOST_SOLUTIONS",
    "AuditSpec",
    "MapSpec",
    "RareSpec",
    "TuningSpec",
    "resolve_audit",
    "resolve_map",
    "resolve_rare",
    "resolve_tuning",
]


YEAR = 365.25
MOST_SOLUTIONS = 20
FEWEST_DRAWS = 128
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

    solutions: Annotated[int, Field(ge=1, le=MOST_SOLUTIONS)] = entry(
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
        if type(region) is int and 0 < region < FEWEST_DRAWS:
            yield Finding("too small", ("region",), str(region), f"at least {FEWEST_DRAWS} draws, or 0 for no region")


def resolve_tuning(spec: TuningSpec) -> Tuning:
    """What tuning is asked for."""
    return Tuning(solutions=spec.solutions, apart=spec.apart, region=spec.region)


def resolve_audit(spec: AuditSpec, end: dt.date) -> Audit:
    """The audit that is asked for, of a run up to `end`."""
    return Audit(date=spec.date or end)


def resolve_map(spec: MapSpec) -> Map:
    """The map that is asked for."""
    return Map(drivers=tuple(spec.drivers), within=spec.within, cells=spec.cells)


def resolve_rare(spec: RareSpec, end: dt.date) -> Rare:
    """The rare scenario that is asked about, in a run up to `end`."""
    return Rare(scenario=spec.scenario, date=spec.date or end)
