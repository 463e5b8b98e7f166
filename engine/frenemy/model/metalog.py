"""The metalog distribution with five terms: a smooth law through five quantiles, met exactly.

Keelin (2016), Decision Analysis 13(4), 243-277. A place on a line as a function of the log-odds s of its share u:

    M(s) = a1 + a2 s + a3 h s + a4 h + a5 h^2,      h = u - 1/2 = tanh(s / 2) / 2

through the 5, 25, 50, 75 and 95 % points. It is a law only if M rises everywhere; where the stated points would make it
fall, there is none. On log-odds it is Keelin's logit metalog, on logarithms his log metalog.
"""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass

__all__ = ["Metalog", "log_odds", "weight"]

FARTHEST = 745.0
"""The log-odds of the least share that a float can hold."""
SEEN = 37.0
"""Log-odds within which the law has to rise: those of 2^-53 and 1 - 2^-53."""
FAR = 12.0
TRIALS = 1480


def log_odds(share: float) -> float:
    """ln(u / (1 - u))."""
    return math.log(share) - math.log1p(-share)


def weight(s: float) -> float:
    """u (1 - u) at the log-odds s: the density of the logistic distribution."""
    e = math.exp(-abs(s))
    return e / (1 + e) ** 2


OUTER, INNER = log_odds(0.95), log_odds(0.75)
POINTS = (-OUTER, -INNER, 0.0, INNER, OUTER)


@dataclass(frozen=True, slots=True)
class Metalog:
    """The coefficients a1 to a5, named by what they do."""

    middle: float
    scale: float
    skew: float
    shoulder: float
    lean: float

    @classmethod
    def through(cls, q05: float, q25: float, middle: float, q75: float, q95: float) -> Metalog:
        """The law with these values at its shares of 5, 25, 50, 75 and 95 %. It may fall: see `falls`."""
        # halves of sums and of differences of opposite points: two equations each
        scale, shoulder = _two((OUTER, 0.45, (q95 - q05) / 2), (INNER, 0.25, (q75 - q25) / 2))
        outer, inner = (q95 - middle - (middle - q05)) / 2, (q75 - middle - (middle - q25)) / 2
        skew, lean = _two((0.45 * OUTER, 0.45**2, outer), (0.25 * INNER, 0.25**2, inner))
        return cls(middle, scale, skew, shoulder, lean)

    def place(self, s: float) -> float:
        """M at the log-odds `s` of a share."""
        h = 0.5 * math.tanh(0.5 * s)
        return self.middle + (self.scale + self.skew * h) * s + (self.shoulder + self.lean * h) * h

    def slope(self, s: float) -> float:
        """dM/ds at the log-odds `s`."""
        h, w = 0.5 * math.tanh(0.5 * s), weight(s)
        return self.scale + self.skew * (h + s * w) + (self.shoulder + 2 * self.lean * h) * w

    def score(self, place: float) -> float:
        """The log-odds s at which M is `place`: Newton's method within a bracket."""
        low, high = -OUTER, OUTER
        while low > -FARTHEST and self.place(low) > place:
            low, high = 2 * low, low
        while high < FARTHEST and self.place(high) < place:
            low, high = high, 2 * high
        s = 0.5 * (low + high)
        for _ in range(200):
            gap = self.place(s) - place
            if gap > 0:
                high = s
            else:
                low = s
            slope = self.slope(s)
            further = s - gap / slope if slope > 0 else math.inf
            if not low <= further <= high:
                further = 0.5 * (low + high)
            if abs(further - s) <= 1e-15 * max(1.0, abs(s)):
                return further
            s = further
        return s

    def falls(self) -> tuple[int, ...]:
        """Where the law does not rise: below its first point (0), between the first and the second (1), up to (5)."""
        steps = [SEEN * step / TRIALS for step in range(-TRIALS, TRIALS + 1)]
        rounding = 1e-12 * (abs(self.scale) + abs(self.shoulder))  # a tail may end: then the slope goes to 0
        falling = [s for s in steps if self.slope(s) <= (-rounding if abs(s) > FAR else 0.0)]
        return tuple(sorted({bisect(POINTS, s) for s in falling}))


def _two(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float]:
    """x and y with a x + b y = c for both rows (a, b, c)."""
    (a, b, c), (d, e, f) = first, second
    determinant = a * e - b * d
    return (c * e - b * f) / determinant, (a * f - c * d) / determinant
