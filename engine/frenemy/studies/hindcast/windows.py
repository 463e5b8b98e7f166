"""A rolling hindcast: stand at one assessment after another, know only what was known, and forecast what is known now.

Of each trigger, whether it happens at least once within so many months. Which windows can be scored is for the ledger
to say: only those throughout which it is complete for the trigger. (Counting windows whose events happen to be known
besides would score what happened and forget what did not.)

The forecaster is a function of the place to stand and the ends of the windows, so that any other can be scored beside
the model: the same model without news, or one who merely counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.durations import YEAR, later
from frenemy.model.evidence.entries import Coverage, Entry, Occurrence
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.studies.score.findings import ForecastMade

__all__ = ["Forecaster", "Window", "counter", "said_of", "stands", "windows"]

Forecaster = Callable[[int, Sequence[int]], Mapping[str, Floats]]
"""From a tick to stand at and the ticks at which windows end: the chance, of each trigger, of at least one, (ends,)."""

HALF_YEAR = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One question: does the trigger happen from the assessment `stand` on and before the assessment `end`?"""

    trigger: str
    stand: int  # tick
    end: int  # tick
    months: int
    happened: bool


def stands(experiment: Experiment, last: dt.date) -> tuple[int, ...]:
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
    model: Model, experiment: Experiment, entries: Sequence[Entry], places: Sequence[int], months: Sequence[int]
) -> tuple[Window, ...]:
    """Every window of which it is known whether the trigger happened: the ledger is complete for it throughout."""
    found = []
    for trigger in (item.name for item in model.triggers):
        known = _stretches(entries, trigger)
        events = [entry for entry in entries if isinstance(entry, Occurrence) and entry.trigger == trigger]
        for stand in places:
            for span in months:
                end = _tick_of(experiment, later(date_of(experiment, stand), f"{span}m"))
                if end > experiment.ticks:
                    continue
                begins, ends = date_of(experiment, stand), date_of(experiment, end)
                if not any(since <= begins and ends <= until for since, until in known):
                    continue
                happened = _happened(events, begins, ends)
                if happened is not None:
                    found.append(Window(trigger=trigger, stand=stand, end=end, months=span, happened=happened))
    return tuple(found)


def _tick_of(experiment: Experiment, date: dt.date) -> int:
    """The first assessment on a date or after."""
    return -((experiment.start - date).days // experiment.tick)


def _stretches(entries: Sequence[Entry], trigger: str) -> tuple[tuple[dt.date, dt.date], ...]:
    """Days throughout which the ledger is complete for a trigger, those that meet made one."""
    mine = sorted((e.since, e.until) for e in entries if isinstance(e, Coverage) and e.trigger == trigger)
    joined: list[tuple[dt.date, dt.date]] = []
    for since, until in mine:
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return tuple(joined)


def _happened(events: Sequence[Occurrence], begins: dt.date, ends: dt.date) -> bool | None:
    """Whether one happened from the first day on and before the last; None where vague dates leave it open."""
    if any(begins <= event.first and event.last < ends for event in events):
        return True
    return None if any(event.first < ends and begins <= event.last for event in events) else False


def counter(experiment: Experiment, entries: Sequence[Entry], stand: int, ends: Sequence[int], trigger: str) -> Floats:
    """What somebody says who counts events of the trigger since the start, and knows nothing else: (ends,).

    Gamma(1/2, half a year) for the rate to begin with, one a year; so n events in y years make it Gamma(n + 1/2,
    y + 1/2), and none in h more years has the chance ((y + 1/2) / (y + 1/2 + h))^(n + 1/2).
    """
    here = date_of(experiment, stand)
    seen = sum(isinstance(e, Occurrence) and e.trigger == trigger and e.last < here for e in entries)
    years = stand * experiment.tick / YEAR + HALF_YEAR
    ahead = (np.asarray(ends) - stand) * experiment.tick / YEAR
    return np.asarray(1 - (years / (years + ahead)) ** (seen + 0.5))


def said_of(
    experiment: Experiment,
    entries: Sequence[Entry],
    asked: Sequence[Window],
    forecaster: Forecaster,
    others: Mapping[str, Forecaster],
) -> Iterator[ForecastMade]:
    """What the forecaster said of each window, and what others did; a cluster is a trigger."""
    for stand in sorted({window.stand for window in asked}):
        mine = [window for window in asked if window.stand == stand]
        ends = sorted({window.end for window in mine})
        chances = forecaster(stand, ends)
        besides = {name: other(stand, ends) for name, other in others.items()}
        for window in mine:
            place = ends.index(window.end)
            counted = counter(experiment, entries, stand, ends, window.trigger)
            references = {name: float(told[window.trigger][place]) for name, told in besides.items()}
            yield ForecastMade(
                question=f"{window.trigger}/{date_of(experiment, stand)}/{window.months}m", kind="probability",
                made=date_of(experiment, stand), due=date_of(experiment, window.end),
                series=f"{window.trigger}/{window.months}m", cluster=window.trigger,
                forecast={"yes": float(chances[window.trigger][place])}, outcome=float(window.happened),
                references={**references, "counting": float(counted[place])},
            )  # fmt: skip
