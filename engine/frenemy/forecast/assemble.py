"""From the tally of a run to its forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.driver_levels import fan, fans_by_scenario
from frenemy.forecast.event_table import event_table
from frenemy.forecast.forecast import Forecast, Phase
from frenemy.forecast.odds import odds_of
from frenemy.forecast.raw_draws import raw_draws
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.simulation.ensemble.tally import Tally

if TYPE_CHECKING:
    from frenemy.simulation.ensemble.paths import Paths

__all__ = ["assemble"]


def assemble(model: Model, experiment: Experiment, tally: Tally, sample: Paths) -> Forecast:
    """The forecast of one run, at the medians or over outer draws; `sample`: paths drawn individually."""
    names = [scenario.name for scenario in model.scenarios]
    steps = np.arange(experiment.ticks + 1) * np.timedelta64(experiment.tick, "D")
    return Forecast(
        model=model,
        experiment=experiment,
        dates=np.datetime64(experiment.start, "D") + steps,
        paths=tally.paths // max(tally.draws, 1),
        draws=tally.draws,
        odds=odds_of(tally),
        first_entry=tally.first_entry.sum(axis=0) / tally.paths,
        drivers=fan(tally),
        drivers_by_scenario=fans_by_scenario(tally, names),
        events=event_table(model, experiment, tally),
        phase=Phase(
            density=tally.plane / tally.paths,
            sample_index=sample.index,
            sample_scenario=sample.scenario,
            sample_paths=sample.numbers,
        ),
        raw_draws=raw_draws(model, experiment, tally),
    )
