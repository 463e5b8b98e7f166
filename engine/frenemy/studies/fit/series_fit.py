"""A driver's numbers from a series: estimates, their errors, alternative models, and residuals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.studies.fit.kalman import LOG_2PI, ou_process, prediction_errors, smooth
from frenemy.studies.fit.ornstein_uhlenbeck import Estimate, Profile, Series, no_noise, random_walk
from frenemy.studies.fit.standard_errors import Interval, Spread, best_of, half_life_range, profile_of, spreads

__all__ = ["Candidate", "Fit", "Residuals", "fit_series"]

LAGS = 12
MAX_RECORDS = 3.0
"""A half-life of more than so many times the record cannot be distinguished from none."""
FITTED_PARAMETERS = 2
"""Parameters of the autocorrelation, subtracted from the degrees of freedom of the test of whiteness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model of the series, by restricted likelihood, which all candidates have."""

    name: str
    parameters: int  # without the mean
    loglik: float

    @property
    def aic(self) -> float:
        """Akaike's criterion; lower is better."""
        return 2 * self.parameters - 2 * self.loglik


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Residuals:
    """The errors of one-step predictions in units of their own s.d.: white and normal if the model holds."""

    values: Floats  # (n,)
    autocorrelation: Floats  # (lags,) from lag 1
    ljung_box: float  # statistic over these lags
    p_value: float
    skew: float
    excess_kurtosis: float

    @property
    def limit(self) -> float:
        """An autocorrelation beyond this is significant at 95 %."""
        return 1.96 / math.sqrt(len(self.values))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """The fit of one series. Times are years, levels are in the units of the fit."""

    series: Series
    best: Estimate
    spread: Mapping[str, Spread]  # half_life, reversion, diffusion, level_sd, noise_sd, mean
    error_correlation: float  # correlation of the errors of log half-life and log level_sd
    profile: Profile
    interval: Interval  # of the half-life
    full: Estimate  # the same by full likelihood, which underestimates half-lives
    level: Floats  # (n,) the level without noise, given all observations
    level_se: Floats  # (n,)
    residuals: Residuals
    candidates: tuple[Candidate, ...]
    gain_of_noise: float  # likelihood ratio of the model over that without noise
    p_no_noise: float  # half of chi-squared with one degree: the noise cannot be negative

    @property
    def bounded(self) -> bool:
        """Whether the data bound the half-life from both sides."""
        return self.interval.bounded_below and self.interval.bounded_above

    @property
    def at_limit(self) -> bool:
        """Whether the best half-life is at an end of the range considered, so that there is no estimate."""
        low, high = self.series.reach
        return not 1.02 * low < self.best.half_life < 0.98 * high

    @property
    def has_half_life(self) -> bool:
        """Whether the best half-life is an estimate: inside the range considered, and not far beyond the record."""
        return not self.at_limit and self.best.half_life <= MAX_RECORDS * self.series.span

    @property
    def known(self) -> bool:
        """Whether the record is long enough for the numbers to be used: the whole range of the half-life is."""
        return self.has_half_life and self.interval.high <= MAX_RECORDS * self.series.span


def fit_series(series: Series) -> Fit:
    """Fit one series of at least eight values that are not all the same, by restricted likelihood."""
    from scipy.stats import chi2

    best, full = best_of(series, restricted=True), best_of(series, restricted=False)
    curve = profile_of(series, best)
    spread, correlation = spreads(series, best)
    law = ou_process(series.gaps, np.array(best.reversion), np.array(best.level_sd**2), np.array(best.noise_sd**2))
    smoothed = smooth(series.values, law, best.mean)
    errors, variances = prediction_errors(series.values, law, best.mean)
    gain = max(2 * (best.loglik - no_noise(series, restricted=True).loglik), 0.0)
    return Fit(
        series=series, best=best, spread=spread, error_correlation=correlation, profile=curve,
        interval=half_life_range(curve), full=full, level=smoothed.level, level_se=smoothed.sd,
        residuals=residuals_of(errors / np.sqrt(variances)), candidates=_candidates(series, best), gain_of_noise=gain,
        p_no_noise=float(chi2.sf(gain, 1)) / 2 if gain > 0 else 1.0,
    )  # fmt: skip


def residuals_of(values: Floats) -> Residuals:
    """Statistics of standardised residuals; a test of whiteness over twelve lags or a quarter of the record."""
    from scipy.stats import chi2, kurtosis, skew

    count = len(values)
    lags = max(min(LAGS, count // 4), 1)
    centred = values - values.mean()
    total = float(centred @ centred)
    found = np.array([float(centred[lag:] @ centred[:-lag]) / total for lag in range(1, lags + 1)])
    statistic = float(count * (count + 2) * (found**2 / (count - np.arange(1, lags + 1))).sum())
    return Residuals(
        values=values, autocorrelation=found, ljung_box=statistic,
        p_value=float(chi2.sf(statistic, max(lags - FITTED_PARAMETERS, 1))), skew=float(skew(values)),
        excess_kurtosis=float(kurtosis(values)),
    )  # fmt: skip


def _candidates(series: Series, best: Estimate) -> tuple[Candidate, ...]:
    free = len(series.values) - 1
    variance = float(series.values.var(ddof=1))
    pure = -0.5 * (free * (LOG_2PI + 1 + math.log(variance)) + math.log(free + 1))
    return (
        Candidate(name="reversion and noise", parameters=3, loglik=best.loglik),
        Candidate(name="reversion without noise", parameters=2, loglik=no_noise(series, restricted=True).loglik),
        Candidate(name="random walk and noise", parameters=2, loglik=random_walk(series)[0]),
        Candidate(name="noise alone", parameters=1, loglik=pure),
    )
