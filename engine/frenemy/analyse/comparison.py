"""Variants of an experiment against their base: differences of the odds, who moved where, and which edit did it.

At the medians the differences are taken path by path. With outer draws they are taken draw by draw, each draw of the
uncertain numbers on the same paths and with the same judgement in all worlds (a number's draws depend on its key
alone); their mean, the luck of the paths and the bands of judgement come from the same analysis of variance as the odds
of a run, here of the *difference*: what moves base and variant together is not in its band.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.analyse.contrast import Contrast, difference_variance
from frenemy.analyse.forecast import QUANTILES, READINGS, Reading
from frenemy.analyse.judgement import Table, shrunk
from frenemy.analyse.odds import jeffreys_variance
from frenemy.analyse.split import Split
from frenemy.model.edits import Edit
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model

__all__ = ["Comparison", "Difference", "Moves", "Versus", "differences"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One reading in both worlds at every assessment."""

    base: Floats  # (ticks, scenarios) odds in the base
    variant: Floats  # (ticks, scenarios) odds in the variant
    change: Floats  # (ticks, scenarios) variant less base
    mc_se: Floats  # (ticks, scenarios) Monte Carlo standard error of `change`, never 0
    quantiles: Floats  # (7, ticks, scenarios) judgement bands of the change; NaN without outer draws


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Paths by their scenario in the base and in the variant, at every assessment."""

    share: Floats  # (ticks, scenarios, scenarios) of all paths: in the first in the base, in the second in the variant
    share_se: Floats
    moved: Floats  # (ticks,) share of paths that are in another scenario
    moved_se: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """One variant against the base. A split is there if it was asked for and there is anything to split."""

    name: str
    label: str
    model: Model
    experiment: Experiment
    edits: tuple[Edit, ...]
    differences: Mapping[Reading, Difference]
    moves: Moves
    split: Split | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A base and its variants, on the same noise."""

    label: str  # of the base
    model: Model
    experiment: Experiment
    dates: NDArray[np.datetime64]  # (ticks + 1,) the start first
    report_ticks: tuple[int, ...]  # positions among the assessments
    paths: int  # for each draw, or in all
    draws: int
    split_paths: int
    versus: tuple[Versus, ...]


def differences(draws: Iterable[Sequence[Contrast]], count: int) -> list[tuple[Mapping[Reading, Difference], Moves]]:
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


def _at_medians(contrast: Contrast) -> tuple[Mapping[Reading, Difference], Moves]:
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
    return found, Moves(
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
        self._tables = {name: Table(first.batch_paths) for name in (*names, "moves", "moved")}

    def add(self, contrast: Contrast) -> None:
        for reading in READINGS:
            self._tables[f"base {reading}"].add(contrast.base[reading])
            self._tables[f"change {reading}"].add(contrast.change[reading])
        moves = contrast.moves
        self._tables["moves"].add(moves.reshape(*moves.shape[:2], -1))
        moved = moves.sum(axis=(2, 3)) - np.trace(moves, axis1=2, axis2=3)
        self._tables["moved"].add(moved[:, :, None])

    def result(self, draws: int) -> tuple[Mapping[Reading, Difference], Moves]:
        moves, moves_se, _ = self._read("moves", draws)
        moved, moved_se, _ = self._read("moved", draws)
        return {reading: self._difference(reading, draws) for reading in READINGS}, Moves(
            share=moves.reshape(self._shape), share_se=moves_se.reshape(self._shape), moved=moved[:, 0],
            moved_se=moved_se[:, 0],
        )  # fmt: skip

    def _difference(self, reading: Reading, draws: int) -> Difference:
        base, _, _ = self._read(f"base {reading}", draws)
        change, error, quantiles = self._read(f"change {reading}", draws)
        return Difference(base=base, variant=base + change, change=change, mc_se=error, quantiles=quantiles)

    def _read(self, name: str, draws: int) -> tuple[Floats, Floats, Floats]:
        """Mean, Monte Carlo error and bands of judgement."""
        table = self._tables[name]
        found = table.split()
        least = difference_variance(np.zeros(1), np.zeros(1), self._paths)
        luck = np.where(np.isnan(found.luck), 1 / self._paths, np.maximum(found.luck, least))
        quantiles = np.full((len(QUANTILES), *found.mean.shape), np.nan)
        spread = np.zeros_like(found.mean)
        if draws > 1:
            spread = found.judgement
            quantiles = np.quantile(shrunk(np.stack(table.rows), spread), QUANTILES, axis=0, method="hazen")
        return found.mean, np.sqrt(luck + spread / draws), quantiles
