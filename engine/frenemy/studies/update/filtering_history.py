"""Filtered odds and levels: what was known at each tick, at that tick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.driver_levels import histogram_quantiles
from frenemy.forecast.forecast import DriverFan
from frenemy.forecast.odds import jeffreys_variance
from frenemy.simulation.ensemble.tally import BINS
from frenemy.simulation.resampling.block import Block
from frenemy.simulation.resampling.population import Population
from frenemy.studies.update.parameter_space import ParameterSpace

__all__ = ["Filtered", "Levels"]


@dataclass(slots=True, eq=False)
class Levels:
    """Weighted histograms of the drivers, tick by tick."""

    histogram: Floats  # (ticks + 1, drivers, BINS)
    first: Floats  # (ticks + 1, drivers) weighted sums of the index
    second: Floats  # (ticks + 1, drivers) of its square

    @classmethod
    def empty(cls, ticks: int, drivers: int) -> Levels:
        shape = (ticks + 1, drivers)
        return cls(np.zeros((*shape, BINS)), np.zeros(shape), np.zeros(shape))

    def add(self, tick: int, index: Floats, weights: Floats) -> None:
        """Add the levels of some ticks from `tick` on, (ticks, drivers, paths), with the weights of their paths.

        `weights` are (paths,), or (ticks, paths) where they differ.
        """
        rows = np.arange(index.shape[1])[:, None] * BINS
        for n, level in enumerate(index, tick):  # tick by tick, for the sake of memory
            mine = weights if weights.ndim == 1 else weights[n - tick]
            bins = np.minimum(level * (BINS / 100), BINS - 1).astype(np.int64) + rows
            counts = np.bincount(bins.ravel(), np.broadcast_to(mine, level.shape).ravel(), minlength=BINS * len(level))
            self.histogram[n] += counts.reshape(self.histogram[n].shape)
            self.first[n] += level @ mine
            self.second[n] += level**2 @ mine

    def merge(self, other: Levels, tick: int = 0) -> None:
        """Add the levels of other paths at the ticks from `tick` on."""
        for name in ("histogram", "first", "second"):
            mine, theirs = getattr(self, name), getattr(other, name)
            mine[tick : tick + len(theirs)] += theirs

    def up_to(self, tick: int) -> Levels:
        """The levels up to a tick."""
        return Levels(self.histogram[: tick + 1], self.first[: tick + 1], self.second[: tick + 1])

    def fan(self, paths: int) -> DriverFan:
        """The weights must sum to 1 at every tick."""
        sd = np.sqrt(np.maximum(self.second - self.first**2, 0.0))
        quantiles = histogram_quantiles(self.histogram)  # type: ignore[arg-type]
        return DriverFan(paths=paths, mean=self.first, sd=sd, quantiles=np.where(sd < 1e-3, self.first, quantiles))


@dataclass(slots=True, eq=False)
class Filtered:
    """What was known at each tick, at that tick; between two stops, what was known at the first of them."""

    odds: Floats  # (now, scenarios)
    se: Floats  # (now, scenarios)
    levels: Levels

    @classmethod
    def empty(cls, space: ParameterSpace, now: int) -> Filtered:
        shape = (now, len(space.model.scenarios))
        return cls(np.zeros(shape), np.zeros(shape), Levels.empty(now, len(space.model.drivers)))

    def extended(self, now: int) -> Filtered:
        """A copy with room for more ticks."""
        more, levels = now - len(self.odds), self.levels

        def padded(array: Floats) -> Floats:
            return np.pad(array, ((0, more), *[(0, 0)] * (array.ndim - 1)))

        longer = Levels(padded(levels.histogram), padded(levels.first), padded(levels.second))
        return Filtered(padded(self.odds), padded(self.se), longer)

    def add(self, population: Population, since: int, before: Floats, after: Floats, workers: int = 1) -> None:
        """Add the ticks from a stop to the population's; weights (draws, paths) at both."""
        until, draws = population.tick, len(after)
        ticks = max(until - since, 1)
        weights = np.stack([*[before.ravel()] * (ticks - 1), after.ravel()]).reshape(ticks, -1)
        scenarios = self.odds.shape[1]

        def read(block: Block) -> tuple[Levels, Floats]:
            mine = weights[:, block.paths]
            levels = Levels.empty(ticks - 1, self.levels.first.shape[1])
            if until == 0:  # nothing is past yet
                levels.add(0, block.read().index[None], mine)
                return levels, np.zeros((0, 0, 0))
            kept = block.peek()[1]
            levels.add(0, kept.points[since + 1 : until + 1], mine)
            inside = kept.scenario[since:until, None] == np.arange(scenarios)[:, None]
            return levels, block.by_draw(np.where(inside, mine[:, None], 0.0))

        in_each = np.zeros((ticks, scenarios, draws))  # weight of each draw in each scenario
        for block, (levels, shares) in zip(population.blocks, population.map(read, workers), strict=True):
            self.levels.merge(levels, min(since + 1, until))
            if until:
                in_each[..., block.draws] += shares
        for n in range(since + 1, until + 1):
            of_draw = (after if n == until else before).sum(axis=1)
            self.odds[n - 1], self.se[n - 1] = _shares(in_each[n - since - 1].T, of_draw, after.size)


def _shares(in_each: Floats, of_draw: Floats, particles: int) -> tuple[Floats, Floats]:
    """Weighted share of each scenario, and its error from the spread between draws.

    `in_each` has the weight of each draw in each scenario, (draws, scenarios), `of_draw` its whole weight.
    """
    shares = in_each.sum(axis=0)
    floor = jeffreys_variance(np.float64(0), np.float64(0), particles)
    errors2 = np.sum((in_each - shares * of_draw[:, None]) ** 2, axis=0)
    return shares, np.sqrt(np.maximum(errors2, floor))
