"""Distributions of uncertain numbers, each given by its quantile function.

Every distribution carries the `domain` of its field, so that each quantile is an allowed value. Its central value is
its median.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist

__all__ = [
    "CORRELATION", "INDEX", "NONNEGATIVE", "POINTS", "POSITIVE", "PROBABILITY", "REAL", "SHARE", "Distribution",
    "Domain", "History", "Pert", "Pool", "Quantiles",
]  # fmt: skip

NORMAL = NormalDist()
Z95 = NORMAL.inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Domain:
    """An interval of allowed values; `closed_low` and `closed_high` say whether its ends are allowed."""

    low: float
    high: float
    closed_low: bool = False
    closed_high: bool = False

    def __contains__(self, value: float) -> bool:
        above = value >= self.low if self.closed_low else value > self.low
        below = value <= self.high if self.closed_high else value < self.high
        return above and below

    def inside(self, value: float) -> bool:
        """Whether the value lies strictly between the ends, as the quantiles of a distribution must."""
        return self.low < value < self.high

    def to_line(self, value: float) -> float:
        """Map the open interval to the real line: logit where it has two ends, log where it has one, else identity."""
        if math.isfinite(self.high):
            return math.log((value - self.low) / (self.high - value))
        return math.log(value - self.low) if math.isfinite(self.low) else value

    def from_line(self, value: float) -> float:
        """The inverse of `to_line`; the result is always strictly inside the interval."""
        if math.isfinite(self.high):
            width = self.high - self.low
            share = 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
            return min(max(self.low + width * share, math.nextafter(self.low, 1e9)), math.nextafter(self.high, -1e9))
        if math.isfinite(self.low):
            return self.low + min(max(math.exp(min(value, 700.0)), 1e-300), 1e300)
        return value

    def __str__(self) -> str:
        if math.isinf(self.low) and math.isinf(self.high):
            return "any number"
        if math.isinf(self.high):
            return f"a number {'of at least' if self.closed_low else 'above'} {self.low:g}"
        ends = {(True, True): "", (False, False): ", both excluded"}
        excluded = ends.get(
            (self.closed_low, self.closed_high), f", {self.low if self.closed_high else self.high:g} excluded"
        )
        return f"a number from {self.low:g} to {self.high:g}{excluded}"


PROBABILITY = Domain(0, 1, closed_low=True)
"""The probability of an event within a window: 1 would need an infinite rate."""
SHARE = Domain(0, 1, closed_low=True, closed_high=True)
INDEX = Domain(0, 100)
POINTS = Domain(-50, 50)
"""Effects in index points at mid-scale."""
CORRELATION = Domain(-1, 1)
POSITIVE = Domain(0, math.inf)
NONNEGATIVE = Domain(0, math.inf, closed_low=True)
REAL = Domain(-math.inf, math.inf)


@dataclass(frozen=True)
class Quantiles:
    """Three quantiles, matched exactly: a two-piece normal on the line that the domain is mapped to."""

    q05: float
    median: float
    q95: float
    domain: Domain = REAL
    source: str = ""

    @cached_property
    def _pieces(self) -> tuple[float, float, float]:
        low, centre, high = (self.domain.to_line(value) for value in (self.q05, self.median, self.q95))
        return centre, (centre - low) / Z95, (high - centre) / Z95

    def quantile(self, u: float) -> float:
        """The value below which the share `u` (0 < u < 1) of the distribution lies."""
        if u == 0.5:
            return self.median
        centre, below, above = self._pieces
        z = NORMAL.inv_cdf(u)
        return self.domain.from_line(centre + z * (below if z < 0 else above))

    def cdf(self, value: float) -> float:
        """The share of the distribution at or below the value."""
        if not self.domain.inside(value):
            return 0.0 if value <= self.domain.low else 1.0
        centre, below, above = self._pieces
        offset = self.domain.to_line(value) - centre
        return NORMAL.cdf(offset / (below if offset < 0 else above))


@dataclass(frozen=True)
class Pert:
    """A range with a mode: the PERT distribution, a Beta with shape 4 (Malcolm et al. 1959)."""

    min: float
    mode: float
    max: float
    domain: Domain = REAL
    source: str = ""

    @cached_property
    def median(self) -> float:
        """The central value."""
        return self.quantile(0.5)

    @cached_property
    def _shapes(self) -> tuple[float, float]:
        width = self.max - self.min
        return 1 + 4 * (self.mode - self.min) / width, 1 + 4 * (self.max - self.mode) / width

    def quantile(self, u: float) -> float:
        """The value below which the share `u` (0 < u < 1) of the distribution lies."""
        from scipy.special import betaincinv

        return self.min + (self.max - self.min) * float(betaincinv(*self._shapes, _inside(u)))

    def cdf(self, value: float) -> float:
        """The share of the distribution at or below the value."""
        from scipy.special import betainc

        share = min(max((value - self.min) / (self.max - self.min), 0.0), 1.0)
        return float(betainc(*self._shapes, share))


@dataclass(frozen=True)
class History:
    """The yearly rate behind a count: `events` in `years` gives Gamma(events + 1/2, years), by Jeffreys' prior."""

    events: float
    years: float
    source: str = ""
    domain: Domain = field(default=NONNEGATIVE, init=False)

    @cached_property
    def median(self) -> float:
        """The central value, events a year."""
        return self.quantile(0.5)

    def quantile(self, u: float) -> float:
        """The rate (events a year) below which the share `u` (0 < u < 1) of the distribution lies."""
        from scipy.special import gammaincinv

        return float(gammaincinv(self.events + 0.5, _inside(u))) / self.years

    def cdf(self, value: float) -> float:
        """The share of the distribution at or below the value."""
        from scipy.special import gammainc

        return float(gammainc(self.events + 0.5, max(value, 0.0) * self.years))


@dataclass(frozen=True)
class Pool:
    """The views of several experts as one: a linear pool, that is the mixture of its members by weight.

    A member may be a plain number: an expert without uncertainty.
    """

    pool: tuple[float | Distribution, ...]
    weights: tuple[float, ...]
    domain: Domain = REAL
    source: str = ""

    @cached_property
    def median(self) -> float:
        """The central value."""
        return self.quantile(0.5)

    def quantile(self, u: float) -> float:
        """The least value at or below which at least the share `u` (0 < u < 1) of the mixture lies."""
        _inside(u)
        ends = [member if isinstance(member, float) else member.quantile(u) for member in self.pool]
        low, high = min(ends), max(ends)
        for member in self.pool:  # a jump of the mixture is returned exactly
            if isinstance(member, float) and self.cdf(math.nextafter(member, -math.inf)) < u <= self.cdf(member):
                return member
        return low if self.cdf(low) >= u else _crossing(self.cdf, u, low, high)

    def cdf(self, value: float) -> float:
        """The share of the mixture at or below the value."""
        shares = [float(member <= value) if isinstance(member, float) else member.cdf(value) for member in self.pool]
        total = math.fsum(weight * share for weight, share in zip(self.weights, shares, strict=True))
        return total / math.fsum(self.weights)


Distribution = Quantiles | Pert | History | Pool


def _inside(u: float) -> float:
    if not 0 < u < 1:
        raise ValueError(f"there is no quantile at {u}; allowed: 0 < u < 1")
    return u


def _crossing(cdf: Callable[[float], float], u: float, low: float, high: float) -> float:
    """The least value at which a rising `cdf` reaches `u`, with cdf(low) < u <= cdf(high): regula falsi and bisection.

    A secant step that does not halve the bracket is followed by a bisection, so that jumps cost no more than 100 steps.
    """
    below, above = cdf(low) - u, cdf(high) - u
    bisect = False
    while high - low > 1e-12 * max(abs(low), abs(high), 1e-12):
        width = high - low
        share = 0.5 if bisect or above <= 0 else min(max(-below / (above - below), 1e-9), 1 - 1e-9)
        middle = low + width * share
        if not low < middle < high:
            break
        height = cdf(middle) - u
        if height < 0:
            low, below = middle, height
        else:
            high, above = middle, height
        bisect = not bisect and high - low > 0.5 * width
    return high
