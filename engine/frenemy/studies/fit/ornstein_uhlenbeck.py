"""How fast a series reverts, to which mean and with which spread: an Ornstein–Uhlenbeck level with white noise.

    dx = κ (m - x) dt + σ dW,   y = x + e,   half-life = ln 2 / κ,   s.d. of the level = σ / √(2κ)

Of the four parameters, the mean and the scale follow in closed form from the other two, the half-life and the share of
noise in the variance. So the likelihood is maximised over two parameters: on a grid first, then from its best point by
a quasi-Newton search (L-BFGS-B); one pass of the filter serves all points of a grid.

The restricted likelihood is that of the differences between observations: the mean is integrated out. It removes most
of the bias of the half-life in short records (Cheang and Reinsel 2000), and models with and without a mean can be
compared by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.studies.fit.kalman import LOG_2PI, Sums, likelihood, ou_process, random_walk_process

__all__ = [
    "LN2",
    "Estimate",
    "Profile",
    "Series",
    "estimate",
    "loglik",
    "no_noise",
    "profile",
    "random_walk",
    "scale_of",
]

LN2 = float(np.log(2.0))
GRID_SHARES = 13
"""Shares of noise on the first grid."""
GRID_HALF_LIVES = 25
"""Half-lives on the first grid."""
MAX_NOISE_SHARE = 1 - 1e-6
ZOOMS = 5
"""Each narrows the range of the share of noise to a third; the likelihood is flat at its maximum."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """Observations in the order of time: `times` (n,) years, rising; `values` (n,) in the units of the fit."""

    times: Floats
    values: Floats

    @property
    def gaps(self) -> Floats:
        """(n - 1,) years between observations."""
        return np.diff(self.times)

    @property
    def span(self) -> float:
        """Years from the first observation to the last."""
        return float(self.times[-1] - self.times[0])

    @property
    def reach(self) -> tuple[float, float]:
        """The range of half-lives considered, in years: from a tenth of the median step to twenty times the record."""
        return float(np.median(self.gaps)) / 10, 20 * self.span


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The parameters of greatest likelihood. Times are years, the rest is in the units of the series."""

    half_life: float
    mean: float
    level_sd: float
    noise_sd: float
    loglik: float
    restricted: bool

    @property
    def reversion(self) -> float:
        """κ, a year."""
        return LN2 / self.half_life

    @property
    def diffusion(self) -> float:
        """σ, per square root of a year."""
        return self.level_sd * float(np.sqrt(2 * self.reversion))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """The greatest log-likelihood for each half-life."""

    half_life: Floats  # (points,) years, rising
    loglik: Floats  # (points,)
    share: Floats  # (points,) share of noise in the variance at this maximum


def sums_at(series: Series, half_life: Floats, share: Floats) -> Sums:
    """Prediction errors with a total variance of 1, of which `share` is noise."""
    values = series.values.reshape(-1, *(1,) * np.ndim(half_life)) if series.values.ndim == 1 else series.values
    law = ou_process(series.gaps, LN2 / np.asarray(half_life), 1 - np.asarray(share), share)
    return likelihood(values, law)


def scale_of(sums: Sums, *, restricted: bool) -> Floats:
    """The total variance of greatest likelihood."""
    return sums.residual() / (sums.count - restricted)


def loglik(series: Series, half_life: Floats, share: Floats, *, restricted: bool = False) -> Floats:
    """The greatest log-likelihood over mean and scale."""
    sums = sums_at(series, half_life, share)
    free = sums.count - restricted
    whole = free * (LOG_2PI + 1 + np.log(scale_of(sums, restricted=restricted))) + sums.logdet
    return np.asarray(-0.5 * (whole + (np.log(sums.ones) if restricted else 0.0)))


def profile(
    series: Series, half_lives: Floats, *, restricted: bool = False, noisy: bool = True, zooms: int = ZOOMS
) -> Profile:
    """The likelihood by half-life, at the best share of noise for each; without noise if not `noisy`."""
    if not noisy:
        none = np.zeros_like(half_lives)
        return Profile(half_life=half_lives, loglik=loglik(series, half_lives, none, restricted=restricted), share=none)
    column, row = half_lives[:, None], np.arange(len(half_lives))
    shares = np.linspace(0, MAX_NOISE_SHARE, GRID_SHARES) + 0 * column
    width = 1.0 / (GRID_SHARES - 1)
    for _ in range(zooms):
        found = loglik(series, column + 0 * shares, shares, restricted=restricted)
        best = shares[row, found.argmax(axis=1)][:, None]
        shares = np.clip(best + width * np.linspace(-1, 1, 7), 0, MAX_NOISE_SHARE)
        width /= 3
    found = loglik(series, column + 0 * shares, shares, restricted=restricted)
    place = found.argmax(axis=1)
    return Profile(half_life=half_lives, loglik=found[row, place], share=shares[row, place])


def estimate(series: Series, *, restricted: bool = False, noisy: bool = True) -> Estimate:
    """The parameters of greatest likelihood; without measurement noise if not `noisy`."""
    from scipy.optimize import minimize

    low, high = np.log(series.reach)
    rough = profile(series, np.exp(np.linspace(low, high, GRID_HALF_LIVES)), restricted=restricted, noisy=noisy)
    best = int(rough.loglik.argmax())
    most = MAX_NOISE_SHARE if noisy else 0.0
    start = np.array([np.log(rough.half_life[best]), rough.share[best]])

    def objective(place: Floats) -> tuple[float, Floats]:
        return _with_slope(
            lambda at: -loglik(series, np.exp(at[0]), at[1], restricted=restricted), place, (low, high, most)
        )

    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=[(low, high), (0.0, most)], tol=1e-12)
    place = found.x if found.fun <= -rough.loglik[best] else start
    return at(series, float(np.exp(place[0])), float(place[1]), restricted=restricted)


def _with_slope(
    function: Callable[[Floats], Floats], place: Floats, ends: tuple[float, float, float]
) -> tuple[float, Floats]:
    """A function of (log half-life, share) and its derivatives, by differences within the bounds."""
    low, high, most = ends
    step = 1e-5
    up, down = place + step * np.eye(2), place - step * np.eye(2)
    points = np.clip(np.vstack([place, up, down]), [low, 0.0], [high, most])
    values = function(points.T)
    width = np.array([points[1, 0] - points[3, 0], points[2, 1] - points[4, 1]])
    slope = np.divide(values[1:3] - values[3:5], width, out=np.zeros(2), where=width > 0)
    return float(values[0]), slope


def at(series: Series, half_life: float, share: float, *, restricted: bool = False) -> Estimate:
    """The best mean and scale for a half-life and a share of noise."""
    sums = sums_at(series, np.array(half_life), np.array(share))
    scale = float(scale_of(sums, restricted=restricted))
    return Estimate(
        half_life=half_life,
        mean=float(sums.mean),
        level_sd=float(np.sqrt(scale * (1 - share))),
        noise_sd=float(np.sqrt(scale * share)),
        loglik=float(loglik(series, np.array(half_life), np.array(share), restricted=restricted)),
        restricted=restricted,
    )


def no_noise(series: Series, *, restricted: bool = False) -> Estimate:
    """The same without measurement noise: the plain Ornstein–Uhlenbeck process."""
    return estimate(series, restricted=restricted, noisy=False)


def random_walk(series: Series) -> tuple[float, float, float]:
    """A random walk with noise: restricted log-likelihood, s.d. a year and s.d. of the noise."""
    later = replace(series, times=series.times[1:], values=series.values[1:] - series.values[0])
    count = len(later.values)
    shares = np.linspace(0, MAX_NOISE_SHARE, 8 * GRID_SHARES)
    width = shares[1]
    step = float(np.median(series.gaps))  # so that neither part is tiny

    def at_shares(shares: Floats) -> tuple[Floats, Floats]:
        law = random_walk_process(series.gaps, (1 - shares) / step, shares)
        sums = likelihood(later.values[:, None], law)
        scale = sums.squares / count
        return -0.5 * (count * (LOG_2PI + 1 + np.log(scale)) + sums.logdet), scale

    for _ in range(2 * ZOOMS):
        best = shares[at_shares(shares)[0].argmax()]
        shares = np.clip(best + width * np.linspace(-1, 1, 9), 0, MAX_NOISE_SHARE)
        width /= 4
    found, scale = at_shares(shares)
    place = int(found.argmax())
    variance, noise = scale[place] * (1 - shares[place]) / step, scale[place] * shares[place]
    return float(found[place]), float(np.sqrt(variance)), float(np.sqrt(noise))
