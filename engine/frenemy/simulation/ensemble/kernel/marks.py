"""The marks of events, drawn when an event asks for them, from a generator that counts instead of remembering.

Each stream of marks has a key, and each path is a stream of NumPy's Philox generator with that key and the counter
(0, path, 0, 0): event n of the path has words 4 n to 4 n + 3 of it. In the stream of a trigger's events, words 0 to 2
of a number are those that follow from event number - 1: the unit exponential that the clock then uses up, the severity
and the duration. Number 0 is the first unit exponential. In the stream of a link's follow-ups, words 0 and 1 of a
number are the chance and the delay.

Philox 4 x 64 with 10 rounds: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
"""

from __future__ import annotations

import math
from typing import Any

import numba as nb
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from frenemy.arrays import Floats, Ints
from frenemy.simulation.ensemble.kernel.maths import COMPILE, PART, log
from frenemy.simulation.noise.streams import Keys, Marks

__all__ = ["Words", "exponential", "exponentials", "first_exponentials", "normal", "uniform", "words"]

Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
"""Four unsigned integers of 64 bits."""

M0, M1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
W0, W1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
ONE, ELEVEN, TWELVE = np.uint64(1), np.uint64(11), np.uint64(12)
Terms = tuple[tuple[float, float], ...]
"""Coefficients of two polynomials, from the highest power down."""
NEAR_0: Terms = (
    (2.5090809287301226727e3, 5.2264952788528545610e3), (3.3430575583588128105e4, 2.8729085735721942674e4),
    (6.7265770927008700853e4, 3.9307895800092710610e4), (4.5921953931549871457e4, 2.1213794301586595867e4),
    (1.3731693765509461125e4, 5.3941960214247511077e3), (1.9715909503065514427e3, 6.8718700749205790830e2),
    (1.3314166789178437745e2, 4.2313330701600911252e1), (3.3871328727963666080, 1.0),
)  # fmt: skip
BELOW_5: Terms = (
    (7.74545014278341407640e-4, 1.05075007164441684324e-9), (2.27238449892691845833e-2, 5.47593808499534494600e-4),
    (2.41780725177450611770e-1, 1.51986665636164571966e-2), (1.27045825245236838258, 1.48103976427480074590e-1),
    (3.64784832476320460504, 6.89767334985100004550e-1), (5.76949722146069140550, 1.67638483018380384940),
    (4.63033784615654529590, 2.05319162663775882187), (1.42343711074968357734, 1.0),
)  # fmt: skip
BEYOND_5: Terms = (
    (2.01033439929228813265e-7, 2.04426310338993978564e-15), (2.71155556874348757815e-5, 1.42151175831644588870e-7),
    (1.24266094738807843860e-3, 1.84631831751005468180e-5), (2.65321895265761230930e-2, 7.86869131145613259100e-4),
    (2.96560571828504891230e-1, 1.48753612908506148525e-2), (1.78482653991729133580, 1.36929880922735805310e-1),
    (5.46378491116411436990, 5.99832206555887937690e-1), (6.65790464350110377720, 1.0),
)  # fmt: skip


def _generate_high(typing_context: Any, a: Any, b: Any) -> Any:
    """The upper 64 bits of a product."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return nb.types.uint64(nb.types.uint64, nb.types.uint64), generate


_high: Any = intrinsic(_generate_high)


@PART
def words(key: Keys, path: np.uint64, number: int) -> Words:
    """The four words of a number in a path; `key` is (2,)."""
    a, b, c, d = np.uint64(number) + ONE, path, np.uint64(0), np.uint64(0)
    k, l = key[0], key[1]  # noqa: E741 as in the paper
    for _ in range(10):
        a, b, c, d = _high(M1, c) ^ b ^ k, M1 * c, _high(M0, a) ^ d ^ l, M0 * a
        k, l = k + W0, l + W1  # noqa: E741
    return a, b, c, d


@PART
def uniform(word: np.uint64) -> float:
    """A uniform number in [0, 1), a multiple of 2^-53, as NumPy makes it."""
    return float(np.int64(word >> ELEVEN)) * (1.0 / 9007199254740992.0)


@PART
def exponential(word: np.uint64) -> float:
    """A unit exponential."""
    return float(-log(1.0 - uniform(word)))


@PART
def normal(word: np.uint64) -> float:
    """A standard normal: the quantile of a uniform number, to about 1e-15 relative (Wichura 1988, AS 241)."""
    q = (float(np.int64(word >> TWELVE)) + 0.5) * (1.0 / 4503599627370496.0) - 0.5
    if abs(q) <= 0.425:
        return float(q * _ratio(NEAR_0, 0.180625 - q * q))
    r = math.sqrt(-log(0.5 - abs(q)))
    z = _ratio(BEYOND_5, r - 5.0) if r > 5.0 else _ratio(BELOW_5, r - 1.6)
    return float(z if q > 0.0 else -z)


@PART
def _ratio(terms: Terms, r: float) -> float:
    """A ratio of two polynomials."""
    above = below = 0.0
    for a, b in terms:
        above, below = above * r + a, below * r + b
    return above / below


@COMPILE
def first_exponentials(marks: Marks, left: Floats) -> None:
    """Fill `left`, (K, paths), with the first unit exponential of each clock."""
    for k in range(len(left)):
        for p in range(left.shape[1]):
            left[k, p] = exponential(words(marks.event[0, k], marks.path[p], 0)[0])
            if marks.pace.size > 0:
                left[k, p] /= marks.pace[k, p]


@COMPILE
def exponentials(marks: Marks, trigger: Ints, place: Ints, number: Ints, out: Floats) -> None:
    """Fill `out` with unit exponentials of clocks, by trigger, place of the path and number."""
    for i in range(len(out)):
        k, p = trigger[i], place[i]
        out[i] = exponential(words(marks.event[0, k], marks.path[p], number[i])[0])
        if marks.pace.size > 0:
            out[i] /= marks.pace[k, p]
