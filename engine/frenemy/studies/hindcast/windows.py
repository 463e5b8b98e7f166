"""The windows of a rolling hindcast: from each origin, forecast with the evidence of that day what is known today.

The question is whether each trigger happens at least once within so many months. Only windows throughout which the
ledger is complete for the trigger are scored. (Other windows have an outcome only if the trigger happened, so scoring
them would count what happened and miss what did not.)

A forecaster is a function of the origin and the ends of the windows, so that others can be scored beside the model: the
same model without evidence, or a rate estimated from counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.durations import YEAR, later
from frenemy.model.evidence.entries import Coverage, Entry, Occurrence
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.studies.score.findings import ForecastRecord

__all__ = ["Chances", "Forecaster", "Window", "counting_forecast", "date_of", "make_forecasts", "origins_of", "windows"]


class Chances(NamedTuple):
    """P(at least one event) of a trigger by each end of a window."""

    probability: Floats  # (ends,)
    mc_se: Floats  # (ends,) Monte Carlo errors


Forecaster = Callable[[int, Sequence[int]], Mapping[str, Chances]]
"""From the tick of the origin and the ticks at which windows end: the chances of each trigger."""

PRIOR_EVENTS, PRIOR_YEARS = 0.5, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One question: does the trigger happen from the assessment `origin` on and before the assessment `end`?"""

    trigger: str
    origin: int  # tick
    end: int  # tick
    months: int
    happened: bool


def origins_of(experiment: Experiment, last: dt.date) -> tuple[int, ...]:
    """The start, and the first assessment in each month after it, up to a date."""
    ticks, month = [0], (experiment.start.year, experiment.start.month)
    for tick in range(1, experiment.ticks):
        date = date_of(experiment, tick)
        if date > last:
            break
        if (date.year, date.month) != month:
            ticks.append(tick)
            month = (date.year, date.month)
    return tuple(ticks)


def date_of(experiment: Experiment, tick: int) -> dt.date:
    """The day of an assessment."""
    return experiment.start + dt.timedelta(days=tick * experiment.tick)


def windows(
    model: Model, experiment: Experiment, entries: Sequence[Entry], origins: Sequence[int], months: Sequence[int]
) -> tuple[Window, ...]:
    """Every window with a known outcome: the ledger is complete for the trigger throughout."""
    found = []
    for trigger in (item.name for item in model.triggers):
        known = _stretches(entries, trigger)
        events = [entry for entry in entries if isinstance(entry, Occurrence) and entry.trigger == trigger]
        for origin in origins:
            for span in months:
                end = _tick_of(experiment, later(date_of(experiment, origin), f"{span}m"))
                if end > experiment.ticks:
                    continue
                begins, ends = date_of(experiment, origin), date_of(experiment, end)
                if not any(since <= begins and ends <= until for since, until in known):
                    continue
                happened = _happened(events, begins, ends)
                if happened is not None:
                    found.append(Window(trigger=trigger, origin=origin, end=end, months=span, happened=happened))
    return tuple(found)


def _tick_of(experiment: Experiment, date: dt.date) -> int:
    """The first assessment on a date or after."""
    return -((experiment.start - date).days // experiment.tick)


def _stretches(entries: Sequence[Entry], trigger: str) -> tuple[tuple[dt.date, dt.date], ...]:
    """Stretches of days for which the ledger is complete for a trigger; adjoining ones are joined."""
    covered = sorted((e.since, e.until) for e in entries if isinstance(e, Coverage) and e.trigger == trigger)
    joined: list[tuple[dt.date, dt.date]] = []
    for since, until in covered:
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return tuple(joined)


def _happened(events: Sequence[Occurrence], begins: dt.date, ends: dt.date) -> bool | None:
    """Whether one happened from the first day on and before the last; None where uncertain dates leave it open."""
    if any(begins <= event.first and event.last < ends for event in events):
        return True
    return None if any(event.first < ends and begins <= event.last for event in events) else False


def counting_forecast(
    experiment: Experiment, entries: Sequence[Entry], origin: int, ends: Sequence[int], trigger: str
) -> Floats:
    """The forecast from the number of events of the trigger since the start, and nothing else: (ends,).

    The prior of the rate is Gamma(1/2, half a year), with a mean of one a year. After n events in y years it is
    Gamma(n + 1/2, y + 1/2), and P(none in h more years) = ((y + 1/2) / (y + 1/2 + h))^(n + 1/2).
    """
    here = date_of(experiment, origin)
    events = sum(isinstance(e, Occurrence) and e.trigger == trigger and e.last < here for e in entries)
    years = origin * experiment.tick / YEAR + PRIOR_YEARS
    ahead = (np.asarray(ends) - origin) * experiment.tick / YEAR
    return np.asarray(1 - (years / (years + ahead)) ** (events + PRIOR_EVENTS))


def make_forecasts(
    experiment: Experiment,
    entries: Sequence[Entry],
    questions: Sequence[Window],
    forecaster: Forecaster,
    references: Mapping[str, Forecaster],
) -> Iterator[ForecastRecord]:
    """The forecast of each window, beside the references; a cluster is a trigger."""
    for origin in sorted({window.origin for window in questions}):
        here = [window for window in questions if window.origin == origin]
        ends = sorted({window.end for window in here})
        odds = forecaster(origin, ends)
        others = {name: reference(origin, ends) for name, reference in references.items()}
        for window in here:
            place = ends.index(window.end)
            counted = counting_forecast(experiment, entries, origin, ends, window.trigger)
            mine = odds[window.trigger]
            beside = {name: float(other[window.trigger].probability[place]) for name, other in others.items()}
            errors = {name: float(other[window.trigger].mc_se[place]) for name, other in others.items()}
            yield ForecastRecord(
                question=f"{window.trigger}/{date_of(experiment, origin)}/{window.months}m", kind="probability",
                made=date_of(experiment, origin), due=date_of(experiment, window.end),
                series=f"{window.trigger}/{window.months}m", cluster=window.trigger,
                forecast={"yes": float(mine.probability[place])}, outcome=float(window.happened),
                references={**beside, "counting": float(counted[place])},
                errors={"yes": float(mine.mc_se[place]), **errors},
            )  # fmt: skip
