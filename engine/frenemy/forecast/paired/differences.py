"""Two worlds on the same noise, path by path: sums of the differences.

For each path, reading and assessment the difference d is the value in the variant minus the value in the base: -1, 0 or
1 for *at* and *ever*. Its mean is the change in the odds. Under common noise most paths have d = 0, and the error of
the change, from the paths at the medians and from the outer draws otherwise, is a fraction of that of two independent
runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.forecast import QUANTILES, READINGS, Reading
from frenemy.forecast.odds import jeffreys_variance, odds_over_draws
from frenemy.forecast.paired.paths import BlockScenarios, bit_groups, by_group, paired_blocks
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.ensemble import Ensemble, Part
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.run import Noise

__all__ = [
    "Contrast",
    "Difference",
    "ScenarioMoves",
    "difference",
    "difference_error",
    "difference_variance",
    "numbering",
    "paired_differences",
]

Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Sums over the paths of one variant against the base; scenarios in the order of the base."""

    groups: Groups
    base: Mapping[Reading, Floats]  # (groups, ticks, scenarios) sums of the reading in the base
    change: Mapping[Reading, Floats]  # (groups, ticks, scenarios) sums of the differences
    base_squares: Mapping[Reading, Floats]  # (ticks, scenarios) sums of the squared reading in the base
    variant_squares: Mapping[Reading, Floats]  # (ticks, scenarios) in the variant
    change_squares: Mapping[Reading, Floats]  # (ticks, scenarios) sums of the squared differences
    moves: Floats  # (groups, ticks, scenarios, scenarios) paths in the one in the base, in the other in the variant


def paired_differences(
    worlds: Sequence[Ensemble],
    *,
    noise: Noise,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> list[Contrast]:
    """Each of `worlds[1:]` against `worlds[0]`, draw by draw and path by path.

    All worlds have the same ticks and the same scenarios, by name, in whatever order.
    """
    base = worlds[0]
    orders = [numbering(world.models[0], base.models[0]) for world in worlds]
    kinds = len(base.models[0].model.scenarios)

    def sums_of(blocks: Sequence[BlockScenarios], groups: list[Part]) -> list[list[Floats]]:
        first = by_group(orders[0][blocks[0].scenario], groups)
        others = (by_group(order[other.scenario], groups) for other, order in zip(blocks[1:], orders[1:], strict=True))
        return [_sums(first, other, kinds) for other in others]

    totals: list[list[Floats]] = []
    for groups, parts in paired_blocks(worlds, sums_of, noise=noise, workers=workers, progress=progress):
        totals = totals or [[_room(part, base.groups) for part in sums] for sums in parts]
        rows = [part.number for part in groups]
        for total, sums in zip(totals, parts, strict=True):
            for whole, part in zip(total, sums, strict=True):
                if part.ndim > 2:
                    np.add.at(whole, rows, part)
                else:
                    np.add(whole, part, out=whole)
    return [_contrast(sums, base.groups) for sums in totals]


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
    """Of one block, (ticks, groups, paths): for each reading base, change and three sums of squares; then the moves."""
    inside = [[bit_groups(world == j) for j in range(kinds)] for world in (base, variant)]
    ever = [[np.bitwise_or.accumulate(words, axis=0) for words in world] for world in inside]
    moves = np.stack([_count(one & other) for one in inside[0] for other in inside[1]], axis=-1)
    return [*_words(*inside), *_words(*ever), *_shares(base, variant, kinds), moves]


def _words(before: Sequence[Words], after: Sequence[Words]) -> list[Floats]:
    """Sums of a yes or no, given as bit words by scenario."""
    base, variant, entered, left = (
        np.stack([_count(words) for words in rows], axis=-1)
        for rows in (
            before,
            after,
            [new & ~old for old, new in zip(before, after, strict=True)],
            [old & ~new for old, new in zip(before, after, strict=True)],
        )
    )
    return [base, entered - left, base.sum(axis=0), variant.sum(axis=0), (entered + left).sum(axis=0)]


def _shares(base: NDArray[np.int8], variant: NDArray[np.int8], kinds: int) -> list[Floats]:
    """Sums of the share of time so far in each scenario."""
    so_far = np.arange(1.0, len(base) + 1)[:, None]
    spent = [[np.cumsum(world == j, axis=0, dtype=np.int32) for j in range(kinds)] for world in (base, variant)]
    longer = [new - old for old, new in zip(*spent, strict=True)]
    sums = [np.stack([one.sum(axis=-1, dtype=np.float64).T for one in rows], axis=-1) for rows in (spent[0], longer)]
    squares = [
        np.stack([np.einsum("tgp,tgp->t", one, one, dtype=np.float64) for one in rows], axis=-1)
        for rows in (*spent, longer)
    ]
    return [*(total / so_far for total in sums), *(total / so_far**2 for total in squares)]


def _count(words: Words) -> Floats:
    """(groups, ticks): how many paths of each group are in the words, (ticks, groups, words)."""
    return np.asarray(np.bitwise_count(words).sum(axis=-1, dtype=np.int64).T.astype(np.float64))


def _room(part: Floats, groups: Groups) -> Floats:
    """Room for the totals of what a block sums: by group, or over all paths."""
    return np.zeros((len(groups.paths), *part.shape[1:]) if part.ndim > 2 else part.shape)


def _contrast(sums: list[Floats], groups: Groups) -> Contrast:
    kinds = sums[0].shape[-1]
    base, change, *squares = (dict(zip(READINGS, sums[part:-1:5], strict=True)) for part in range(5))
    return Contrast(
        groups=groups,
        base=base,
        change=change,
        base_squares=squares[0],
        variant_squares=squares[1],
        change_squares=squares[2],
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


def difference(contrast: Contrast) -> tuple[Mapping[Reading, Difference], ScenarioMoves]:
    """How a variant differs from the base, with errors: over outer draws, or at the medians."""
    groups, moves = contrast.groups, contrast.moves
    moved = moves.sum(axis=(2, 3)) - np.trace(moves, axis1=2, axis2=3)
    return {reading: _reading(contrast, reading) for reading in READINGS}, ScenarioMoves(
        share=groups.mean(moves), share_se=_share_error(groups, moves), moved=groups.mean(moved),
        moved_se=_share_error(groups, moved),
    )  # fmt: skip


def _reading(contrast: Contrast, reading: Reading) -> Difference:
    groups, sums, squares = contrast.groups, contrast.change[reading], contrast.change_squares[reading]
    base, change = groups.mean(contrast.base[reading]), groups.mean(sums)
    quantiles = np.full((len(QUANTILES), *change.shape), np.nan)
    if groups.drawn:
        quantiles = odds_over_draws(groups, sums, squares).quantiles
    error = difference_error(groups, sums, squares)
    return Difference(base=base, variant=base + change, change=change, mc_se=error, quantiles=quantiles)


def difference_error(groups: Groups, sums: Floats, squares: Floats) -> Floats:
    """The error of a mean difference in -1..1, from its sums by group and the sum of its squares; never 0.

    Over outer draws from the spread between draws, at the medians from that between paths.
    """
    paths = int(groups.paths.sum())
    if groups.drawn and len(groups.paths) > 1:
        least = difference_variance(np.zeros(1), np.zeros(1), paths)
        return np.asarray(np.sqrt(np.maximum(groups.error(sums) ** 2, least)))
    return np.asarray(np.sqrt(difference_variance(sums.sum(axis=0), squares, paths)))


def _share_error(groups: Groups, sums: Floats) -> Floats:
    """The error of a share of paths, from their number in each group."""
    total, paths = sums.sum(axis=0), int(groups.paths.sum())
    if groups.drawn and len(groups.paths) > 1:
        least = jeffreys_variance(np.float64(0), np.float64(0), paths)
        return np.asarray(np.sqrt(np.maximum(groups.error(sums) ** 2, least)))
    return np.asarray(np.sqrt(jeffreys_variance(total, total, paths)))
