"""The uncertainty of a fit: standard errors from the curvature of the likelihood, the half-life's range by profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.studies.fit.kalman import Sums, likelihood, ou_process
from frenemy.studies.fit.ornstein_uhlenbeck import LN2, Estimate, Profile, Series, estimate, profile

__all__ = ["DROP90", "Z90", "Interval", "Spread", "best_of", "half_life_range", "profile_of", "spreads"]

Z90 = 1.6448536269514722
"""90 % of a normal distribution is within this many standard deviations."""
DROP90 = Z90**2 / 2
"""Fall of the log-likelihood from its maximum to the ends of a 90 % interval."""
PROFILE_POINTS = 61


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A parameter with its standard error and the ends of its 90 % interval; NaN where there is none."""

    value: float
    se: float
    q05: float
    q95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The half-lives (years) consistent with the data at 90 %.

    Without `bounded_below` or `bounded_above`, that end is the limit of the range considered.
    """

    low: float
    high: float
    bounded_below: bool
    bounded_above: bool


def profile_of(series: Series, best: Estimate) -> Profile:
    """The profile over the range of half-lives considered, the best one included."""
    low, high = np.log(series.reach)
    places = np.sort(np.append(np.linspace(low, high, PROFILE_POINTS), np.log(best.half_life)))
    return profile(series, np.exp(places), restricted=best.restricted, noisy=True)


def half_life_range(found: Profile) -> Interval:
    """Where the profile has fallen to the ends of a 90 % interval, on both sides of its maximum."""
    top = int(found.loglik.argmax())
    fall = found.loglik[top] - found.loglik - DROP90
    places = np.log(found.half_life)
    below = np.flatnonzero(fall[:top] > 0)
    above = np.flatnonzero(fall[top:] > 0)
    low = _crossing(places, fall, below[-1]) if len(below) else places[0]
    high = _crossing(places, fall, top + above[0] - 1) if len(above) else places[-1]
    return Interval(
        low=float(np.exp(low)), high=float(np.exp(high)), bounded_below=len(below) > 0, bounded_above=len(above) > 0
    )


def _crossing(places: Floats, fall: Floats, left: int) -> float:
    """Where a line from one point to the next passes through zero."""
    a, b = fall[left], fall[left + 1]
    return float(places[left] - a * (places[left + 1] - places[left]) / (b - a))


def spreads(series: Series, best: Estimate) -> tuple[Mapping[str, Spread], float]:
    """Each parameter with its standard error, and the correlation of the errors of log half-life and log s.d.

    Errors are from the numerical Hessian in logarithms (delta method), the mean's from least squares; noise that
    vanishes is held at 0. Intervals are symmetric in logarithms, except the mean's.
    """
    noisy = best.noise_sd > 1e-6 * best.level_sd
    logs = [np.log(best.half_life), np.log(best.level_sd), *([np.log(best.noise_sd)] if noisy else [])]
    covariance = _covariance(series, np.array(logs), restricted=best.restricted)
    gradients = {
        "half_life": (best.half_life, [1.0, 0, 0]),
        "reversion": (best.reversion, [-1.0, 0, 0]),
        "diffusion": (best.diffusion, [-0.5, 1.0, 0]),
        "level_sd": (best.level_sd, [0, 1.0, 0]),
        "noise_sd": (best.noise_sd, [0, 0, 1.0]),
    }
    found = {}
    for name, (value, gradient) in gradients.items():
        slope = np.array(gradient)[: len(logs)]
        se = float(np.sqrt(slope @ covariance @ slope)) if slope.any() else float("nan")
        reach = float(np.exp(min(Z90 * se, 700.0)))
        found[name] = Spread(value=value, se=value * se, q05=value / reach, q95=value * reach)
    se = float(_sums(series, np.array(logs)).ones ** -0.5)
    found["mean"] = Spread(value=best.mean, se=se, q05=best.mean - Z90 * se, q95=best.mean + Z90 * se)
    correlation = float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
    return found, correlation


def _covariance(series: Series, place: Floats, *, restricted: bool) -> Floats:
    """The inverse of the information at a place (log half-life, log level s.d., [log noise s.d.]); NaN where flat."""
    size, step = len(place), 2e-3
    corners = np.array([(a, b) for a in (1, -1) for b in (1, -1)])
    pairs = [(i, j) for i in range(size) for j in range(i, size)]
    axes = step * np.eye(size)
    points = np.array([place + a * axes[i] + b * axes[j] for i, j in pairs for a, b in corners])
    sums = _sums(series, points.T)
    values = (sums.restricted() if restricted else sums.density()).reshape(len(pairs), 4)
    curvature = np.empty((size, size))
    for (i, j), (both, first, second, neither) in zip(pairs, values, strict=True):
        curvature[i, j] = curvature[j, i] = -(both - first - second + neither) / (4 * step**2)
    try:
        covariance = np.linalg.inv(curvature)
    except np.linalg.LinAlgError:
        return np.full((size, size), np.nan)
    return np.asarray(covariance) if (np.linalg.eigvalsh(covariance) > 0).all() else np.full((size, size), np.nan)


def _sums(series: Series, logs: Floats) -> Sums:
    """Prediction errors at (log half-life, log level s.d., [log noise s.d.]): (parameters, *batch)."""
    half_life, level = np.exp(logs[0]), np.exp(logs[1])
    noise = np.exp(logs[2]) if len(logs) > 2 else np.zeros_like(level)
    law = ou_process(series.gaps, LN2 / half_life, level**2, noise**2)
    return likelihood(series.values.reshape(-1, *(1,) * half_life.ndim), law)


def best_of(series: Series, *, restricted: bool) -> Estimate:
    """The estimate with noise, or exactly without it where its estimate vanishes."""
    found = estimate(series, restricted=restricted)
    return found if found.noise_sd > 1e-4 * found.level_sd else estimate(series, restricted=restricted, noisy=False)
