"""What may stand in `[audit]`, `[map]` and `[rare]`: studies with a setting or two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from frenemy.model.experiment import Audit, Map, Rare
from frenemy.model.specs_base import Finding, Names, Spec, entry, toml_text
from frenemy.model.specs_fields import DriverName, DurationDays, Items, ScenarioName

__all__ = ["AuditSpec", "MapSpec", "RareSpec", "resolve_audit", "resolve_map", "resolve_rare"]


YEAR = 365.25


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


def resolve_audit(spec: AuditSpec, end: dt.date) -> Audit:
    """The audit that is asked for, of a run up to `end`."""
    return Audit(date=spec.date or end)


def resolve_map(spec: MapSpec) -> Map:
    """The map that is asked for."""
    return Map(drivers=tuple(spec.drivers), within=spec.within, cells=spec.cells)


def resolve_rare(spec: RareSpec, end: dt.date) -> Rare:
    """The rare scenario that is asked about, in a run up to `end`."""
    return Rare(scenario=spec.scenario, date=spec.date or end)
