"""The forecast: the results of a run as plain arrays.

Axis order: quantile, tick, scenario or driver or trigger. Probabilities are 0-1. Assessed ticks are 1..N; level arrays
also hold the start. Without outer draws, judgement is not assessed: its bands and variances are NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.resolved import Model

__all__ = [
    "QUANTILES", "READINGS", "DriverFan", "EventTable", "Forecast", "Odds", "Phase", "RawDraws", "Reading",
    "report_ticks",
]  # fmt: skip

QUANTILES = (0.05, 0.20, 0.35, 0.50, 0.65, 0.80, 0.95)
READINGS: tuple[Reading, ...] = ("at", "ever", "time_share")


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """One reading of the odds at every assessment."""

    probability: Floats  # (ticks, scenarios) mean over outer draws, or the run at the medians
    mc_se: Floats  # (ticks, scenarios) Monte Carlo standard error of `probability`, never 0
    quantiles: Floats  # (7, ticks, scenarios) judgement bands, nested Monte Carlo noise removed
    judgement_variance: Floats  # (ticks, scenarios) variance over outer draws of the odds, bias removed
    path_variance: Floats  # (ticks, scenarios) mean over outer draws of the variance between paths


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDraws:
    """The outer draws one by one: what was drawn, and the odds that it gave. Odds hold the noise of a draw's paths."""

    numbers: tuple[str, ...]  # dotted keys of the numbers that differ from draw to draw, in the order of the files
    values: Floats  # (draws, numbers) as simulated; times in days
    ticks: tuple[int, ...]  # positions of the report dates among the assessments
    odds: Mapping[Reading, Floats]  # (draws, report dates, scenarios) means over the paths of the draw


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverFan:
    """Levels of the drivers at every tick, over all paths (of a set of paths)."""

    paths: int
    mean: Floats  # (ticks + 1, drivers) index points
    sd: Floats  # (ticks + 1, drivers)
    quantiles: Floats  # (7, ticks + 1, drivers)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTable:
    """How often triggers happen; errors are Monte Carlo standard errors.

    An event belongs to the year in which its tick begins; years run from the start and its anniversaries.
    """

    expected: Floats  # (triggers,) expected events by the horizon
    expected_se: Floats
    at_least_one: Floats  # (triggers,) probability of at least one by the horizon
    at_least_one_se: Floats
    years: NDArray[np.datetime64]  # (years,) first day of each year
    year_expected: Floats  # (years, triggers) expected events in each year
    year_expected_se: Floats  # (years, triggers)
    year_at_least_one: Floats  # (years, triggers)
    year_at_least_one_se: Floats  # (years, triggers)
    ever: Floats  # (ticks, triggers) probability of at least one so far
    branches: Mapping[str, Mapping[str, float]]  # calendar event -> branch -> share of paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """The plane of the first two drivers, and a few paths through everything."""

    density: Floats  # (scenarios, 100, 100) share of paths at the last tick by scenario; first driver x second driver
    sample_index: Floats  # (ticks + 1, drivers, sampled paths) index
    sample_scenario: NDArray[np.int8]  # (ticks, sampled paths)
    sample_paths: NDArray[np.int64]  # (sampled paths,) path numbers, for replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Everything shown in the tables, the pictures and the report of one run."""

    model: Model
    experiment: Experiment
    dates: NDArray[np.datetime64]  # (ticks + 1,) days; the start first
    paths: int  # paths per outer draw, or in all when draws = 0
    draws: int
    odds: Mapping[Reading, Odds]
    first_entry: Floats  # (ticks, scenarios) probability of first entering at this assessment
    drivers: DriverFan
    drivers_by_scenario: Mapping[
        str, DriverFan
    ]  # by the scenario at the last assessment; absent where no path ends there
    events: EventTable
    phase: Phase
    raw_draws: RawDraws | None = None  # None at the medians

    def __repr__(self) -> str:
        size = f"{self.draws:,} × {self.paths:,}" if self.draws else f"{self.paths:,}"
        return f"<Forecast {self.experiment.title}: {self.dates[0]} to {self.dates[-1]}, {size} futures>"

    @property
    def report_ticks(self) -> tuple[int, ...]:
        """Positions among the assessments at which `report_at` is read: each date's assessment, or the next one after.

        Dates that share an assessment are reported once.
        """
        return report_ticks(self.experiment)


def report_ticks(experiment: Experiment) -> tuple[int, ...]:
    """Positions among the assessments at which an experiment's `report_at` is read, as `Forecast.report_ticks`."""
    start, tick, last = experiment.start, experiment.tick, experiment.ticks
    ticks = (-((start - date).days // tick) for date in experiment.report_at)
    return tuple(dict.fromkeys(min(max(n, 1), last) - 1 for n in ticks))
