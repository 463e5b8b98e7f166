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

Column = float | Floats
"""A number of all draws, or one of each, (draws,)."""
POINTS_PER_LATENT = 25.0
"""Index points per latent unit at mid-scale: the slope of 100 / (1 + exp(-x)) at 0."""


class System(NamedTuple):
    """Matrices of the drivers, each (..., drivers, drivers), latent units and days."""

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

    Numbers may be columns, (draws,): then matrices that depend on one of them are (draws, drivers, drivers). It is not
    checked here that K is stable and Sigma positive semi-definite: `frenemy.check.check` does that.
    """
    K = restoring(drivers)
    P = covariance(drivers, correlations)
    R = _matrix({(i, i): math.log(2) / _value(driver.scar_half_life) for i, driver in enumerate(drivers)}, len(drivers))
    return System(K, P, K @ P + P @ K.mT, R)


def restoring(drivers: Sequence[Driver]) -> Floats:
    """K, (..., drivers, drivers), per day: 10 points above its own anchor, a driver pulls another by 10 c points."""
    rates = [math.log(2) / _value(driver.half_life) for driver in drivers]
    order = {driver.name: j for j, driver in enumerate(drivers)}
    entries = {(i, i): rate for i, rate in enumerate(rates)}
    for i, driver in enumerate(drivers):
        pulls = ((order[name], pull) for name, pull in driver.pulls.items() if name in order)
        entries |= {(i, j): -_value(pull) * rates[i] for j, pull in pulls if i != j}
    return _matrix(entries, len(drivers))


def covariance(drivers: Sequence[Driver], correlations: Mapping[str, Mapping[str, Number]]) -> Floats:
    """P, (..., drivers, drivers) latent: the standard deviations and correlations of levels that the analyst stated."""
    order = {driver.name: i for i, driver in enumerate(drivers)}
    sd = [_value(driver.volatility) / POINTS_PER_LATENT for driver in drivers]
    entries = {(i, i): s * s for i, s in enumerate(sd)}
    for first, row in correlations.items():
        for second, correlation in row.items():
            i, j = order[first], order[second]
            entries[i, j] = entries[j, i] = _value(correlation) * (sd[i] * sd[j])
    return _matrix(entries, len(drivers))


def _matrix(entries: Mapping[tuple[int, int], Column], size: int) -> Floats:
    """(..., size, size): numbers, or columns of them, at these places."""
    matrix = np.zeros((*np.broadcast_shapes(*(np.shape(entry) for entry in entries.values())), size, size))
    for place, entry in entries.items():
        matrix[(..., *place)] = entry
    return matrix


def _value(number: object) -> Column:
    if isinstance(number, float | int):
        return float(number)
    if isinstance(number, np.ndarray):
        return number
    raise TypeError(f"realise the model first: {number!r} is a distribution")
