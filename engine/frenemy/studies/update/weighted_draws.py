"""Odds, levels and numbers over weighted draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from frenemy.arrays import Floats
from frenemy.forecast.forecast import QUANTILES, DriverFan, Odds, Reading
from frenemy.forecast.odds import jeffreys_variance
from frenemy.simulation.quantiles import quantiles
from frenemy.simulation.resampling.block import Block
from frenemy.studies.update.filtering_history import Levels
from frenemy.studies.update.findings import PosteriorNumber
from frenemy.studies.update.parameter_space import EDGE, ParameterSpace

__all__ = ["Shares", "numbers", "weighted_odds", "weighted_quantiles"]

TICKS_AT_ONCE = 64
"""Ticks whose odds are summarised at a time, so that the temporary arrays stay small however many draws there are."""


@dataclass(slots=True, eq=False)
class Shares:
    """How many of each draw's paths are in each scenario, and have been: all that the odds and their bands need."""

    at: NDArray[np.uint32]  # (draws, ticks, scenarios)
    ever: NDArray[np.uint32]
    levels: Levels  # of all draws together
    paths: int  # of a draw

    @classmethod
    def empty(cls, space: ParameterSpace, draws: int, paths: int) -> Shares:
        ticks = space.experiment.ticks
        shape = (draws, ticks, len(space.model.scenarios))
        at, ever = np.zeros(shape, dtype=np.uint32), np.zeros(shape, dtype=np.uint32)
        return cls(at, ever, Levels.empty(ticks, len(space.model.drivers)), paths)

    def add(self, block: Block, weights: Floats) -> Levels:
        """Count the paths of a block, kept up to the horizon, of draws with these weights, (draws,).

        Returns their levels, for `levels` in a fixed order.
        """
        ticks, scenarios = self.at.shape[1:]
        mine = Levels.empty(ticks, self.levels.first.shape[1])
        mine.add(0, block.kept.points, weights[block.draw] / self.paths)
        inside = block.kept.scenario[:, None] == np.arange(scenarios)[:, None]  # (ticks, scenarios, paths)
        for counts, there in ((self.at, inside), (self.ever, np.logical_or.accumulate(inside, axis=0))):
            counts[block.draws] += np.moveaxis(block.by_draw(there.astype(np.uint32)), -1, 0)
        return mine

    def fan(self) -> DriverFan:
        return self.levels.fan(self.paths * len(self.at))

    def odds(self, weights: Floats) -> Mapping[Reading, Odds]:
        """The odds over the weighted draws, (draws,)."""
        readings: Mapping[Reading, NDArray[np.uint32]] = {"at": self.at, "ever": self.ever}
        return {reading: weighted_odds(counts, weights, self.paths) for reading, counts in readings.items()}


def weighted_odds(counts: NDArray[np.uint32], weights: Floats, paths: int) -> Odds:
    """Odds over weighted draws, from how many of the paths of each, (draws, ticks, scenarios)."""
    ticks = range(0, counts.shape[1], TICKS_AT_ONCE)
    parts = [_odds(counts[:, n : n + TICKS_AT_ONCE] / paths, weights, paths) for n in ticks]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-2) for name in Odds.__dataclass_fields__
    }
    return Odds(**joined)


def _odds(rows: Floats, weights: Floats, paths: int) -> Odds:
    """Odds over weighted draws, (draws, ticks, scenarios), each the share of so many paths.

    The bands are weighted quantiles over draws, shrunk towards the mean to remove the sampling noise of the paths.
    """
    mean = np.tensordot(weights, rows, axes=1)
    deviations = rows - mean
    between = np.tensordot(weights, deviations**2, axes=1)
    within = np.tensordot(weights, rows * (1 - rows), axes=1)
    size = 1 / np.sum(weights**2)
    unbiased = between * size / max(size - 1, 1e-9)
    judgement = np.maximum(unbiased - within / max(paths - 1, 1), 0.0)
    factor = np.sqrt(np.divide(judgement, unbiased, out=np.ones_like(mean), where=unbiased > 0))
    error2 = np.tensordot(weights**2, deviations**2, axes=1)
    floor = jeffreys_variance(np.float64(0), np.float64(0), round(size * paths))
    return Odds(
        probability=mean,
        mc_se=np.sqrt(np.maximum(error2, floor)),
        quantiles=weighted_quantiles(mean + np.clip(factor, 0, 1) * deviations, weights),
        judgement_variance=judgement,
        path_variance=within,
    )


def weighted_quantiles(values: Floats, weights: Floats) -> Floats:
    """(7, ...): quantiles over the first axis; each value stands for the middle of its slice of weight (Hazen)."""
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    mine = weights[order]
    middles = np.cumsum(mine, axis=0) - mine / 2
    flat, places = ordered.reshape(len(values), -1), middles.reshape(len(values), -1)
    columns = [np.interp(QUANTILES, places[:, i], flat[:, i]) for i in range(flat.shape[1])]
    return np.stack(columns, axis=-1).reshape(len(QUANTILES), *values.shape[1:])


def numbers(space: ParameterSpace, scores: Floats, weights: Floats) -> Mapping[str, PosteriorNumber]:
    """Each uncertain number before and after, from the weighted scores, (draws, numbers)."""
    found = {}
    for (key, prior), mine in zip(space.ranges.items(), scores.T, strict=True):
        values = quantiles(prior, ndtr(np.clip(mine, -EDGE, EDGE)))
        mean = float(weights @ mine)
        found[key] = PosteriorNumber(
            key=key,
            prior=prior,
            prior_quantiles=np.array([prior.quantile(q) for q in QUANTILES]),
            posterior_quantiles=weighted_quantiles(values, weights),
            posterior_mean=float(weights @ values),
            shift=float(weighted_quantiles(mine, weights)[3]),
            narrowing=float(np.sqrt(max(weights @ (mine - mean) ** 2, 0.0))),
            values=values,
        )
    return found
