"""Compilation: from a realised model and experiment to the arrays that both engines read (see `arrays`).

Outer draws of one model differ in some of its numbers only. They are compiled together: such a number is a column,
(draws,), and each array is built for all draws at once. A single realised model is the case of one draw.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np

from frenemy.errors import SimulationError
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.experiment import Experiment
from frenemy.model.realise import rescaled
from frenemy.model.resolved import Model, Number, Times, Trigger, WithinWindow
from frenemy.simulation.compile.arrays import (
    Calendar,
    Compiled,
    Floats,
    Ints,
    Links,
    Observations,
    Pairs,
    Rules,
    Triggers,
)
from frenemy.simulation.compile.drift import Column, system
from frenemy.simulation.compile.programs import Names, assemble
from frenemy.simulation.compile.transition import Transition, transition

__all__ = [
    "Calendar",
    "Compiled",
    "Links",
    "Observations",
    "Pairs",
    "Rules",
    "Triggers",
    "compile_draws",
    "compile_model",
    "number_of",
]  # fmt: skip

NORMAL_Q95 = 1.6448536269514722
NO_RATE = -1e4
"""Log of a rate, or of a factor, of zero."""


def compile_model(model: Model, experiment: Experiment) -> Compiled:
    """Turn a realised model and experiment (no distributions left) into arrays.

    Raises SimulationError where a distribution is left or a number is out of range.
    """
    (compiled,) = compile_draws(model, experiment, 1, shown=(model, experiment))
    return compiled


def compile_draws(
    model: Model, experiment: Experiment, draws: int, *, shown: tuple[Model, Experiment]
) -> tuple[Compiled, ...]:
    """Turn outer draws into arrays: numbers that differ from draw to draw are columns, (draws,).

    `shown` are the realised model and experiment that describe all of them. Raises SimulationError where a distribution
    is left or a number is out of range.
    """
    names = Names({d.name: i for i, d in enumerate(model.drivers)}, {t.name: i for i, t in enumerate(model.triggers)})
    tick, stack = float(experiment.tick), Stack(draws)
    conditions = [(t.requires, _columns(t.thresholds)) for t in model.triggers]
    conditions += [(s.enter, _columns(s.thresholds)) for s in model.scenarios]
    conditions += [(s.leave, _columns(s.thresholds)) for s in model.scenarios]
    programs, values, index = assemble(conditions, names)
    n_triggers, n_scenarios = len(model.triggers), len(model.scenarios)
    enter, leave = index[n_triggers : n_triggers + n_scenarios], index[n_triggers + n_scenarios :]
    inside = [i for i, event in enumerate(model.calendar) if experiment.start <= event.date < experiment.end]
    inside.sort(key=lambda i: model.calendar[i].date)
    running = [(names.triggers[name], *_times(left)) for name, left in experiment.initial.episodes.items()]
    imposed = ((names.triggers[i.trigger], float((i.date - experiment.start).days)) for i in experiment.impose)
    level = stack(_mapped(_logit, d.start) for d in model.drivers)
    scar = _effects([experiment.initial.scars], names, stack)[:, 0]
    anchor = stack(_mapped(_logit, d.long_run) for d in model.drivers)
    move = _transitions(model, tick, draws)
    triggers = _triggers(model, experiment, names, index[:n_triggers], stack)
    links, pairs = _links(model, names, stack), _pairs(model, names, tick, stack)
    calendar = _calendar(model, experiment, names, inside, stack)
    constants = stack(values)
    ticks = stack(_mapped(_whole_ticks, s.for_, tick) for s in model.scenarios).astype(np.int64)
    one = Compiled(
        model=shown[0],
        experiment=shown[1],
        start=experiment.start,
        tick=tick,
        ticks=experiment.ticks,
        year=_years(experiment),
        drivers=tuple(names.drivers),
        transition=move[0],
        level=level[0],
        scar=scar[0],
        anchor=anchor[0],
        trigger_names=tuple(names.triggers),
        triggers=triggers[0],
        links=links[0],
        pairs=pairs[0],
        calendar_names=tuple(model.calendar[i].name for i in inside),
        calendar_index=tuple(inside),
        calendar=calendar[0],
        programs=programs._replace(value=constants[0]),
        rules=Rules(
            enter=np.array(enter, dtype=np.int64),
            leave=np.array(leave, dtype=np.int64),
            ticks=ticks[0],
            absorbing=np.array([s.absorbing for s in model.scenarios], dtype=np.int64),
            default=next(i for i, s in enumerate(model.scenarios) if s.default),
        ),
        imposed=tuple(sorted(imposed, key=lambda pair: pair[1])),
        running=_picked(running, 0),
        observations=_no_observations(n_triggers, experiment.ticks, len(inside)),
    )
    return one, *(
        replace(
            one, transition=move[m], level=level[m], scar=scar[m], anchor=anchor[m], triggers=triggers[m],
            links=links[m], pairs=pairs[m], calendar=calendar[m], programs=programs._replace(value=constants[m]),
            rules=one.rules._replace(ticks=ticks[m]), running=_picked(running, m),
        )
        for m in range(1, draws)
    )  # fmt: skip


class Stack:
    """Builds arrays of all draws."""

    def __init__(self, draws: int) -> None:
        self.draws = draws

    def __call__(self, columns: Iterable[Column]) -> Floats:
        """(draws, columns)."""
        listed = list(columns)
        rows = np.empty((self.draws, len(listed)))
        for place, column in enumerate(listed):
            rows[:, place] = column
        return rows

    def zeros(self, *shape: int) -> Floats:
        """(draws, ...)."""
        return np.zeros((self.draws, *shape))


def _mapped(function: Callable[..., float], *numbers: Any) -> Column:
    """A function of numbers, for each draw where one of them is a column. The function is one of a module."""
    columns = [_column(number) for number in numbers]
    if not any(isinstance(column, np.ndarray) for column in columns):
        return function(*columns)
    return _of_draws(function, *(column.tobytes() if isinstance(column, np.ndarray) else column for column in columns))


@lru_cache(maxsize=1024)
def _of_draws(function: Callable[..., float], *columns: bytes | float) -> Floats:
    """The function for each draw; variants of a model share the columns of the numbers in which they agree."""
    rows = [np.frombuffer(column).tolist() if isinstance(column, bytes) else repeat(column) for column in columns]
    return np.array([function(*row) for row in zip(*rows, strict=False)], dtype=np.float64)


def _column(value: Any) -> Column:
    return value if isinstance(value, np.ndarray) else number_of(value)


def _columns(values: Mapping[str, Number]) -> dict[str, Column]:
    return {name: _column(value) for name, value in values.items()}


def _picked(running: Sequence[tuple[int, Column, Column]], m: int) -> tuple[tuple[int, float, float], ...]:
    return tuple((k, _at(median, m), _at(sigma, m)) for k, median, sigma in running)


def _at(column: Any, m: int) -> float:
    """The number of draw m."""
    return float(column[m]) if isinstance(column, np.ndarray) else column


def _transitions(model: Model, tick: float, draws: int) -> list[Transition]:
    """The transition of each draw; variants of a model share those in which they agree."""
    motion = system(model.drivers, model.correlations)
    shape = np.broadcast_shapes(motion.K.shape, motion.P.shape, motion.R.shape)
    whole = _transition(
        *(np.broadcast_to(part, shape).tobytes() for part in (motion.K, motion.P, motion.R)), tick, shape
    )
    if len(shape) == 2:
        return [whole] * draws
    parts = {field.name: getattr(whole, field.name) for field in fields(Transition)}
    return [Transition(**{name: part[m] for name, part in parts.items()}) for m in range(draws)]


@lru_cache(maxsize=64)
def _transition(k: bytes, p: bytes, r: bytes, tick: float, shape: tuple[int, ...]) -> Transition:
    reversion, covariance, healing = (np.frombuffer(part).reshape(shape) for part in (k, p, r))
    return transition(reversion, covariance, healing, tick)


def _no_observations(triggers: int, ticks: int, dates: int) -> Observations:
    none = np.zeros(0, dtype=np.int64)
    return Observations(
        on=np.zeros(triggers, dtype=np.int64),
        start=np.zeros(triggers + 1, dtype=np.int64),
        since=np.zeros(0),
        until=np.zeros(0),
        trigger=none,
        first=none,
        days=none,
        severity=np.zeros(0),
        ends_from=np.zeros(0),
        ends_until=np.zeros(0),
        of_tick=np.zeros(ticks + 1, dtype=np.int64),
        which=none,
        branch=np.full(dates, -1, dtype=np.int64),
    )


def _triggers(model: Model, experiment: Experiment, names: Names, requires: list[int], stack: Stack) -> list[Triggers]:
    triggers = model.triggers
    slope, reference = stack.zeros(len(triggers), len(names.drivers)), stack.zeros(len(triggers), len(names.drivers))
    for k, trigger in enumerate(triggers):
        for name, factor in trigger.per_10_points.items():
            slope[:, k, names.drivers[name]] = _mapped(_log_per_point, factor)
        for name, level in trigger.reference.items():
            reference[:, k, names.drivers[name]] = _column(level)
    durations = [_times(t.duration) for t in triggers]
    intercept = stack(_log_rate(t) for t in triggers) - (slope * reference).sum(axis=-1)
    cooldown, lasting = (stack(_column(getattr(t, name)) for t in triggers) for name in ("cooldown", "lasting"))
    effect, shift, on_end = (
        _effects([getattr(t, name) for t in triggers], names, stack) for name in ("effect", "while_active", "on_end")
    )
    severity = stack(_mapped(_log_sd, t.severity_cv) for t in triggers)
    duration, sigma = stack(median for median, _ in durations), stack(sigma for _, sigma in durations)
    one = Triggers(
        intercept=intercept[0],
        slope=slope[0],
        opens=_array(-math.inf if t.from_ == dt.date.min else _days(t.from_, experiment) for t in triggers),
        closes=_array(_closes(t, experiment) for t in triggers),
        cooldown=cooldown[0],
        max_count=_array(t.max_count for t in triggers),
        requires=np.array(requires, dtype=np.int64),
        effect=effect[0],
        lasting=lasting[0],
        severity_sigma=severity[0],
        episode=np.array([t.kind == "episode" for t in triggers], dtype=np.int64),
        duration=duration[0],
        duration_sigma=sigma[0],
        shift=shift[0],
        on_end=on_end[0],
    )
    return [
        one._replace(
            intercept=intercept[m], slope=slope[m], cooldown=cooldown[m], effect=effect[m], lasting=lasting[m],
            severity_sigma=severity[m], duration=duration[m], duration_sigma=sigma[m], shift=shift[m], on_end=on_end[m],
        )
        for m in range(stack.draws)
    ]  # fmt: skip


def _closes(trigger: Trigger, experiment: Experiment) -> float:
    """Days until the window closes; -inf for a trigger whose max_count is 0."""
    if trigger.max_count < 1:
        return -math.inf
    return math.inf if trigger.until == dt.date.max else _days(trigger.until, experiment)


def _log_rate(trigger: Trigger) -> Column:
    """Log of the base rate, events a day."""
    if isinstance(trigger.rate, WithinWindow):
        return _mapped(_log_rate_within, trigger.rate.probability, trigger.rate.within)
    return _mapped(_log_rate_a_year, trigger.rate.rate)


def _log_rate_within(probability: float, days: float) -> float:
    return _log_or_none(-math.log1p(-probability) / days)


def _log_rate_a_year(rate: float) -> float:
    return _log_or_none(rate / DAYS_PER_YEAR)


def _log_or_none(value: float) -> float:
    """The logarithm; that of zero, or less by rounding, is finite."""
    return math.log(value) if value > 0 else NO_RATE


def _log_per_point(factor: float) -> float:
    return math.log(factor) / 10


def _log_sd(cv: float) -> float:
    """The s.d. of the logarithm of a lognormal number with this coefficient of variation."""
    return math.sqrt(math.log1p(cv**2))


def _links(model: Model, names: Names, stack: Stack) -> list[Links]:
    rows = [
        (names.triggers[f.trigger], _column(f.probability), *_times(f.delay))
        for t in model.triggers
        for f in t.leads_to
    ]
    chance, delay, sigma = (stack(row[place] for row in rows) for place in (1, 2, 3))
    start = _offsets(len(t.leads_to) for t in model.triggers)
    target = np.array([row[0] for row in rows], dtype=np.int64)
    return [
        Links(start=start, target=target, chance=chance[m], delay=delay[m], delay_sigma=sigma[m])
        for m in range(stack.draws)
    ]


def _pairs(model: Model, names: Names, tick: float, stack: Stack) -> list[Pairs]:
    rows = [
        (names.triggers[target], contagion.expected_extra, contagion.half_life)
        for t in model.triggers
        for target, contagion in t.raises.items()
    ]
    target = np.array([row[0] for row in rows], dtype=np.int64)
    into = np.argsort(target, kind="stable").astype(np.int64)
    keep = stack(_mapped(_left_after, half_life, tick) for _, _, half_life in rows)
    jump = stack(_column(extra) for _, extra, _ in rows) * (1 - keep) / tick
    one = Pairs(
        start=_offsets(len(t.raises) for t in model.triggers),
        target=target,
        into_start=np.searchsorted(target[into], np.arange(len(model.triggers) + 1)).astype(np.int64),
        into=into,
        keep=keep[0],
        jump=jump[0],
    )
    return [one._replace(keep=keep[m], jump=jump[m]) for m in range(stack.draws)]


def _calendar(model: Model, experiment: Experiment, names: Names, inside: list[int], stack: Stack) -> list[Calendar]:
    events = [model.calendar[i] for i in inside]
    width = max((len(event.branches) for event in events), default=1)
    shape = (len(events), width)
    cumulative, lasting = stack.zeros(*shape) + 1, stack.zeros(*shape)
    effect, shift = stack.zeros(*shape, len(names.drivers)), stack.zeros(*shape, len(names.drivers))
    log_factor = stack.zeros(*shape, len(names.triggers))
    shift_end, factor_end = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for c, event in enumerate(events):
        probabilities = [branch.probability for branch in event.branches]
        for b, branch in enumerate(event.branches):
            if b < len(event.branches) - 1:
                cumulative[:, c, b] = _mapped(_up_to, b, *probabilities)
            lasting[:, c, b] = _column(branch.lasting)
            effect[:, c, b] = _effects([branch.effect], names, stack)[:, 0]
            shift[:, c, b] = _effects([branch.shift], names, stack)[:, 0]
            shift_end[c, b] = _first_tick(branch.shift_until, experiment)
            factor_end[c, b] = _first_tick(branch.factor_until, experiment)
            for name, factor in branch.factor.items():
                log_factor[:, c, b, names.triggers[name]] = _mapped(_log_or_none, factor)
    tick = np.array([(e.date - experiment.start).days // experiment.tick for e in events], dtype=np.int64)
    return [
        Calendar(
            tick=tick, cumulative=cumulative[m], effect=effect[m], lasting=lasting[m], shift=shift[m],
            shift_end=shift_end, log_factor=log_factor[m], changes=(log_factor[m] != 0).any(axis=(0, 1)),
            factor_end=factor_end,
        )
        for m in range(stack.draws)
    ]  # fmt: skip


def _left_after(half_life: float, days: float) -> float:
    return float(0.5 ** (days / half_life))


def _up_to(place: float, *stated: float) -> float:
    """The sum of branch probabilities up to a place, after rescaling them to sum to 1."""
    probabilities = rescaled(stated)
    total = 0.0
    for probability in probabilities[: int(place) + 1]:
        total += probability
    return total


def _first_tick(date: dt.date, experiment: Experiment) -> int:
    """The first tick that does not start before the date."""
    if date == dt.date.max:
        return experiment.ticks + 1
    return max(0, -(-(date - experiment.start).days // experiment.tick))


def _years(experiment: Experiment) -> Ints:
    starts = np.datetime64(experiment.start) + np.arange(experiment.ticks) * np.timedelta64(experiment.tick, "D")
    anniversaries, year = [], 1
    while (date := _anniversary(experiment.start, year)) < experiment.end:
        anniversaries.append(np.datetime64(date))
        year += 1
    return np.asarray(
        np.searchsorted(np.array(anniversaries, dtype="datetime64[D]"), starts, side="right"), dtype=np.int64
    )


def _anniversary(date: dt.date, years: int) -> dt.date:
    try:
        return date.replace(year=date.year + years)
    except ValueError:  # 29 February
        return date.replace(year=date.year + years, day=28)


def _times(times: Times) -> tuple[Column, Column]:
    """Median in days and sd of the logarithm."""
    return _column(times.median), _mapped(_sd_to_q95, times.median, times.q95)


def _sd_to_q95(median: float, q95: float) -> float:
    return math.log(q95 / median) / NORMAL_Q95 if median > 0 and q95 > median else 0.0


def _effects(effects: Sequence[Mapping[str, Number]], names: Names, stack: Stack) -> Floats:
    """(draws, effects, drivers), latent."""
    matrix = stack.zeros(len(effects), len(names.drivers))
    for row, effect in enumerate(effects):
        for driver, points in effect.items():
            matrix[:, row, names.drivers[driver]] = _mapped(_latent_effect, points)
    return matrix


def _latent_effect(points: float) -> float:
    return _logit(50 + points)


def _logit(index: float) -> float:
    if not 0 < index < 100:
        raise SimulationError(f"an index of {index:g} has no latent level: it must lie strictly between 0 and 100")
    return math.log(index / (100 - index))


def _whole_ticks(days: float, tick: float) -> int:
    return max(1, math.ceil(days / tick - 1e-9))


def _days(date: dt.date, experiment: Experiment) -> float:
    return float((date - experiment.start).days)


def number_of(value: object) -> float:
    """A number of a realised model. Raises SimulationError for a distribution."""
    if not isinstance(value, float | int):
        raise SimulationError("a distribution is left in the model: realise it first")
    return float(value)


def _array(values: object) -> Floats:
    return np.array(list(values), dtype=np.float64)  # type: ignore[call-overload]


def _offsets(lengths: object) -> Ints:
    return np.concatenate([[0], np.cumsum(list(lengths))]).astype(np.int64)  # type: ignore[call-overload]
