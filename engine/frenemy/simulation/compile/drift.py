"""The linear system that moves the drivers between events, from a realised model (every number a float).

    dx = K (mu + a - x) dt + dW,   da = -R a dt,   cov(dW) = Sigma dt

Latent units, days. Analysts state half-lives, stationary standard deviations and correlations of levels; the noise
that sustains those levels follows from the Lyapunov equation of the stationary state (Gardiner, Handbook of
Stochastic Methods, section 4.4.6): Sigma = K P + P K'.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.resolved import Driver, Model, Number

__all__ = ["POINTS_PER_LATENT", "Floats", "System", "covariance", "motions", "restoring", "system"]

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


def motions(model: Model, draws: int) -> Iterator[tuple[Sequence[Driver], Mapping[str, Mapping[str, float]]]]:
    """The drivers and the correlations of each draw, where numbers may be columns, (draws,).

    The same objects for all draws that do not differ.
    """
    motion = [number for d in model.drivers for number in (d.half_life, d.scar_half_life, d.volatility)]
    pulls = [number for driver in model.drivers for number in driver.pulls.values()]
    correlations = [number for row in model.correlations.values() for number in row.values()]
    differ = any(isinstance(number, np.ndarray) for number in (*motion, *pulls, *correlations))
    first = _motion(model, 0)
    yield first
    for m in range(1, draws):
        yield _motion(model, m) if differ else first


def _motion(model: Model, m: int) -> tuple[Sequence[Driver], Mapping[str, Mapping[str, float]]]:
    def at(number: object) -> float:
        return float(number[m]) if isinstance(number, np.ndarray) else _value(number)

    drivers = [
        replace(
            driver, half_life=at(driver.half_life), scar_half_life=at(driver.scar_half_life),
            volatility=at(driver.volatility), pulls={name: at(pull) for name, pull in driver.pulls.items()},
        )
        for driver in model.drivers
    ]  # fmt: skip
    return drivers, {one: {other: at(value) for other, value in row.items()} for one, row in model.correlations.items()}


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


def _value(number: object) -> float:
    if isinstance(number, float | int):
        return float(number)
    raise TypeError(f"realise the model first: {number!r} is a distribution")
