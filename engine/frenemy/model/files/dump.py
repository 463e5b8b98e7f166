"""The resolved model and experiment as one TOML text in which every key is explicit and nothing is implied.

Loading the text again gives equal objects, and dumping those gives the same text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model import conditions
from frenemy.model.distributions import History
from frenemy.model.durations import duration_text
from frenemy.model.experiment import Axis, Experiment
from frenemy.model.files.toml_values import (
    duration_value,
    number_table,
    number_tables,
    times_table,
    toml_key,
    toml_value,
)
from frenemy.model.resolved import Branch, CalendarEvent, Driver, Model, PerYear, Scenario, Signpost, Trigger
from frenemy.model.specs.experiment import TICKS
from frenemy.model.specs.number_at import quantity_at

__all__ = ["dump_resolved"]

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
        yield from _table(f"correlations.{first}", number_tables(others))
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
            yield from (f"{toml_key(name)} = [", *(f"    {toml_value(item)}," for item in value), "]")
        else:
            yield f"{toml_key(name)} = {toml_value(value)}"
    yield ""


def _driver(driver: Driver) -> Table:
    return {
        "label": driver.label,
        "description": driver.description,
        "source": driver.source,
        "start": number_table(driver.start),
        "long_run": number_table(driver.long_run),
        "half_life": duration_value(driver.half_life),
        "volatility": number_table(driver.volatility),
        "scar_half_life": duration_value(driver.scar_half_life),
        "pulls": number_tables(driver.pulls),
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
        "per_10_points": number_tables(trigger.per_10_points),
        "reference": {
            driver: level if isinstance(level, str) else number_table(level)
            for driver, level in trigger.reference.items()
        },
        "effect": number_tables(trigger.effect),
        "lasting": number_table(trigger.lasting),
        "severity_cv": number_table(trigger.severity_cv),
        "from": trigger.from_,
        "until": trigger.until,
        "cooldown": duration_value(trigger.cooldown),
        "max_count": trigger.max_count if math.isinf(trigger.max_count) else int(trigger.max_count),
        "thresholds": number_tables(trigger.thresholds),
        "requires": conditions.text(trigger.requires),
        "leads_to": [
            {"trigger": item.trigger, "probability": number_table(item.probability), "delay": times_table(item.delay)}
            for item in trigger.leads_to
        ],
        "raises": {
            other: {"expected_extra": number_table(item.expected_extra), "half_life": duration_value(item.half_life)}
            for other, item in trigger.raises.items()
        },
    }
    if trigger.kind == "event":
        return table
    ending = {"while_active": number_tables(trigger.while_active), "on_end": number_tables(trigger.on_end)}
    return {**table, "duration": times_table(trigger.duration), **ending}


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
        "effect": number_tables(branch.effect),
        "lasting": number_table(branch.lasting),
        "shift": number_tables(branch.shift),
        "shift_until": branch.shift_until,
        "factor": number_tables(branch.factor),
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
        "thresholds": number_tables(scenario.thresholds),
        "enter": conditions.text(scenario.enter),
        "for": duration_value(scenario.for_),
        "absorbing": scenario.absorbing,
        "priority": scenario.priority,
    }
    leave = {} if scenario.absorbing else {"leave": conditions.text(scenario.leave)}
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
            "scars": number_tables(experiment.initial.scars),
            "episodes": {trigger: times_table(times) for trigger, times in experiment.initial.episodes.items()},
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
