"""Values of uncertain numbers at many places at once: `quantile` of `frenemy.model.distributions`, on arrays.

The model knows no arrays, so that its laws are written there number by number; these are the same formulas. A test
holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import cast

import numpy as np
from scipy.special import betaincinv, erfc, gammaincinv, ndtri

from frenemy.arrays import Floats
from frenemy.model.distributions import FIVE_SHARES, Distribution, FiveQuantiles, History, Pert, Quantiles
from frenemy.model.domains import Domain
from frenemy.model.johnson import STEEPEST, HyperbolicSine, LinearTails
from frenemy.model.metalog import Metalog

__all__ = ["quantiles", "values_at"]

CHUNK = 1024
"""Places at a time."""
THREE_SHARES = (0.05, 0.5, 0.95)


def values_at(ranges: Iterable[Distribution], places: Floats) -> Floats:
    """(draws, numbers): the value of each uncertain number at a place in its range, (draws, numbers), 0-1."""
    values = np.empty(places.shape)
    for number, distribution in enumerate(ranges):
        for first in range(0, len(places), CHUNK):
            rows = slice(first, first + CHUNK)
            values[rows, number] = _kept(distribution, places[rows, number].tobytes())
    return values


@lru_cache(maxsize=2048)
def _kept(distribution: Distribution, places: bytes) -> Floats:
    """Variants of a model share the draws of the numbers in which they agree."""
    return quantiles(distribution, np.frombuffer(places))


def quantiles(distribution: Distribution, u: Floats) -> Floats:
    """The values below which the shares `u`, each strictly between 0 and 1, of a distribution lie."""
    match distribution:
        case Quantiles():
            place = _johnson(distribution.law, ndtri(u))
            from_place = _from_probit if distribution.two_bounds else _from_line
            stated = (distribution.q05, distribution.median, distribution.q95)
            return _between_stated(from_place(distribution.domain, place), u, THREE_SHARES, stated)
        case FiveQuantiles():
            place = _metalog(distribution.law, np.log(u) - np.log1p(-u))
            return _between_stated(_from_line(distribution.domain, place), u, FIVE_SHARES, distribution.stated)
        case Pert():
            width = distribution.max - distribution.min
            return np.asarray(distribution.min + width * betaincinv(*distribution.shapes, u))
        case History():
            return np.asarray(gammaincinv(distribution.events + 0.5, u) / distribution.years)
    return np.array([distribution.quantile(place) for place in u.tolist()], dtype=np.float64)


def _johnson(law: HyperbolicSine | LinearTails, z: Floats) -> Floats:
    """The places on the line at normal scores; see `frenemy.model.johnson`."""
    if isinstance(law, LinearTails):
        root = np.hypot(1.0, law.delta * z)
        curve = (law.delta * z) ** 2 / (1 + root)
        wide = np.asarray(law.middle + law.rise * z + law.bend * curve)
        if law.bend == 0:
            return wide
        narrow, steps = abs(law.bend), law.rise * np.abs(z)
        share = (steps + narrow * curve + (law.least * z) ** 2 / narrow) / (steps + narrow * root)
        return np.asarray(np.where(law.bend * z >= 0, wide, law.middle - law.bend * share))
    if law.delta == 0:
        return np.asarray(law.middle + law.scale * z)
    half = np.clip(0.5 * law.delta * z, -STEEPEST / 2, STEEPEST / 2)
    return np.asarray(law.middle + 2 * law.scale * np.sinh(half) * np.cosh(half + law.lean))


def _metalog(law: Metalog, s: Floats) -> Floats:
    """The places on the line at log-odds; see `frenemy.model.metalog`."""
    h = 0.5 * np.tanh(0.5 * s)
    return np.asarray(law.middle + (law.scale + law.skew * h) * s + (law.shoulder + law.lean * h) * h)


def _from_line(domain: Domain, place: Floats) -> Floats:
    """`Domain.from_line`."""
    if np.isfinite(domain.high):
        small = np.exp(-np.abs(place))
        share = np.where(place >= 0, 1.0, small) / (1 + small)
        return _strictly_inside(domain, domain.low + (domain.high - domain.low) * share)
    if np.isfinite(domain.low):
        return domain.low + np.clip(np.exp(np.minimum(place, 700.0)), 1e-300, 1e300)
    return place


def _from_probit(domain: Domain, score: Floats) -> Floats:
    """`Domain.from_probit`."""
    share = (domain.high - domain.low) * 0.5 * erfc(np.abs(score) * np.sqrt(0.5))
    return _strictly_inside(domain, np.where(score <= 0, domain.low + share, domain.high - share))


def _strictly_inside(domain: Domain, value: Floats) -> Floats:
    return np.clip(value, np.nextafter(domain.low, 1e9), np.nextafter(domain.high, -1e9))


def _between_stated(value: Floats, u: Floats, shares: tuple[float, ...], stated: tuple[float, ...]) -> Floats:
    """As stated to the last digit, and by no rounding past a stated value."""
    place = np.searchsorted(shares, u)
    bounds = np.array([-np.inf, *stated, np.inf])
    exact = np.isin(u, shares)
    return cast("Floats", np.where(exact, bounds[place + 1], np.clip(value, bounds[place], bounds[place + 1])))
