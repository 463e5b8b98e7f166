"""Compilation: from a realised model and experiment to the arrays that both engines read (see `arrays`)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

import numpy as np

from frenemy.errors import SimulationError
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.experiment import Experiment
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
from frenemy.simulation.compile.drift import system
from frenemy.simulation.compile.programs import Names, assemble
from frenemy.simulation.compile.transition import transition

__all__ = [
    "Calendar",
    "Compiled",
    "Links",
    "Observations",
    "Pairs",
    "Rules",
    "Triggers",
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
    names = Names({d.name: i for i, d in enumerate(model.drivers)}, {t.name: i for i, t in enumerate(model.triggers)})
    tick = float(experiment.tick)
    k, p, _, r = system(model.drivers, model.correlations)
    conditions = [(t.requires, _floats(t.thresholds)) for t in model.triggers]
    conditions += [(s.enter, _floats(s.thresholds)) for s in model.scenarios]
    conditions += [(s.leave, _floats(s.thresholds)) for s in model.scenarios]
    programs, index = assemble(conditions, names)
    n_triggers, n_scenarios = len(model.triggers), len(model.scenarios)
    enter, leave = index[n_triggers : n_triggers + n_scenarios], index[n_triggers + n_scenarios :]
    inside = [i for i, event in enumerate(model.calendar) if experiment.start <= event.date < experiment.end]
    inside.sort(key=lambda i: model.calendar[i].date)
    return Compiled(
        model=model,
        experiment=experiment,
        start=experiment.start,
        tick=tick,
        ticks=experiment.ticks,
        year=_years(experiment),
        drivers=tuple(names.drivers),
        transition=transition(k, p, r, tick),
        level=_array(_logit(number_of(d.start)) for d in model.drivers),
        scar=_vector(experiment.initial.scars, names),
        anchor=_array(_logit(number_of(d.long_run)) for d in model.drivers),
        trigger_names=tuple(names.triggers),
        triggers=_triggers(model, experiment, names, index[:n_triggers]),
        links=_links(model, names),
        pairs=_pairs(model, names, tick),
        calendar_names=tuple(model.calendar[i].name for i in inside),
        calendar_index=tuple(inside),
        calendar=_calendar(model, experiment, names, inside),
        programs=programs,
        rules=Rules(
            enter=np.array(enter, dtype=np.int64),
            leave=np.array(leave, dtype=np.int64),
            ticks=np.array([_whole_ticks(number_of(s.for_), tick) for s in model.scenarios], dtype=np.int64),
            absorbing=np.array([s.absorbing for s in model.scenarios], dtype=np.int64),
            default=next(i for i, s in enumerate(model.scenarios) if s.default),
        ),
        imposed=tuple(
            sorted(
                ((names.triggers[i.trigger], float((i.date - experiment.start).days)) for i in experiment.impose),
                key=lambda pair: pair[1],
            )
        ),
        running=tuple(
            (names.triggers[name], *_times(remaining)) for name, remaining in experiment.initial.episodes.items()
        ),
        observations=_no_observations(n_triggers, experiment.ticks, len(inside)),
    )


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


def _triggers(model: Model, experiment: Experiment, names: Names, requires: list[int]) -> Triggers:
    triggers = model.triggers
    slope = _matrix([{d: math.log(number_of(f)) / 10 for d, f in t.per_10_points.items()} for t in triggers], names)
    reference = _matrix([{d: number_of(level) for d, level in t.reference.items()} for t in triggers], names)
    durations = [_times(t.duration) for t in triggers]
    return Triggers(
        intercept=_array(_log_rate(t) for t in triggers) - (slope * reference).sum(axis=1),
        slope=slope,
        opens=_array(-math.inf if t.from_ == dt.date.min else _days(t.from_, experiment) for t in triggers),
        closes=_array(_closes(t, experiment) for t in triggers),
        cooldown=_array(number_of(t.cooldown) for t in triggers),
        max_count=_array(t.max_count for t in triggers),
        requires=np.array(requires, dtype=np.int64),
        effect=_latent([t.effect for t in triggers], names),
        lasting=_array(number_of(t.lasting) for t in triggers),
        severity_sigma=_array(math.sqrt(math.log1p(number_of(t.severity_cv) ** 2)) for t in triggers),
        episode=np.array([t.kind == "episode" for t in triggers], dtype=np.int64),
        duration=_array(median for median, _ in durations),
        duration_sigma=_array(sigma for _, sigma in durations),
        shift=_latent([t.while_active for t in triggers], names),
        on_end=_latent([t.on_end for t in triggers], names),
    )


def _closes(trigger: Trigger, experiment: Experiment) -> float:
    """Days until the window closes; -inf for a trigger whose max_count is 0."""
    if trigger.max_count < 1:
        return -math.inf
    return math.inf if trigger.until == dt.date.max else _days(trigger.until, experiment)


def _log_rate(trigger: Trigger) -> float:
    """Log of the base rate, events a day."""
    if isinstance(trigger.rate, WithinWindow):
        probability = number_of(trigger.rate.probability)
        rate = -math.log1p(-probability) / trigger.rate.within
    else:
        rate = number_of(trigger.rate.rate) / DAYS_PER_YEAR
    return math.log(rate) if rate > 0 else NO_RATE


def _links(model: Model, names: Names) -> Links:
    rows = [
        (names.triggers[f.trigger], number_of(f.probability), *_times(f.delay))
        for t in model.triggers
        for f in t.leads_to
    ]
    return Links(
        start=_offsets(len(t.leads_to) for t in model.triggers),
        target=np.array([row[0] for row in rows], dtype=np.int64),
        chance=_array(row[1] for row in rows),
        delay=_array(row[2] for row in rows),
        delay_sigma=_array(row[3] for row in rows),
    )


def _pairs(model: Model, names: Names, tick: float) -> Pairs:
    rows = [
        (names.triggers[target], number_of(contagion.expected_extra), 0.5 ** (tick / number_of(contagion.half_life)))
        for t in model.triggers
        for target, contagion in t.raises.items()
    ]
    target = np.array([row[0] for row in rows], dtype=np.int64)
    into = np.argsort(target, kind="stable").astype(np.int64)
    return Pairs(
        start=_offsets(len(t.raises) for t in model.triggers),
        target=target,
        into_start=np.searchsorted(target[into], np.arange(len(model.triggers) + 1)).astype(np.int64),
        into=into,
        keep=_array(keep for _, _, keep in rows),
        jump=_array(extra * (1 - keep) / tick for _, extra, keep in rows),
    )


def _calendar(model: Model, experiment: Experiment, names: Names, inside: list[int]) -> Calendar:
    events = [model.calendar[i] for i in inside]
    width = max((len(event.branches) for event in events), default=1)
    n_drivers, n_triggers = len(names.drivers), len(names.triggers)
    shape = (len(events), width)
    cumulative, lasting = np.ones(shape), np.zeros(shape)
    effect, shift, log_factor = (
        np.zeros((*shape, n_drivers)),
        np.zeros((*shape, n_drivers)),
        np.zeros((*shape, n_triggers)),
    )
    shift_end, factor_end = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for c, event in enumerate(events):
        total = 0.0
        for b, branch in enumerate(event.branches):
            total += number_of(branch.probability)
            cumulative[c, b] = total if b < len(event.branches) - 1 else 1.0
            lasting[c, b] = number_of(branch.lasting)
            effect[c, b] = _latent([branch.effect], names)[0]
            shift[c, b] = _latent([branch.shift], names)[0]
            shift_end[c, b] = _first_tick(branch.shift_until, experiment)
            factor_end[c, b] = _first_tick(branch.factor_until, experiment)
            for name, factor in branch.factor.items():
                value = number_of(factor)
                log_factor[c, b, names.triggers[name]] = math.log(value) if value > 0 else NO_RATE
    return Calendar(
        tick=np.array([(e.date - experiment.start).days // experiment.tick for e in events], dtype=np.int64),
        cumulative=cumulative,
        effect=effect,
        lasting=lasting,
        shift=shift,
        shift_end=shift_end,
        log_factor=log_factor,
        changes=(log_factor != 0).any(axis=(0, 1)),
        factor_end=factor_end,
    )


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


def _times(times: Times) -> tuple[float, float]:
    """Median in days and sd of the logarithm."""
    median, q95 = number_of(times.median), number_of(times.q95)
    return median, math.log(q95 / median) / NORMAL_Q95 if median > 0 and q95 > median else 0.0


def _latent(effects: list[Mapping[str, Number]], names: Names) -> Floats:
    return _matrix([{d: _logit(50 + number_of(points)) for d, points in effect.items()} for effect in effects], names)


def _vector(effects: Mapping[str, Number], names: Names) -> Floats:
    return _latent([effects], names).reshape(-1)


def _matrix(rows: list[dict[str, float]], names: Names) -> Floats:
    matrix = np.zeros((len(rows), len(names.drivers)))
    for row, values in enumerate(rows):
        for driver, value in values.items():
            matrix[row, names.drivers[driver]] = value
    return matrix


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


def _floats(values: Mapping[str, Number]) -> dict[str, float]:
    return {name: number_of(value) for name, value in values.items()}


def _array(values: object) -> Floats:
    return np.array(list(values), dtype=np.float64)  # type: ignore[call-overload]


def _offsets(lengths: object) -> Ints:
    return np.concatenate([[0], np.cumsum(list(lengths))]).astype(np.int64)  # type: ignore[call-overload]
