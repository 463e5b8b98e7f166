"""How often triggers happen, and which branches the calendar took.

Errors are Monte Carlo standard errors: at the medians from the spread between paths, over outer draws from that between
draws. No error is smaller than that of half an event in all paths.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.forecast.forecast import EventTable
from frenemy.forecast.odds import jeffreys_variance
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import CalendarEvent, Model
from frenemy.simulation.ensemble.tally import Tally

__all__ = ["calendar_inside", "event_table", "year_of_ticks"]


def event_table(model: Model, experiment: Experiment, tally: Tally) -> EventTable:
    """The table of an ensemble's events."""
    expected, expected_se = _counted(tally, tally.model_events, tally.event_squares)
    ever, ever_se = _happened(tally, tally.model_happened)
    in_year, in_year_se = _counted(tally, tally.model_year_events, tally.year_squares)
    yearly, yearly_se = _happened(tally, tally.model_year_happened)
    return EventTable(
        expected=expected,
        expected_se=expected_se,
        at_least_one=ever,
        at_least_one_se=ever_se,
        years=_year_starts(experiment)[: len(yearly)],
        year_expected=in_year,
        year_expected_se=in_year_se,
        year_at_least_one=yearly,
        year_at_least_one_se=yearly_se,
        ever=np.cumsum(tally.first_events, axis=0) / tally.paths,
        branches=_branches(model, experiment, tally),
    )


def _counted(tally: Tally, events: Ints, squares: Ints) -> tuple[Floats, Floats]:
    """Events of a path, mean and error, from their sums by model, (models, ...), and the sum of squares over paths."""
    paths, total = tally.paths, events.sum(axis=0).astype(np.float64)
    if tally.draws > 1:
        variance = np.square(tally.groups.error(events.astype(np.float64)))
    else:
        variance = np.maximum(squares - total**2 / paths, 0.0) / max(paths - 1, 1) / paths
    return total / paths, np.sqrt(np.maximum(variance, 0.5 / paths**2))


def _happened(tally: Tally, happened: Ints) -> tuple[Floats, Floats]:
    """The share of paths with at least one event and its error, from their numbers by model, (models, ...)."""
    paths, total = tally.paths, happened.sum(axis=0).astype(np.float64)
    if tally.draws > 1:
        least = jeffreys_variance(np.float64(0), np.float64(0), paths)
        variance = np.maximum(np.square(tally.groups.error(happened.astype(np.float64))), least)
    else:
        variance = np.asarray(jeffreys_variance(total, total, paths))
    return total / paths, np.sqrt(variance)


def year_of_ticks(experiment: Experiment) -> NDArray[np.int64]:
    """(ticks,): the year, counted from the start and its anniversaries, in which each tick begins."""
    ticks = np.datetime64(experiment.start, "D") + np.arange(experiment.ticks) * np.timedelta64(experiment.tick, "D")
    return np.searchsorted(_year_starts(experiment), ticks, side="right") - 1


def _year_starts(experiment: Experiment) -> NDArray[np.datetime64]:
    years = range(experiment.start.year, experiment.end.year + 1)
    return np.array([_anniversary(experiment.start, year) for year in years], dtype="datetime64[D]")


def _anniversary(start: dt.date, year: int) -> dt.date:
    try:
        return start.replace(year=year)
    except ValueError:  # 29 February
        return start.replace(year=year, day=28)


def _branches(model: Model, experiment: Experiment, tally: Tally) -> Mapping[str, Mapping[str, float]]:
    """Shares of paths by branch of each calendar event inside the run, in the order of their dates as in the tally."""
    return {
        event.name: {
            branch.name: float(count) / tally.paths for branch, count in zip(event.branches, counts, strict=False)
        }
        for event, counts in zip(calendar_inside(model, experiment), tally.branches, strict=True)
    }


def calendar_inside(model: Model, experiment: Experiment) -> list[CalendarEvent]:
    """The calendar events inside the run by date, in the order of tallies and of kept paths."""
    inside = (event for event in model.calendar if experiment.start <= event.date < experiment.end)
    return sorted(inside, key=lambda event: event.date)
