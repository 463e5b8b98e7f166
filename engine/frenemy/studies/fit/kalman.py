"""A mean-reverting level or a random walk, observed with noise: Kalman filter for the likelihood, smoother for levels.

The state is one number: x[t] = m + phi[t] (x[t-1] - m) + shock of variance q[t]; observed is y[t] = x[t] + noise.
Steps need not be equal: phi and q come from the exact transition over the time between two observations, so a gap is
simply a long step. The mean m enters linearly, so the filter carries a column of ones beside the observations, and m
follows from the prediction errors by least squares (Rosenberg 1973; Durbin and Koopman 2012,
sections 2.2, 4.4 and 6.2).

Trailing axes are a batch: of parameters, of series, or of both. Times are years.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats

__all__ = [
    "SmoothedLevel",
    "StateSpace",
    "Sums",
    "likelihood",
    "ou_process",
    "prediction_errors",
    "random_walk_process",
    "smooth",
]

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSpace:
    """The transitions between observations, and the noise. The first step leads to the first observation."""

    phi: Floats  # (n, *batch) share of a deviation that remains; 0: independent of the past
    shock: Floats  # (n, *batch) variance of the shock
    noise: Floats  # (*batch) variance of the measurement


def ou_process(gaps: Floats, reversion: Floats, level: Floats, noise: Floats) -> StateSpace:
    """Ornstein–Uhlenbeck from its stationary law: `gaps` (n - 1,) years, `reversion` a year, `level` its variance."""
    rate = np.asarray(reversion, dtype=np.float64)
    reach = np.multiply.outer(gaps, rate)
    spread = np.broadcast_to(level, np.broadcast_shapes(rate.shape, np.shape(level)))
    first = np.ones((1, *spread.shape))
    phi = np.concatenate([0 * first, np.broadcast_to(np.exp(-reach), (len(gaps), *spread.shape))])
    share = np.concatenate([first, np.broadcast_to(-np.expm1(-2 * reach), (len(gaps), *spread.shape))])
    return StateSpace(phi=phi, shock=share * spread, noise=np.asarray(noise, dtype=np.float64))


def random_walk_process(gaps: Floats, variance: Floats, noise: Floats) -> StateSpace:
    """A random walk of `variance` a year, for the later observations less the first."""
    steps = np.multiply.outer(gaps, np.asarray(variance, dtype=np.float64))
    steps[0] += noise  # uncertainty about the level after one observation
    return StateSpace(phi=np.ones_like(steps), shock=steps, noise=np.asarray(noise, dtype=np.float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums of prediction errors in the likelihood, each (*batch): weighted squares, and the log determinant."""

    count: int
    squares: Floats  # of the observations' errors
    products: Floats  # with those of the column of ones
    ones: Floats
    logdet: Floats

    @property
    def mean(self) -> Floats:
        """The level to which the observations revert, by generalised least squares."""
        return self.products / self.ones

    def residual(self, mean: Floats | None = None) -> Floats:
        """The weighted sum of squares around a mean; around the best one if none is given."""
        if mean is None:
            return self.squares - self.products**2 / self.ones
        return self.squares - 2 * mean * self.products + mean**2 * self.ones

    def density(self, mean: Floats | None = None) -> Floats:
        """The log density of the observations around a mean; around the best one if none is given."""
        return -0.5 * (self.count * LOG_2PI + self.logdet + self.residual(mean))

    def restricted(self) -> Floats:
        """The log density of the differences between observations: the mean integrated out."""
        return self.density() + 0.5 * (LOG_2PI - np.log(self.ones))


def likelihood(observed: Floats, law: StateSpace) -> Sums:
    """Filter `observed` (n, *batch) and sum up its prediction errors."""
    squares = products = ones = logdet = np.zeros(())
    for variance, error, one in _filtered(observed, law):
        squares = squares + error**2 / variance
        products = products + error * one / variance
        ones = ones + one**2 / variance
        logdet = logdet + np.log(variance)
    return Sums(count=len(observed), squares=squares, products=products, ones=ones, logdet=logdet)


def prediction_errors(observed: Floats, law: StateSpace, mean: float) -> tuple[Floats, Floats]:
    """The errors of one-step predictions around a mean, and their variances: (n, *batch) each."""
    steps = [(error - mean * one, variance) for variance, error, one in _filtered(observed, law)]
    return np.array([error for error, _ in steps]), np.array([variance for _, variance in steps])


def _filtered(observed: Floats, law: StateSpace) -> Iterator[tuple[Floats, Floats, Floats]]:
    """For each step: the variance of the prediction, its error, and the error of the column of ones."""
    level = ones = spread = np.zeros(())
    for y, phi, shock in zip(observed, law.phi, law.shock, strict=True):
        level, ones, spread = phi * level, phi * ones, phi**2 * spread + shock
        variance = spread + law.noise
        gain = spread / variance
        error, one = y - level, 1 - ones
        yield variance, error, one
        level, ones, spread = level + gain * error, ones + gain * one, spread * (1 - gain)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothedLevel:
    """The level at each observation given all of them: (n,) each."""

    level: Floats
    sd: Floats


def smooth(observed: Floats, law: StateSpace, mean: float) -> SmoothedLevel:
    """The level given all observations (Rauch, Tung and Striebel 1965), for a law without batch axes."""
    n = len(observed)
    level, spread, ahead, ahead_spread = (np.zeros(n) for _ in range(4))
    before, before_spread = 0.0, 0.0
    for t, (y, phi, shock) in enumerate(zip(observed - mean, law.phi, law.shock, strict=True)):
        ahead[t], ahead_spread[t] = phi * before, phi**2 * before_spread + shock
        gain = ahead_spread[t] / (ahead_spread[t] + float(law.noise))
        before, before_spread = ahead[t] + gain * (y - ahead[t]), ahead_spread[t] * (1 - gain)
        level[t], spread[t] = before, before_spread
    for t in range(n - 2, -1, -1):
        back = spread[t] * law.phi[t + 1] / ahead_spread[t + 1] if ahead_spread[t + 1] > 0 else 0.0
        level[t] += back * (level[t + 1] - ahead[t + 1])
        spread[t] += back**2 * (spread[t + 1] - ahead_spread[t + 1])
    return SmoothedLevel(level=mean + level, sd=np.sqrt(np.maximum(spread, 0.0)))
