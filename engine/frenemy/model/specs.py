"""What may stand in drivers.toml and in a scenario's file: one class for each kind of table.

The descriptions, units and examples here become docs/reference.md and the JSON Schemas.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic_core import ValidationError

from frenemy.model.expressions import TRUE
from frenemy.model.resolved import Times
from frenemy.model.specs_base import Finding, Names, Spec, close_to, entry, toml_text
from frenemy.model.specs_fields import (
    Colour,
    Condition,
    Counted,
    DriverName,
    DurationDays,
    Items,
    Limit,
    RandomTime,
    Reference,
    Sources,
    TriggerName,
    name_problem,
)
from frenemy.model.specs_numbers import (
    SHARE,
    Correlation,
    Factor,
    HalfLife,
    HealingTime,
    IndexLevel,
    Multiplier,
    NonNegative,
    Points,
    Probability,
    Rate,
    Real,
    Share,
    Waiting,
)

__all__ = [
    "BranchSpec", "CalendarEventSpec", "ContagionSpec", "DriverSpec", "DriversFile", "FollowUpSpec", "HeaderSpec",
    "ScenarioSpec", "Section", "TriggerSpec", "dates_in_order", "tables",
]  # fmt: skip

EPISODE_KEYS = ("duration", "while_active", "on_end")
NO_TIMES = Times(median=0.0, q95=0.0)


class Section(Spec):
    """A table whose numbers come from somewhere."""

    source: str = entry("Where all of this comes from.", example="judgment", default="")
    sources: Sources = entry(
        "Where single numbers come from, by their key in this table.", example={"half_life": "fit"}, default={}
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Sources name keys of the table."""
        sources = table.get("sources")
        for key in sources if isinstance(sources, dict) else ():
            first = key.split(".")[0]
            if first not in cls.entries():
                meant = close_to(first, cls.entries())
                allowed = "" if meant else ", ".join(cls.entries())
                yield Finding("is not a key of this table", ("sources", key), "", allowed, meant)


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
    start: IndexLevel | None = entry(
        "Level at the start; `long_run` if left out.", unit="index points", example=40, default=None
    )
    long_run: IndexLevel = entry(
        "Where the driver would settle if nothing ever happened.",
        unit="index points",
        example={"q05": 32, "median": 40, "q95": 48},
    )
    half_life: HalfLife = entry("Time in which half of a deviation has reverted.", unit="duration", example="26w")
    volatility: NonNegative = entry(
        "Stationary standard deviation, stated at mid-scale.", unit="index points", example=10
    )
    scar_half_life: HealingTime = entry(
        "Time in which half of a scar has healed; needed where a lasting effect falls on the driver.",
        unit='duration or "never"',
        example="3y",
        default=float("inf"),
    )
    pulls: dict[DriverName, Real] = entry(
        "How far other drivers draw this one: 0.3 means that, were the other held 10 points above its anchor, this one "
        "would settle 3 above its own.",
        unit="points per point",
        example={"alignment": 0.3},
        default={},
    )


class FollowUpSpec(Spec):
    """An item of `leads_to`: another trigger that fires in the wake of this one, whatever its own rate."""

    trigger: TriggerName = entry("The trigger that follows.", example="cooperation_suspended")
    probability: Share = entry("How likely it follows.", unit="share, 0 to 1", example=0.6)
    delay: RandomTime = entry(
        "How long after: fixed, or lognormal by median and 95 % point.",
        unit="duration",
        example={"median": "2w", "q95": "10w"},
    )


class ContagionSpec(Spec):
    """`raises.TRIGGER`: each event makes another trigger more likely for a while."""

    expected_extra: NonNegative = entry(
        "Expected further events that one event adds, in all.", unit="events", example=0.2
    )
    half_life: HalfLife = entry("Time in which half of the added rate is gone.", unit="duration", example="13w")


class TriggerSpec(Section):
    """`[triggers.NAME]`: something that happens at a moment, at a rate which the drivers modulate."""

    label: str = entry("Name for people to read; the name of the table if left out.", example="U.S. strike", default="")
    description: str = entry("What counts as such an event.", example="A kinetic strike without consent.", default="")
    group: str = entry("A heading under which pages and plots collect triggers.", example="U.S. pressure", default="")
    kind: Literal["event", "episode"] = entry(
        '"event" is over at once, "episode" lasts for `duration`.', example="episode", default="event"
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
        "Factor on the rate for each 10 points that a driver stands above its reference.",
        unit="factor",
        example={"trust": 0.75},
        default={},
    )
    reference: dict[DriverName, Reference] = entry(
        'Levels at which the rate is stated, for drivers in `per_10_points`; "long_run" if left out.',
        unit="index points",
        example={"trust": 40},
        default={},
    )
    effect: dict[DriverName, Points] = entry(
        "What an event does to the drivers, stated at mid-scale: −20 takes 50 to 30, and 20 to about 10.",
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
        "How long after an event its own rate stays 0.", unit="duration", example="4w", default=0.0
    )
    max_count: Limit = entry("How often it can happen in a path.", unit="whole number", example=1, default=float("inf"))
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
        "Episodes only: how long it lasts, fixed or lognormal by median and 95 % point.",
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
        """One rate, keys that fit the kind, dates in order, references and scars that mean something."""
        yield from super().cross_checks(table, names)
        yield from _rate_findings(table)
        yield from _kind_findings(table)
        yield from dates_in_order(table, "from", "until")
        yield from threshold_findings(table, names)
        yield from scar_findings(table, names)
        modulated = table.get("per_10_points", {})
        for driver in tables(table, "reference"):
            if isinstance(modulated, dict) and driver in names.drivers and driver not in modulated:
                allowed = ", ".join(modulated) or "none: per_10_points is empty"
                yield Finding(
                    "is not in per_10_points, so its reference means nothing", ("reference", driver), "", allowed
                )
        yield from _repeated(table, "leads_to", "trigger")


def tables(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The table under a key as written, empty where there is none."""
    inner = table.get(key)
    return inner if isinstance(inner, dict) else {}


RATES = "probability with within, history, or rate"


def _rate_findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    ways = [way for way in ("probability", "history", "rate") if way in table]
    misspelt = any(
        close_to(key, ["probability", "history", "rate"]) for key in table if key not in TriggerSpec.entries()
    )
    if not ways and not misspelt:
        yield Finding("states no rate", ("within",) if "within" in table else (), allowed=f"one of {RATES}")
    if len(ways) > 1:
        yield Finding(f"the rate is stated twice, by {' and '.join(ways)}", (ways[1],), allowed=f"one of {RATES}")
    if "probability" in ways and "within" not in table and not any(close_to(key, ["within"]) for key in table):
        yield Finding("missing: a probability needs its window", ("within",), allowed='for example within = "1y"')
    if "within" in table and ways and "probability" not in ways:
        yield Finding("belongs to a probability, and there is none", ("within",), toml_text(table["within"]))


def _kind_findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    kind = table.get("kind", "event")
    if kind == "episode" and "duration" not in table and not any(close_to(key, ["duration"]) for key in table):
        yield Finding("missing: an episode lasts for a time", ("duration",), allowed='for example duration = "16w"')
    for key in EPISODE_KEYS if kind == "event" else ():
        if key in table:
            yield Finding('only an episode has it; write kind = "episode", or leave it out', (key,))


def dates_in_order(table: Mapping[str, Any], first: str, second: str) -> Iterator[Finding]:
    """The date under `second` is after the one under `first`."""
    one, two = table.get(first), table.get(second)
    if type(one) is dt.date and type(two) is dt.date and two <= one:
        yield Finding(f"must be after {first}", (second,), str(two), f"a date after {one}")


def threshold_findings(table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
    """Thresholds have names of their own."""
    for name in tables(table, "thresholds"):
        if why := name_problem(name):
            yield Finding(why, ("thresholds", name))
        elif name in names.drivers:
            yield Finding("a threshold cannot have the name of a driver", ("thresholds", name))


def scar_findings(table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
    """A lasting effect needs to know how its scars heal."""
    lasting = table.get("lasting", 0)
    if lasting != 0:
        for driver in tables(table, "effect"):
            if driver in names.drivers and driver not in names.scarred:
                allowed = f'for example scar_half_life = "3y" (or "never") in [drivers.{driver}]'
                yield Finding(f"leaves a scar on {driver}, which has no scar_half_life", ("lasting",), "", allowed)


def _repeated(table: Mapping[str, Any], key: str, name: str) -> Iterator[Finding]:
    seen = set()
    items = table.get(key, [])
    for place, item in enumerate(items if isinstance(items, list) else []):
        value = item.get(name) if isinstance(item, dict) else None
        if isinstance(value, str):
            if value in seen:
                yield Finding(f"two items of {key} have the same {name}", (key, place, name), toml_text(value))
            seen.add(value)


class BranchSpec(Spec):
    """An item of `branches`: one outcome of a calendar event."""

    name: str = entry("Name of the outcome, used in keys.", example="extended")
    label: str = entry("Name for people to read; `name` if left out.", example="Extended", default="")
    probability: Share = entry("How likely; all branches sum to 1.", unit="share, 0 to 1", example=0.5)
    effect: dict[DriverName, Points] = entry(
        "What it does to the drivers, stated at mid-scale.",
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
        "When the shift is over; for good if left out.", unit="date", example=dt.date(2029, 1, 20), default=dt.date.max
    )
    factor: dict[TriggerName, Factor] = entry(
        "Factors on the rates of triggers from then on.", unit="factor", example={"tariff_round": 1.5}, default={}
    )
    factor_until: dt.date = entry(
        "When the factors are over; for good if left out.",
        unit="date",
        example=dt.date(2029, 1, 20),
        default=dt.date.max,
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """A usable name, scars that heal."""
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
        yield from _repeated(table, "branches", "name")
        branches = table.get("branches")
        if branches == []:
            yield Finding("expected at least one branch", ("branches",), "[]")
        yield from _sum_findings(branches)
        for place, branch in enumerate(branches if isinstance(branches, list) else []):
            for key in ("shift_until", "factor_until") if isinstance(branch, dict) else ():
                for finding in dates_in_order({"date": table.get("date"), key: branch.get(key)}, "date", key):
                    yield Finding(finding.message, ("branches", place, key), finding.found, finding.allowed)


def _sum_findings(branches: Any) -> Iterator[Finding]:
    """Probabilities that can all be read sum to 1."""
    try:
        numbers = [SHARE.parse(branch["probability"]) for branch in branches]
    except (ValidationError, TypeError, KeyError, IndexError):
        return
    total = sum(number if isinstance(number, float) else number.median for number in numbers)
    if numbers and abs(total - 1) > 1e-6:
        each = " + ".join(f"{number if isinstance(number, float) else number.median:g}" for number in numbers)
        message = "the probabilities of the branches (their medians) must sum to 1"
        yield Finding(message, ("branches",), f"{each} = {total:.7g}")


class ScenarioSpec(Section):
    """`scenarios/NAME.toml`: a class of futures, recognised in each path by a rule."""

    label: str = entry("Name for people to read; the name of the file if left out.", example="Total rift", default="")
    narrative: str = entry("The story in a few sentences.", example="Cooperation breaks down.", default="")
    likelihood: str = entry("The author's own word for how likely it is.", example="plausible", default="")
    colour: Colour = entry("Its colour in all pictures.", unit='"#rrggbb"', example="#d55e00", default="")
    default: bool = entry(
        "The scenario of all paths in which no rule holds; also if there is no `enter`.", example=True, default=False
    )
    thresholds: dict[str, Real] = entry(
        "Named numbers for the conditions, so that they can be uncertain.",
        unit="number",
        example={"floor": {"q05": 20, "median": 25, "q95": 30}},
        default={},
    )
    enter: Condition | None = entry(
        "A path enters when this has held for as long as `for`.",
        unit="condition",
        example="trust < floor",
        default=None,
    )
    for_: Waiting = entry(
        "How long `enter` must hold without a break, in whole ticks.",
        unit="duration",
        example="8w",
        default=0.0,
        alias="for",
    )
    leave: Condition | None = entry(
        "A path stays until this holds; until `enter` fails if left out.",
        unit="condition",
        example="trust > 35",
        default=None,
    )
    absorbing: bool = entry("Whether a path that has entered stays for good.", example=True, default=False)
    priority: int = entry(
        "The higher wins where two scenarios could be entered at once.", unit="whole number", example=2, default=0
    )
    signposts: Items[str] = entry("What to watch for.", example=["Joint exercises are cancelled"], default=())

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """The default scenario has no rule; `leave` and `absorbing` exclude each other."""
        yield from super().cross_checks(table, names)
        yield from threshold_findings(table, names)
        if table.get("default") is True:
            for key in ("thresholds", "enter", "for", "leave", "absorbing", "priority"):
                if key in table:
                    yield Finding("the default scenario has no rule; leave this out, or default = true", (key,))
        elif "enter" not in table and not any(close_to(key, ["enter"]) for key in table):
            for key in ("for", "leave", "absorbing", "thresholds"):
                if key in table:
                    yield Finding("means nothing without enter", (key,))
        if table.get("absorbing") is True and "leave" in table:
            yield Finding("an absorbing scenario is never left", ("leave",), toml_text(table["leave"]))


class DriversFile(Spec):
    """`drivers.toml`: drivers, triggers and calendar."""

    model: HeaderSpec = entry("What the model is about.", example={"title": "A model", "start": dt.date(2025, 1, 21)})
    sources: dict[str, str] = entry(
        "Short names of sources and what they stand for.", example={"study": "A. Author, The study, 2025"}, default={}
    )
    drivers: dict[str, DriverSpec] = entry("The drivers, by name.", example={})
    correlations: dict[DriverName, dict[DriverName, Correlation]] = entry(
        "Correlations of the levels of two drivers in the long run, each pair once.",
        unit="correlation",
        example={"trust": {"alignment": 0.3}},
        default={},
    )
    triggers: dict[str, TriggerSpec] = entry("The triggers, by name.", example={}, default={})
    calendar: dict[str, CalendarEventSpec] = entry("The calendar events, by name.", example={}, default={})

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Usable names, each pair of drivers once, no driver tied to itself."""
        for section in ("drivers", "triggers", "calendar"):
            for name in tables(table, section):
                if why := name_problem(name):
                    yield Finding(why, (section, name))
        if table.get("drivers") == {}:
            yield Finding("expected at least one driver", ("drivers",))
        for driver, spec in tables(table, "drivers").items():
            if isinstance(spec, dict) and driver in tables(spec, "pulls"):
                yield Finding("a driver cannot pull itself", ("drivers", driver, "pulls", driver))
        yield from _pair_findings(tables(table, "correlations"))


def _pair_findings(correlations: dict[str, Any]) -> Iterator[Finding]:
    seen = set()
    for first in correlations:
        for second in tables(correlations, first):
            key = ("correlations", first, second)
            if first == second:
                yield Finding("a driver is not correlated with itself", key)
            elif (second, first) in seen:
                yield Finding("this pair is stated twice", key, "", f"only correlations.{second}.{first}, or only this")
            seen.add((first, second))
