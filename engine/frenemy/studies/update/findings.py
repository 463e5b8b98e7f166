"""An update beside what was believed before, and beside what would be believed without some entries."""

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
"""Standard errors at which something is held to be learnt."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UpdateFindings:
    """Before, after, and without what was left out (the same as after, if nothing was)."""

    before: Posterior  # an empty ledger
    after: Posterior
    without: Posterior
    left_out: tuple[str, ...]
    evidence: Evidence  # the ledgers as written, with entries that are off or outside the run

    @property
    def model(self) -> Model:
        return self.after.model

    @property
    def experiment(self) -> Experiment:
        return self.after.experiment

    def told(self, of: PosteriorNumber) -> bool:
        """Whether what was learnt of a number stands out from the luck of the draws, at about three standard errors.

        Those of the median and of the spread of as many normal scores as there were effective draws at the least.
        """
        draws = min(news.effective_draws for news in self.after.news)
        moved, narrowed = abs(of.shift), abs(of.narrowing - 1)
        return moved > SIGNIFICANT_SE * 1.25 / math.sqrt(draws) or narrowed > SIGNIFICANT_SE / math.sqrt(2 * draws)

    @property
    def learnt(self) -> tuple[PosteriorNumber, ...]:
        """The uncertain numbers: those of which something was learnt, most first, then the others.

        By how far the posterior is from the prior in the prior's normal scores: the divergence of two normals.
        """

        def divergence(of: PosteriorNumber) -> float:
            narrow = max(of.narrowing, 1e-3)
            return (narrow**2 + of.shift**2 - 1) / 2 - math.log(narrow)

        return tuple(sorted(self.after.parameters.values(), key=lambda of: (not self.told(of), -divergence(of))))


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorNumber:
    """What became of one uncertain number."""

    key: str
    prior: Distribution
    prior_quantiles: Floats  # (7,) at QUANTILES
    posterior_quantiles: Floats  # (7,) weighted
    posterior_mean: float
    shift: float  # posterior median in the prior's standard normal scores: 0 nothing learned, 1 now at the prior's 84 %
    narrowing: float  # posterior sd over prior sd, in the same scores: 1 nothing learned
    values: Floats  # (draws,) the posterior draws, to be weighted by `Updated.weights`


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the entries of one date told. Dates are those of assessments, in order."""

    date: np.datetime64
    tick: int  # assessments since the start; 0: the start
    entries: tuple[str, ...]  # names of the entries that weighed at it, in alphabetical order; may be empty
    log_evidence: float  # log of the probability (density for readings) of the ledger so far
    log_evidence_se: float
    effective: float  # effective sample size of the particles, before resampling
    effective_draws: float  # of the draws of the uncertain numbers
    moved: float  # share of the draws that accepted a new place when rejuvenated; NaN where none was asked to


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """An experiment after its evidence."""

    model: Model
    experiment: Experiment
    ledger: LedgerResolved
    dates: NDArray[np.datetime64]  # (ticks + 1,) days; the start first
    now: int  # the tick at which the past ends: odds and levels before it are smoothed, after it forecast
    draws: int  # of the uncertain numbers; where there are none, independent repetitions of the filter
    paths: int  # particles per draw
    seed: int
    news: tuple[News, ...]  # one for each date that weighed
    log_evidence: float
    log_evidence_se: float
    odds: Mapping[Reading, Odds]  # at, ever: (ticks, scenarios); the past smoothed, the future forecast
    filtered: Floats  # (now, scenarios) odds at each assessment, knowing what the ledger knew then
    filtered_se: Floats  # (now, scenarios)
    drivers: DriverFan  # (ticks + 1, drivers), the past smoothed, the future forecast
    drivers_filtered: DriverFan  # (now + 1, drivers)
    parameters: Mapping[str, PosteriorNumber]
    weights: Floats  # (draws,) weights of the draws; they sum to 1
