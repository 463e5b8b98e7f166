"""Johnson quantile-parameterised distributions: smooth laws through the 5, 50 and 95 % points, met exactly.

Hadlock and Bickel (2017), Decision Analysis 14(1), 35-64. Each law gives a place y on a line as a rising function of a
normal score z, with y(-c) = low, y(0) = middle and y(c) = high, where c is the normal score of 95 %. With
n = sign(low + high - 2 middle), and xi = low, middle or high for n = 1, 0 or -1:

    J-QPD-B    y = xi + lambda sinh(delta (z + n c))                        y a probit: two bounds
    J-QPD-S    y = xi + lambda sinh(asinh(delta z) + asinh(n c delta))      y a logarithm: one bound
    unbounded  as J-QPD-B, y the value itself                               Johnson's S_U with its shape tied to c

Both are written from the middle outwards here: the paper's form for n = 0 is then the limit of the others, and the
differences of large numbers near it are gone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

__all__ = ["C", "HyperbolicSine", "LinearTails"]

C = NormalDist().inv_cdf(0.95)
STEEPEST = 600.0
"""The greatest argument of a hyperbolic function; beyond it a place is as good as infinite."""
NARROWEST = 1e-15
"""The least share of a range that its narrower half is taken to have: about what a float can tell apart."""


class _Shape(NamedTuple):
    lean: int  # n: 1 where the upper half is the wider one
    reach: float  # high - low
    narrow: float  # the narrower half
    excess: float  # r - 1, where r = reach / (2 narrow)


def _shape(low: float, middle: float, high: float) -> _Shape:
    below, above = middle - low, high - middle
    reach = max(high - low, NARROWEST * max(1.0, abs(middle)))
    narrow = max(min(below, above), NARROWEST * reach)
    lean = 1 if above > below else -1 if above < below else 0
    return _Shape(lean, reach, narrow, abs(above - below) / (2 * narrow))


@dataclass(frozen=True, slots=True)
class HyperbolicSine:
    """y = xi + lambda sinh(delta (z + n c)): J-QPD-B on probits, Johnson's S_U on the values themselves."""

    middle: float
    xi: float
    delta: float
    scale: float  # lambda; at delta = 0 the slope
    lean: float  # n c delta

    @classmethod
    def through(cls, low: float, middle: float, high: float, c: float = C) -> HyperbolicSine:
        """The law with these values at z = -c, 0 and c."""
        shape = _shape(low, middle, high)
        arc = math.log1p(shape.excess + math.sqrt(shape.excess * (shape.excess + 2)))  # acosh(1 + excess)
        delta = arc / c
        scale = shape.reach / math.sinh(2 * arc) if delta > 0 else shape.reach / (2 * c)
        return cls(middle, (high, middle, low)[shape.lean + 1], delta, scale, shape.lean * arc)

    def place(self, z: float) -> float:
        """y at the normal score `z`."""
        if self.delta == 0:
            return self.middle + self.scale * z
        half = 0.5 * self.delta * z
        half = min(max(half, -STEEPEST / 2), STEEPEST / 2)
        return self.middle + 2 * self.scale * math.sinh(half) * math.cosh(half + self.lean)

    def score(self, place: float) -> float:
        """The normal score z at which y is `place`."""
        if self.delta > 0.1:
            return (math.asinh((place - self.xi) / self.scale) - self.lean) / self.delta
        step = (place - self.middle) / self.scale
        if self.delta == 0:
            return step
        # asinh(end) - asinh(start), without the difference of two numbers that are nearly the same
        start = math.sinh(self.lean)
        end = start + step
        root, further = math.hypot(1.0, start), math.hypot(1.0, end)
        return math.asinh(step * (root - start * (end + start) / (root + further))) / self.delta

    def slope(self, z: float) -> float:
        """dy/dz at the normal score `z`."""
        if self.delta == 0:
            return self.scale
        return self.scale * self.delta * math.cosh(min(max(self.delta * z + self.lean, -STEEPEST), STEEPEST))


@dataclass(frozen=True, slots=True)
class LinearTails:
    """y = xi + lambda sinh(asinh(delta z) + asinh(n c delta)): J-QPD-S on logarithms; straight in both tails.

    Since sinh(a + b) = sinh a cosh b + cosh a sinh b, it is middle + rise z + n narrow (sqrt(1 + (delta z)^2) - 1). On
    the narrower side that is a difference, which is multiplied out to a ratio of sums.
    """

    middle: float
    rise: float  # the mean slope, (high - low) / 2c
    bend: float  # n narrow
    delta: float
    least: float  # narrow / c

    @classmethod
    def through(cls, low: float, middle: float, high: float, c: float = C) -> LinearTails:
        """The law with these values at z = -c, 0 and c."""
        shape = _shape(low, middle, high)
        delta = math.sqrt(shape.excess * (shape.excess + 2)) / c
        return cls(middle, shape.reach / (2 * c), shape.lean * shape.narrow, delta, shape.narrow / c)

    def place(self, z: float) -> float:
        """y at the normal score `z`."""
        root = math.hypot(1.0, self.delta * z)
        curve = (self.delta * z) ** 2 / (1 + root)  # root - 1
        if self.bend * z >= 0:
            return self.middle + self.rise * z + self.bend * curve
        narrow, steps = abs(self.bend), self.rise * abs(z)
        share = (steps + narrow * curve + (self.least * z) ** 2 / narrow) / (steps + narrow * root)
        return self.middle - self.bend * share

    def score(self, place: float) -> float:
        """The normal score z at which y is `place`: the root of a quadratic equation, by its well-conditioned form."""
        step = place - self.middle
        if self.bend == 0:
            return step / self.rise
        shifted = step + self.bend
        root = abs(self.bend) * math.hypot(self.delta * shifted, self.least)
        if (shifted >= 0) == (self.bend > 0):
            return step * (step + 2 * self.bend) / (self.rise * shifted + math.copysign(root, self.bend))
        return (self.rise * shifted - math.copysign(root, self.bend)) / self.least**2

    def slope(self, z: float) -> float:
        """dy/dz at the normal score `z`: above zero, as lambda delta cosh(...) is."""
        turn = self.delta * z
        # rise + bend delta turn / sqrt(1 + turn^2); rise^2 - (bend delta)^2 = least^2, so that no difference cancels
        bent = self.bend * self.delta * turn / math.hypot(1.0, turn)
        if bent >= 0:
            return self.rise + bent
        return (self.least**2 + (self.bend * self.delta) ** 2 / (1 + turn * turn)) / (self.rise - bent)
