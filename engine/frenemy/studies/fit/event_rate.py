"""How often something happens: a rate with its posterior, and whether events come in clusters.

With Jeffreys' prior, n events in y years give the posterior Gamma(n + 1/2, y) for the rate, as
`history = { events, years }` does in a model. This assumes a Poisson process. The index of dispersion d (variance over
mean of the counts of equal periods) tests the assumption; where counts vary more, n events carry less information, and
the posterior is that of n / d events in y / d years (quasi-Poisson: McCullagh and Nelder 1989, section 6.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats, Ints

__all__ = ["Dispersion", "Rate", "dispersion", "fit_rate", "periods"]

MIN_EVENTS_FOR_DISPERSION = 8
"""With fewer events, clustering cannot be tested."""
SIGNIFICANCE = 0.05
"""Events cluster where the p-value is below this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dispersion:
    """The dispersion of events over equal periods. A negative binomial has variance m + m² / size."""

    counts: Ints  # (periods,)
    index: float  # variance over mean; 1 for a Poisson process
    p_clustered: float  # probability of an index as high or higher in a Poisson process (chi-squared)
    p_regular: float  # of one as low or lower
    size: float  # of the negative binomial of greatest likelihood; inf: the Poisson law fits as well
    gain: float  # its likelihood ratio over the Poisson law
    p_gain: float  # half of chi-squared with one degree
    enough_events: bool  # whether clustering can be tested

    @property
    def clustered(self) -> bool:
        """Whether events cluster significantly."""
        return self.enough_events and self.p_clustered < SIGNIFICANCE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rate:
    """Events a year."""

    events: int
    years: float  # of exposure: in which an event would have been seen
    q05: float
    median: float
    q95: float
    exact: tuple[float, float]  # 95 % confidence interval of a Poisson rate (Garwood 1936)
    dispersion: Dispersion
    effective: tuple[float, float]  # events and years of a Poisson history with the same information

    @property
    def rate(self) -> float:
        """Events over years."""
        return self.events / self.years


def periods(times: Floats, years: float, length: float) -> Ints:
    """Counts of events (`times` in years from the start of the window) in equal periods of about `length` years."""
    number = max(round(years / length), 1)
    place = np.minimum((np.asarray(times) / years * number).astype(np.int64), number - 1)
    return np.bincount(place, minlength=number).astype(np.int64)


def fit_rate(counts: Sequence[int] | Ints, years: float) -> Rate:
    """The rate from counts of equal periods, `years` long in total."""
    from scipy.special import gammaincinv
    from scipy.stats import chi2

    counted = np.asarray(counts, dtype=np.int64)
    events, spread = int(counted.sum()), dispersion(counted)
    index = max(spread.index, 1.0) if spread.clustered else 1.0
    shape, exposure = (events + 0.5) / index, years / index
    q05, median, q95 = (float(gammaincinv(shape, u)) / exposure for u in (0.05, 0.5, 0.95))
    low = float(chi2.ppf(0.025, 2 * events)) / 2 / years if events else 0.0
    high = float(chi2.ppf(0.975, 2 * events + 2)) / 2 / years
    return Rate(
        events=events, years=years, q05=q05, median=median, q95=q95, exact=(low, high), dispersion=spread,
        effective=(max(shape - 0.5, 0.0), exposure),
    )  # fmt: skip


def dispersion(counts: Ints) -> Dispersion:
    """The index of dispersion with its test, and the negative binomial against the Poisson law."""
    from scipy.stats import chi2

    number, events = len(counts), int(counts.sum())
    enough_events = events >= MIN_EVENTS_FOR_DISPERSION and number >= 5
    if number < 2 or events == 0:
        return Dispersion(
            counts=counts, index=1.0, p_clustered=1.0, p_regular=1.0, size=float("inf"), gain=0.0, p_gain=1.0,
            enough_events=False,
        )  # fmt: skip
    index = float(counts.var(ddof=1) / counts.mean())
    statistic = index * (number - 1)
    size, gain = _negative_binomial(counts)
    return Dispersion(
        counts=counts, index=index, p_clustered=float(chi2.sf(statistic, number - 1)),
        p_regular=float(chi2.cdf(statistic, number - 1)), size=size, gain=gain,
        p_gain=float(chi2.sf(gain, 1)) / 2 if gain > 0 else 1.0, enough_events=enough_events,
    )  # fmt: skip


def _negative_binomial(counts: Ints) -> tuple[float, float]:
    """Size of greatest likelihood (inf if the counts vary no more than Poisson counts), and its likelihood ratio."""
    from scipy.optimize import minimize_scalar
    from scipy.stats import nbinom, poisson

    mean = float(counts.mean())
    plain = float(poisson.logpmf(counts, mean).sum())

    def loss(log_size: float) -> float:
        size = float(np.exp(log_size))
        return -float(nbinom.logpmf(counts, size, size / (size + mean)).sum())

    found = minimize_scalar(loss, bounds=(np.log(1e-3), np.log(1e6 * (1 + mean))), method="bounded")
    gain = 2 * (-float(found.fun) - plain)
    return (float(np.exp(found.x)), gain) if gain > 1e-6 else (float("inf"), 0.0)
