"""Where the drivers settle in the ordinary flow of events, by simulation.

`long_run` is where a driver would settle if nothing ever happened. The ordinary flow of events is what the triggers do
year after year. The calendar and imposed events are left out. A trigger whose window is open for at least half of the
run is always open, any other never. A trigger that may happen n times in the run has no limit but a cooldown of an n-th
of the run. The model is simulated until it has forgotten its start, and the index is averaged over ten more years.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np

from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.experiment import Experiment, Initial
from frenemy.model.resolved import Driver, Model, Trigger, central

__all__ = ["Level", "levels", "ordinary"]

PATHS = 1024
YEARS = 10.0
"""Years over which levels are averaged."""
BURN_IN_HALF_LIVES = 6
"""Half-lives of the slowest driver or scar after which the start no longer matters."""
MAX_BURN_IN_YEARS = 60.0
"""Years simulated before the average begins."""


@dataclass(frozen=True, slots=True)
class Level:
    """Where a driver settles."""

    driver: str
    long_run: float  # index
    settled: float  # index; nan: it never settles, as its scars do not heal
    error: float  # Monte Carlo standard error of `settled`, at most


def levels(model: Model, experiment: Experiment) -> tuple[Level, ...]:
    """The settled level of each driver of a realised model, by a run of its own: weekly, on the experiment's seed."""
    from frenemy.simulation.compile.compile import compile_model
    from frenemy.simulation.ensemble.run import simulate

    long_run = {driver.name: central(driver.long_run) for driver in model.drivers}
    if any(_scars_stay(driver, model) for driver in model.drivers):
        return tuple(Level(name, level, math.nan, math.nan) for name, level in long_run.items())
    compiled = compile_model(*ordinary(model, experiment))
    tally = simulate(compiled, seed=experiment.seed, paths=PATHS, detail="odds")
    window = slice(-round(YEARS * DAYS_PER_YEAR / 7), None)
    mean = tally.index_sum[window].mean(axis=0) / tally.paths
    square = tally.index_squares[window].mean(axis=0) / tally.paths
    error = np.sqrt(np.maximum(square - mean**2, 0) / tally.paths)
    return tuple(
        Level(name, level, float(mean[i]), float(error[i])) for i, (name, level) in enumerate(long_run.items())
    )


def _scars_stay(driver: Driver, model: Model) -> bool:
    """Whether scars that never heal accumulate on the driver."""
    return driver.scar_half_life == math.inf and any(
        central(trigger.lasting) > 0 and central(trigger.effect.get(driver.name, 0.0)) != 0
        for trigger in model.triggers
    )


def ordinary(model: Model, experiment: Experiment) -> tuple[Model, Experiment]:
    """The model with only the ordinary flow of events, and a run long enough for it to settle."""
    years = experiment.ticks * experiment.tick / DAYS_PER_YEAR
    steady = replace(
        model,
        drivers=tuple(replace(driver, start=driver.long_run) for driver in model.drivers),
        triggers=tuple(_steady(trigger, experiment, years) for trigger in model.triggers),
        calendar=(),
    )
    slowest = max(max(central(driver.half_life), _healing(driver)) for driver in model.drivers)
    before = min(BURN_IN_HALF_LIVES * slowest / DAYS_PER_YEAR, MAX_BURN_IN_YEARS)
    ticks = math.ceil((before + YEARS) * DAYS_PER_YEAR / 7)
    run = replace(
        experiment,
        tick=7,
        end=experiment.start + dt.timedelta(days=7 * ticks),
        paths=PATHS,
        initial=Initial(scars={}, episodes={}),
        impose=(),
    )
    return steady, run


def _healing(driver: Driver) -> float:
    """The half-life of scars; 0 where they never heal."""
    half_life = central(driver.scar_half_life)
    return half_life if half_life < math.inf else 0.0


def _steady(trigger: Trigger, experiment: Experiment, years: float) -> Trigger:
    first, last = max(trigger.from_, experiment.start), min(trigger.until, experiment.end)
    if 2 * max((last - first).days, 0) < (experiment.end - experiment.start).days:
        return replace(trigger, max_count=0.0, from_=dt.date.min, until=dt.date.max)
    if trigger.max_count == math.inf or trigger.max_count < 1:
        return replace(trigger, from_=dt.date.min, until=dt.date.max)
    spacing = max(central(trigger.cooldown), years * DAYS_PER_YEAR / trigger.max_count)
    return replace(trigger, from_=dt.date.min, until=dt.date.max, max_count=math.inf, cooldown=spacing)
