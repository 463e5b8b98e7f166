"""The particles of one draw: paths consistent with the evidence, and the likelihood of the draw.

A particle filter (Gordon, Salmond and Smith 1993) whose likelihood estimate is unbiased for any number of paths (Del
Moral 2004, section 7.4), so that it can replace the likelihood itself where draws are weighed and moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.streams import BLOCK, generator
from frenemy.simulation.resampling.population import Population, start
from frenemy.storage.spool import Spool
from frenemy.studies.update.likelihood import Stop, log_likelihoods

__all__ = ["THRESHOLD", "Particles", "effective", "systematic"]


THRESHOLD = 0.1
"""Resample if the effective sample size is a smaller share of the sample than this.

It is low because dates can be vague: paths in which an event has already happened weigh less for a while than those in
which it is still ahead; if they were dropped for that, none would be left once it has happened.
"""


def effective(weights: Floats) -> float:
    """Effective sample size of weights, (n,)."""
    return float(weights.sum() ** 2 / np.sum(weights**2))


def systematic(weights: Floats, u: float) -> NDArray[np.int64]:
    """As many indices as there are weights, each as often as its weight says, rounded up or down; u in [0, 1)."""
    n = len(weights)
    cumulative = np.cumsum(weights)
    picked = np.searchsorted(cumulative, cumulative[-1] * (u + np.arange(n)) / n, side="right")
    return np.asarray(np.minimum(picked, n - 1), dtype=np.int64)


@dataclass(slots=True, eq=False)
class Particles:
    """Paths of one draw with their weights, stopped at an assessment."""

    compiled: Compiled
    population: Population
    log_likelihood: float = 0.0
    weights: Floats = field(default_factory=lambda: np.zeros(0))  # (paths,), they sum to 1; all 0 if no path is left

    @classmethod
    def at_start(
        cls,
        compiled: Compiled,
        *,
        seed: int,
        paths: int,
        purpose: str,
        now: int,
        shared: Noise | None = None,
        spool: Spool | None = None,
    ) -> Particles:
        """Particles before any evidence; `shared` and `spool` as in `start`."""
        population = start(
            compiled,
            seed=seed,
            size=paths,
            purpose=purpose,
            width=BLOCK if not purpose else min(BLOCK, paths),
            history=now,
            shared=shared,
            spool=spool,
        )
        return cls(compiled=compiled, population=population, weights=np.full(paths, 1 / paths))

    def assimilate(self, stop: Stop, workers: int = 1) -> float:
        """Simulate up to a stop and weigh the evidence there: the gain in log likelihood, -inf if no path is left."""
        self.population.advance(stop.tick, workers=workers)
        gain = self.population.take_log_weight()
        if stop.seen:
            now = self.population.read()
            gain += log_likelihoods(self.compiled, stop.seen, now.latent, now.index, now.scenario)
        best = gain[self.weights > 0].max(initial=-np.inf)
        if best == -np.inf:
            self.weights = np.zeros_like(self.weights)
            self.log_likelihood = -np.inf
            return -np.inf
        weights = self.weights * np.exp(np.where(self.weights > 0, gain - best, -np.inf))
        total = float(weights.sum())
        self.weights = weights / total
        step = float(best) + float(np.log(total))
        self.log_likelihood += step
        return step

    def resample(self) -> None:
        """Resample if too few paths carry most of the weight."""
        if self.alive and effective(self.weights) < THRESHOLD * len(self.weights):
            self.equalise()

    def equalise(self) -> None:
        """Resample so that all weights are equal."""
        weights = self.weights
        if np.all(weights == weights[0]):
            return
        name = f"{self.population.purpose}resample/{self.population.tick}"
        self.population.pick(systematic(weights, float(generator(self.population.seed, name, 0).random())))
        self.weights = np.full_like(weights, 1 / len(weights))

    def assimilate_all(self, stops: Sequence[Stop]) -> None:
        """Assimilate stop after stop, as long as a path is left."""
        for stop in stops:
            if self.assimilate(stop) == -np.inf:
                return
            self.resample()

    def rested(self) -> Particles:
        """These particles, in as little memory as possible until they are used again."""
        self.population.rest()
        return self

    def fork(self, purpose: str) -> Particles:
        """A copy that continues with its own noise."""
        return Particles(
            compiled=self.compiled,
            population=self.population.fork(purpose),
            log_likelihood=self.log_likelihood,
            weights=self.weights.copy(),
        )

    @property
    def alive(self) -> bool:
        """Whether any path is consistent with the evidence so far."""
        return self.log_likelihood > -np.inf
