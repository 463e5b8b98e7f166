"""From the tallies of a run to its forecast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from frenemy.forecast.driver_levels import fan, fans_by_scenario
from frenemy.forecast.event_table import EventCount, count_events, event_table, year_of_ticks
from frenemy.forecast.forecast import Forecast, Phase
from frenemy.forecast.odds import Draws, odds_at_medians
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.simulation.ensemble.tally import Tally

if TYPE_CHECKING:
    from frenemy.simulation.ensemble.paths import Paths

__all__ = ["assemble"]


def assemble(model: Model, experiment: Experiment, tallies: Tally | Iterable[Tally], sample: Paths) -> Forecast:
    """The forecast of one run at the medians (a tally), or of outer draws on common noise (a tally for each, in order).

    Tallies of outer draws are read one at a time, so a generator that simulates on demand keeps memory flat; only
    their odds, (draws, ticks, scenarios) per reading, and the sum of all tallies are kept. `sample` are a few
    paths to be drawn individually. Raises ValueError for no tallies, and for draws simulated on different paths.
    """
    year = year_of_ticks(experiment)
    if isinstance(tallies, Tally):
        pooled, odds, counts, draws = tallies, odds_at_medians(tallies), [count_events(tallies, year)], 0
    else:
        pooled, over_draws, counts = _pool(tallies, year)
        odds, draws = over_draws.odds(), len(counts)
    names = [scenario.name for scenario in model.scenarios]
    steps = np.arange(experiment.ticks + 1) * np.timedelta64(experiment.tick, "D")
    return Forecast(
        model=model,
        experiment=experiment,
        dates=np.datetime64(experiment.start, "D") + steps,
        paths=pooled.paths // max(draws, 1),
        draws=draws,
        odds=odds,
        first_entry=pooled.first_entry.sum(axis=0) / pooled.paths,
        drivers=fan(pooled),
        drivers_by_scenario=fans_by_scenario(pooled, names),
        events=event_table(model, experiment, pooled, counts),
        phase=Phase(
            density=pooled.plane / pooled.paths,
            sample_index=sample.index,
            sample_scenario=sample.scenario,
            sample_paths=sample.numbers,
        ),
    )


def _pool(tallies: Iterable[Tally], year: NDArray[np.int64]) -> tuple[Tally, Draws, list[EventCount]]:
    """All tallies as one, the odds over them, and the event counts of each."""
    iterator = iter(tallies)
    first = next(iterator, None)
    if first is None:
        raise ValueError("no tallies to assemble")
    pooled, odds, counts = _copy(first), Draws(first.batch_paths), [count_events(first, year)]
    odds.add(first)
    del first  # a tally is large, and a copy of this one is already held
    for tally in iterator:
        odds.add(tally)
        counts.append(count_events(tally, year))
        pooled = _add(pooled, tally)
    return pooled, odds, counts


def _copy(tally: Tally) -> Tally:
    arrays = {field.name: np.array(getattr(tally, field.name)) for field in fields(tally) if field.name != "paths"}
    return Tally(paths=tally.paths, **arrays)


def _add(total: Tally, part: Tally) -> Tally:
    """`total + part`, in the arrays of `total`: a histogram is too large to be copied for each draw."""
    for field in fields(total):
        if field.name != "paths":
            array = getattr(total, field.name)
            np.add(array, getattr(part, field.name), out=array)
    return replace(total, paths=total.paths + part.paths)
