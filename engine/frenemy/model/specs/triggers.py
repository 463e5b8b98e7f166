"""[triggers].

The descriptions, units and examples of all specs become docs/reference.md and the JSON Schemas.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from frenemy.model.conditions import TRUE
from frenemy.model.resolved import Times
from frenemy.model.specs.base import Finding, Names, Spec, entry
from frenemy.model.specs.checks import (
    date_findings,
    kind_findings,
    rate_findings,
    repeat_findings,
    scar_findings,
    tables,
    threshold_findings,
)
from frenemy.model.specs.fields import (
    Condition,
    Counted,
    DriverName,
    DurationDays,
    Items,
    Limit,
    RandomTime,
    Reference,
    TriggerName,
)
from frenemy.model.specs.numbers import (
    HalfLife,
    Multiplier,
    NonNegative,
    Points,
    Probability,
    Rate,
    Real,
    Share,
    Waiting,
)
from frenemy.model.specs.sourced import Section

__all__ = ["ContagionSpec", "FollowUpSpec", "TriggerSpec"]


NO_TIMES = Times(median=0.0, q95=0.0)


class FollowUpSpec(Spec):
    """An item of `leads_to`: another trigger that follows this one, whatever its own rate."""

    trigger: TriggerName = entry("The trigger that follows.", example="cooperation_suspended")
    probability: Share = entry("How likely it is to follow.", unit="share, 0 to 1", example=0.6)
    delay: RandomTime = entry(
        "How long after: fixed, or lognormal with a median and a 95 % point.",
        unit="duration",
        example={"median": "2w", "q95": "10w"},
    )


class ContagionSpec(Spec):
    """`raises.TRIGGER`: each event makes another trigger more likely for a while."""

    expected_extra: NonNegative = entry(
        "Expected number of further events that one event adds in total.", unit="events", example=0.2
    )
    half_life: HalfLife = entry("Time in which half of the added rate has decayed.", unit="duration", example="13w")


class TriggerSpec(Section):
    """`[triggers.NAME]`: something that happens at a moment, at a rate that the drivers modulate."""

    label: str = entry("Name for people to read; the name of the table if left out.", example="U.S. strike", default="")
    description: str = entry("What counts as such an event.", example="A kinetic strike without consent.", default="")
    group: str = entry("Heading under which pages and plots group triggers.", example="U.S. pressure", default="")
    kind: Literal["event", "episode"] = entry(
        'An "event" is momentary, an "episode" lasts for `duration`.', example="episode", default="event"
    )
    probability: Probability | None = entry(
        "Rate, first way: probability of at least one event `within` a window, at the reference levels.",
        unit="probability, below 1",
        example={"q05": 0.02, "median": 0.06, "q95": 0.15},
        default=None,
    )
    within: DurationDays | None = entry("The window of `probability`.", unit="duration", example="1y", default=None)
    history: Counted | None = entry(
        "Rate, second way: a count of events in a number of years, which gives a Gamma(events + ½, years) rate.",
        unit="events, years",
        example={"events": 3, "years": 1},
        default=None,
    )
    rate: Rate | None = entry("Rate, third way: events a year.", unit="events a year", example=0.5, default=None)
    per_10_points: dict[DriverName, Multiplier] = entry(
        "Factor on the rate for each 10 points of a driver above its reference.",
        unit="factor",
        example={"trust": 0.75},
        default={},
    )
    reference: dict[DriverName, Reference] = entry(
        "Levels at which the rate is stated, for drivers in `per_10_points`; those of the drivers if left out.",
        unit="index points",
        example={"trust": 40},
        default={},
    )
    effect: dict[DriverName, Points] = entry(
        "Effect of an event on the drivers, stated at mid-scale: −20 moves 50 to 30, and 20 to about 10.",
        unit="index points, −50 to 50",
        example={"trust": -22, "alignment": -12},
        default={},
    )
    lasting: Share = entry(
        "Share of the effect that also moves the anchor, as a scar.", unit="share, 0 to 1", example=0.4, default=0.0
    )
    severity_cv: NonNegative = entry(
        "Coefficient of variation of a random severity (lognormal, mean 1) that multiplies the effect.",
        unit="number of at least 0",
        example=0.4,
        default=0.0,
    )
    from_: dt.date = entry(
        "First day on which it can happen.", unit="date", example=dt.date(2026, 1, 1), default=dt.date.min, alias="from"
    )
    until: dt.date = entry(
        "First day on which it can no longer happen.", unit="date", example=dt.date(2029, 1, 20), default=dt.date.max
    )
    cooldown: Waiting = entry(
        "How long its own rate stays 0 after an event.", unit="duration", example="4w", default=0.0
    )
    max_count: Limit = entry("The most events in a path.", unit="whole number", example=1, default=float("inf"))
    thresholds: dict[str, Real] = entry(
        "Named numbers for `requires`, so that they can be uncertain.", unit="number", example={"low": 25}, default={}
    )
    requires: Condition = entry(
        "The rate is 0 while this is false.", unit="condition", example="trust < low", default=TRUE
    )
    leads_to: Items[FollowUpSpec] = entry(
        "Triggers that may follow, each with a probability and a delay.",
        example=[{"trigger": "cooperation_suspended", "probability": 0.6, "delay": "2w"}],
        default=(),
    )
    raises: dict[TriggerName, ContagionSpec] = entry(
        "Triggers that become more likely for a while.",
        example={"tariff_round": {"expected_extra": 0.2, "half_life": "13w"}},
        default={},
    )
    duration: RandomTime = entry(
        "Episodes only: how long it lasts, fixed or lognormal with a median and a 95 % point.",
        unit="duration",
        example={"median": "16w", "q95": "60w"},
        default=NO_TIMES,
    )
    while_active: dict[DriverName, Points] = entry(
        "Episodes only: how far anchors are shifted while it lasts.",
        unit="index points, −50 to 50",
        example={"trust": -6},
        default={},
    )
    on_end: dict[DriverName, Points] = entry(
        "Episodes only: effect on the drivers when it ends.",
        unit="index points, −50 to 50",
        example={"trust": 3},
        default={},
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """One rate, keys that fit the kind, dates in order, and references and scars that have an effect."""
        yield from super().cross_checks(table, names)
        yield from rate_findings(table, cls.entries())
        yield from kind_findings(table, cls.entries())
        yield from date_findings(table, "from", "until")
        yield from threshold_findings(table, names)
        yield from scar_findings(table, names)
        modulated = table.get("per_10_points", {})
        for driver in tables(table, "reference"):
            if isinstance(modulated, dict) and driver in names.drivers and driver not in modulated:
                allowed = ", ".join(modulated) or "none: per_10_points is empty"
                yield Finding(
                    "is not in per_10_points, so its reference has no effect", ("reference", driver), "", allowed
                )
        yield from repeat_findings(table, "leads_to", "trigger")
