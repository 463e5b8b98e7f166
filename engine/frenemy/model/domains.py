"""Domains of numbers: which values are allowed, and the lines on which they are judged."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

__all__ = [
    "CORRELATION", "HALF_LOG_2_PI", "INDEX", "NONNEGATIVE", "NORMAL", "POINTS", "POSITIVE", "PROBABILITY", "REAL",
    "SHARE", "TINIEST", "Domain", "normal_share",
]  # fmt: skip

NORMAL = NormalDist()
HALF_LOG_2_PI = 0.5 * math.log(2 * math.pi)
TINIEST = math.ulp(0.0)


def normal_share(score: float) -> float:
    """The share of the standard normal at or below the score, exact in both tails (NormalDist.cdf is 0 below -8.3)."""
    return 0.5 * math.erfc(-score * math.sqrt(0.5))


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

    def to_probit(self, value: float) -> float:
        """The normal score of the share of a domain with two ends that lies below the value, from the nearer end."""
        width, below, above = self.high - self.low, value - self.low, self.high - value
        if below <= above:
            return NORMAL.inv_cdf(max(below / width, TINIEST))
        return -NORMAL.inv_cdf(max(above / width, TINIEST))

    def from_probit(self, score: float) -> float:
        """The inverse of `to_probit`; the result is always strictly inside the interval."""
        width, share = self.high - self.low, normal_share(-abs(score))
        value = self.low + width * share if score <= 0 else self.high - width * share
        return min(max(value, math.nextafter(self.low, 1e9)), math.nextafter(self.high, -1e9))

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
