"""The linear system that moves the drivers between events, from a realised model (every number a float).

    dx = K (mu + a - x) dt + dW,   da = -R a dt,   cov(dW) = Sigma dt

Latent units, days. Analysts state half-lives, stationary standard deviations and correlations of levels; the noise
that sustains those levels follows from the Lyapunov equation of the stationary state (Gardiner, Handbook of
Stochastic Methods, section 4.4.6): Sigma = K P + P K'.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.resolved import Driver, Number

__all__ = ["POINTS_PER_LATENT", "Floats", "System", "covariance", "restoring", "system"]

POINTS_PER_LATENT = 25.0
"""Index points per latent unit at mid-scale: the slope of 100 / (1 + exp(-x)) at 0."""


class System(NamedTuple):
    """Matrices of the drivers, each (drivers, drivers), latent units and days."""

    K: Floats
    """Restoring rates, per day: ln 2 / half_life on the diagonal, minus the pulls off it."""
    P: Floats
    """Stationary covariance of the levels."""
    Sigma: Floats
    """Covariance of the noise, per day."""
    R: Floats
    """Healing rates of scars, per day, diagonal; 0 where scars never heal."""


def system(drivers: Sequence[Driver], correlations: Mapping[str, Mapping[str, Number]]) -> System:
    """The matrices of a realised model, drivers in the order given.

    It is not checked here that K is stable and Sigma positive semi-definite: `frenemy.check.check` does that.
    """
    K = restoring(drivers)
    P = covariance(drivers, correlations)
    R = np.diag([math.log(2) / _value(driver.scar_half_life) for driver in drivers])
    return System(K, P, K @ P + P @ K.T, R)


def restoring(drivers: Sequence[Driver]) -> Floats:
    """K, (drivers, drivers), per day: held 10 points above its own anchor, a driver pulls another by 10 c points."""
    rates = [math.log(2) / _value(driver.half_life) for driver in drivers]
    K = np.diag(np.array(rates, dtype=np.float64))
    for i, driver in enumerate(drivers):
        for j, other in enumerate(drivers):
            if i != j and other.name in driver.pulls:
                K[i, j] = -_value(driver.pulls[other.name]) * rates[i]
    return K


def covariance(drivers: Sequence[Driver], correlations: Mapping[str, Mapping[str, Number]]) -> Floats:
    """P, (drivers, drivers) latent: the standard deviations and correlations of levels that the analyst stated."""
    order = {driver.name: i for i, driver in enumerate(drivers)}
    P = np.eye(len(drivers))
    for first, row in correlations.items():
        for second, correlation in row.items():
            i, j = order[first], order[second]
            P[i, j] = P[j, i] = _value(correlation)
    sd = np.array([_value(driver.volatility) for driver in drivers], dtype=np.float64) / POINTS_PER_LATENT
    return np.asarray(P * np.outer(sd, sd), dtype=np.float64)


def _value(number: Number) -> float:
    if isinstance(number, float | int):
        return float(number)
    raise TypeError(f"realise the model first: {number!r} is a distribution")
