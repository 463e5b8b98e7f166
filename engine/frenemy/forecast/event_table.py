"""How often triggers happen, and which branches the calendar took.

Errors are Monte Carlo standard errors. Outer draws share their noise, so their paths count once: the variance due to
the paths is the mean over draws of the variance between paths, divided by the paths of one draw (an upper bound,
reached if the noise is the same in every draw); the error of a finite number of draws is added as for the odds. No
error is smaller than that of half an event in the paths of one draw.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.forecast import EventTable
from frenemy.forecast.odds import jeffreys_variance
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import CalendarEvent, Model
from frenemy.simulation.ensemble.tally import Tally

__all__ = ["EventCount", "calendar_inside", "count_events", "event_table", "year_of_ticks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCount:
    """The events of one outer draw (or of the run at the medians): means over paths and the variances of these."""

    expected: Floats  # (triggers,) events by the horizon
    expected_variance: Floats
    at_least_one: Floats  # (triggers,)
    at_least_one_variance: Floats
    year_expected: Floats  # (years, triggers)
    year_expected_variance: Floats
    year_at_least_one: Floats  # (years, triggers)
    year_at_least_one_variance: Floats


def count_events(tally: Tally, year: NDArray[np.int64]) -> EventCount:
    """Read the events of one tally; `year` (ticks,) is the year of each tick."""
    paths, total = tally.paths, tally.events.sum(axis=0).astype(np.float64)
    ever, years = tally.first_events.sum(axis=0).astype(np.float64), tally.year_events.astype(np.float64)
    yearly = np.stack([tally.events[year == y].sum(axis=0) for y in range(len(years))]).astype(np.float64)
    return EventCount(
        expected=total / paths,
        expected_variance=_variance_of_mean(total, tally.event_squares, paths),
        at_least_one=ever / paths,
        at_least_one_variance=np.asarray(jeffreys_variance(ever, ever, paths)),
        year_expected=yearly / paths,
        year_expected_variance=_variance_of_mean(yearly, tally.year_squares, paths),
        year_at_least_one=years / paths,
        year_at_least_one_variance=np.asarray(jeffreys_variance(years, years, paths)),
    )


def _variance_of_mean(total: Floats, squares: NDArray[np.int64], paths: int) -> Floats:
    between = np.maximum(squares - total**2 / paths, 0.0) / max(paths - 1, 1)
    return np.maximum(between / paths, 0.5 / paths**2)


def event_table(model: Model, experiment: Experiment, pooled: Tally, draws: Sequence[EventCount]) -> EventTable:
    """The table from all tallies as one and the counts of each draw (of one: the run at the medians)."""
    expected, expected_se = _mean([d.expected for d in draws], [d.expected_variance for d in draws])
    ever, ever_se = _mean([d.at_least_one for d in draws], [d.at_least_one_variance for d in draws])
    in_year, in_year_se = _mean([d.year_expected for d in draws], [d.year_expected_variance for d in draws])
    yearly, yearly_se = _mean([d.year_at_least_one for d in draws], [d.year_at_least_one_variance for d in draws])
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
        ever=np.cumsum(pooled.first_events, axis=0) / pooled.paths,
        branches=_branches(model, experiment, pooled),
    )


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


def _mean(means: Sequence[Floats], variances: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Mean over draws and its standard error."""
    draws = np.stack(means)
    between = draws.var(axis=0, ddof=1) / len(draws) if len(draws) > 1 else 0.0
    return draws.mean(axis=0), np.sqrt(np.mean(variances, axis=0) + between)


def _branches(model: Model, experiment: Experiment, pooled: Tally) -> Mapping[str, Mapping[str, float]]:
    """Shares of paths by branch of each calendar event inside the run, in the order of their dates as in the tally."""
    return {
        event.name: {
            branch.name: float(count) / pooled.paths for branch, count in zip(event.branches, counts, strict=False)
        }
        for event, counts in zip(calendar_inside(model, experiment), pooled.branches, strict=True)
    }


def calendar_inside(model: Model, experiment: Experiment) -> list[CalendarEvent]:
    """The calendar events inside the run by date, in the order of tallies and of kept paths."""
    inside = (event for event in model.calendar if experiment.start <= event.date < experiment.end)
    return sorted(inside, key=lambda event: event.date)
