"""How often each trigger happens: the findings, as plain data, and the function that computes them.

The rate is the mean number of events over paths, divided by the years of the run. Its standard error is that of the
mean over paths; the share of paths with at least one event has a binomial one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate

__all__ = ["FrequencyFindings", "find_frequencies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequencyFindings:
    """The frequency of each trigger, every uncertain number at its median."""

    model: Model
    experiment: Experiment
    triggers: tuple[int, ...]  # positions in model.triggers
    rate: Floats  # (triggers,) events a year
    rate_se: Floats
    at_least_one: Floats  # (triggers,) share of paths with an event
    at_least_one_se: Floats


def find_frequencies(
    model: Model,
    experiment: Experiment,
    triggers: Sequence[str],
    *,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> FrequencyFindings:
    """Count the events of the triggers named, in a realised model. `progress` is called with the paths simulated."""
    compiled = compile_model(model, experiment)
    tally = simulate(compiled, seed=experiment.seed, paths=experiment.paths, workers=workers, progress=progress)
    places = [compiled.trigger_names.index(name) for name in triggers]
    paths, years = experiment.paths, (experiment.end - experiment.start).days / 365.25
    mean = tally.events.sum(axis=0)[places] / paths
    variance = np.maximum(tally.event_squares[places] / paths - mean**2, 0.0)
    share = tally.first_events.sum(axis=0)[places] / paths
    return FrequencyFindings(
        model=model,
        experiment=experiment,
        triggers=tuple(places),
        rate=mean / years,
        rate_se=np.sqrt(variance / paths) / years,
        at_least_one=share,
        at_least_one_se=np.sqrt(share * (1 - share) / paths),
    )
