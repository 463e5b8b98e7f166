"""Draws of the uncertain numbers as points in a space of standard normal scores, in which the prior is N(0, I).

A number at its prior's quantile u has the score z, the u-quantile of the standard normal. Scores can be moved freely
without leaving the numbers' ranges, and the acceptance ratio of a move has the same form for all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from frenemy.arrays import Floats
from frenemy.model.distributions import Distribution
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise, uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import Compiled, Observations, compile_model
from frenemy.simulation.parameter_draws import correlated_scores, points
from frenemy.simulation.resampling.observations import observe

__all__ = ["ParameterSpace", "Proposal", "fitted_proposal"]


EDGE = 8.0
"""Scores are kept within so many standard deviations, where quantile functions are finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSpace:
    """The uncertain numbers, and how a point in their space becomes a model."""

    model: Model
    experiment: Experiment
    ledger: LedgerResolved
    ranges: Mapping[str, Distribution]
    of_model: frozenset[str]  # keys that belong to the model, not to the experiment
    _watched: dict[tuple[object, ...], Observations]  # the same for all points: computed once

    @classmethod
    def of(cls, model: Model, experiment: Experiment, ledger: LedgerResolved) -> ParameterSpace:
        mine = uncertain(model)
        return cls(
            model=model,
            experiment=experiment,
            ledger=ledger,
            ranges=mine | uncertain(experiment),
            of_model=frozenset(mine),
            _watched={},
        )

    @property
    def now(self) -> int:
        """The tick at which the past ends: the first assessment on or after the ledger's end and all its entries."""
        ledger = self.ledger
        dates = [ledger.until, *(o.last for o in ledger.occurrences)]
        dates += [*(r.date for r in ledger.readings), *(s.date for s in ledger.sightings)]
        dates += [
            known + dt.timedelta(days=1)
            for known in (*(e.last for e in ledger.ends), *(b.date for b in ledger.branches))
        ]
        days = (max(dates) - self.experiment.start).days
        return min(max(-(-days // self.experiment.tick), 0), self.experiment.ticks)

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Days of all assessments, (ticks + 1,); the start first."""
        days = np.arange(self.experiment.ticks + 1) * np.timedelta64(self.experiment.tick, "D")
        return np.asarray(np.datetime64(self.experiment.start, "D") + days)

    def prior(self, draws: int) -> Floats:
        """Scores of the outer draws of a plain run, (draws, numbers); independent, as all points of this space."""
        return np.asarray(ndtri(points(tuple(self.ranges), draws, self.experiment.seed)))

    def values(self, scores: Floats) -> dict[str, float]:
        """The numbers at one point, (numbers,)."""
        shares = ndtr(np.clip(self.own(scores), -EDGE, EDGE))
        return {key: float(of.quantile(float(u))) for (key, of), u in zip(self.ranges.items(), shares, strict=True)}

    def own(self, scores: Floats) -> Floats:
        """The normal score of each number in its own range, (..., numbers): mixed where judgements are correlated."""
        return correlated_scores(scores, tuple(self.ranges), self.model.correlated)

    def compiled(self, scores: Floats, now: int) -> Compiled:
        """The model at one point, with observations; triggers completely known until `now` (a tick) stay observed."""
        values = self.values(scores)
        model = realise(self.model, {key: value for key, value in values.items() if key in self.of_model})
        rest = {key: value for key, value in values.items() if key not in self.of_model}
        return self._watching(compile_model(model, realise(self.experiment, rest)), self.ledger, now)

    def closed(self, compiled: Compiled, now: int) -> Compiled:
        """The same without observations from `now` (a tick) on, for the forecast."""
        until = self.experiment.start + dt.timedelta(days=now * self.experiment.tick)
        return self._watching(compiled, self.ledger.known_by(until), None)

    def _watching(self, compiled: Compiled, ledger: LedgerResolved, open_from: int | None) -> Compiled:
        if not ledger.entries:
            return compiled
        key = (ledger.coverage, ledger.occurrences, ledger.ends, ledger.branches, open_from)
        if key not in self._watched:
            self._watched[key] = observe(compiled, ledger, open_from=open_from).observations
        return replace(compiled, observations=self._watched[key])


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move z -> m + sqrt(1 - b^2) (z - m) + b s e, with e standard normal; it leaves N(m, s^2) as it is.

    The preconditioned Crank-Nicolson move (Cotter, Roberts, Stuart and White 2013, Statistical Science 28(3)) about a
    fitted normal. It works in any number of dimensions, as numbers that the evidence does not inform move freely.
    """

    centre: Floats  # (numbers,)
    scale: Floats  # (numbers,)

    def move(self, scores: Floats, step: float, rng: np.random.Generator) -> Floats:
        """A new point, from one point, (numbers,)."""
        noise = self.scale * rng.standard_normal(scores.shape)
        return np.asarray(self.centre + np.sqrt(1 - step**2) * (scores - self.centre) + step * noise)

    def log_ratio(self, old: Floats, new: Floats) -> float:
        """Log of pi(new) q(old) / (pi(old) q(new)), the part of prior and proposal in the acceptance ratio."""
        return float(self._excess(new) - self._excess(old))

    def _excess(self, scores: Floats) -> float:
        return float(np.sum(-0.5 * scores**2 + 0.5 * ((scores - self.centre) / self.scale) ** 2))


def fitted_proposal(scores: Floats, weights: Floats) -> Proposal:
    """A normal fitted to the weighted draws, number by number; the prior for numbers that do not differ from it.

    Means are shrunk towards 0 by the part that their own error explains.
    """
    mean = weights @ scores
    sd = np.sqrt(np.maximum(weights @ (scores - mean) ** 2, 0.0))
    error2 = sd**2 * np.sum(weights**2)
    kept = np.clip(1 - 4 * error2 / np.maximum(mean**2, 1e-300), 0.0, 1.0)
    return Proposal(centre=kept * mean, scale=np.clip(np.where(kept > 0, sd, np.maximum(sd, 0.9)), 0.1, 1.0))
