"""Resolved parts with every default filled in, to be varied one feature at a time."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from frenemy.model import expressions as ex
from frenemy.model.experiment import Experiment, Initial, Uncertainty
from frenemy.model.resolved import (
    LONG_RUN,
    Branch,
    CalendarEvent,
    Driver,
    Model,
    Scenario,
    Times,
    Trigger,
    WithinWindow,
)

YEAR = 365.25
NAMES = frozenset({"trust", "alignment"})
START = dt.date(2025, 1, 6)


def label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def driver(name: str = "trust", **changes: Any) -> Driver:
    values = dict(
        name=name, label=label(name), description="", source="", start=40.0, long_run=40.0, half_life=182.0,
        volatility=10.0, scar_half_life=3 * YEAR, pulls={},
    )  # fmt: skip
    return Driver(**values | changes)


def trigger(name: str = "strike", **changes: Any) -> Trigger:
    values = dict(
        name=name, label=label(name), description="", source="", group="", kind="event",
        rate=WithinWindow(probability=0.06, within=YEAR), per_10_points={}, reference={}, effect={}, lasting=0.0,
        severity_cv=0.0, from_=dt.date.min, until=dt.date.max, cooldown=0.0, max_count=math.inf, requires=ex.TRUE,
        thresholds={}, leads_to=(), raises={}, duration=Times(median=0.0, q95=0.0), while_active={}, on_end={},
    )  # fmt: skip
    values |= changes
    values["reference"] = dict.fromkeys(values["per_10_points"], LONG_RUN) | values["reference"]
    return Trigger(**values)


def branch(name: str, probability: Any, **changes: Any) -> Branch:
    values = dict(
        name=name, label=label(name), probability=probability, effect={}, lasting=0.0, shift={},
        shift_until=dt.date.max, factor={}, factor_until=dt.date.max,
    )  # fmt: skip
    return Branch(**values | changes)


def calendar_event(name: str, date: dt.date, *branches: Branch) -> CalendarEvent:
    return CalendarEvent(name=name, label=label(name), description="", source="", date=date, branches=branches)


def condition(text: str) -> ex.Expression:
    return ex.parse(text, NAMES)


def scenario(name: str, enter: str = "", leave: str = "", **changes: Any) -> Scenario:
    rule = condition(enter) if enter else ex.FALSE
    values = dict(
        name=name, label=label(name), narrative="", source="", likelihood="", colour="#7f7f7f", default=not enter,
        enter=rule, for_=0.0, leave=condition(leave) if leave else ex.Not(rule), absorbing=False, priority=0,
        thresholds={}, signposts=(),
    )  # fmt: skip
    return Scenario(**values | changes)


def model(*, drivers: Any = None, scenarios: Any = (), triggers: Any = (), calendar: Any = (), **changes: Any) -> Model:
    values = dict(
        title="Two neighbours", description="", start=START, sources={}, correlations={},
        drivers=(driver("trust"), driver("alignment", half_life=364.0)) if drivers is None else tuple(drivers),
        triggers=tuple(triggers), calendar=tuple(calendar), scenarios=(*scenarios, scenario("as_usual")),
    )  # fmt: skip
    return Model(**values | changes)


def experiment(years: float = 5, **changes: Any) -> Experiment:
    ticks = math.ceil(years * YEAR / 7)
    values = dict(
        name="baseline", title="Baseline", description="", source="", start=START, end=START + dt.timedelta(7 * ticks),
        tick=7, paths=10000, seed=1, set={}, initial=Initial(scars={}, episodes={}), impose=(),
        uncertainty=Uncertainty(draws=0, paths=2048), report_at=(START + dt.timedelta(7 * ticks),),
    )  # fmt: skip
    return Experiment(**values | changes)
