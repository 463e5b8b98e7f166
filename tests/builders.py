"""Hand-built models for tests: every part with quiet defaults, to be varied one feature at a time.

The defaults do nothing: a driver rests at 50 (latent 0), a trigger never fires, the only scenario is the default one.

    compiled(model(triggers=(trigger("strike", rate=per_year(2)),)), experiment(ticks=52))
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

from frenemy.model import conditions as ex
from frenemy.model.experiment import Experiment, Imposed, Initial, Uncertainty
from frenemy.model.resolved import (
    Branch,
    CalendarEvent,
    Contagion,
    Driver,
    FollowUp,
    Model,
    PerYear,
    Scenario,
    Times,
    Trigger,
    WithinWindow,
    central,
)
from frenemy.simulation.compile.compile import Compiled, compile_model

__all__ = [
    "START", "YEAR", "branch", "calendar_event", "compiled", "contagion", "day", "driver", "experiment", "fixed",
    "follow_up", "imposed", "lognormal", "model", "per_year", "rule", "scenario", "trigger", "within",
]  # fmt: skip

START = dt.date(2025, 1, 6)
YEAR = 365.25


def day(days: int) -> dt.date:
    """The date so many days after the start."""
    return START + dt.timedelta(days=days)


def per_year(rate: float) -> PerYear:
    return PerYear(rate=float(rate))


def within(probability: float, window: float = YEAR) -> WithinWindow:
    return WithinWindow(probability=probability, within=window)


def fixed(days: float) -> Times:
    return Times(median=float(days), q95=float(days))


def lognormal(median: float, q95: float) -> Times:
    return Times(median=float(median), q95=float(q95))


def rule(text: str, *drivers: str) -> ex.Expression:
    """A condition; bare names are drivers if named here (default: trust and alignment), else thresholds."""
    return ex.parse(text, frozenset(drivers or ("trust", "alignment")))


def follow_up(target: str, probability: float = 1.0, delay: Times | None = None) -> FollowUp:
    return FollowUp(trigger=target, probability=probability, delay=delay or fixed(0))


def contagion(expected_extra: float, half_life: float = 28.0) -> Contagion:
    return Contagion(expected_extra=expected_extra, half_life=half_life)


def driver(name: str = "trust", **changes: Any) -> Driver:
    """At rest at 50, half-life 26 weeks, stationary sd 10 points, scars that heal by half in three years."""
    values = dict(
        name=name, label=name.capitalize(), description="", source="", start=50.0, long_run=50.0, half_life=182.0,
        volatility=10.0, scar_half_life=3 * YEAR, pulls={},
    )  # fmt: skip
    values |= changes
    return Driver(**{"reference": central(values["long_run"])} | values)


def trigger(name: str = "strike", **changes: Any) -> Trigger:
    """An event without effect that never happens by its own rate; `model` fills in the references of its drivers."""
    values = dict(
        name=name, label=name.capitalize(), description="", source="", group="", kind="event", rate=per_year(0),
        per_10_points={}, reference={}, effect={}, lasting=0.0, severity_cv=0.0, from_=dt.date.min, until=dt.date.max,
        cooldown=0.0, max_count=math.inf, requires=ex.TRUE, thresholds={}, leads_to=(), raises={}, duration=fixed(0),
        while_active={}, on_end={},
    )  # fmt: skip
    return Trigger(**values | changes)


def branch(name: str, probability: float = 1.0, **changes: Any) -> Branch:
    values = dict(
        name=name, label=name.capitalize(), probability=probability, effect={}, lasting=0.0, shift={},
        shift_until=dt.date.max, factor={}, factor_until=dt.date.max,
    )  # fmt: skip
    return Branch(**values | changes)


def calendar_event(name: str, date: dt.date, *branches: Branch) -> CalendarEvent:
    return CalendarEvent(name=name, label=name.capitalize(), description="", source="", date=date, branches=branches)


def scenario(name: str, **changes: Any) -> Scenario:
    """Entered after one assessment; leaves as soon as `enter` fails, unless `leave` is given."""
    values = dict(
        name=name, label=name.capitalize(), narrative="", source="", likelihood="", colour="#777777", default=False,
        enter=ex.FALSE, for_=0.0, absorbing=False, priority=1, thresholds={}, signposts=(),
    )  # fmt: skip
    values |= changes
    values.setdefault("leave", ex.Not(values["enter"]))
    return Scenario(**values)


DEFAULT = scenario("status_quo", default=True, leave=ex.FALSE, priority=0)


def model(**changes: Any) -> Model:
    """One driver, `trust`, and nothing else. Scenarios are put in the order of priority, the default added last."""
    values = dict(
        title="Toy", description="", start=START, sources={}, drivers=(driver(),), correlations={}, triggers=(),
        calendar=(), scenarios=(),
    )  # fmt: skip
    values |= changes
    ranked = tuple(sorted(values["scenarios"], key=lambda s: (s.default, -s.priority)))
    levels = {one.name: one.reference for one in values["drivers"]}
    values["triggers"] = tuple(
        replace(one, reference={name: levels[name] for name in one.per_10_points} | one.reference)
        for one in values["triggers"]
    )
    values["scenarios"] = ranked if any(s.default for s in ranked) else (*ranked, DEFAULT)
    return Model(**values)


def experiment(*, ticks: int = 52, tick: int = 7, **changes: Any) -> Experiment:
    """`ticks` ticks of `tick` days from START, at the medians."""
    end = START + dt.timedelta(days=ticks * tick)
    values = dict(
        name="toy", title="Toy", description="", source="", start=START, end=end, tick=tick, paths=1024, seed=1, set={},
        initial=Initial(scars={}, episodes={}), impose=(), uncertainty=Uncertainty(draws=0, paths=1024),
        report_at=(end,),
    )  # fmt: skip
    return Experiment(**values | changes)


def imposed(name: str, date: dt.date) -> Imposed:
    return Imposed(trigger=name, date=date)


def compiled(of: Model, over: Experiment) -> Compiled:
    """What both engines run."""
    return compile_model(of, over)
