"""[model], [drivers]."""

from __future__ import annotations

import datetime as dt

from frenemy.model.specs.base import Spec, entry
from frenemy.model.specs.fields import (
    DriverName,
)
from frenemy.model.specs.numbers import (
    HalfLife,
    HealingTime,
    IndexLevel,
    Level,
    NonNegative,
    Real,
)
from frenemy.model.specs.signposts import Signposts
from frenemy.model.specs.sourced import Section

__all__ = ["DriverSpec", "HeaderSpec"]


class HeaderSpec(Spec):
    """`[model]`: what the model is about."""

    title: str = entry("What the model is about, in a few words.", example="U.S.–Mexico security relationship")
    description: str = entry(
        "A few sentences for the reader of a report.", example="After the study of 2025.", default=""
    )
    start: dt.date = entry(
        "The date at which the drivers have their start levels.", unit="date", example=dt.date(2025, 1, 21)
    )


class DriverSpec(Section):
    """`[drivers.NAME]`: a quantity on a 0–100 index that fluctuates and reverts."""

    label: str = entry("Name for people to read; the name of the table if left out.", example="Trust", default="")
    description: str = entry("What the index means, and what 0 and 100 would be.", example="Working trust.", default="")
    start: IndexLevel = entry("Level at the model's start.", unit="index points", example=40)
    long_run: IndexLevel = entry(
        "The level at which the driver would settle if nothing happened.",
        unit="index points",
        example={"q05": 32, "median": 40, "q95": 48},
    )
    half_life: HalfLife = entry("Time in which half of a deviation has reverted.", unit="duration", example="26w")
    volatility: NonNegative = entry(
        "Stationary standard deviation, stated at mid-scale.", unit="index points", example=10
    )
    scar_half_life: HealingTime = entry(
        "Time in which half of a scar has healed; required if the driver has lasting effects or scars.",
        unit='duration or "never"',
        example="3y",
        default=float("inf"),
    )
    pulls: dict[DriverName, Real] = entry(
        "How strongly other drivers pull this one: 0.3 means that if the other were held 10 points above its anchor, "
        "this one would settle 3 points above its own.",
        unit="points per point",
        example={"alignment": 0.3},
        default={},
    )
    reference: Level | None = entry(
        "Level at which rates and likelihoods are stated, for those in `per_10_points` that state none. It stays when "
        "an experiment, a sweep or a draw moves `long_run`. The median of `long_run` as this file states it if left "
        "out.",
        unit="index points",
        example=40,
        default=None,
    )
    signposts: Signposts = entry(
        "Signs of the driver's level: text, or tables with the likelihood of seeing each.",
        example=["Requests are answered within a week"],
        default=(),
    )
