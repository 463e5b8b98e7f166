"""Triggers and calendar events in plain sentences with numbers. See `parts` for the conventions."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping

from frenemy.model import conditions as ex
from frenemy.model.describe.wording import (
    Names,
    after,
    condition,
    day,
    judged,
    lasting,
    listing,
    often,
    percent,
    plain,
    range_of_judgement,
    rounded,
    sentence,
    spoken,
    time,
)
from frenemy.model.distributions import History
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.resolved import (
    Branch,
    CalendarEvent,
    Driver,
    Model,
    Number,
    Trigger,
    WithinWindow,
    central,
)

__all__ = ["Z95", "describe_calendar", "describe_trigger", "effect_at_mid_scale", "yearly_chance"]

Z95 = 1.6448536269514722
Effects = Mapping[str, Number]
Drivers = Mapping[str, Driver]


def yearly_chance(trigger: Trigger, value: float | None = None) -> float:
    """The probability of at least one event in a year at the reference state, if the trigger is open all year.

    `value` replaces the trigger's own probability or rate.
    """
    rate = trigger.rate
    if isinstance(rate, WithinWindow):
        probability = central(rate.probability) if value is None else value
        return -math.expm1(math.log1p(-probability) * DAYS_PER_YEAR / rate.within)
    return -math.expm1(-(central(rate.rate) if value is None else value))


RARE = 1e-6
"""Events a year below which the number itself says little."""


def describe_trigger(trigger: Trigger, model: Model) -> str:
    """How often it happens and what that depends on; what each event does; what follows from it."""
    names = Names.of(model)
    drivers = {driver.name: driver for driver in model.drivers}
    first = sentence([f"{trigger.label}: {_often(trigger, model)}", *_leanings(trigger), *_gates(trigger, names)])
    effects = _effects(trigger.effect, trigger.lasting, drivers)
    second = sentence([f"each one {_joined([effects, _severity(trigger)])}" if effects else "", *_episode(trigger)])
    return " ".join(part for part in (first, second, sentence(_followers(trigger, names))) if part)


def _often(trigger: Trigger, model: Model) -> str:
    rate = trigger.rate
    number = rate.probability if isinstance(rate, WithinWindow) else rate.rate
    at = _reference(trigger, model)
    if number == 0:
        return "never happens by itself"
    yearly = percent(yearly_chance(trigger), 2)
    if not isinstance(rate, WithinWindow):
        reach = range_of_judgement(number, rounded if isinstance(number, History) else plain)
        count = plain(central(number), 2 if isinstance(number, History) else 3)
        times = "once a year" if count == "1" else f"{count} times a year"
        times = times if central(number) >= RARE else "less than once in a million years"
        stated = f"{times} on average, or {_chance(yearly)} in a year"
    else:
        reach = range_of_judgement(number, percent)
        stated = f"{_chance(percent(central(number)))} in {time(rate.within)}"
        stated += "" if rate.within == DAYS_PER_YEAR else f", or {yearly} in a year"
    state = " at the reference state" if at else ""
    about = "about " if reach and not stated.startswith(("a chance", "less")) else ""
    return f"{about}{stated}{state}{f' ({reach})' if reach else ''}{at}"


def _chance(percentage: str) -> str:
    """`a 6 % chance`; `a chance of less than 0.001 %`."""
    bound = percentage.startswith(("less", "over"))
    return f"a chance of {percentage}" if bound else f"{_article(percentage)} chance"


def _article(words: str) -> str:
    return f"{'an' if words.startswith(('8', '11 ', '11.', '18 ', '18.')) else 'a'} {words}"


def _reference(trigger: Trigger, model: Model) -> str:
    if not trigger.per_10_points:
        return ""
    long_run = {driver.name: central(driver.long_run) for driver in model.drivers}
    levels = []
    for name, level in trigger.reference.items():
        stated = f"its long-run {plain(level)}" if level == long_run[name] else judged(level)
        levels.append(f"{spoken(name)} at {stated}")
    return f", that is with {listing(levels)}"


def _leanings(trigger: Trigger) -> Iterator[str]:
    for driver, factor in trigger.per_10_points.items():
        if factor != 1:
            reach = _bracketed(range_of_judgement(factor, plain))
            yield f"{_likelier(central(factor))} per 10 points more {spoken(driver)}{reach}"


def _likelier(factor: float) -> str:
    """A factor on a rate: `25 % less likely`, `30 % more likely`, `2.5 times as likely`."""
    if factor >= 2:
        return "twice as likely" if factor == 2 else f"{plain(factor)} times as likely"
    if factor == 0:
        return "impossible"
    return f"{percent(abs(factor - 1))} {'more' if factor > 1 else 'less'} likely" if factor != 1 else "as likely"


def _gates(trigger: Trigger, names: Names) -> Iterator[str]:
    yield _window(trigger.from_, trigger.until)
    if trigger.requires != ex.TRUE:
        yield f"only while {condition(trigger.requires, trigger.thresholds, names)}"
    if trigger.cooldown != 0:
        yield f"no further event of its own for {judged(trigger.cooldown, time)}"
    if trigger.max_count != math.inf:
        yield f"at most {often(trigger.max_count)}"


def _window(start: dt.date, end: dt.date) -> str:
    since = f" from {day(start)}" if start != dt.date.min else ""
    until = f" until {day(end)}" if end != dt.date.max else ""
    return f"only{since}{until}" if since or until else ""


def _effects(effects: Effects, share: Number, drivers: Drivers) -> str:
    moves = [f"{spoken(driver)} {effect_at_mid_scale(points)}" for driver, points in effects.items() if points != 0]
    if not moves:
        return ""
    text = f"moves {listing(moves)}"
    return text if share == 0 else f"{text}, {judged(share, percent)} of it lasting ({_scars(effects, drivers)})"


def _scars(effects: Effects, drivers: Drivers) -> str:
    """`half healed in 3 years for trust, never healed for alignment`, or one time if all share it."""
    healing = {name: central(drivers[name].scar_half_life) for name, points in effects.items() if points != 0}
    words = {
        name: "never healed" if days == math.inf else f"half healed in {time(days)}" for name, days in healing.items()
    }
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return ", ".join(f"{healed} for {spoken(name)}" for name, healed in words.items())


def effect_at_mid_scale(points: Number) -> str:
    """What an effect does at mid-scale: `from 50 to 28`."""
    reach = range_of_judgement(points, lambda effect: plain(50 + effect))
    return f"from 50 to {plain(50 + central(points))}{f' ({reach})' if reach else ''}"


def _severity(trigger: Trigger) -> str:
    cv = central(trigger.severity_cv)
    if cv == 0 and isinstance(trigger.severity_cv, float | int):
        return ""
    sigma = math.sqrt(math.log1p(cv * cv))
    low, high = (rounded(math.exp(-sigma * sigma / 2 + z * sigma)) for z in (-Z95, Z95))
    reach = range_of_judgement(trigger.severity_cv, plain)
    return (
        f"with a severity that varies by {percent(cv)} (coefficient of variation{f', {reach}' if reach else ''}; "
        f"nine in ten are between {low} and {high} times as strong)"
    )


def _joined(parts: list[str]) -> str:
    return ", ".join(part for part in parts if part)


def _episode(trigger: Trigger) -> Iterator[str]:
    if trigger.kind != "episode":
        return
    length = lasting(trigger.duration)
    words = length.removeprefix("typically ")
    yield f"it lasts {length}" if words == length else f"it typically lasts {words}"
    shifts = [
        f"{spoken(driver)} {effect_at_mid_scale(points)}"
        for driver, points in trigger.while_active.items()
        if points != 0
    ]
    if shifts:
        yield f"while it runs it moves the anchor of {listing(shifts)}"
    ending = [
        f"{spoken(driver)} {effect_at_mid_scale(points)}" for driver, points in trigger.on_end.items() if points != 0
    ]
    if ending:
        yield f"its end moves {listing(ending)}"


def _followers(trigger: Trigger, names: Names) -> Iterator[str]:
    for item in trigger.leads_to:
        target = "another of its kind" if item.trigger == trigger.name else names.quoted(item.trigger)
        yield f"{judged(item.probability, percent)} lead to {target}, {after(item.delay)}"
    for name, contagion in trigger.raises.items():
        target = "of its own kind" if name == trigger.name else f"of {names.quoted(name)}"
        yield (
            f"each one leads on average to {judged(contagion.expected_extra)} further events {target}; the effect "
            f"halves every {judged(contagion.half_life, time)}"
        )


def describe_calendar(event: CalendarEvent, model: Model) -> str:
    """The date, and each branch with its probability and what it does."""
    names = Names.of(model)
    drivers = {driver.name: driver for driver in model.drivers}
    branches = [_branch(branch, names, drivers) for branch in event.branches]
    return f"{event.label} on {day(event.date)}: {'; '.join(branches)}."


def _branch(branch: Branch, names: Names, drivers: Drivers) -> str:
    shifts = [
        f"{spoken(driver)} {effect_at_mid_scale(points)}" for driver, points in branch.shift.items() if points != 0
    ]
    factors = [
        f"{names.quoted(trigger)} {_likelier(central(factor))}{_bracketed(range_of_judgement(factor, plain))}"
        for trigger, factor in branch.factor.items()
        if factor != 1
    ]
    shifted = f"moves the anchor of {listing(shifts)}{_until(branch.shift_until)}" if shifts else ""
    multiplied = f"makes {listing(factors)}{_until(branch.factor_until)}" if factors else ""
    parts = [part for part in (_effects(branch.effect, branch.lasting, drivers), shifted, multiplied) if part]
    *first, last = parts or ["changes nothing"]
    effects = f"{', '.join(first)}, and {last}" if first else last
    reach = range_of_judgement(branch.probability, percent)
    return f"“{branch.label}” ({percent(central(branch.probability))}{f', {reach}' if reach else ''}) {effects}"


def _bracketed(words: str) -> str:
    return f" (factor {words})" if words else ""


def _until(date: dt.date) -> str:
    return " for good" if date == dt.date.max else f" until {day(date)}"
