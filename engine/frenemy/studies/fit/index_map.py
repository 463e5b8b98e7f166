"""From the units of a series to the 0–100 index: a map through two stated points, straight in the index or its logit.

The law of drivers has the logit of the index as its level, and a volatility of 25 times the level's s.d. So a map
that is straight in the logit carries an Ornstein–Uhlenbeck fit over exactly; one straight in the index does so near
the level to which it reverts, where a point of the index is 1 / (100 p (1 - p)) of the level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from frenemy.studies.fit.series_fit import Fit
from frenemy.studies.fit.standard_errors import Z90, Spread

__all__ = ["Anchor", "IndexEstimate", "IndexMap", "Shape", "indexed"]

Shape = Literal["logit", "linear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A value of the series, in the units that are fitted, and the index that it stands for."""

    value: float
    index: float  # strictly between 0 and 100


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMap:
    """The map through two anchors."""

    anchors: tuple[Anchor, Anchor]
    shape: Shape

    def index(self, value: float) -> float:
        """The index of a value; a straight map may leave 0–100."""
        place = self._end(0) + self.slope * (value - self.anchors[0].value)
        return place if self.shape == "linear" else 100 / (1 + math.exp(-place))

    @property
    def slope(self) -> float:
        """Index points, or logits of them, for a unit of the series."""
        first, second = self.anchors
        return (self._end(1) - self._end(0)) / (second.value - first.value)

    def _end(self, which: int) -> float:
        index = self.anchors[which].index
        return index if self.shape == "linear" else math.log(index / (100 - index))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEstimate:
    """A fit in the words of a driver, index points."""

    chart: IndexMap
    long_run: Spread
    volatility: Spread


def indexed(fit: Fit, chart: IndexMap) -> IndexEstimate:
    """The long-run index and the volatility that a fit means. Raises ValueError if the long run leaves 0–100."""
    mean, level = fit.spread["mean"], fit.spread["level_sd"]
    centre = chart.index(mean.value)
    ends = sorted(chart.index(mean.value + sign * Z90 * mean.se) for sign in (-1, 1))
    if not 0 < ends[0] <= centre <= ends[1] < 100:
        raise ValueError(f"by this map the series reverts to an index of {ends[0]:.0f} to {ends[1]:.0f}")
    share = centre / 100
    steep = abs(chart.slope) * (100 * share * (1 - share) if chart.shape == "logit" else 1)
    to_volatility = 25 * abs(chart.slope) if chart.shape == "logit" else abs(chart.slope) / (4 * share * (1 - share))
    return IndexEstimate(
        chart=chart,
        long_run=Spread(value=centre, se=steep * mean.se, q05=ends[0], q95=ends[1]),
        volatility=_times(level, to_volatility),
    )


def _times(spread: Spread, factor: float) -> Spread:
    return Spread(value=factor * spread.value, se=factor * spread.se, q05=factor * spread.q05, q95=factor * spread.q95)
