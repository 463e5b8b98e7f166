"""From a model with uncertain numbers to one with plain numbers, by dotted key.

A key is the path in the TOML files; the items of a list are addressed by their `name` (branches) or their `trigger`
(follow-ups): `drivers.trust.long_run`, `triggers.a.leads_to.b.probability`, `scenarios.rift.thresholds.floor`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from frenemy.errors import InputError, Problem
from frenemy.model.distributions import Distribution
from frenemy.model.experiment import Experiment
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
    Times,
    Trigger,
    WithinWindow,
)

__all__ = ["quantities", "realise", "uncertain", "with_values"]

Subject = TypeVar("Subject", Model, Experiment)
Change = Callable[[str, Number], Number]
"""What to put in the place of the number at a key."""


def quantities(subject: Model | Experiment) -> dict[str, Number]:
    """Every number of a model or an experiment that may be uncertain, by its dotted key, in the order of the files.

    A base rate counted in a history has the key `triggers.NAME.rate`.
    """
    found: dict[str, Number] = {}

    def note(key: str, number: Number) -> Number:
        found[key] = number
        return number

    if isinstance(subject, Model):
        _changed(subject, note)
    else:
        _changed(subject, note)
    return found


def uncertain(subject: Model | Experiment) -> dict[str, Distribution]:
    """The numbers that are distributions, by their dotted key."""
    return {key: number for key, number in quantities(subject).items() if not isinstance(number, float)}


def with_values(subject: Subject, values: Mapping[str, Number]) -> Subject:
    """The same model with other numbers (or distributions) at the keys given; the rest stays as it is.

    Values are taken as they are: the caller keeps to what the field allows. Raises InputError for a key that names
    no number of the model.
    """
    _check_keys(subject, values)
    return _changed(subject, values.get)


def realise(subject: Subject, values: Mapping[str, float] | None = None) -> Subject:
    """The model with a plain number in the place of each distribution: the value given for its key, or its median.

    `values` may name plain numbers too. Branch probabilities are renormalised to sum to 1, and the 95 % point of a
    time is raised to its median where a draw has put it below. Raises InputError for a key that names no number.
    """
    given = {} if values is None else values
    if given:
        _check_keys(subject, given)

    def value(key: str, number: Number) -> Number:
        chosen = given.get(key, number)
        return chosen if isinstance(chosen, float) else float(chosen) if isinstance(chosen, int) else chosen.median

    return _settled(_changed(subject, value))


def _check_keys(subject: Model | Experiment, values: Mapping[str, Any]) -> None:
    known = quantities(subject)
    problems = []
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            problems.append(Problem(message="names no number of the model", key=key, suggestion="".join(close)))
    if problems:
        raise InputError(problems)


def _changed(subject: Subject, change: Change) -> Subject:
    if isinstance(subject, Model):
        return replace(
            subject,
            drivers=tuple(_driver(driver, change) for driver in subject.drivers),
            correlations={
                first: _numbers(others, f"correlations.{first}", change)
                for first, others in subject.correlations.items()
            },
            triggers=tuple(_trigger(trigger, change) for trigger in subject.triggers),
            calendar=tuple(_calendar_event(event, change) for event in subject.calendar),
            scenarios=tuple(_scenario(scenario, change) for scenario in subject.scenarios),
        )
    episodes = subject.initial.episodes.items()
    initial = replace(
        subject.initial,
        scars=_numbers(subject.initial.scars, "initial.scars", change),
        episodes={trigger: _times(times, f"initial.episodes.{trigger}", change) for trigger, times in episodes},
    )
    return replace(subject, initial=initial)


def _numbers(numbers: Mapping[str, Number], key: str, change: Change) -> dict[str, Number]:
    return {name: change(f"{key}.{name}", number) for name, number in numbers.items()}


def _times(times: Times, key: str, change: Change) -> Times:
    return Times(median=change(f"{key}.median", times.median), q95=change(f"{key}.q95", times.q95))


def _driver(driver: Driver, change: Change) -> Driver:
    key = f"drivers.{driver.name}"
    return replace(
        driver,
        start=change(f"{key}.start", driver.start),
        long_run=change(f"{key}.long_run", driver.long_run),
        half_life=change(f"{key}.half_life", driver.half_life),
        volatility=change(f"{key}.volatility", driver.volatility),
        scar_half_life=change(f"{key}.scar_half_life", driver.scar_half_life),
        pulls=_numbers(driver.pulls, f"{key}.pulls", change),
    )


def _trigger(trigger: Trigger, change: Change) -> Trigger:
    key = f"triggers.{trigger.name}"
    rate = trigger.rate
    return replace(
        trigger,
        rate=(
            WithinWindow(probability=change(f"{key}.probability", rate.probability), within=rate.within)
            if isinstance(rate, WithinWindow)
            else PerYear(rate=change(f"{key}.rate", rate.rate))
        ),
        per_10_points=_numbers(trigger.per_10_points, f"{key}.per_10_points", change),
        reference={
            driver: LONG_RUN if level == LONG_RUN else change(f"{key}.reference.{driver}", level)
            for driver, level in trigger.reference.items()
        },
        effect=_numbers(trigger.effect, f"{key}.effect", change),
        lasting=change(f"{key}.lasting", trigger.lasting),
        severity_cv=change(f"{key}.severity_cv", trigger.severity_cv),
        cooldown=change(f"{key}.cooldown", trigger.cooldown),
        thresholds=_numbers(trigger.thresholds, f"{key}.thresholds", change),
        leads_to=tuple(_follow_up(item, f"{key}.leads_to.{item.trigger}", change) for item in trigger.leads_to),
        raises={
            other: Contagion(
                expected_extra=change(f"{key}.raises.{other}.expected_extra", contagion.expected_extra),
                half_life=change(f"{key}.raises.{other}.half_life", contagion.half_life),
            )
            for other, contagion in trigger.raises.items()
        },
        duration=_times(trigger.duration, f"{key}.duration", change) if trigger.kind == "episode" else trigger.duration,
        while_active=_numbers(trigger.while_active, f"{key}.while_active", change),
        on_end=_numbers(trigger.on_end, f"{key}.on_end", change),
    )


def _follow_up(item: FollowUp, key: str, change: Change) -> FollowUp:
    delay = _times(item.delay, f"{key}.delay", change)
    return FollowUp(trigger=item.trigger, probability=change(f"{key}.probability", item.probability), delay=delay)


def _calendar_event(event: CalendarEvent, change: Change) -> CalendarEvent:
    branches = (_branch(item, f"calendar.{event.name}.branches.{item.name}", change) for item in event.branches)
    return replace(event, branches=tuple(branches))


def _branch(branch: Branch, key: str, change: Change) -> Branch:
    return replace(
        branch,
        probability=change(f"{key}.probability", branch.probability),
        effect=_numbers(branch.effect, f"{key}.effect", change),
        lasting=change(f"{key}.lasting", branch.lasting),
        shift=_numbers(branch.shift, f"{key}.shift", change),
        factor=_numbers(branch.factor, f"{key}.factor", change),
    )


def _scenario(scenario: Scenario, change: Change) -> Scenario:
    key = f"scenarios.{scenario.name}"
    if scenario.default:
        return scenario
    return replace(
        scenario,
        for_=change(f"{key}.for", scenario.for_),
        thresholds=_numbers(scenario.thresholds, f"{key}.thresholds", change),
    )


def _settled(subject: Subject) -> Subject:
    """Put right what independent draws may have put out of joint."""
    if isinstance(subject, Experiment):
        episodes = {trigger: _ordered(times) for trigger, times in subject.initial.episodes.items()}
        return replace(subject, initial=replace(subject.initial, episodes=episodes))
    triggers = tuple(
        replace(
            trigger,
            duration=_ordered(trigger.duration),
            leads_to=tuple(replace(item, delay=_ordered(item.delay)) for item in trigger.leads_to),
        )
        for trigger in subject.triggers
    )
    return replace(subject, triggers=triggers, calendar=tuple(_renormalised(event) for event in subject.calendar))


def _ordered(times: Times) -> Times:
    median, q95 = _plain(times.median), _plain(times.q95)
    return times if median <= q95 else Times(median=median, q95=median)


def _renormalised(event: CalendarEvent) -> CalendarEvent:
    """Probabilities that sum to 1 within rounding stay as they are, so that realising twice changes nothing."""
    total = sum(_plain(branch.probability) for branch in event.branches)
    if abs(total - 1) < 1e-12 or total <= 0:
        return event
    branches = (replace(branch, probability=_plain(branch.probability) / total) for branch in event.branches)
    return replace(event, branches=tuple(branches))


def _plain(number: Number) -> float:
    if not isinstance(number, float):
        raise TypeError(f"expected a number without spread, got {number!r}")
    return number
