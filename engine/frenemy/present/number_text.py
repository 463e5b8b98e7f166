"""Numbers as text: per cent, two significant digits, one in n, ranges and lists."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = [
    "NBSP", "and_list", "as_shown", "brief", "frequency", "from_to", "of_futures", "one_in", "percent",
    "range_text", "rounded", "signed", "small_percent", "small_range",
]  # fmt: skip


NBSP = "\u00a0"
BRIEF = 42
"""Characters of a label that fit in a title."""
SIMPLE_SHARES = ((3, 5), (2, 3), (3, 4), (4, 5), (9, 10), (2, 5), (1, 2), (1, 3), (3, 10), (1, 4), (1, 5))
ROUND = (5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200)


def rounded(value: float) -> str:
    """Two significant digits, written out: `31,000`, `4.2`, `0.00032`."""
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
    """`1 of 31,000 futures`, or per cent for larger probabilities."""
    return (
        f"1 of {rounded(1 / probability)} futures"
        if 0 < probability < 0.2
        else f"{small_percent(probability)} of futures"
    )


def percent(probability: float) -> str:
    """`62 %`; never 0 % or 100 %, as no simulation can show certainty."""
    if probability < 0.005:
        return f"<1{NBSP}%"
    return f">99{NBSP}%" if probability > 0.995 else f"{100 * probability:.0f}{NBSP}%"


def as_shown(probability: float) -> float:
    """The probability that `percent` shows, within 0–1; as it is where only a limit is shown. NaN stays."""
    if math.isnan(probability) or not 0.005 <= probability <= 0.995:
        return probability if math.isnan(probability) else min(max(probability, 0.0), 1.0)
    return float(f"{100 * probability:.0f}") / 100


def from_to(before: float, after: float) -> str:
    """`from 4 % to 7 %`, or `from 3.6 % to 4.2 %` where both are the same to whole per cents."""
    ends = [percent(before), percent(after)]
    if ends[0] == ends[1]:
        ends = [f"{100 * value:.1f}{NBSP}%" for value in (before, after)]
    if ends[0] == ends[1]:
        ends = [small_percent(before), small_percent(after)]
    return f"from {ends[0]} to {ends[1]}"


def range_text(low: float, high: float) -> str:
    """`51–73 %`."""
    ends = [percent(end).removesuffix(f"{NBSP}%") for end in (low, high)]
    return f"{ends[0]}{NBSP}%" if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}{NBSP}%"


def frequency(probability: float) -> str:
    """The nearest simple share: `1 in 5`, `2 in 3`."""
    if probability < 1 / 200:
        return "less than 1 in 200"
    if probability > 0.975:
        return "nearly all"
    if probability < 0.19:
        return f"1 in {min(ROUND, key=lambda n: abs(math.log(probability * n)))}"
    few, many = min(SIMPLE_SHARES, key=lambda share: abs(probability - share[0] / share[1]))
    return f"{few} in {many}"


def signed(text: str) -> str:
    """A number with a typographic minus, and without a sign if it is zero: `+5.2`, `−0.3`, `0.0`."""
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def and_list(words: Iterable[str]) -> str:
    """`a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def brief(label: str) -> str:
    """A label short enough for a title."""
    return label if len(label) <= BRIEF else label[:BRIEF].rpartition(" ")[0].rstrip(" ,;:-") + "…"
