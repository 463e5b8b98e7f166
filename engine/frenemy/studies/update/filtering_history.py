"""Filtered odds and levels: what was known at each tick, at that tick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
                self.histogram[n, d] += np.bincount(mine, weights=weights, minlength=BINS)
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
        """Add the ticks from one stop to the next; weights (draws, paths) at both."""
        if until == 0:  # nothing is past yet
            index = np.concatenate([each.population.read().index for each in particles], axis=-1)
            self.levels.add(0, index[None], after.ravel())
            return
        for n in range(since + 1, until + 1):  # tick by tick, as all draws together take much memory
            pasts = [each.population.past(n - 1, n) for each in particles]
            index = np.concatenate([past[0][1:] for past in pasts], axis=-1)  # (1, drivers, draws x paths)
            scenario = np.concatenate([past[1] for past in pasts])  # (draws, paths)
            weights = after if n == until else before
            self.levels.add(n, index, weights.ravel())
            self.odds[n - 1], self.se[n - 1] = _shares(scenario, weights, self.odds.shape[1])


def _shares(scenario: NDArray[np.int8], weights: Floats, scenarios: int) -> tuple[Floats, Floats]:
    """Weighted share of each scenario, and its error from the spread between draws; (draws, paths) both."""
    of_draw = weights.sum(axis=1)
    shares, errors = np.empty(scenarios), np.empty(scenarios)
    floor = jeffreys_variance(np.float64(0), np.float64(0), weights.size)
    for s in range(scenarios):
        mine = np.where(scenario == s, weights, 0.0).sum(axis=1)
        shares[s] = mine.sum()
        errors[s] = np.sqrt(max(float(np.sum((mine - shares[s] * of_draw) ** 2)), float(floor)))
    return shares, errors
