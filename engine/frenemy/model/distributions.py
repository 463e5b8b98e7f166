"""Distributions of uncertain numbers, each given by its quantile function.

Every distribution carries the `domain` of its field, so that each quantile is an allowed value. Its central value is
its median.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from frenemy.model.domains import (
    CORRELATION,
    HALF_LOG_2_PI,
    INDEX,
    NONNEGATIVE,
    NORMAL,
    POINTS,
    POSITIVE,
    PROBABILITY,
    REAL,
    SHARE,
    TINIEST,
    Domain,
    normal_share,
)
from frenemy.model.johnson import HyperbolicSine, LinearTails
from frenemy.model.metalog import Metalog, log_odds, weight

__all__ = [
    "CORRELATION", "INDEX", "NONNEGATIVE", "POINTS", "POSITIVE", "PROBABILITY", "REAL", "SHARE", "Distribution",
    "Domain", "FiveQuantiles", "History", "Pert", "Pool", "Quantiles", "through",
]  # fmt: skip

FIVE_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
GAPS = (
    "below q05", "between q05 and q25", "between q25 and the median", "between the median and q75",
    "between q75 and q95", "above q95",
)  # fmt: skip


@dataclass(frozen=True)
class Quantiles:
    """Three quantiles, matched exactly by a smooth law that keeps the domain's bounds.

    It is a Johnson quantile-parameterised distribution (see `johnson`): J-QPD-B with two bounds, J-QPD-S with one, and
    its unbounded form without.
    """

    q05: float
    median: float
    q95: float
    domain: Domain = REAL
    source: str = ""

    @cached_property
    def law(self) -> HyperbolicSine | LinearTails:
        """The law on the line, or on probits, to which the domain is mapped."""
        low, middle, high = (self._on_line(value) for value in (self.q05, self.median, self.q95))
        return (LinearTails if self._one_bound else HyperbolicSine).through(low, middle, high)

    @cached_property
    def two_bounds(self) -> bool:
        """Whether the domain has two ends: then the law is one of probits."""
        return math.isfinite(self.domain.high)

    @cached_property
    def _one_bound(self) -> bool:
        return math.isfinite(self.domain.low) and not self.two_bounds

    def _on_line(self, value: float) -> float:
        return self.domain.to_probit(value) if self.two_bounds else self.domain.to_line(value)

    def quantile(self, u: float) -> float:
        """The value below which the share `u` (0 < u < 1) of the distribution lies."""
        place = self.law.place(NORMAL.inv_cdf(u))
        value = self.domain.from_probit(place) if self.two_bounds else self.domain.from_line(place)
        return _between_stated(value, u, (0.05, 0.5, 0.95), (self.q05, self.median, self.q95))

    def cdf(self, value: float) -> float:
        """The share of the distribution at or below the value."""
        if not self.domain.inside(value):
            return 0.0 if value <= self.domain.low else 1.0
        return normal_share(self.law.score(self._on_line(value)))

    def density(self, value: float) -> float:
        """The density per unit of the value; 0 outside the domain."""
        if not self.domain.inside(value):
            return 0.0
        place = self._on_line(value)
        score = self.law.score(place)
        log = -0.5 * score * score - HALF_LOG_2_PI - math.log(self.law.slope(score))
        if self.two_bounds:
            log += 0.5 * place * place + HALF_LOG_2_PI - math.log(self.domain.high - self.domain.low)
        elif self._one_bound:
            log -= place
        return math.exp(min(log, 700.0))


@dataclass(frozen=True)
class FiveQuantiles:
    """Five quantiles, matched exactly by a smooth law on the line that the domain is mapped to: a metalog.

    Not every five quantiles have one: see `gaps`.
    """

    q05: float
    q25: float
    median: float
    q75: float
    q95: float
    domain: Domain = REAL
    source: str = ""

    @property
    def stated(self) -> tuple[float, float, float, float, float]:
        """The five values."""
        return self.q05, self.q25, self.median, self.q75, self.q95

    @cached_property
    def law(self) -> Metalog:
        """The law on the line to which the domain is mapped."""
        low, lower, middle, upper, high = (self.domain.to_line(value) for value in self.stated)
        return Metalog.through(low, lower, middle, upper, high)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Where the density would be below zero; empty for a law."""
        return tuple(GAPS[gap] for gap in self.law.falls())

    def quantile(self, u: float) -> float:
        """The value below which the share `u` (0 < u < 1) of the distribution lies."""
        value = self.domain.from_line(self.law.place(log_odds(_inside(u))))
        return _between_stated(value, u, FIVE_SHARES, self.stated)

    def cdf(self, value: float) -> float:
        """The share of the distribution at or below the value."""
        if not self.domain.inside(value):
            return 0.0 if value <= self.domain.low else 1.0
        return 0.5 + 0.5 * math.tanh(0.5 * self.law.score(self.domain.to_line(value)))

    def density(self, value: float) -> float:
        """The density per unit of the value; 0 outside the domain."""
        domain = self.domain
        if not domain.inside(value):
            return 0.0
        score = self.law.score(domain.to_line(value))
        on_line = weight(score) / max(self.law.slope(score), TINIEST)
        if math.isfinite(domain.high):
            return on_line * (domain.high - domain.low) / ((value - domain.low) * (domain.high - value))
        return on_line / (value - domain.low) if math.isfinite(domain.low) else on_line


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
    def shapes(self) -> tuple[float, float]:
        """The two shapes of the Beta distribution."""
        width = self.max - self.min
        return 1 + 4 * (self.mode - self.min) / width, 1 + 4 * (self.max - self.mode) / width

    def quantile(self, u: float) -> float:
        """The value below which the share `u` (0 < u < 1) of the distribution lies."""
        from scipy.special import betaincinv

        return self.min + (self.max - self.min) * float(betaincinv(*self.shapes, _inside(u)))

    def cdf(self, value: float) -> float:
        """The share of the distribution at or below the value."""
        from scipy.special import betainc

        share = min(max((value - self.min) / (self.max - self.min), 0.0), 1.0)
        return float(betainc(*self.shapes, share))


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


Distribution = Quantiles | FiveQuantiles | Pert | History | Pool


def through(points: Sequence[float], domain: Domain, source: str = "") -> Quantiles | FiveQuantiles:
    """The distribution with these 5, 50 and 95 % points, or these 5, 25, 50, 75 and 95 % points, inside the domain.

    Raises ValueError, with a message and what is allowed, for points that do not rise or that no smooth law joins.
    """
    names = ("q05", "q25", "median", "q75", "q95") if len(points) == 5 else ("q05", "median", "q95")
    if not all(low < high for low, high in pairwise(points)):
        raise ValueError(f"quantiles must rise: {' < '.join(names)}", "")
    if len(points) == 3:
        low, middle, high = points
        return Quantiles(low, middle, high, domain=domain, source=source)
    low, lower, middle, upper, high = points
    law = FiveQuantiles(low, lower, middle, upper, high, domain=domain, source=source)
    if law.gaps:
        where = " and ".join(law.gaps) if len(law.gaps) < 3 else f"{', '.join(law.gaps[:-1])} and {law.gaps[-1]}"
        raise ValueError(
            f"these five quantiles have no smooth density: it would be below zero {where}",
            "distances between the points that change less abruptly, or { q05, median, q95 }",
        )
    return law


def _inside(u: float) -> float:
    if not 0 < u < 1:
        raise ValueError(f"there is no quantile at {u}; allowed: 0 < u < 1")
    return u


def _between_stated(value: float, u: float, shares: tuple[float, ...], stated: tuple[float, ...]) -> float:
    """The value of the quantile function at `u`: as stated to the last digit, and by no rounding past a stated one."""
    place = bisect_left(shares, u)
    if place < len(shares):
        if shares[place] == u:
            return stated[place]
        value = min(value, stated[place])
    return max(value, stated[place - 1]) if place else value


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
