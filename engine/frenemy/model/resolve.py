"""From what an analyst wrote to the resolved model and experiment: every default filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from frenemy.model.conditions import FALSE, Not
from frenemy.model.dotted_keys import leaves
from frenemy.model.durations import anniversaries, end_of_run, later
from frenemy.model.experiment import Experiment, Sweep, Uncertainty
from frenemy.model.fields import Items, Kind, Leaf, Part, Table, fields_of
from frenemy.model.resolved import (
    CalendarEvent,
    Correlated,
    Driver,
    Model,
    Number,
    PerYear,
    Scenario,
    Signpost,
    Trigger,
    WithinWindow,
    central,
)
from frenemy.model.specs.drivers import DriverSpec
from frenemy.model.specs.experiment import TICKS, ExperimentSpec
from frenemy.model.specs.fields import LONG_RUN
from frenemy.model.specs.model import ModelTree
from frenemy.model.specs.scenarios import ScenarioSpec
from frenemy.model.specs.signposts import SignpostSpec
from frenemy.model.specs.sourced import Section
from frenemy.model.specs.sweep import axis
from frenemy.model.specs.triggers import TriggerSpec

__all__ = ["DEFAULT_COLOUR", "PALETTE", "label_of", "paths_of_each", "resolve_experiment", "resolve_model"]

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000")
"""Colours of scenarios that state none: the palette of Okabe and Ito, safe for colour-blind readers."""
DEFAULT_COLOUR = "#7f8a94"
"""Colour of a default scenario that states none: a neutral grey, so that colours belong to what departs from it."""
ALL_PATHS = 131_072
"""Paths of all outer draws together, as far as `EACH_PATHS` allows, unless the experiment states how many each has."""
EACH_PATHS = (16, 64)
"""The least and the most paths of each outer draw, unless the experiment states another number or has fewer paths."""


Resolved = TypeVar("Resolved")


def resolve_model(spec: ModelTree) -> Model:
    """The model with every default filled in; scenarios by priority, the default one last."""
    levels = {name: _reference_of(driver) for name, driver in spec.drivers.items()}
    ruled = [name for name, item in spec.scenarios.items() if not _is_default(item)]
    scenarios = [
        _scenario(name, item, PALETTE[ruled.index(name) % len(PALETTE)] if name in ruled else DEFAULT_COLOUR, levels)
        for name, item in spec.scenarios.items()
    ]
    return _resolved(
        Model,
        spec,
        **{field.name: getattr(spec.model, field.name) for field in fields_of(Model) if field.kind is Leaf.PLAIN},
        drivers=tuple(_driver(name, driver, levels) for name, driver in spec.drivers.items()),
        correlated=tuple(_resolved(Correlated, pair) for pair in spec.judgement.correlated),
        correlations=_correlations(spec.correlations, [*spec.drivers]),
        triggers=tuple(_trigger(name, trigger, levels) for name, trigger in spec.triggers.items()),
        calendar=tuple(_resolved(CalendarEvent, event, name=name) for name, event in spec.calendar.items()),
        scenarios=tuple(sorted(scenarios, key=lambda scenario: (scenario.default, -scenario.priority, scenario.name))),
        cited=dict(_citations(spec)),
    )


def _resolved(cls: type[Resolved], spec: Any, last: dt.date = dt.date.max, /, **exceptions: Any) -> Resolved:
    """A dataclass with the values of a spec, field by field, but for the exceptions.

    What is left out has the default of the field: a label is made from the name, a date is the `last` of the run.
    """
    values = dict(exceptions)
    for field in fields_of(cls):
        if field.name in values:
            continue
        value = getattr(spec, field.name)
        if value is not None:
            values[field.name] = _value(field.kind, value, last)
        elif field.kind is Leaf.DAY_OF_RUN:
            values[field.name] = last
        if field.name == "label" and not value:
            values["label"] = label_of(values["name"])
    return cls(**values)


def _value(kind: Kind, value: Any, last: dt.date) -> Any:
    match kind:
        case Table(of):
            return {name: _value(of, item, last) for name, item in value.items()}
        case Items(of):
            return tuple(_value(of, item, last) for item in value)
        case Part(of) if not isinstance(value, of):
            return _resolved(of, value, last)
    return value


def _citations(spec: ModelTree) -> Iterator[tuple[str, str]]:
    sections: Sequence[tuple[str, Mapping[str, Section]]] = (
        ("drivers", spec.drivers),
        ("triggers", spec.triggers),
        ("calendar", spec.calendar),
        ("scenarios", spec.scenarios),
    )
    for section, tables in sections:
        for name, table in tables.items():
            for key, text in table.sources.items():
                yield f"{section}.{name}.{key}", text


def label_of(name: str) -> str:
    """A readable label made from a name."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _signposts(specs: Sequence[SignpostSpec], levels: Mapping[str, float]) -> tuple[Signpost, ...]:
    """`levels`: the reference of each driver, the default."""
    return tuple(
        _resolved(
            Signpost,
            spec,
            reference={driver: spec.reference.get(driver, levels[driver]) for driver in spec.per_10_points},
        )
        for spec in specs
    )


def _driver(name: str, spec: DriverSpec, levels: Mapping[str, float]) -> Driver:
    return _resolved(Driver, spec, name=name, signposts=_signposts(spec.signposts, levels), reference=levels[name])


def _correlations(written: Mapping[str, Mapping[str, Number]], order: Sequence[str]) -> dict[str, dict[str, Number]]:
    """Each pair as stated, with the earlier driver first, in the order of the drivers."""
    ordered: dict[str, dict[str, Number]] = {}
    for first in order:
        for second in order[order.index(first) + 1 :]:
            for one, other in ((first, second), (second, first)):
                if other in written.get(one, {}):
                    ordered.setdefault(first, {})[second] = written[one][other]
    return ordered


def _reference_of(spec: DriverSpec) -> float:
    return central(spec.long_run) if spec.reference is None else spec.reference


def _trigger(name: str, spec: TriggerSpec, levels: Mapping[str, float]) -> Trigger:
    stated = {driver: level for driver, level in spec.reference.items() if level != LONG_RUN}
    reference = {driver: stated.get(driver, levels[driver]) for driver in spec.per_10_points}
    return _resolved(Trigger, spec, name=name, rate=_rate(spec), reference=reference)


def _rate(spec: TriggerSpec) -> WithinWindow | PerYear:
    if spec.probability is not None and spec.within is not None:
        return WithinWindow(probability=spec.probability, within=spec.within)
    rate = spec.rate if spec.history is None else spec.history
    assert rate is not None, "the checks of the spec make sure that there is one rate"
    return PerYear(rate=rate)


def _is_default(spec: ScenarioSpec) -> bool:
    return spec.default or spec.enter is None


def _scenario(name: str, spec: ScenarioSpec, colour: str, levels: Mapping[str, float]) -> Scenario:
    enter = FALSE if spec.enter is None else spec.enter
    default = _is_default(spec)
    return _resolved(
        Scenario,
        spec,
        name=name,
        colour=spec.colour or colour,
        default=default,
        signposts=_signposts(spec.signposts, levels),
        enter=enter,
        priority=0 if default else spec.priority,
        leave=FALSE if default or spec.absorbing else Not(enter) if spec.leave is None else spec.leave,
    )


def paths_of_each(draws: int, paths: int) -> int:
    """Paths of each outer draw of an experiment of so many paths that does not state them."""
    least, most = EACH_PATHS
    return min(max(ALL_PATHS // draws, least) if draws else least, most, paths)


def resolve_experiment(spec: ExperimentSpec, name: str, model_start: dt.date) -> Experiment:
    """The experiment with every default filled in; its end is a whole number of ticks after the start."""
    start = model_start if spec.start is None else spec.start
    tick = TICKS[spec.tick]
    end = end_of_run(start, later(start, spec.horizon) if isinstance(spec.horizon, str) else spec.horizon, tick)
    draws, each = spec.uncertainty.draws, spec.uncertainty.paths
    draw_paths = paths_of_each(draws, spec.paths) if each is None else each
    return _resolved(
        Experiment,
        spec,
        end,
        name=name,
        title=spec.title or label_of(name),
        cited=dict(spec.sources),
        start=start,
        end=end,
        tick=tick,
        set={key: value for key, value, _ in leaves(spec.set)},
        uncertainty=Uncertainty(draws=draws, paths=draw_paths),
        report_at=tuple(sorted({*spec.report_at, end})) if spec.report_at else anniversaries(start, end, tick),
        sweep=_resolved(
            Sweep,
            spec.sweep,
            end,
            over=tuple(map(axis, spec.sweep.over)),
            contours=tuple(sorted({*spec.sweep.contours})),
        ),
    )
