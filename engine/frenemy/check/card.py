"""The model card: what a model means, in sentences and in the numbers that no file states."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from frenemy.check.branching import descendants, extras, radius
from frenemy.check.settled_levels import Level, levels
from frenemy.check.stability import concerned_draws
from frenemy.model.describe.parts import (
    describe_calendar,
    describe_correlations,
    describe_driver,
    describe_experiment,
    describe_judgement,
    describe_scenario,
    describe_trigger,
    yearly_chance,
)
from frenemy.model.describe.wording import counted
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.experiment import Experiment, Initial, Uncertainty
from frenemy.model.realise import quantities, realise
from frenemy.model.resolved import CalendarEvent, Driver, Model, Number, Scenario, Signpost, Trigger, WithinWindow

__all__ = ["Card", "Chain", "Entry", "Rate", "Section", "card", "largest_radius"]

Part = Driver | Trigger | CalendarEvent | Scenario
PATHS = 2048
"""Paths for the rates as simulated."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One part of the model: its dotted key, what it says, and the sources."""

    key: str  # empty for what has none
    text: str
    remarks: tuple[str, ...] = ()  # description, narrative, signposts
    sources: Mapping[str, str] | None = None  # key within the part ("" for the whole) -> source


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one heading."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a trigger happens, as events a year or as probability in a year."""

    trigger: str
    label: str
    reference: float  # chance in a year at the reference state, its gate open; at the median
    low: float  # the same at the 5 % and 95 % quantiles of the uncertain rate; equal to it where it is certain
    high: float
    simulated: float  # chance in a year as simulated, mean over the whole years of the run; nan if there are none
    expected: float  # events a year as simulated
    brings: float  # events of any kind that one event brings about in all, itself not counted


@dataclass(frozen=True, slots=True)
class Chain:
    """How far chains of events reach."""

    radius: float  # at the medians
    largest: float  # over the outer draws; the same where nothing is uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A model on an experiment; rates as simulated are means over judgement and chance, levels at the medians."""

    title: str
    description: str
    run: str  # what was simulated
    sections: tuple[Section, ...]
    levels: tuple[Level, ...]
    rates: tuple[Rate, ...]
    chain: Chain


def card(model: Model, experiment: Experiment | None = None) -> Card:
    """The card of a model that `check` has found no errors in; without an experiment, for five years from its start.

    Simulates some 2,000 paths, which takes a second once the kernel is compiled.
    """
    sentences = () if experiment is None else describe_experiment(experiment, model)
    over = _five_years(model) if experiment is None else experiment
    central, run = realise(model), realise(over)
    years = over.ticks * over.tick / DAYS_PER_YEAR
    return Card(
        title=model.title,
        description=model.description,
        run=f"{over.start.isoformat()} to {over.end.isoformat()}, {counted(min(PATHS, over.paths), 'path')}, "
        f"seed {over.seed}",
        sections=tuple(section for section in _sections(model, sentences) if section.entries),
        levels=levels(central, run) if model.drivers else (),
        rates=_rates(model, central, over, years),
        chain=Chain(radius(extras(central.triggers)), largest_radius(model, over)),
    )


def largest_radius(model: Model, experiment: Experiment) -> float:
    """The largest contagion radius over the outer draws of an experiment; at the medians if it has none."""
    radii = concerned_draws(model, experiment).radius
    return max(radii, default=radius(extras(model.triggers)))


def _five_years(model: Model) -> Experiment:
    ticks = math.ceil(5 * DAYS_PER_YEAR / 7)
    end = model.start + dt.timedelta(days=7 * ticks)
    return Experiment(
        name="five_years",
        title="Five years",
        description="",
        source="",
        start=model.start,
        end=end,
        tick=7,
        paths=PATHS,
        seed=1,
        set={},
        initial=Initial(scars={}, episodes={}),
        impose=(),
        uncertainty=Uncertainty(draws=256, paths=PATHS),
        report_at=(end,),
    )


def _sections(model: Model, experiment: tuple[str, ...]) -> Iterator[Section]:
    numbers = quantities(model)

    def entry(section: str, part: Part, text: str, *remarks: str) -> Entry:
        key = f"{section}.{part.name}"
        sources = _sources(key, part.source, model, numbers)
        return Entry(key, text, tuple(remark for remark in remarks if remark), sources)

    drivers = [entry("drivers", item, describe_driver(item), item.description) for item in model.drivers]
    yield Section("Drivers", (*drivers, *(Entry("correlations", text) for text in describe_correlations(model))))
    if judged := describe_judgement(model):
        yield Section("Judgement", tuple(Entry("judgement", text) for text in judged))
    for group in dict.fromkeys(trigger.group for trigger in model.triggers):
        grouped = (trigger for trigger in model.triggers if trigger.group == group)
        triggers = (entry("triggers", item, describe_trigger(item, model), item.description) for item in grouped)
        yield Section(f"Triggers: {group}" if group else "Triggers", tuple(triggers))
    calendar = (entry("calendar", item, describe_calendar(item, model), item.description) for item in model.calendar)
    yield Section("Calendar", tuple(calendar))
    scenarios = (
        entry("scenarios", item, describe_scenario(item, model), item.narrative, *_signposts(item.signposts))
        for item in model.scenarios
    )
    yield Section("Scenarios", tuple(scenarios))
    yield Section("Experiment", tuple(Entry("", text) for text in experiment))


def _signposts(signposts: tuple[Signpost, ...]) -> tuple[str, ...]:
    return (f"Watch: {'; '.join(post.text for post in signposts)}.",) if signposts else ()


def _sources(key: str, own: str, model: Model, numbers: Mapping[str, Number]) -> dict[str, str]:
    """Sources of a part and of its numbers, by their keys within it."""
    sources = {"": own} if own else {}
    for name, number in numbers.items():
        if name.startswith(f"{key}.") and not isinstance(number, float) and number.source:
            sources[name.removeprefix(f"{key}.")] = number.source
    cited = {name: text for name, text in model.cited.items() if name.startswith(f"{key}.")}
    return sources | {name.removeprefix(f"{key}."): text for name, text in cited.items()}


def _rates(model: Model, central: Model, experiment: Experiment, years: float) -> tuple[Rate, ...]:
    from frenemy.simulation.ensemble.run import simulate_ensemble
    from frenemy.simulation.ensembles import ensemble_of, for_study

    if not model.triggers:
        return ()
    ensemble = ensemble_of(model, for_study(replace(experiment, paths=min(PATHS, experiment.paths))))
    tally = simulate_ensemble(ensemble, seed=experiment.seed, detail="odds")
    expected = tally.events.sum(axis=0) / tally.paths / years
    whole = tally.model_year_happened.sum(axis=0)[: math.floor(years + 0.01)] / tally.paths
    simulated = whole.mean(axis=0) if len(whole) else np.full(len(model.triggers), math.nan)
    brings = descendants(extras(central.triggers)).sum(axis=0)
    return tuple(
        _rate(trigger, float(simulated[k]), float(expected[k]), float(brings[k]))
        for k, trigger in enumerate(model.triggers)
    )


def _rate(trigger: Trigger, simulated: float, expected: float, brings: float) -> Rate:
    number = trigger.rate.probability if isinstance(trigger.rate, WithinWindow) else trigger.rate.rate
    low, high = (number, number) if isinstance(number, float) else (number.quantile(0.05), number.quantile(0.95))
    return Rate(
        trigger=trigger.name,
        label=trigger.label,
        reference=yearly_chance(trigger),
        low=yearly_chance(trigger, low),
        high=yearly_chance(trigger, high),
        simulated=simulated,
        expected=expected,
        brings=brings,
    )
