"""Arithmetic of the kernel: exp, log, multiply-add, sums in a fixed order."""

from __future__ import annotations

import math
from typing import Any

from frenemy.runtime.kernel_cache import numba_cache

CACHE = numba_cache()

import numba as nb  # noqa: E402
from llvmlite import ir  # noqa: E402
from numba.core import cgutils  # noqa: E402
from numba.extending import intrinsic  # noqa: E402
from numba.np import arrayobj  # noqa: E402

from frenemy.arrays import Floats  # noqa: E402

__all__ = [
    "COMPILE",
    "INLINED",
    "OPTIONS",
    "PART",
    "ROOT_2",
    "PerPath",
    "add_scaled",
    "at",
    "copy",
    "exp",
    "exp_single",
    "log",
    "sum_of",
    "sum_of_squares",
]


PerPath = float | Floats
"""A number of all paths, or one of each."""
ROOT_2 = math.sqrt(2.0)
OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False, "error_model": "numpy", "no_cfunc_wrapper": True}
COMPILE = nb.njit(cache=CACHE, **OPTIONS)
"""No reference counting, as nothing is allocated inside; IEEE division, as a check for 0 keeps loops scalar."""
PART = nb.njit(**OPTIONS | {"no_cpython_wrapper": True})
"""For what only the kernel calls: without an entry from Python, which takes longer to compile than most parts."""
INLINED = nb.njit(**OPTIONS | {"no_cpython_wrapper": True, "forceinline": True})
"""For the steps of an event: as calls they would copy the addresses and shapes of all arrays each time."""


def _generate_bits(typing_context: Any, value: Any) -> Any:
    """The bits of a double as an integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return nb.types.int64(nb.types.float64), generate


_bits: Any = intrinsic(_generate_bits)


def _generate_double(typing_context: Any, value: Any) -> Any:
    """The double with these bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return nb.types.float64(nb.types.int64), generate


_double: Any = intrinsic(_generate_double)


def _generate_fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once, in one step of the processor."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return nb.types.float64(*[nb.types.float64] * 3), generate


_fma: Any = intrinsic(_generate_fma)


def _generate_at(typing_context: Any, value: Any, place: Any) -> Any:
    """The number at a place of an array, not counted from its end; of a plain number, the number itself."""

    def item(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        of = signature.args[0]
        array = arrayobj.make_array(of)(context, builder, arguments[0])  # type: ignore[no-untyped-call]
        place = {"inds": [arguments[1]], "wraparound": False}
        pointer = cgutils.get_item_pointer(context, builder, of, array, **place)  # type: ignore[no-untyped-call]
        return arrayobj.load_item(context, builder, of, pointer)  # type: ignore[no-untyped-call]

    def number(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return arguments[0]

    if isinstance(value, nb.types.Array):
        return value.dtype(value, nb.types.intp), item
    return value(value, nb.types.intp), number


at: Any = intrinsic(_generate_at)
"""`at(value, place)`: the number of a path or of a draw, where a law has one of each or one for all."""


@PART
def exp(z: float) -> float:
    """exp to about 1e-16 relative, in steps that vectorise; the C library would be called path by path.

    Cody and Waite's reduction z = n ln 2 + r, then Taylor's series to r^12 (|r| <= 0.347); clipped to +-708.
    """
    z = min(max(z, -708.0), 708.0)
    shifted = z * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = (z - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    p = 2.08767569878681e-09
    p = _fma(p, r, 2.505210838544172e-08)
    p = _fma(p, r, 2.755731922398589e-07)
    p = _fma(p, r, 2.7557319223985893e-06)
    p = _fma(p, r, 2.48015873015873e-05)
    p = _fma(p, r, 0.0001984126984126984)
    p = _fma(p, r, 0.001388888888888889)
    p = _fma(p, r, 0.008333333333333333)
    p = _fma(p, r, 0.041666666666666664)
    p = _fma(p, r, 0.16666666666666666)
    p = _fma(p, r, 0.5)
    p = _fma(p, r, 1.0)
    p = _fma(p, r, 1.0)
    return p * _double((_bits(shifted) + 1023) << 52)  # type: ignore[no-any-return]


@PART
def exp_single(z: float) -> float:
    """The same for a single number: the terms side by side (Estrin), so that none waits for the one before."""
    z = min(max(z, -708.0), 708.0)
    shifted = z * 1.4426950408889634 + 6755399441055744.0
    n = shifted - 6755399441055744.0
    r = (z - n * 0.6931471803691238) - n * 1.9082149292705877e-10
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 + r) + r2 * (0.5 + r * 0.16666666666666666)
    middle = (0.041666666666666664 + r * 0.008333333333333333) + r2 * (0.001388888888888889 + r * 0.0001984126984126984)
    high = (2.48015873015873e-05 + r * 2.7557319223985893e-06) + r2 * (
        2.755731922398589e-07 + r * 2.505210838544172e-08
    )
    p = low + r4 * (middle + r4 * (high + r4 * 2.08767569878681e-09))
    return p * _double((_bits(shifted) + 1023) << 52)  # type: ignore[no-any-return]


@PART
def copy(target: Floats, source: PerPath, paths: int) -> None:
    for p in range(paths):
        target[p] = at(source, p)


@PART
def add_scaled(target: Floats, factor: PerPath, source: Floats, paths: int) -> None:
    for p in range(paths):
        target[p] += at(factor, p) * source[p]


@PART
def log(x: float) -> float:
    """The natural logarithm of a number in (0, 1], to about 1e-16 relative; the C libraries differ in the last bit.

    x = 2^k (1 + f) with 1 + f in [0.71, 1.42], then log(1 + f) by a polynomial in f / (2 + f) (fdlibm's, of 1993).
    """
    bits = _bits(x)
    k = (bits >> 52) - 1023
    mantissa = bits & 0xFFFFFFFFFFFFF
    upper = (mantissa + 0x95F6400000000) >> 52
    f = _double(mantissa | ((1023 - upper) << 52)) - 1.0
    k += upper
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332))
    even = z * (
        0.6666666666666735130 + w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591))
    )
    half = 0.5 * f * f
    return float(k * 0.69314718036912381649 - ((half - (s * (half + odd + even) + k * 1.90821492927058770002e-10)) - f))


@PART
def sum_of(values: Floats, paths: int) -> float:
    """Sum in four lanes in a fixed order, so that no addition waits for the one before."""
    a = b = c = d = 0.0
    whole = paths - paths % 4
    for p in range(0, whole, 4):
        a += values[p]
        b += values[p + 1]
        c += values[p + 2]
        d += values[p + 3]
    for p in range(whole, paths):
        a += values[p]
    return (a + b) + (c + d)


@PART
def sum_of_squares(values: Floats, paths: int) -> float:
    a = b = c = d = 0.0
    whole = paths - paths % 4
    for p in range(0, whole, 4):
        a += values[p] * values[p]
        b += values[p + 1] * values[p + 1]
        c += values[p + 2] * values[p + 2]
        d += values[p + 3] * values[p + 3]
    for p in range(whole, paths):
        a += values[p] * values[p]
    return (a + b) + (c + d)
