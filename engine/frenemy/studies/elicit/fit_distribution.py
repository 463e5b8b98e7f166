"""From an expert's answer to a distribution, and from a distribution to the curves of a picture.

An expert states three or five quantiles, or puts chips on bins (the roulette method). Quantiles are matched exactly by
the model's distribution for them. Chips are a histogram, spread evenly within each bin, of which the 5, 50
and 95 % points are used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from frenemy.arrays import Floats
from frenemy.errors import InputError, Problem
from frenemy.model.distributions import Domain, FiveQuantiles, History, Pert, Pool, Quantiles, through
from frenemy.model.panel import ALL_POINTS, POINTS
from frenemy.model.resolved import Number

__all__ = ["DensityCurve", "curve", "density", "from_bins", "from_points", "from_quantiles", "grid"]

LEVELS = (0.05, 0.5, 0.95)


def from_quantiles(q05: float, median: float, q95: float, domain: Domain, source: str = "") -> Quantiles:
    """The distribution with these 5, 50 and 95 % points. Raises InputError, with the point as key."""
    found = from_points((q05, median, q95), domain, source)
    assert isinstance(found, Quantiles)
    return found


def from_points(points: Sequence[float], domain: Domain, source: str = "") -> Quantiles | FiveQuantiles:
    """The distribution through three or five quantiles. Raises InputError, with the point as key."""
    stated = dict(zip(ALL_POINTS if len(points) == 5 else POINTS, map(float, points), strict=True))
    problems = [
        Problem(
            message="out of range", key=name, found=f"{value:g}",
            allowed=f"{Domain(domain.low, domain.high)}, as a quantile lies inside",
        )
        for name, value in stated.items()
        if not domain.inside(value)
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    try:
        return through([*stated.values()], domain, source)
    except ValueError as error:
        message, allowed = error.args
        found = ", ".join(f"{name} = {value:g}" for name, value in stated.items())
        raise InputError([Problem(message=message, key="median", found=found, allowed=allowed)]) from None


def from_bins(edges: Sequence[float], counts: Sequence[float], domain: Domain, source: str = "") -> Quantiles:
    """The distribution of chips on bins: `edges` (bins + 1) rise within the domain, `counts` (bins) are at least 0.

    Raises InputError where these do not hold.
    """
    problems = _bin_problems(edges, counts, domain)
    if problems:
        raise InputError(problems)
    shares = np.cumsum([0.0, *counts]) / math.fsum(counts)
    points = []
    for level in LEVELS:
        place = int(np.searchsorted(shares, level))  # the first edge that reaches the share; never 0
        inside = (level - shares[place - 1]) / (shares[place] - shares[place - 1])
        points.append(float(edges[place - 1] + inside * (edges[place] - edges[place - 1])))
    return from_quantiles(points[0], points[1], points[2], domain, source)


def _bin_problems(edges: Sequence[float], counts: Sequence[float], domain: Domain) -> list[Problem]:
    ends = Domain(domain.low, domain.high, closed_low=True, closed_high=True)
    if len(edges) < 2 or any(not math.isfinite(edge) or edge not in ends for edge in edges):
        return [Problem(message="edges out of range", key="bins", found=_list(edges), allowed=f"{ends}, at least two")]
    if any(high <= low for low, high in pairwise(edges)):
        return [Problem(message="edges must rise", key="bins", found=_list(edges))]
    if len(counts) != len(edges) - 1:
        message = f"{len(counts)} counts for {len(edges) - 1} bins"
        return [Problem(message=message, key="counts", found=_list(counts), allowed="one count for each bin")]
    if not all(0 <= count < math.inf for count in counts) or not math.fsum(counts) > 0:
        allowed = "numbers of at least 0, not all of them 0"
        return [Problem(message="out of range", key="counts", found=_list(counts), allowed=allowed)]
    return []


def _list(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DensityCurve:
    """A distribution at some values; a view without spread has no density, but a step in `share`."""

    values: Floats  # (points,) rising
    density: Floats  # (points,) per unit of the value
    on_line: Floats  # (points,) per unit of the line the domain is mapped to: log-odds, logarithm or the value itself
    share: Floats  # (points,) of the distribution at or below each value


def grid(numbers: Iterable[Number], domain: Domain, *, points: int = 241, inside: float = 0.99) -> Floats:
    """Values, (points,), at which to show several distributions, evenly spaced on the domain's line.

    They cover the middle share `inside` of each, and a margin around views without spread.
    """
    ends = [end for number in numbers for end in _ends(number, domain, inside)]
    low, high = min(ends), max(ends)
    margin = 0.0 if high > low else 0.5 * max(abs(low), 1.0)
    line = np.linspace(low - margin, high + margin, points)
    return np.array([domain.from_line(float(place)) for place in line])


def _ends(number: Number, domain: Domain, inside: float) -> tuple[float, float]:
    if isinstance(number, float):
        within = min(max(number, math.nextafter(domain.low, 1e9)), math.nextafter(domain.high, -1e9))
        return domain.to_line(within), domain.to_line(within)
    rest = (1 - inside) / 2
    low, high = (number.quantile(u) for u in (rest, 1 - rest))
    return domain.to_line(max(low, math.nextafter(domain.low, 1e9))), domain.to_line(high)


def curve(number: Number, domain: Domain, values: Floats) -> DensityCurve:
    """Density and cumulative share of a distribution at `values`, (points,) inside the domain."""
    found = density(number, values)
    return DensityCurve(
        values=values,
        density=found,
        on_line=found / _slope(domain, values),
        share=np.array([_share(number, float(value)) for value in values]),
    )


def _share(number: Number, value: float) -> float:
    return float(number <= value) if isinstance(number, float) else number.cdf(value)


def density(number: Number, values: Floats) -> Floats:
    """The density at `values`, per unit of the value; 0 for a number without spread."""
    match number:
        case Quantiles() | FiveQuantiles():
            return np.array([number.density(float(value)) for value in values])
        case Pert():
            return _beta(number, values)
        case History():
            from scipy.special import gammaln, xlogy

            shape, x = number.events + 0.5, np.maximum(values, 1e-300) * number.years
            return np.asarray(number.years * np.exp(xlogy(shape - 1, x) - x - gammaln(shape)))
        case Pool():
            total = math.fsum(number.weights)
            views = [
                weight / total * density(view, values) for view, weight in zip(number.pool, number.weights, strict=True)
            ]
            return np.asarray(np.sum(views, axis=0))
        case _:
            return np.zeros_like(values)


def _beta(number: Pert, values: Floats) -> Floats:
    from scipy.special import betaln, xlog1py, xlogy

    width = number.max - number.min
    a, b = 1 + 4 * (number.mode - number.min) / width, 1 + 4 * (number.max - number.mode) / width
    share = np.clip((values - number.min) / width, 0.0, 1.0)
    inside = (values >= number.min) & (values <= number.max)
    log = xlogy(a - 1, share) + xlog1py(b - 1, -share) - betaln(a, b)
    return np.asarray(np.where(inside, np.exp(log) / width, 0.0))


def _slope(domain: Domain, values: Floats) -> Floats:
    """The derivative of the domain's line with respect to the value."""
    if math.isfinite(domain.high):
        return np.asarray((domain.high - domain.low) / ((values - domain.low) * (domain.high - values)))
    return np.asarray(1 / (values - domain.low)) if math.isfinite(domain.low) else np.ones_like(values)
