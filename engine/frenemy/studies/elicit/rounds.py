"""Rounds of judgement: anonymous names, and how views move from one round to the next.

Movement is measured on the line that the number's domain is mapped to (log-odds of a probability, logarithm of a
positive number), where a step has the same meaning everywhere.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from string import ascii_uppercase

from frenemy.model.distributions import Domain
from frenemy.model.resolved import Number
from frenemy.studies.elicit.pooling import quantile

__all__ = ["Movement", "Spread", "anonymised", "movement", "spread_of_views"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """From one view to a later one."""

    shift: float  # of the median, on the line: a change of log-odds for a probability
    wider: float  # ratio of the widths of the 5–95 % range on the line, later to earlier; NaN if there was none


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The differences between several views of one number."""

    low: float  # the lowest median
    high: float  # the highest median
    between: float  # standard deviation of the medians on the line; 0 for one view
    within: float  # mean width of the 5–95 % ranges on the line


def anonymised(experts: Iterable[str], taken: Mapping[str, str] | None = None, *, seed: int = 0) -> dict[str, str]:
    """A name such as `Expert C` for each expert; those with a name in `taken` keep it.

    New experts get the next letters, in an order that depends on the seed alone, not on the order of `experts`. Keep
    the seed secret where nobody who knows the experts may guess the names.
    """
    names = dict(taken or {})
    joining = sorted({*experts} - names.keys())
    random.Random(seed).shuffle(joining)  # noqa: S311 a drawing of lots
    free = (name for place in count() if (name := f"Expert {_letters(place)}") not in {*names.values()})
    return names | dict(zip(joining, free, strict=False))


def _letters(place: int) -> str:
    """A to Z, then AA, AB and so on."""
    text = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        text = ascii_uppercase[letter] + text
    return text


def movement(before: Number, after: Number, domain: Domain) -> Movement:
    """How a view moved."""
    old, new = (_points(view, domain) for view in (before, after))
    width = old[2] - old[0]
    return Movement(shift=new[1] - old[1], wider=(new[2] - new[0]) / width if width > 0 else math.nan)


def spread_of_views(views: Sequence[Number], domain: Domain) -> Spread:
    """How far apart views are. Raises ValueError without views."""
    points = [_points(view, domain) for view in views]
    middles = [middle for _, middle, _ in points]
    mean = math.fsum(middles) / len(middles)
    variance = math.fsum((middle - mean) ** 2 for middle in middles) / max(len(middles) - 1, 1)
    medians = [quantile(view, 0.5) for view in views]
    return Spread(
        low=min(medians), high=max(medians), between=math.sqrt(variance),
        within=math.fsum(high - low for low, _, high in points) / len(points),
    )  # fmt: skip


def _points(view: Number, domain: Domain) -> tuple[float, float, float]:
    """5, 50 and 95 % points on the line; an end of the domain counts as the nearest number inside it."""
    low, middle, high = (
        domain.to_line(min(max(quantile(view, u), math.nextafter(domain.low, 1e9)), math.nextafter(domain.high, -1e9)))
        for u in (0.05, 0.5, 0.95)
    )
    return low, middle, high
