"""From what an analyst wrote to the resolved model and experiment: every default filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from frenemy.model.conditions import FALSE, Not
from frenemy.model.dotted_keys import leaves
from frenemy.model.durations import anniversaries, end_of_run, later
from frenemy.model.experiment import Experiment, Imposed, Initial, Sensitivity, Target, Uncertainty
from frenemy.model.resolved import (
    LONG_RUN,
    Branch,
    CalendarEvent,
    Contagion,
    Driver,
    FollowUp,
    Model,
    Number,
    PerYear,
    Scenario,
    Signpost,
    Trigger,
    WithinWindow,
    central,
)
from frenemy.model.specs.calendar import BranchSpec, CalendarEventSpec
from frenemy.model.specs.drivers import DriverSpec
from frenemy.model.specs.experiment import TICKS, ExperimentSpec
from frenemy.model.specs.model import ModelTree
from frenemy.model.specs.scenarios import ScenarioSpec
from frenemy.model.specs.signposts import SignpostSpec
from frenemy.model.specs.sourced import Section
from frenemy.model.specs.studies import resolve_audit, resolve_map, resolve_rare, resolve_tuning
from frenemy.model.specs.sweep import resolve_sweep
from frenemy.model.specs.triggers import FollowUpSpec, TriggerSpec

__all__ = ["DRAW_PATHS", "PALETTE", "label_of", "resolve_experiment", "resolve_model"]

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000")
"""Colours of scenarios that state none: Okabe and Ito's, which colour-blind people can tell apart."""
DRAW_PATHS = 2048
"""Paths for each outer draw, unless the experiment says otherwise or has fewer."""


def resolve_model(spec: ModelTree) -> Model:
    """The model with every default filled in; scenarios by priority, the default one last."""
    levels = {name: central(driver.long_run) for name, driver in spec.drivers.items()}
    drivers = tuple(_driver(name, driver, levels) for name, driver in spec.drivers.items())
    scenarios = [
        _scenario(name, item, PALETTE[place % len(PALETTE)], levels)
        for place, (name, item) in enumerate(spec.scenarios.items())
    ]
    return Model(
        title=spec.model.title,
        description=spec.model.description,
        start=spec.model.start,
        sources=dict(spec.sources),
        drivers=drivers,
        correlations=_correlations(spec.correlations, [driver.name for driver in drivers]),
        triggers=tuple(_trigger(name, trigger) for name, trigger in spec.triggers.items()),
        calendar=tuple(_calendar_event(name, event) for name, event in spec.calendar.items()),
        scenarios=tuple(sorted(scenarios, key=lambda scenario: (scenario.default, -scenario.priority, scenario.name))),
        cited=dict(_citations(spec)),
    )


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
    """A name made fit for people to read."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _signposts(specs: Sequence[SignpostSpec], levels: Mapping[str, float]) -> tuple[Signpost, ...]:
    """`levels`: where each driver settles, which is the reference unless another is stated."""
    return tuple(
        Signpost(
            text=spec.text,
            name=spec.name,
            chance=0.5 if spec.chance is None else spec.chance,
            per_10_points=dict(spec.per_10_points),
            reference={driver: spec.reference.get(driver, levels[driver]) for driver in spec.per_10_points},
            by_scenario=dict(spec.by_scenario),
            reliability=spec.reliability,
            source=spec.source,
        )
        for spec in specs
    )


def _driver(name: str, spec: DriverSpec, levels: Mapping[str, float]) -> Driver:
    return Driver(
        name=name,
        label=spec.label or label_of(name),
        description=spec.description,
        source=spec.source,
        start=spec.start,
        long_run=spec.long_run,
        half_life=spec.half_life,
        volatility=spec.volatility,
        scar_half_life=spec.scar_half_life,
        pulls=dict(spec.pulls),
        signposts=_signposts(spec.signposts, levels),
    )


def _correlations(written: Mapping[str, Mapping[str, Number]], order: Sequence[str]) -> dict[str, dict[str, Number]]:
    """The earlier driver first, in the order of the drivers, pairs as stated."""
    ordered: dict[str, dict[str, Number]] = {}
    for first in order:
        for second in order[order.index(first) + 1 :]:
            for one, other in ((first, second), (second, first)):
                if other in written.get(one, {}):
                    ordered.setdefault(first, {})[second] = written[one][other]
    return ordered


def _trigger(name: str, spec: TriggerSpec) -> Trigger:
    return Trigger(
        name=name,
        label=spec.label or label_of(name),
        description=spec.description,
        source=spec.source,
        group=spec.group,
        kind=spec.kind,
        rate=_rate(spec),
        per_10_points=dict(spec.per_10_points),
        reference={driver: spec.reference.get(driver, LONG_RUN) for driver in spec.per_10_points},
        effect=dict(spec.effect),
        lasting=spec.lasting,
        severity_cv=spec.severity_cv,
        from_=spec.from_,
        until=spec.until,
        cooldown=spec.cooldown,
        max_count=spec.max_count,
        requires=spec.requires,
        thresholds=dict(spec.thresholds),
        leads_to=tuple(_follow_up(item) for item in spec.leads_to),
        raises={
            other: Contagion(expected_extra=contagion.expected_extra, half_life=contagion.half_life)
            for other, contagion in spec.raises.items()
        },
        duration=spec.duration,
        while_active=dict(spec.while_active),
        on_end=dict(spec.on_end),
    )


def _rate(spec: TriggerSpec) -> WithinWindow | PerYear:
    if spec.probability is not None and spec.within is not None:
        return WithinWindow(probability=spec.probability, within=spec.within)
    rate = spec.rate if spec.history is None else spec.history
    assert rate is not None, "the spec's own checks see to it that there is one rate"
    return PerYear(rate=rate)


def _follow_up(spec: FollowUpSpec) -> FollowUp:
    return FollowUp(trigger=spec.trigger, probability=spec.probability, delay=spec.delay)


def _calendar_event(name: str, spec: CalendarEventSpec) -> CalendarEvent:
    return CalendarEvent(
        name=name,
        label=spec.label or label_of(name),
        description=spec.description,
        source=spec.source,
        date=spec.date,
        branches=tuple(_branch(branch) for branch in spec.branches),
    )


def _branch(spec: BranchSpec) -> Branch:
    return Branch(
        name=spec.name,
        label=spec.label or label_of(spec.name),
        probability=spec.probability,
        effect=dict(spec.effect),
        lasting=spec.lasting,
        shift=dict(spec.shift),
        shift_until=spec.shift_until,
        factor=dict(spec.factor),
        factor_until=spec.factor_until,
    )


def _scenario(name: str, spec: ScenarioSpec, colour: str, levels: Mapping[str, float]) -> Scenario:
    enter = FALSE if spec.enter is None else spec.enter
    default = spec.default or spec.enter is None
    leave = FALSE if default or spec.absorbing else Not(enter) if spec.leave is None else spec.leave
    return Scenario(
        name=name,
        label=spec.label or label_of(name),
        narrative=spec.narrative,
        source=spec.source,
        likelihood=spec.likelihood,
        colour=spec.colour or colour,
        default=default,
        enter=enter,
        for_=spec.for_,
        leave=leave,
        absorbing=spec.absorbing,
        priority=0 if default else spec.priority,
        thresholds=dict(spec.thresholds),
        signposts=_signposts(spec.signposts, levels),
    )


def resolve_experiment(spec: ExperimentSpec, name: str, model_start: dt.date) -> Experiment:
    """The experiment with every default filled in; its end is a whole number of ticks after the start."""
    start = model_start if spec.start is None else spec.start
    tick = TICKS[spec.tick]
    end = end_of_run(start, later(start, spec.horizon) if isinstance(spec.horizon, str) else spec.horizon, tick)
    asked = tuple(sorted({*spec.report_at, end}))
    draw_paths = min(spec.paths, DRAW_PATHS) if spec.uncertainty.paths is None else spec.uncertainty.paths
    return Experiment(
        name=name,
        title=spec.title or label_of(name),
        description=spec.description,
        source=spec.source,
        start=start,
        end=end,
        tick=tick,
        paths=spec.paths,
        seed=spec.seed,
        set={key: value for key, value, _ in leaves(spec.set)},
        initial=Initial(scars=dict(spec.initial.scars), episodes=dict(spec.initial.episodes)),
        impose=tuple(Imposed(trigger=item.trigger, date=item.date) for item in spec.impose),
        uncertainty=Uncertainty(draws=spec.uncertainty.draws, paths=draw_paths),
        report_at=asked if spec.report_at else anniversaries(start, end, tick),
        sensitivity=Sensitivity(
            scenario=spec.sensitivity.scenario,
            reading=spec.sensitivity.reading,
            date=spec.sensitivity.date or end,
            samples=spec.sensitivity.samples,
            strongest=spec.sensitivity.strongest,
        ),
        targets=tuple(
            Target(scenario=item.scenario, reading=item.reading, date=item.date or end, probability=item.probability)
            for item in spec.targets
        ),
        tune=tuple(spec.tune),
        tuning=resolve_tuning(spec.tuning),
        sweep=resolve_sweep(spec.sweep, end),
        audit=resolve_audit(spec.audit, end),
        map=resolve_map(spec.map),
        rare=resolve_rare(spec.rare, end),
        panel=spec.panel,
        cited=dict(spec.sources),
    )
