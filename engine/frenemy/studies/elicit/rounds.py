"""Rounds of judgement: names that give nobody away, and how views move from one round to the next.

Movement is measured on the line that the number's domain is mapped to (log-odds of a probability, logarithm of a
positive number), where a step means the same anywhere.
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
    wider: float  # width of the 5–95 % range on the line, the later over the earlier; NaN from a view without spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far several views of one number are apart."""

    low: float  # the least median
    high: float  # the greatest median
    between: float  # standard deviation of the medians on the line; 0 for one view
    within: float  # mean width of the 5–95 % ranges on the line


def anonymised(experts: Iterable[str], taken: Mapping[str, str] | None = None, *, seed: int = 0) -> dict[str, str]:
    """A name such as `Expert C` for each expert; those who have one in `taken` keep it.

    New ones get the next letters in an order that the seed alone decides, whatever the order in which they are given;
    where names must not be guessed by whoever knows who was asked, the seed is a secret.
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
    """How far views are apart. Raises ValueError for none."""
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
