"""The same futures under the pooled view and under each expert's own view.

Every world has the same noise and, draw by draw, the same quantile of each number's distribution (a number's draws
depend on its key alone), so two worlds differ only in the judgement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.forecast import QUANTILES, READINGS, Reading
from frenemy.forecast.odds import jeffreys_variance
from frenemy.forecast.paired.differences import Contrast, Difference, differences
from frenemy.forecast.variance import VarianceTable, shrink

__all__ = ["ViewDifference", "ViewOdds", "odds_by_expert"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOdds:
    """Odds under one judgement at every assessment."""

    probability: Floats  # (ticks, scenarios)
    mc_se: Floats  # (ticks, scenarios)
    quantiles: Floats  # (7, ticks, scenarios) bands over the outer draws; NaN without them


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewDifference:
    """One world beside the pooled one."""

    odds: Mapping[Reading, ViewOdds]
    change: Mapping[Reading, Difference]  # this world less the pooled one


def odds_by_expert(
    draws: Iterable[Sequence[Contrast]], count: int
) -> tuple[Mapping[Reading, ViewOdds], list[ViewDifference]]:
    """The odds of the first world, and of each other against it; one contrast a draw (`count` 0: medians)."""
    worlds: list[_Worlds] = []

    def recorded() -> Iterator[Sequence[Contrast]]:
        for contrasts in draws:
            if not worlds:
                worlds.extend(_Worlds(contrasts[0]) for _ in range(len(contrasts) + 1))
            worlds[0].add(contrasts[0].base)
            for world, contrast in zip(worlds[1:], contrasts, strict=True):
                world.add({reading: contrast.base[reading] + contrast.change[reading] for reading in READINGS})
            yield contrasts

    found = differences(recorded(), count)
    odds = [world.read() for world in worlds]
    return odds[0], [ViewDifference(odds=own, change=change) for own, (change, _) in zip(odds[1:], found, strict=True)]


class _Worlds:
    """The tables of draws and batches of one world."""

    def __init__(self, first: Contrast) -> None:
        self._paths = first.paths
        self._tables = {reading: VarianceTable(first.batch_paths) for reading in READINGS}

    def add(self, sums: Mapping[Reading, Floats]) -> None:
        for reading, table in self._tables.items():
            table.add(sums[reading])

    def read(self) -> dict[Reading, ViewOdds]:
        return {reading: self._world(table) for reading, table in self._tables.items()}

    def _world(self, table: VarianceTable) -> ViewOdds:
        split, draws = table.split(), len(table.rows)
        smallest = jeffreys_variance(split.mean * self._paths, split.mean * self._paths, self._paths)
        noise = np.where(np.isnan(split.noise), smallest, split.noise)
        noise = np.maximum(noise, jeffreys_variance(np.float64(0), np.float64(0), self._paths))
        quantiles, spread = np.full((len(QUANTILES), *split.mean.shape), np.nan), np.zeros_like(split.mean)
        if draws > 1:
            spread = split.judgement
            quantiles = np.quantile(shrink(np.stack(table.rows), spread), QUANTILES, axis=0, method="hazen")
        return ViewOdds(probability=split.mean, mc_se=np.sqrt(noise + spread / draws), quantiles=quantiles)
