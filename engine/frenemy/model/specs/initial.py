"""[initial] and [[impose]], of experiments and of their variants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model.specs.base import Finding, Names, Spec, entry
from frenemy.model.specs.checks import tables
from frenemy.model.specs.fields import DriverName, EpisodeName, RandomTime, TriggerName
from frenemy.model.specs.numbers import Points

__all__ = ["ImposeSpec", "InitialSpec"]


class InitialSpec(Spec):
    """`[initial]`: the state of the world at the start, beyond the levels of the drivers."""

    scars: dict[DriverName, Points] = entry(
        "How far past events still shift the anchor of a driver.",
        unit="index points, −50 to 50",
        example={"trust": -3},
        default={},
    )
    episodes: dict[EpisodeName, RandomTime] = entry(
        "Episodes that are already running, with the time that remains.",
        unit="duration",
        example={"tariff_round": {"median": "20w", "q95": "60w"}},
        default={},
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """A driver with a scar has a `scar_half_life`."""
        for driver in tables(table, "scars"):
            if driver in names.drivers and driver not in names.scarred:
                allowed = f'for example scar_half_life = "3y" (or "never") in [drivers.{driver}]'
                yield Finding("this driver has no scar_half_life", ("scars", driver), "", allowed)


class ImposeSpec(Spec):
    """`[[impose]]`: an event that happens on a date in every path, whatever its rate."""

    trigger: TriggerName = entry("The trigger.", example="unilateral_strike")
    date: dt.date = entry(
        "The day, from the start and before the end of the run.", unit="date", example=dt.date(2026, 3, 2)
    )
