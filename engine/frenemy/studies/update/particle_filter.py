"""Particles: for each draw, paths consistent with the evidence, and the likelihood of the draw.

A particle filter (Gordon, Salmond and Smith 1993) whose likelihood estimate is unbiased for any number of paths (Del
Moral 2004, section 7.4), so that it can replace the likelihood itself where draws are weighed and moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Bools, Floats, Ints
from frenemy.simulation.noise.streams import generator
from frenemy.simulation.resampling.block import Block
from frenemy.simulation.resampling.population import Population
from frenemy.studies.update.likelihood import Stop, log_branches, log_likelihoods

__all__ = ["THRESHOLD", "Particles", "effective", "systematic"]


THRESHOLD = 0.1
"""Resample if the effective sample size is a smaller share of the sample than this.

It is low because dates can be vague: paths in which an event has already happened weigh less for a while than those in
which it is still ahead; if they were dropped for that, none would be left once it has happened.
"""


def effective(weights: Floats) -> Floats:
    """Effective sample size of weights, (..., n)."""
    return np.asarray(weights.sum(axis=-1) ** 2 / np.sum(weights**2, axis=-1))


def systematic(weights: Floats, u: float) -> Ints:
    """As many indices as there are weights, each as often as its weight says, rounded up or down; u in [0, 1)."""
    n = len(weights)
    cumulative = np.cumsum(weights)
    picked = np.searchsorted(cumulative, cumulative[-1] * (u + np.arange(n)) / n, side="right")
    return np.asarray(np.minimum(picked, n - 1), dtype=np.int64)


@dataclass(slots=True, eq=False)
class Particles:
    """Paths of some draws with their weights, stopped at an assessment."""

    population: Population
    weights: Floats  # (draws, paths), those of a draw sum to 1; all 0 if none of its paths is left
    log_likelihood: Floats  # (draws,), -inf if none of its paths is left

    @classmethod
    def of(cls, population: Population) -> Particles:
        """Particles before any evidence."""
        draws, each = len(population.ensemble.models), population.ensemble.each
        return cls(population, np.full((draws, each), 1 / each), np.zeros(draws))

    def assimilate(self, stop: Stop, workers: int = 1) -> Floats:
        """Simulate up to a stop and weigh the evidence there: the gains in log likelihood, (draws,).

        A gain is -inf if no path of the draw is left.
        """
        model = self.population.model

        def weigh(block: Block) -> Floats:
            block.advance(stop.tick)
            gain = block.take_log_weight()
            if stop.seen:
                now = block.read()
                gain += log_likelihoods(model, stop.seen, now.latent, now.index, now.scenario)
            return gain

        gains = np.concatenate(self.population.map(weigh, workers)).reshape(self.weights.shape)
        gains += log_branches(self.population.ensemble, stop.seen)[:, None]
        gains = np.where(self.weights > 0, gains, -np.inf)
        best = gains.max(axis=1)
        left = best > -np.inf
        with np.errstate(invalid="ignore"):  # of draws without a path left
            weights = np.where(self.weights > 0, self.weights * np.exp(gains - best[:, None]), 0.0)
        total = np.where(left, weights.sum(axis=1), 1.0)
        self.weights = np.where(left[:, None], weights / total[:, None], 0.0)
        steps = np.where(left, best + np.log(total), -np.inf)
        self.log_likelihood = self.log_likelihood + steps
        return steps

    def resample(self, workers: int = 1) -> bool:
        """Resample the draws of which too few paths carry most of the weight; whether there were any."""
        with np.errstate(invalid="ignore"):  # of draws without a path left
            few = effective(self.weights) < THRESHOLD * self.weights.shape[1]
        return self.equalise(self.alive & few, workers)

    def equalise(self, draws: Bools | None = None, workers: int = 1) -> bool:
        """Resample some draws, or all with a path left, so that the weights of their paths are equal.

        Returns whether any paths were replaced.
        """
        weights, each = self.weights, self.weights.shape[1]
        chosen = (self.alive if draws is None else draws) & (weights != weights[:, :1]).any(axis=1)
        if not chosen.any():
            return False
        name = f"{self.population.purpose}resample/{self.population.tick}"
        places = generator(self.population.seed, name, 0).random(len(weights))
        indices = np.arange(weights.size).reshape(weights.shape)
        for m in np.flatnonzero(chosen):
            indices[m] = m * each + systematic(weights[m], float(places[m]))
        self.population.pick(indices.ravel(), workers=workers)
        self.weights = np.where(chosen[:, None], 1 / each, weights)
        return True

    def assimilate_all(self, stops: Sequence[Stop], workers: int = 1) -> None:
        """Assimilate stop after stop, as long as a path is left."""
        for stop in stops:
            self.assimilate(stop, workers)
            if not self.alive.any():
                return
            self.resample(workers)

    def pick(self, draws: Ints, workers: int = 1) -> None:
        """Put draw `draws[m]` in place m, for all places, with its numbers, its paths and their weights."""
        each = self.weights.shape[1]
        paths = draws[:, None] * each + np.arange(each)
        ensemble = self.population.ensemble
        self.population.pick(paths.ravel(), ensemble.picked(draws), workers)
        self.weights, self.log_likelihood = self.weights[draws], self.log_likelihood[draws]

    def adopt(self, part: slice, other: Particles, draws: Bools) -> None:
        """Take over some draws of the particles of a part of the draws, at the same stop.

        The models are still to follow.
        """
        self.population.adopt(other.population, draws)
        self.weights[part] = np.where(draws[:, None], other.weights, self.weights[part])
        self.log_likelihood[part] = np.where(draws, other.log_likelihood, self.log_likelihood[part])

    @property
    def alive(self) -> Bools:
        """(draws,) whether any path is consistent with the evidence so far."""
        return self.log_likelihood > -np.inf
