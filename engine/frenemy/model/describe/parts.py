"""Every part of a resolved model in plain sentences with numbers.

The sentences are complete: they hold everything that an analyst can state about a driver, trigger, calendar event or
scenario, so that a model can be reviewed without its files. Effects are given at mid-scale, `from 50 to 28`, as they
are stated. `(judged between 2 % and 15 %)` is a 90 % range. Drivers go by their names, everything else by its label in
quotation marks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from frenemy.model import conditions as ex
from frenemy.model.describe.events import Z95, describe_calendar, describe_trigger, effect_at_mid_scale, yearly_chance
from frenemy.model.describe.wording import (
    Names,
    condition,
    counted,
    day,
    judged,
    lasting,
    listing,
    plain,
    range_of_judgement,
    rounded,
    sentence,
    spoken,
    time,
)
from frenemy.model.experiment import Experiment
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Driver, Model, Number, Scenario, central

__all__ = [
    "describe_calendar", "describe_correlations", "describe_driver", "describe_experiment", "describe_judgement",
    "describe_scenario", "describe_trigger", "yearly_chance",
]  # fmt: skip


def describe_driver(driver: Driver) -> str:
    """Where the driver starts, where it is drawn and how fast, how it fluctuates, and what pulls it."""
    sd = central(driver.volatility) / 25
    ends = (_index(_latent(central(driver.long_run)) + z * sd) for z in (-Z95, Z95))
    swing = (
        f"left alone it fluctuates with a standard deviation of {judged(driver.volatility, unit=' points')}, "
        f"nine times in ten between {' and '.join(rounded(end) for end in ends)}"
        if sd > 0
        else "left alone it does not fluctuate"
    )
    drawn = f"starts at {judged(driver.start)} and is drawn to {judged(driver.long_run)}"
    first = f"{driver.label} {drawn}, closing half of any gap in {judged(driver.half_life, time)}; {swing}."
    pulls = [
        f"with {spoken(other)} held 10 points above its anchor, {spoken(driver.name)} would settle {_pulled(strength)}"
        for other, strength in driver.pulls.items()
        if strength != 0
    ]
    scars = f"half of a scar heals in {judged(driver.scar_half_life, time)}"
    second = sentence([*pulls, scars if driver.scar_half_life != math.inf else ""])
    return f"{first} {second}".rstrip()


def _pulled(strength: Number) -> str:
    size = central(strength) * 10
    reach = range_of_judgement(strength, lambda share: plain(10 * share))
    points = "1 point" if abs(size) == 1 else f"{plain(abs(size))} points"
    return f"{points} {'higher' if size > 0 else 'lower'}{f' ({reach})' if reach else ''}"


def describe_correlations(model: Model) -> tuple[str, ...]:
    """One sentence for each pair of drivers whose levels are correlated."""
    sentences = []
    for first, row in model.correlations.items():
        for second, value in row.items():
            how = "together" if central(value) > 0 else "against each other"
            pair = f"{spoken(first).capitalize()} and {spoken(second)}"
            sentences += [f"{pair} move {how}: their levels are correlated by {judged(value)}."] if value != 0 else []
    return tuple(sentences)


def describe_judgement(model: Model) -> tuple[str, ...]:
    """One sentence for each pair of numbers whose judgements are correlated; none where one of them is certain."""
    known = uncertain(model)
    return tuple(
        f"{' and '.join(pair.between)} are judged {'together' if pair.rho > 0 else 'against each other'}: the "
        f"correlation of their normal scores is {plain(pair.rho)}, that of their ranks "
        f"{plain(6 / math.pi * math.asin(pair.rho / 2), 2)}."
        for pair in model.correlated
        if all(key in known for key in pair.between)
    )


def describe_scenario(scenario: Scenario, model: Model) -> str:
    """When a path enters the scenario, and when it leaves."""
    word = f"the author calls it {scenario.likelihood}" if scenario.likelihood else ""
    if scenario.default:
        return sentence([f"{scenario.label} holds whenever no other scenario does", word])
    names = Names.of(model)
    begins = f"begins once {condition(scenario.enter, scenario.thresholds, names)}"
    held = f", at every assessment for {judged(scenario.for_, time)}" if scenario.for_ != 0 else ""
    if scenario.absorbing:
        ends = "it never ends"
    elif scenario.leave == ex.Not(scenario.enter):
        ends = "it ends as soon as that no longer holds"
    else:
        ends = f"it ends as soon as {condition(scenario.leave, scenario.thresholds, names)}"
    below = [other for other in model.scenarios if not other.default and other.priority < scenario.priority]
    ties = f"it takes priority over {listing(names.quoted(other.name) for other in below)}" if below else ""
    return sentence([f"{scenario.label} {begins}{held}", ends, ties, word])


def describe_experiment(experiment: Experiment, model: Model) -> tuple[str, ...]:
    """What is run, what is changed, and the state at the start."""
    names = Names.of(model)
    step = {1: "daily", 7: "weekly"}.get(experiment.tick, f"{time(experiment.tick)}-long")
    draws = experiment.uncertainty.draws
    uncertainty = (
        f"the uncertain numbers are drawn {draws:,} times, with {counted(experiment.uncertainty.paths, 'path')} "
        "for each draw"
        if draws
        else "every number is at its median"
    )
    run = f"from {day(experiment.start)} to {day(experiment.end)} in {experiment.ticks:,} {step} ticks"
    paths = f"{counted(experiment.paths, 'path')}, seed {experiment.seed}"
    sentences = [f"{experiment.title} runs {run}, {paths}; {uncertainty}."]
    sentences += [f"{key} is set to {_shown(value)}." for key, value in experiment.set.items()]
    sentences += [
        f"At the start {spoken(driver)} is scarred: its anchor is moved {effect_at_mid_scale(points)}."
        for driver, points in experiment.initial.scars.items()
        if points != 0
    ]
    sentences += [
        f"At the start {names.quoted(trigger)} is already running; it continues for {lasting(times)}."
        for trigger, times in experiment.initial.episodes.items()
    ]
    sentences += [
        f"On {day(item.date)} {names.quoted(item.trigger)} happens in every path, whatever its rate."
        for item in experiment.impose
    ]
    return tuple(sentences)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_shown(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else f"“{value}”" if isinstance(value, str) else str(value)


def _latent(index: float) -> float:
    return math.log(index / (100 - index))


def _index(latent: float) -> float:
    return 100 / (1 + math.exp(-latent))
