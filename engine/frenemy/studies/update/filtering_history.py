"""Filtered odds and levels: what was known at each tick, at that tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.driver_levels import histogram_quantiles
from frenemy.forecast.forecast import DriverFan
from frenemy.forecast.odds import jeffreys_variance
from frenemy.simulation.ensemble.tally import BINS
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.particle_filter import Particles

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
        """Add the levels of some ticks from `tick` on, (ticks, drivers, paths), with the weights of their paths."""
        for n, level in enumerate(index, tick):  # tick by tick, for the sake of memory
            bins = np.minimum(level * (BINS / 100), BINS - 1).astype(np.int64)
            for d, mine in enumerate(bins):
                np.add.at(self.histogram[n, d], mine, weights)
            self.first[n] += level @ weights
            self.second[n] += level**2 @ weights

    def merge(self, other: Levels) -> None:
        """Add the levels of other paths at the same ticks."""
        self.histogram += other.histogram
        self.first += other.first
        self.second += other.second

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

    def add(self, particles: Sequence[Particles], since: int, until: int, before: Floats, after: Floats) -> None:
        """Add the ticks from one stop to the next; weights (draws, paths) at both. Draws are read one by one."""
        if until == 0:  # nothing is past yet
            for each, weights in zip(particles, after, strict=True):
                self.levels.add(0, each.population.read().index[None], weights)
                each.population.rest()
            return
        scenarios = np.arange(self.odds.shape[1])[:, None]
        in_each = np.empty((until - since, *after.shape[:1], len(scenarios)))  # weight of each draw in each scenario
        for m, each in enumerate(particles):
            index, scenario = each.population.past(since, until)
            for n in range(since + 1, until + 1):
                weights = after[m] if n == until else before[m]
                self.levels.add(n, index[n - since][None], weights)
                in_each[n - since - 1, m] = np.where(scenario[n - since - 1] == scenarios, weights, 0.0).sum(axis=-1)
        for n in range(since + 1, until + 1):
            of_draw = (after if n == until else before).sum(axis=1)
            self.odds[n - 1], self.se[n - 1] = _shares(in_each[n - since - 1], of_draw, after.size)


def _shares(in_each: Floats, of_draw: Floats, particles: int) -> tuple[Floats, Floats]:
    """Weighted share of each scenario, and its error from the spread between draws.

    `in_each` has the weight of each draw in each scenario, (draws, scenarios), `of_draw` its whole weight.
    """
    shares = in_each.sum(axis=0)
    floor = jeffreys_variance(np.float64(0), np.float64(0), particles)
    errors2 = np.sum((in_each - shares * of_draw[:, None]) ** 2, axis=0)
    return shares, np.sqrt(np.maximum(errors2, floor))
