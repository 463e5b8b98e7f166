"""From the units of a series to the 0–100 index: a line through two stated points, in the index or in its logit.

In the law of drivers, the level is the logit of the index, and the volatility is 25 times the level's s.d. So a line in
the logit carries an Ornstein–Uhlenbeck fit over exactly; a line in the index does so near the level to which it
reverts, where a point of the index is 1 / (100 p (1 - p)) of the level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from frenemy.studies.fit.series_fit import Fit
from frenemy.studies.fit.standard_errors import Z90, Spread

__all__ = ["Anchor", "IndexEstimate", "IndexMap", "Shape", "index_estimate"]

Shape = Literal["logit", "linear"]
LOWEST = -700.0
"""The logit of a share that is hardly more than 0 in floating point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A value of the series, in the units of the fit, and its index."""

    value: float
    index: float  # strictly between 0 and 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMap:
    """The map through two anchors."""

    anchors: tuple[Anchor, Anchor]
    shape: Shape

    def index(self, value: float) -> float:
        """The index of a value; a linear map may leave 0–100, and 0 is what lies too far down for a number."""
        place = self._end(0) + self.slope * (value - self.anchors[0].value)
        if self.shape == "linear":
            return place
        return 100 / (1 + math.exp(-place)) if place > LOWEST else 0.0

    @property
    def slope(self) -> float:
        """Index points, or their logits, per unit of the series."""
        first, second = self.anchors
        return (self._end(1) - self._end(0)) / (second.value - first.value)

    def _end(self, which: int) -> float:
        index = self.anchors[which].index
        return index if self.shape == "linear" else math.log(index / (100 - index))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEstimate:
    """A fit in index points, as a driver states it."""

    index_map: IndexMap
    long_run: Spread
    volatility: Spread


def index_estimate(fit: Fit, index_map: IndexMap) -> IndexEstimate:
    """The long-run index and the volatility of a fit. Raises ValueError if the long run leaves 0–100."""
    mean, level = fit.spread["mean"], fit.spread["level_sd"]
    centre = index_map.index(mean.value)
    ends = sorted(index_map.index(mean.value + sign * Z90 * mean.se) for sign in (-1, 1))
    if not 0 < ends[0] <= centre <= ends[1] < 100:
        raise ValueError(f"by this map the series reverts to an index of {ends[0]:.0f} to {ends[1]:.0f}")
    share = centre / 100
    steep = abs(index_map.slope) * (100 * share * (1 - share) if index_map.shape == "logit" else 1)
    to_volatility = (
        25 * abs(index_map.slope) if index_map.shape == "logit" else abs(index_map.slope) / (4 * share * (1 - share))
    )
    return IndexEstimate(
        index_map=index_map,
        long_run=Spread(value=centre, se=steep * mean.se, q05=ends[0], q95=ends[1]),
        volatility=_times(level, to_volatility),
    )


def _times(spread: Spread, factor: float) -> Spread:
    return Spread(value=factor * spread.value, se=factor * spread.se, q05=factor * spread.q05, q95=factor * spread.q95)
