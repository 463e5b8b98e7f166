"""Means over the kept paths of an ensemble, and their Monte Carlo errors.

Over outer draws the errors are those of the means of the draws (`simulation.ensemble.groups`); at the medians, of
independent paths. Neither is ever 0: half a path is added on each side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats
from frenemy.forecast.forecast import Odds, Reading
from frenemy.forecast.odds import jeffreys_variance, odds_of_counts
from frenemy.simulation.ensemble.ensemble import Ensemble

__all__ = ["change_of", "number_of", "odds_of_paths", "share_of"]


def share_of(ensemble: Ensemble, values: Floats) -> tuple[Floats, Floats]:
    """Mean and error of a share of each path, (..., paths), 0-1."""
    paths = ensemble.paths
    least = jeffreys_variance(np.float64(0), np.float64(0), paths)
    of_paths = jeffreys_variance(values.sum(axis=-1), (values**2).sum(axis=-1), paths)
    return _mean(ensemble, values, np.asarray(of_paths), float(least))


def change_of(ensemble: Ensemble, values: Floats) -> tuple[Floats, Floats]:
    """Mean and error of a change of a share of each path, (..., paths); one path is counted as changed."""
    paths = ensemble.paths
    of_paths = ((values**2).sum(axis=-1) + 1) / (paths + 1) - values.mean(axis=-1) ** 2
    return _mean(ensemble, values, np.maximum(of_paths, 0) / paths, 1 / ((paths + 1) * paths))


def number_of(ensemble: Ensemble, values: Floats) -> tuple[Floats, Floats]:
    """Mean and error of a number of each path, (..., paths)."""
    paths = ensemble.paths
    return _mean(ensemble, values, (values.var(axis=-1) + 1 / paths) / paths, 1 / paths**2)


def _mean(ensemble: Ensemble, values: Floats, of_paths: Floats, least: float) -> tuple[Floats, Floats]:
    """The mean, and its error from the variance over independent paths or, over draws, from their own means."""
    if not ensemble.drawn:
        return values.mean(axis=-1), np.sqrt(of_paths)
    sums, groups = _by_draw(ensemble, values), ensemble.groups
    variance = groups.error(sums) ** 2 if len(ensemble.models) > 1 else of_paths
    return groups.rows(sums).mean(axis=0), np.sqrt(np.maximum(variance, least))


def _by_draw(ensemble: Ensemble, values: NDArray[np.generic]) -> Floats:
    """(draws, ...): sums of (..., paths) over the paths of each draw."""
    parts = values.reshape(*values.shape[:-1], len(ensemble.models), ensemble.each)
    return np.asarray(np.moveaxis(parts.sum(axis=-1), -1, 0))


def odds_of_paths(ensemble: Ensemble, scenario: NDArray[np.int8], count: int) -> dict[Reading, Odds]:
    """The odds, from the scenario of each path at each assessment, (ticks, paths): those of a run of the ensemble."""
    ticks = len(scenario)
    groups = ensemble.groups
    occupancy = np.empty((len(groups.paths), ticks, count), dtype=np.int64)
    first_entry, share_squares = np.empty_like(occupancy), np.empty((ticks, count), dtype=np.int64)
    for j in range(count):
        inside = scenario == j
        occupancy[..., j] = _counts(ensemble, inside)
        first_entry[..., j] = _counts(ensemble, inside & (np.cumsum(inside, axis=0, dtype=np.int32) == 1))
        share_squares[:, j] = np.square(np.cumsum(inside, axis=0, dtype=np.int64)).sum(axis=1)
    return dict(odds_of_counts(groups, occupancy, first_entry, share_squares))


def _counts(ensemble: Ensemble, flags: Bools) -> NDArray[np.int64]:
    """(groups, ticks): paths of each draw, or of each batch."""
    if ensemble.drawn:
        return np.asarray(_by_draw(ensemble, flags), dtype=np.int64)
    batch = ensemble.group_of(np.arange(ensemble.paths)) == np.arange(len(ensemble.groups.paths))[:, None]
    return np.asarray(batch.astype(np.float64) @ flags.T, dtype=np.int64)
