"""Small probabilities in words and numbers: two digits that count, and one in how many."""

from __future__ import annotations

import math

from frenemy.present.sentences import NBSP

__all__ = ["of_futures", "one_in", "rounded", "small_percent", "small_range"]


def rounded(value: float) -> str:
    """Two digits that count, written out: `31,000`, `4.2`, `0.00032`."""
    if value <= 0 or not math.isfinite(value):
        return "0"
    digits = 1 - math.floor(math.log10(float(f"{value:.1e}")))
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def small_percent(probability: float) -> str:
    """`0.0032 %`."""
    return f"{rounded(100 * probability)}{NBSP}%"


def small_range(low: float, high: float) -> str:
    """`0.0026–0.0040 %`."""
    return f"{rounded(100 * low)}–{rounded(100 * high)}{NBSP}%"


def one_in(probability: float) -> str:
    """`1 in 31,000`."""
    return f"1 in {rounded(1 / probability)}" if probability > 0 else "none"


def of_futures(probability: float) -> str:
    """`1 of 31,000 futures`, or per cent where one of so many says little."""
    return (
        f"1 of {rounded(1 / probability)} futures"
        if 0 < probability < 0.2
        else f"{small_percent(probability)} of futures"
    )
