"""The resolved model: what an analyst wrote, with every default filled in.

Frozen data, no arrays, no None. An uncertain number is a `Distribution` here; `realise` replaces each with one value,
and only such a model can be compiled. Times are days, dates are dates, index levels and
effects are index points, rates are events a year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Annotated, Literal

from frenemy.model.conditions import Expression
from frenemy.model.distributions import Distribution
from frenemy.model.fields import Leaf

__all__ = [
    "Branch",
    "CalendarEvent",
    "Contagion",
    "Correlated",
    "Days",
    "Driver",
    "Duration",
    "FollowUp",
    "Model",
    "Number",
    "PerYear",
    "Scenario",
    "Signpost",
    "Times",
    "Trigger",
    "WithinWindow",
    "central",
]

Number = float | Distribution
Duration = Annotated[Number, Leaf.DURATION]
"""Days."""
Days = Annotated[float, Leaf.DAYS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A random time, lognormal: its median and 95 % point in days. Equal values mean a fixed time."""

    median: Duration
    q95: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Signpost:
    """Something to watch for. With a name it also has a likelihood and can be evidence; without one it is only text.

    With every driver at its reference it is seen with probability `chance`. Each 10 points of a driver above its
    reference multiply the odds of seeing it by a factor, and so does the scenario that the path is in.
    """

    name: str = ""  # empty: text only
    text: str
    chance: float = 0.5  # strictly between 0 and 1
    per_10_points: Mapping[str, float] = field(default_factory=dict)  # driver -> factor on the odds of seeing it
    reference: Mapping[str, float] = field(default_factory=dict)  # same keys: index level
    by_scenario: Mapping[str, float] = field(default_factory=dict)  # scenario -> factor on the odds; 1 where absent
    reliability: float = 1.0  # 0.5 to 1: how often a report is right
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A quantity on a 0-100 index that fluctuates and reverts."""

    name: str
    label: str
    description: str
    source: str
    start: Number  # index, strictly between 0 and 100
    long_run: Number  # index, strictly between 0 and 100
    half_life: Duration
    volatility: Number  # stationary standard deviation, index points at mid-scale
    scar_half_life: Duration  # inf: scars never heal
    pulls: Mapping[str, Number]  # driver -> c: K[this, other] = -c * ln 2 / half_life
    reference: float  # index level at which rates and likelihoods are stated that state no level of their own
    signposts: tuple[Signpost, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinWindow:
    """A base rate stated as the probability of at least one event within a window, at the reference state."""

    probability: Number  # 0 <= p < 1
    within: Days


@dataclass(frozen=True, slots=True, kw_only=True)
class PerYear:
    """A base rate in events a year (365.25 days), at the reference state; a `History` if it was counted."""

    rate: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """With `probability`, each event of the owner makes `trigger` fire after `delay`."""

    trigger: str
    probability: Number
    delay: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Contagion:
    """Each event of the owner adds `expected_extra` further events in all, decaying with `half_life` (days)."""

    expected_extra: Number
    half_life: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Something that happens at a moment, at a rate that the drivers modulate; an episode also has a duration."""

    name: str
    label: str
    description: str
    source: str
    group: str
    kind: Literal["event", "episode"]
    rate: WithinWindow | PerYear
    per_10_points: Mapping[str, Number]  # driver -> factor on the rate per +10 index points
    reference: Mapping[str, Number]  # same keys: the level at which the base rate is stated
    effect: Mapping[str, Number]  # driver -> index points at mid-scale
    lasting: Number  # share of the effect that moves the anchor (scar)
    severity_cv: Number
    from_: dt.date  # date.min: always open
    until: dt.date  # date.max: no end
    cooldown: Duration
    max_count: Annotated[float, Leaf.LIMIT]  # inf: no limit
    thresholds: Mapping[str, Number]  # named numbers for `requires`
    requires: Expression
    leads_to: tuple[FollowUp, ...]
    raises: Mapping[str, Contagion]  # trigger -> contagion
    duration: Times  # episodes; Times(0, 0) for events
    while_active: Mapping[str, Number]  # driver -> shift of the anchor, index points at mid-scale
    on_end: Mapping[str, Number]  # driver -> effect when the episode ends

    @property
    def unused(self) -> tuple[str, ...]:
        """Fields that have no meaning for this trigger."""
        return ("duration", "while_active", "on_end") if self.kind == "event" else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One outcome of a calendar event."""

    name: str
    label: str
    probability: Number
    effect: Mapping[str, Number]  # driver -> index points at mid-scale, at the end of the tick that holds the date
    lasting: Number
    shift: Mapping[str, Number]  # driver -> shift of the anchor, index points, from the next tick
    shift_until: dt.date  # date.max: for good
    factor: Mapping[str, Number]  # trigger -> factor on its rate, from the next tick
    factor_until: dt.date  # date.max: for good


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """A known date with an uncertain outcome."""

    name: str
    label: str
    description: str
    source: str
    date: dt.date
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A class of futures, recognised in each path by a rule. The default scenario has no rule."""

    name: str
    label: str
    narrative: str
    source: str
    likelihood: str  # the author's own word
    colour: str  # "#rrggbb"
    default: bool
    signposts: tuple[Signpost, ...]
    thresholds: Mapping[str, Number]  # named numbers for `enter` and `leave`
    enter: Expression
    for_: Duration  # for which `enter` must have held; rounded up to whole ticks, at least one
    absorbing: bool
    priority: int  # the higher wins a tie
    leave: Expression

    @property
    def unused(self) -> tuple[str, ...]:
        """Fields that have no meaning for this scenario."""
        if self.default:
            return ("thresholds", "enter", "for_", "absorbing", "priority", "leave")
        return ("leave",) if self.absorbing else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlated:
    """Two uncertain numbers whose judgements hang together: a Gaussian copula over the outer draws."""

    between: tuple[str, ...]  # two dotted keys
    rho: float  # correlation of their normal scores
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Drivers, triggers, calendar and scenarios, in the order of the files (scenarios by priority, default last)."""

    title: str
    description: str
    start: dt.date
    sources: Mapping[str, str]  # short name -> citation
    drivers: tuple[Driver, ...]
    correlations: Mapping[str, Mapping[str, Number]]  # earlier driver -> later driver -> correlation of levels
    triggers: tuple[Trigger, ...]
    calendar: tuple[CalendarEvent, ...]
    scenarios: tuple[Scenario, ...]
    correlated: tuple[Correlated, ...] = ()  # pairs of judgements; one of a plain number has no effect
    cited: Mapping[str, str] = field(default_factory=dict)  # dotted key -> where the number at that key comes from

    def __repr__(self) -> str:
        return f"<Model {self.title}: {self.size}>"

    def _repr_html_(self) -> str:
        """Title and size, and the labels and descriptions of all parts, to be unfolded."""
        parts: Mapping[str, Sequence[Driver | Trigger | CalendarEvent | Scenario]] = {
            "Drivers": self.drivers, "Triggers": self.triggers, "Dates": self.calendar, "Scenarios": self.scenarios,
        }  # fmt: skip
        folded = "".join(_folded(title, items) for title, items in parts.items() if items)
        head = f"<strong>{escape(self.title)}</strong><br><small>From {self.start}; {self.size}</small>"
        return f"<div>{head}<p>{escape(self.description)}</p>{folded}</div>"

    @property
    def size(self) -> str:
        """`4 drivers, 11 triggers, 3 dates, 4 scenarios`."""
        parts = {
            "driver": self.drivers, "trigger": self.triggers, "date": self.calendar, "scenario": self.scenarios,
        }  # fmt: skip
        return ", ".join(f"{len(some)} {name}{'s' * (len(some) != 1)}" for name, some in parts.items())

    @property
    def ruled(self) -> tuple[int, ...]:
        """The positions of the scenarios that have a rule."""
        return tuple(j for j, scenario in enumerate(self.scenarios) if not scenario.default)

    @property
    def ruled_scenarios(self) -> tuple[int, ...]:
        """The same, or all positions if no scenario has a rule: the scenarios with pictures and tables of their own."""
        return self.ruled or tuple(range(len(self.scenarios)))

    @property
    def signposts(self) -> Mapping[str, Signpost]:
        """The signposts with a likelihood, of drivers and scenarios, by name."""
        of_drivers = (post for driver in self.drivers for post in driver.signposts)
        of_scenarios = (post for scenario in self.scenarios for post in scenario.signposts)
        return {post.name: post for post in (*of_drivers, *of_scenarios) if post.name}


def _folded(title: str, items: Sequence[Driver | Trigger | CalendarEvent | Scenario]) -> str:
    said = ((item.label, item.narrative if isinstance(item, Scenario) else item.description) for item in items)
    lines = "".join(f"<li><b>{escape(label)}</b> {escape(text)}</li>" for label, text in said)
    return f"<details><summary>{title}</summary><ul>{lines}</ul></details>"


def central(number: Number) -> float:
    """The number, or the median of its distribution."""
    return float(number) if isinstance(number, float | int) else number.median
