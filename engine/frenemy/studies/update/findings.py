"""An update, with the odds before the evidence and the odds without some of its entries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.forecast import DriverFan, Odds, Reading
from frenemy.model.distributions import Distribution
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.evidence.resolve import Evidence
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model

__all__ = ["News", "Posterior", "PosteriorNumber", "UpdateFindings"]

SIGNIFICANT_SE = 3.0
"""Standard errors beyond which a change of a number is significant."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UpdateFindings:
    """Before, after, and without what was left out (the same as after, if nothing was)."""

    before: Posterior  # an empty ledger
    after: Posterior
    without: Posterior
    left_out: tuple[str, ...]
    evidence: Evidence  # the ledgers as written, including entries that are off or outside the run

    @property
    def model(self) -> Model:
        return self.after.model

    @property
    def experiment(self) -> Experiment:
        return self.after.experiment

    def is_significant(self, of: PosteriorNumber) -> bool:
        """Whether the change of a number is distinguishable from noise, at about three standard errors.

        The errors are those of the median and of the spread of as many normal scores as the smallest number of
        effective draws.
        """
        draws = min(news.effective_draws for news in self.after.news)
        moved, narrowed = abs(of.shift), abs(of.narrowing - 1)
        return moved > SIGNIFICANT_SE * 1.25 / math.sqrt(draws) or narrowed > SIGNIFICANT_SE / math.sqrt(2 * draws)

    @property
    def numbers(self) -> tuple[PosteriorNumber, ...]:
        """The uncertain numbers: those that changed significantly, the largest change first, then the others.

        A change is measured by the divergence of two normals, posterior from prior, in the prior's normal scores.
        """

        def divergence(of: PosteriorNumber) -> float:
            narrow = max(of.narrowing, 1e-3)
            return (narrow**2 + of.shift**2 - 1) / 2 - math.log(narrow)

        numbers = self.after.parameters.values()
        return tuple(sorted(numbers, key=lambda of: (not self.is_significant(of), -divergence(of))))


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorNumber:
    """One uncertain number before and after the evidence."""

    key: str
    prior: Distribution
    prior_quantiles: Floats  # (7,) at QUANTILES
    posterior_quantiles: Floats  # (7,) weighted
    posterior_mean: float
    shift: float  # posterior median in the prior's standard normal scores: 0 unchanged, 1 now at the prior's 84 %
    narrowing: float  # posterior sd over prior sd, in the same scores: 1 unchanged
    values: Floats  # (draws,) the posterior draws, to be weighted by `Posterior.weights`


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The evidence of one date, as it was assimilated. Dates are those of assessments, in order."""

    date: np.datetime64
    tick: int  # assessments since the start; 0: the start
    entries: tuple[str, ...]  # names of the entries weighed at it, in alphabetical order; may be empty
    log_evidence: float  # log of the probability (density for readings) of the ledger so far
    log_evidence_se: float
    effective: float  # effective sample size of the particles, before resampling
    effective_draws: float  # of the draws of the uncertain numbers
    moved: float  # share of proposed moves that were accepted; NaN if no draw was moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """An experiment given its evidence."""

    model: Model
    experiment: Experiment
    ledger: LedgerResolved
    dates: NDArray[np.datetime64]  # (ticks + 1,) days; the start first
    now: int  # the tick at which the past ends: odds and levels are smoothed before it and forecast after it
    draws: int  # of the uncertain numbers; where there are none, independent repetitions of the filter
    paths: int  # particles per draw
    seed: int
    news: tuple[News, ...]  # one for each date at which evidence was weighed
    log_evidence: float
    log_evidence_se: float
    odds: Mapping[Reading, Odds]  # at, ever: (ticks, scenarios); the past smoothed, the future forecast
    filtered: Floats  # (now, scenarios) odds at each assessment, given what was known then
    filtered_se: Floats  # (now, scenarios)
    drivers: DriverFan  # (ticks + 1, drivers), the past smoothed, the future forecast
    drivers_filtered: DriverFan  # (now + 1, drivers)
    parameters: Mapping[str, PosteriorNumber]
    weights: Floats  # (draws,) weights of the draws; they sum to 1
