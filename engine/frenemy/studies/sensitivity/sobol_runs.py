"""The runs of a Sobol design: at each point the odds of a few futures, in small batches.

The points of a row that exchange one group have the same futures as the row's first point, so that their differences
are differences path by path. Each row has futures of its own, and so has the row's last point, whose product with the
differences is averaged: noise that both shared would look like an effect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.run import Noise, block_scenarios, new_job
from frenemy.simulation.ensembles import models_of
from frenemy.simulation.quantiles import values_at

__all__ = ["BATCHES", "outputs"]

BATCHES = 8
"""Batches of the futures of a point, which show how much sampling noise there is."""


def outputs(
    model: Model,
    experiment: Experiment,
    points: Floats,
    ticks: Sequence[int],
    *,
    rows: int,
    paths: int,
    workers: int = 0,
    step: Callable[[int], object] = int,
) -> Floats:
    """(points, batches, ticks, scenarios): the reading in question at each point of a design of so many rows.

    `paths` for each point, a multiple of the batches. `step` is called with the points done.
    """
    reading, scenarios, columns = experiment.sensitivity.reading, len(model.scenarios), len(points) // rows
    noise, ranges = Noise(experiment.seed, keep=False), uncertain(model) | uncertain(experiment)
    found = np.empty((rows, columns, BATCHES, len(ticks), scenarios))
    for column in range(columns):
        places = points[column::columns]
        values = values_at(ranges.values(), places)
        models = models_of(model, experiment, dict(zip(ranges, values.T, strict=True)), rows)
        first = rows if column == columns - 1 else 0
        job = new_job(Ensemble(models=models, each=paths, points=places, first=first), noise)
        blocks = ordered_map(partial(block_scenarios, job), job.ensemble.blocks, workers)
        values = np.concatenate([_values(one.scenario, reading, ticks, scenarios) for one in blocks], axis=-1)
        by_batch = values.reshape(*values.shape[:2], rows, BATCHES, paths // BATCHES).mean(axis=-1)
        found[:, column] = np.moveaxis(by_batch, (2, 3), (0, 1))
        step(rows)
    return found.reshape(len(points), *found.shape[2:])


def _values(scenario: NDArray[np.int8], reading: Reading, ticks: Sequence[int], scenarios: int) -> Floats:
    """(ticks, scenarios, paths): the reading of each path at some assessments."""
    places = list(ticks)
    inside = np.stack([scenario == j for j in range(scenarios)], axis=1)
    if reading == "at":
        return inside[places].astype(np.float64)
    if reading == "ever":
        return np.maximum.accumulate(inside, axis=0)[places].astype(np.float64)
    so_far = np.cumsum(inside, axis=0, dtype=np.int32)[places]
    return np.asarray(so_far / (np.array(places, dtype=np.float64) + 1)[:, None, None])
