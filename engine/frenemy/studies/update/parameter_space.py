"""Draws of the uncertain numbers as points in a space of standard normal scores, in which the prior is N(0, I).

A number at its prior's quantile u has the score z, the u-quantile of the standard normal. Scores can be moved freely
without leaving the numbers' ranges, and the acceptance ratio of a move has the same form for all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from frenemy.arrays import Floats
from frenemy.model.distributions import Distribution
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import Compiled, Observations
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensembles import models_of
from frenemy.simulation.parameter_draws import correlated_scores, points
from frenemy.simulation.quantiles import quantiles
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
    _watched: dict[tuple[object, ...], Observations]  # the same for all points: computed once

    @classmethod
    def of(cls, model: Model, experiment: Experiment, ledger: LedgerResolved) -> ParameterSpace:
        return cls(
            model=model,
            experiment=experiment,
            ledger=ledger,
            ranges=uncertain(model) | uncertain(experiment),
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

    def values(self, scores: Floats) -> dict[str, Floats]:
        """Each number at some points, (draws, numbers): (draws,)."""
        shares = ndtr(np.clip(self.own(scores), -EDGE, EDGE))
        return {key: quantiles(of, mine) for (key, of), mine in zip(self.ranges.items(), shares.T, strict=True)}

    def own(self, scores: Floats) -> Floats:
        """The normal score of each number in its own range, (..., numbers): mixed where judgements are correlated."""
        return correlated_scores(scores, tuple(self.ranges), self.model.correlated)

    def ensemble(self, scores: Floats, each: int, now: int) -> Ensemble:
        """The models at some points, (draws, numbers), with so many paths each, under observation.

        Triggers completely known until `now` (a tick) stay observed.
        """
        models = models_of(self.model, self.experiment, self.values(scores), len(scores))
        return self._watching(Ensemble(models=models, each=each, points=scores), self.ledger, now)

    def at_medians(self) -> Compiled:
        """The model with every number at its median, under observation until now."""
        return self.ensemble(np.zeros((1, len(self.ranges))), 1, self.now).models[0]

    def watching(self, ensemble: Ensemble) -> Ensemble:
        """Models without observations, as they are observed until now."""
        return self._watching(ensemble, self.ledger, self.now)

    def closed(self, ensemble: Ensemble, now: int) -> Ensemble:
        """The same without observations from `now` (a tick) on, for the forecast."""
        until = self.experiment.start + dt.timedelta(days=now * self.experiment.tick)
        return self._watching(ensemble, self.ledger.known_by(until), None)

    def _watching(self, ensemble: Ensemble, ledger: LedgerResolved, open_from: int | None) -> Ensemble:
        if not ledger.entries:
            return ensemble
        key = (ledger.coverage, ledger.occurrences, ledger.ends, ledger.branches, open_from)
        if key not in self._watched:
            self._watched[key] = observe(ensemble.models[0], ledger, open_from=open_from).observations
        return ensemble.observing(self._watched[key])


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move z -> m + sqrt(1 - b^2) (z - m) + b s e, with e standard normal; it leaves N(m, s^2) as it is.

    The preconditioned Crank-Nicolson move (Cotter, Roberts, Stuart and White 2013, Statistical Science 28(3)) about a
    fitted normal. It works in any number of dimensions, as numbers that the evidence does not inform move freely.
    """

    centre: Floats  # (numbers,)
    scale: Floats  # (numbers,)

    def move(self, scores: Floats, step: float, rng: np.random.Generator) -> Floats:
        """New points, from points, (..., numbers)."""
        noise = self.scale * rng.standard_normal(scores.shape)
        return np.asarray(self.centre + np.sqrt(1 - step**2) * (scores - self.centre) + step * noise)

    def log_ratio(self, old: Floats, new: Floats) -> Floats:
        """Log of pi(new) q(old) / (pi(old) q(new)), the part of prior and proposal in the acceptance ratio."""
        return self._excess(new) - self._excess(old)

    def _excess(self, scores: Floats) -> Floats:
        return np.asarray(np.sum(-0.5 * scores**2 + 0.5 * ((scores - self.centre) / self.scale) ** 2, axis=-1))


def fitted_proposal(scores: Floats, weights: Floats) -> Proposal:
    """A normal fitted to the weighted draws, number by number; the prior for numbers that do not differ from it.

    Means are shrunk towards 0 by the part that their own error explains.
    """
    mean = weights @ scores
    sd = np.sqrt(np.maximum(weights @ (scores - mean) ** 2, 0.0))
    error2 = sd**2 * np.sum(weights**2)
    kept = np.clip(1 - 4 * error2 / np.maximum(mean**2, 1e-300), 0.0, 1.0)
    return Proposal(centre=kept * mean, scale=np.clip(np.where(kept > 0, sd, np.maximum(sd, 0.9)), 0.1, 1.0))
