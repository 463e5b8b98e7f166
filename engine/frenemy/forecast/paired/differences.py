"""Two worlds on the same noise, path by path: sums of the differences.

For each path, reading and assessment the difference d is the value in the variant minus the value in the base: -1, 0 or
1 for *at* and *ever*. Its mean is the change in the odds, its variance gives the error of that change. Under common
noise most paths have d = 0, and the error is a fraction of that of two independent runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.forecast.forecast import QUANTILES, READINGS, Reading
from frenemy.forecast.odds import jeffreys_variance
from frenemy.forecast.paired.paths import BlockScenarios, batch_paths, bit_groups, paired_blocks
from frenemy.forecast.variance import VarianceTable, shrink
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensemble.tally import BATCHES, GROUP
from frenemy.simulation.noise.streams import BLOCK

__all__ = [
    "Contrast",
    "Difference",
    "ScenarioMoves",
    "difference_variance",
    "differences",
    "numbering",
    "paired_differences",
]

Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Sums over the paths of one variant against the base; scenarios in the order of the base."""

    paths: int
    batch_paths: Ints  # (BATCHES,)
    base: Mapping[Reading, Floats]  # (BATCHES, ticks, scenarios) sums of the reading in the base
    change: Mapping[Reading, Floats]  # (BATCHES, ticks, scenarios) sums of the differences
    squares: Mapping[Reading, Floats]  # (ticks, scenarios) sums of the squared differences
    moves: Floats  # (BATCHES, ticks, scenarios, scenarios) paths in the one in the base, in the other in the variant


def paired_differences(
    worlds: Sequence[Compiled],
    *,
    noise: Noise,
    paths: int,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> list[Contrast]:
    """Each of `worlds[1:]` against `worlds[0]`, on paths 0..paths-1.

    All worlds have the same ticks and the same scenarios, by name, in whatever order.
    """
    orders = [numbering(world, worlds[0]) for world in worlds]
    kinds = len(worlds[0].model.scenarios)

    def sums_of(blocks: Sequence[BlockScenarios]) -> list[list[Floats]]:
        base = orders[0][blocks[0].scenario]
        return [_sums(base, order[other.scenario], kinds) for other, order in zip(blocks[1:], orders[1:], strict=True)]

    totals: list[list[Floats]] = []
    groups = paired_blocks(worlds, sums_of, noise=noise, paths=paths, workers=workers, progress=progress)
    for block, parts in enumerate(groups):
        first = block * BLOCK // GROUP
        placed = [[_placed(part, first) if part.ndim > 2 else part for part in sums] for sums in parts]
        totals = [_added(*pair) for pair in zip(totals, placed, strict=True)] if totals else placed
    return [_contrast(sums, paths) for sums in totals]


def numbering(world: Compiled, base: Compiled) -> NDArray[np.int8]:
    """(scenarios,): the number in the base of each scenario of the world."""
    names = [scenario.name for scenario in base.model.scenarios]
    return np.array([names.index(scenario.name) for scenario in world.model.scenarios], dtype=np.int8)


def difference_variance(total: Floats, squares: Floats, paths: int) -> Floats:
    """Variance of the mean of differences in -1..1, from their sum and sum of squares.

    Half a path is added in each direction, so that no path out of 10,000 is not treated as certainty (as in
    `jeffreys_variance`).
    """
    mean, second = total / (paths + 1), (squares + 1) / (paths + 1)
    return (second - mean**2) / (paths + 2)


def _sums(base: NDArray[np.int8], variant: NDArray[np.int8], kinds: int) -> list[Floats]:
    """Of one block: base, change and squares of *at*, of *ever* and of *time share*; then the moves."""
    inside = [[bit_groups(world == j) for j in range(kinds)] for world in (base, variant)]
    ever = [[np.bitwise_or.accumulate(words, axis=0) for words in world] for world in inside]
    at_sums, ever_sums = (_words(*world) for world in (inside, ever))
    so_far = np.arange(1.0, len(base) + 1)[:, None]
    longer = [np.cumsum((variant == j).astype(np.int32) - (base == j), axis=0, dtype=np.int32) for j in range(kinds)]
    share_sums = [
        *(np.cumsum(sums, axis=1) / so_far for sums in at_sums[:2]),
        np.stack([np.einsum("tp,tp->t", d, d, dtype=np.float64) for d in longer], axis=-1) / so_far**2,
    ]
    moves = np.stack([_count(one & other) for one in inside[0] for other in inside[1]], axis=-1)
    return [*at_sums, *ever_sums, *share_sums, moves]


def _words(before: Sequence[Words], after: Sequence[Words]) -> list[Floats]:
    """Base, change and squares of a yes or no, given as bit words by scenario."""
    base = np.stack([_count(words) for words in before], axis=-1)
    entered = np.stack([_count(new & ~old) for old, new in zip(before, after, strict=True)], axis=-1)
    left = np.stack([_count(old & ~new) for old, new in zip(before, after, strict=True)], axis=-1)
    return [base, entered - left, (entered + left).sum(axis=0)]


def _count(words: Words) -> Floats:
    """(groups, ticks): how many paths of each group are in the words, (ticks, groups)."""
    return np.bitwise_count(words).T.astype(np.float64)


def _placed(groups: Floats, first: int) -> Floats:
    """(groups, ticks, ...) to (BATCHES, ticks, ...), the groups beginning with number `first`."""
    sums = np.zeros((BATCHES, *groups.shape[1:]))
    np.add.at(sums, (first + np.arange(len(groups))) % BATCHES, groups)
    return sums


def _added(one: list[Floats], other: list[Floats]) -> list[Floats]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _contrast(sums: list[Floats], paths: int) -> Contrast:
    kinds = sums[0].shape[-1]
    thirds = [dict(zip(READINGS, sums[part:-1:3], strict=True)) for part in range(3)]  # in the order of READINGS
    return Contrast(
        paths=paths,
        batch_paths=batch_paths(paths),
        base=thirds[0],
        change=thirds[1],
        squares=thirds[2],
        moves=sums[-1].reshape(*sums[-1].shape[:-1], kinds, kinds),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One reading in both worlds at every assessment."""

    base: Floats  # (ticks, scenarios) odds in the base
    variant: Floats  # (ticks, scenarios) odds in the variant
    change: Floats  # (ticks, scenarios) variant less base
    mc_se: Floats  # (ticks, scenarios) Monte Carlo standard error of `change`, never 0
    quantiles: Floats  # (7, ticks, scenarios) judgement bands of the change; NaN without outer draws


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioMoves:
    """Paths by their scenario in the base and in the variant, at every assessment."""

    share: Floats  # (ticks, scenarios, scenarios) of all paths: in the first in the base, in the second in the variant
    share_se: Floats
    moved: Floats  # (ticks,) share of paths that are in another scenario
    moved_se: Floats


def differences(
    draws: Iterable[Sequence[Contrast]], count: int
) -> list[tuple[Mapping[Reading, Difference], ScenarioMoves]]:
    """Differences and moves of each variant; one contrast for each of them and each of `count` draws (0: the medians).

    Taken one draw at a time; what is kept is (draws, ticks, scenarios) for each variant and reading.
    """
    if count == 0:
        (contrasts,) = draws
        return [_at_medians(contrast) for contrast in contrasts]
    tables: list[_Tables] = []
    for contrasts in draws:
        tables = tables or [_Tables(contrast) for contrast in contrasts]
        for table, contrast in zip(tables, contrasts, strict=True):
            table.add(contrast)
    return [table.result(count) for table in tables]


def _at_medians(contrast: Contrast) -> tuple[Mapping[Reading, Difference], ScenarioMoves]:
    found: dict[Reading, Difference] = {}
    paths = contrast.paths
    for reading in READINGS:
        base, total = contrast.base[reading].sum(axis=0), contrast.change[reading].sum(axis=0)
        found[reading] = Difference(
            base=base / paths,
            variant=(base + total) / paths,
            change=total / paths,
            mc_se=np.sqrt(difference_variance(total, contrast.squares[reading], paths)),
            quantiles=np.full((len(QUANTILES), *total.shape), np.nan),
        )
    moves = contrast.moves.sum(axis=0)
    moved = moves.sum(axis=(1, 2)) - np.trace(moves, axis1=1, axis2=2)
    return found, ScenarioMoves(
        share=moves / paths,
        share_se=np.sqrt(jeffreys_variance(moves, moves, paths)),
        moved=moved / paths,
        moved_se=np.sqrt(jeffreys_variance(moved, moved, paths)),
    )


class _Tables:
    """The analysis of variance of each quantity over the draws of one variant."""

    def __init__(self, first: Contrast) -> None:
        self._paths = first.paths
        self._shape = first.moves.shape[1:]
        names = [f"{part} {reading}" for reading in READINGS for part in ("base", "change")]
        self._tables = {name: VarianceTable(first.batch_paths) for name in (*names, "moves", "moved")}

    def add(self, contrast: Contrast) -> None:
        for reading in READINGS:
            self._tables[f"base {reading}"].add(contrast.base[reading])
            self._tables[f"change {reading}"].add(contrast.change[reading])
        moves = contrast.moves
        self._tables["moves"].add(moves.reshape(*moves.shape[:2], -1))
        moved = moves.sum(axis=(2, 3)) - np.trace(moves, axis1=2, axis2=3)
        self._tables["moved"].add(moved[:, :, None])

    def result(self, draws: int) -> tuple[Mapping[Reading, Difference], ScenarioMoves]:
        moves, moves_se, _ = self._read("moves", draws)
        moved, moved_se, _ = self._read("moved", draws)
        return {reading: self._difference(reading, draws) for reading in READINGS}, ScenarioMoves(
            share=moves.reshape(self._shape), share_se=moves_se.reshape(self._shape), moved=moved[:, 0],
            moved_se=moved_se[:, 0],
        )  # fmt: skip

    def _difference(self, reading: Reading, draws: int) -> Difference:
        base, _, _ = self._read(f"base {reading}", draws)
        change, error, quantiles = self._read(f"change {reading}", draws)
        return Difference(base=base, variant=base + change, change=change, mc_se=error, quantiles=quantiles)

    def _read(self, name: str, draws: int) -> tuple[Floats, Floats, Floats]:
        """Mean, Monte Carlo error and bands."""
        table = self._tables[name]
        found = table.split()
        least = difference_variance(np.zeros(1), np.zeros(1), self._paths)
        noise = np.where(np.isnan(found.noise), 1 / self._paths, np.maximum(found.noise, least))
        quantiles = np.full((len(QUANTILES), *found.mean.shape), np.nan)
        spread = np.zeros_like(found.mean)
        if draws > 1:
            spread = found.judgement
            quantiles = np.quantile(shrink(np.stack(table.rows), spread), QUANTILES, axis=0, method="hazen")
        return found.mean, np.sqrt(noise + spread / draws), quantiles
