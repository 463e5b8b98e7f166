"""The resolved model and experiment as one TOML text in which every key is explicit and nothing is implied.

Loading the text again gives equal objects, and dumping those gives the same text.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from frenemy.model import expressions
from frenemy.model.distributions import Distribution, History, Pert, Pool, Quantiles
from frenemy.model.experiment import Axis, Experiment
from frenemy.model.quantity_at import quantity_at
from frenemy.model.resolved import (
    Branch,
    CalendarEvent,
    Driver,
    Model,
    Number,
    PerYear,
    Scenario,
    Signpost,
    Times,
    Trigger,
)
from frenemy.model.specs_experiment import TICKS
from frenemy.model.units import duration_text

__all__ = ["dump_resolved", "number_table", "toml_value"]

Table = dict[str, Any]


def dump_resolved(model: Model, experiment: Experiment) -> str:
    """The model and the experiment as TOML; `load_resolved` reads it back."""
    return "\n".join(_lines(model, experiment))


def _lines(model: Model, experiment: Experiment) -> Iterator[str]:
    header = {"title": model.title, "description": model.description, "start": model.start}
    yield from _table("model", header)
    yield from _table("sources", dict(model.sources))
    for driver in model.drivers:
        yield from _table(f"drivers.{driver.name}", _driver(driver), model.cited)
    for first, others in model.correlations.items():
        yield from _table(f"correlations.{first}", _numbers(others))
    for trigger in model.triggers:
        yield from _table(f"triggers.{trigger.name}", _trigger(trigger), model.cited)
    for event in model.calendar:
        yield from _table(f"calendar.{event.name}", _calendar_event(event), model.cited)
    for scenario in model.scenarios:
        yield from _table(f"scenarios.{scenario.name}", _scenario(scenario), model.cited)
    yield from _table("experiment", _experiment(experiment))


def _table(key: str, content: Table, cited: Mapping[str, str] | None = None) -> Iterator[str]:
    if cited is not None:
        start = f"{key}."
        content["sources"] = {name.removeprefix(start): text for name, text in cited.items() if name.startswith(start)}
    yield f"[{key}]"
    for name, value in content.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield from (f"{_key(name)} = [", *(f"    {toml_value(item)}," for item in value), "]")
        else:
            yield f"{_key(name)} = {toml_value(value)}"
    yield ""


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("_", "a").replace("-", "a").isalnum()
    return name if bare else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_value(value: Any) -> str:
    """A value as TOML, on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int():
            return int.__repr__(value)
        case float():
            return float.__repr__(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case dict():
            inner = ", ".join(f"{_key(name)} = {toml_value(item)}" for name, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(toml_value(item) for item in value)}]"
    raise TypeError(f"TOML has no value for {value!r}")


def number_table(number: Number, written: Callable[[float], Any] = float) -> Any:
    """A number as it stands in a file: itself, or the table of its distribution."""
    if isinstance(number, float):
        return written(number)
    table: Table = _distribution(number, written)
    if number.source:
        table["source"] = number.source
    return table


def _distribution(number: Distribution, written: Callable[[float], Any]) -> Table:
    match number:
        case Quantiles():
            return {"q05": written(number.q05), "median": written(number.median), "q95": written(number.q95)}
        case Pert():
            return {"min": written(number.min), "mode": written(number.mode), "max": written(number.max)}
        case History():
            return {"events": number.events, "years": number.years}
        case Pool():
            return {"pool": [number_table(view, written) for view in number.pool], "weights": list(number.weights)}


def _duration(number: Number) -> Any:
    return number_table(number, duration_text)


def _numbers(numbers: Mapping[str, Number]) -> Table:
    return {name: number_table(number) for name, number in numbers.items()}


def _times(times: Times) -> Table:
    return {"median": _duration(times.median), "q95": _duration(times.q95)}


def _driver(driver: Driver) -> Table:
    return {
        "label": driver.label,
        "description": driver.description,
        "source": driver.source,
        "start": number_table(driver.start),
        "long_run": number_table(driver.long_run),
        "half_life": _duration(driver.half_life),
        "volatility": number_table(driver.volatility),
        "scar_half_life": _duration(driver.scar_half_life),
        "pulls": _numbers(driver.pulls),
        "signposts": [_signpost(post) for post in driver.signposts],
    }


def _signpost(post: Signpost) -> Any:
    """Words, or the whole likelihood."""
    if not post.name:
        return post.text
    return {
        "name": post.name,
        "text": post.text,
        "chance": post.chance,
        "per_10_points": dict(post.per_10_points),
        "reference": dict(post.reference),
        "by_scenario": dict(post.by_scenario),
        "reliability": post.reliability,
        "source": post.source,
    }


def _trigger(trigger: Trigger) -> Table:
    table = {
        "label": trigger.label,
        "description": trigger.description,
        "source": trigger.source,
        "group": trigger.group,
        "kind": trigger.kind,
        **_rate(trigger),
        "per_10_points": _numbers(trigger.per_10_points),
        "reference": {
            driver: level if isinstance(level, str) else number_table(level)
            for driver, level in trigger.reference.items()
        },
        "effect": _numbers(trigger.effect),
        "lasting": number_table(trigger.lasting),
        "severity_cv": number_table(trigger.severity_cv),
        "from": trigger.from_,
        "until": trigger.until,
        "cooldown": _duration(trigger.cooldown),
        "max_count": trigger.max_count if math.isinf(trigger.max_count) else int(trigger.max_count),
        "thresholds": _numbers(trigger.thresholds),
        "requires": expressions.text(trigger.requires),
        "leads_to": [
            {"trigger": item.trigger, "probability": number_table(item.probability), "delay": _times(item.delay)}
            for item in trigger.leads_to
        ],
        "raises": {
            other: {"expected_extra": number_table(item.expected_extra), "half_life": _duration(item.half_life)}
            for other, item in trigger.raises.items()
        },
    }
    if trigger.kind == "event":
        return table
    ending = {"while_active": _numbers(trigger.while_active), "on_end": _numbers(trigger.on_end)}
    return {**table, "duration": _times(trigger.duration), **ending}


def _rate(trigger: Trigger) -> Table:
    rate = trigger.rate
    if isinstance(rate, PerYear):
        return {"history" if isinstance(rate.rate, History) else "rate": number_table(rate.rate)}
    return {"probability": number_table(rate.probability), "within": duration_text(rate.within)}


def _calendar_event(event: CalendarEvent) -> Table:
    return {
        "label": event.label,
        "description": event.description,
        "source": event.source,
        "date": event.date,
        "branches": [_branch(branch) for branch in event.branches],
    }


def _branch(branch: Branch) -> Table:
    return {
        "name": branch.name,
        "label": branch.label,
        "probability": number_table(branch.probability),
        "effect": _numbers(branch.effect),
        "lasting": number_table(branch.lasting),
        "shift": _numbers(branch.shift),
        "shift_until": branch.shift_until,
        "factor": _numbers(branch.factor),
        "factor_until": branch.factor_until,
    }


def _scenario(scenario: Scenario) -> Table:
    told = {
        "label": scenario.label,
        "narrative": scenario.narrative,
        "source": scenario.source,
        "likelihood": scenario.likelihood,
        "colour": scenario.colour,
        "default": scenario.default,
        "signposts": [_signpost(post) for post in scenario.signposts],
    }
    if scenario.default:
        return told
    rule = {
        "thresholds": _numbers(scenario.thresholds),
        "enter": expressions.text(scenario.enter),
        "for": _duration(scenario.for_),
        "absorbing": scenario.absorbing,
        "priority": scenario.priority,
    }
    leave = {} if scenario.absorbing else {"leave": expressions.text(scenario.leave)}
    return {**told, **rule, **leave}


def _sensitivity(experiment: Experiment) -> Table:
    asked = experiment.sensitivity
    scenario = {"scenario": asked.scenario} if asked.scenario else {}
    return {
        **scenario,
        "reading": asked.reading,
        "date": min(asked.date, experiment.end),
        "samples": asked.samples,
        "strongest": asked.strongest,
    }


def _sweep(experiment: Experiment) -> Table:
    asked = experiment.sweep
    scenario = {"scenario": asked.scenario} if asked.scenario else {}
    return {
        "over": [_axis(axis) for axis in asked.over],
        **scenario,
        "reading": asked.reading,
        "date": min(asked.date, experiment.end),
        "contours": list(asked.contours),
        "draws": asked.draws,
    }


def _axis(axis: Axis) -> Table:
    timed = quantity_at(axis.key).timed
    values = [duration_text(value) if timed else value for value in axis.values]
    return {"key": axis.key, "values": values, "spacing": axis.spacing}


def _experiment(experiment: Experiment) -> Table:
    return {
        "name": experiment.name,
        "title": experiment.title,
        "description": experiment.description,
        "source": experiment.source,
        "sources": dict(experiment.cited),
        "start": experiment.start,
        "horizon": experiment.end,
        "tick": next(text for text, length in TICKS.items() if length == experiment.tick),
        "paths": experiment.paths,
        "seed": experiment.seed,
        "set": dict(experiment.set),
        "initial": {
            "scars": _numbers(experiment.initial.scars),
            "episodes": {trigger: _times(times) for trigger, times in experiment.initial.episodes.items()},
        },
        "impose": [{"trigger": item.trigger, "date": item.date} for item in experiment.impose],
        "uncertainty": {"draws": experiment.uncertainty.draws, "paths": experiment.uncertainty.paths},
        "report_at": list(experiment.report_at),
        "sensitivity": _sensitivity(experiment),
        "targets": [
            {
                "scenario": item.scenario,
                "reading": item.reading,
                "date": min(item.date, experiment.end),
                "probability": item.probability,
            }
            for item in experiment.targets
        ],
        "tune": list(experiment.tune),
        "tuning": {
            "solutions": experiment.tuning.solutions,
            "apart": experiment.tuning.apart,
            "region": experiment.tuning.region,
        },
        "sweep": _sweep(experiment),
        "audit": {"date": min(experiment.audit.date, experiment.end)},
        "map": {
            "drivers": list(experiment.map.drivers),
            "within": duration_text(experiment.map.within),
            "cells": experiment.map.cells,
        },
        "rare": {
            **({"scenario": experiment.rare.scenario} if experiment.rare.scenario else {}),
            "date": min(experiment.rare.date, experiment.end),
        },
        **({"panel": experiment.panel} if experiment.panel else {}),
    }
