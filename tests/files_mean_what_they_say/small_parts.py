"""The shared builders with the defaults that descriptions and checks need: levels of 40, a rate, rules as text."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import builders
from builders import START, YEAR, calendar_event, contagion, fixed, follow_up, imposed, lognormal, per_year, within
from frenemy.model import conditions as ex
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Branch, Driver, Model, Scenario, Trigger

__all__ = [
    "START", "YEAR", "branch", "calendar_event", "condition", "contagion", "date", "driver", "experiment", "fixed",
    "follow_up", "imposed", "lognormal", "model", "per_year", "scenario", "trigger", "within",
]  # fmt: skip


def label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def driver(name: str = "trust", **changes: Any) -> Driver:
    return builders.driver(name, **dict(label=label(name), start=40.0, long_run=40.0) | changes)


def trigger(name: str = "strike", **changes: Any) -> Trigger:
    return builders.trigger(name, **dict(label=label(name), rate=within(0.06)) | changes)


def branch(name: str, probability: Any, **changes: Any) -> Branch:
    return builders.branch(name, probability, **dict(label=label(name)) | changes)


def condition(text: str) -> ex.Expression:
    return builders.rule(text, "trust", "alignment", "mood")


def scenario(name: str, enter: str, leave: str = "", **changes: Any) -> Scenario:
    rules = dict(enter=condition(enter)) | (dict(leave=condition(leave)) if leave else {})
    return builders.scenario(name, **dict(label=label(name), priority=0) | rules | changes)


def model(**changes: Any) -> Model:
    """Trust, and alignment half as fast."""
    return builders.model(**dict(drivers=(driver(), driver("alignment", half_life=364.0))) | changes)


def experiment(years: float = 5, **changes: Any) -> Experiment:
    tick = changes.pop("tick", 7)
    baseline = dict(name="baseline", title="Baseline", paths=10_000)
    return builders.experiment(ticks=math.ceil(years * YEAR / tick), tick=tick, **baseline | changes)


def date(year: int, month: int = 1, day: int = 1) -> dt.date:
    return dt.date(year, month, day)
