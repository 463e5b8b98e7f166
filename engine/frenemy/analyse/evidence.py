"""What evidence makes of a model: the result of an update, ready to be shown.

Axis order: quantile, tick, scenario or driver. Probabilities are 0-1, levels index points. Assessed ticks are 1..N;
level arrays also hold the start. Up to `now` a tick is told by those who live to tell it: the paths that bear out the
whole ledger (smoothed, by ancestry); `filtered` tells it by what was known at the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.analyse.forecast import DriverFan, Odds, Reading
from frenemy.model.distributions import Distribution
from frenemy.model.evidence import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model

__all__ = ["Learned", "News", "Updated"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
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
class Updated:
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
    parameters: Mapping[str, Learned]
    weights: Floats  # (draws,) weights of the draws; they sum to 1
