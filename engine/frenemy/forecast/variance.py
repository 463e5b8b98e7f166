"""Judgement and noise separated: a two-way analysis of variance, outer draw by batch of paths.

Every outer draw m is simulated on the same paths, which fall into batches b of n_b paths, N in all. The share of a
reading in one cell is

    y_mb = p_m + c_b + e_mb,

with p_m the odds under draw m, c_b the noise of batch b common to all draws, and e_mb the noise that differs from draw
to draw, with variances V, C/n_b and E/n_b. With weights n_b (random effects, e.g. Searle, Casella and McCulloch 1992,
chapter 4) the mean squares have the expectations

    MS_draws = E + N V,    MS_batches = E + M C,    MS_residual = E,

whatever the batches' sizes, so that V = (MS_draws - MS_residual) / N is free of nested noise, and MS_batches / (M N) is
the variance that the paths' noise gives to the mean over draws. Under common noise most of the noise is in C: it moves
all draws together and must not be subtracted from their spread. Under independent noise C is 0 and all of it is
subtracted. The table itself decides, which a subtraction of p(1-p)/N could not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats

__all__ = ["Split", "VarianceTable", "shrink"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The mean of a table and its variances; shapes (ticks, scenarios)."""

    mean: Floats  # over draws and paths
    judgement: Floats  # V, not below 0; NaN with fewer than two draws
    noise: Floats  # variance of `mean` due to the paths; NaN with fewer than two batches


@dataclass(slots=True)
class VarianceTable:
    """Sums over a table of draws x batches, added draw by draw; memory does not grow with draws x batches.

    `paths` are the paths in each batch, (batches,); empty batches are left out.
    """

    paths: NDArray[np.int64]
    rows: list[Floats] = field(default_factory=list)  # (ticks, scenarios) of each draw
    _columns: Floats | float = 0.0  # (batches, ticks, scenarios) shares summed over draws
    _squares: Floats | float = 0.0  # (ticks, scenarios) paths x squared share, summed over the table

    def add(self, sums: Floats) -> None:
        """Add one draw: `sums`, (batches, ticks, scenarios), of the reading over the paths of each batch."""
        filled = self.paths > 0
        sums, weights = sums[filled], self.paths[filled, None, None]
        cells = sums / weights
        self.rows.append(sums.sum(axis=0) / weights.sum())
        self._columns = self._columns + cells
        self._squares = self._squares + (sums * cells).sum(axis=0)

    def split(self) -> Split:
        """Mean, judgement and noise of the draws added so far."""
        weights = self.paths[self.paths > 0, None, None].astype(np.float64)
        draws, batches, total = len(self.rows), len(weights), float(weights.sum())
        rows, columns = np.stack(self.rows), self._columns / draws
        mean = rows.mean(axis=0)
        between_draws = total * ((rows - mean) ** 2).sum(axis=0)
        between_batches = draws * (weights * (columns - mean) ** 2).sum(axis=0)
        everything = self._squares - draws * total * mean**2
        residual = np.maximum(everything - between_draws - between_batches, 0.0)
        blank = np.full_like(mean, np.nan)
        judgement = blank
        if draws > 1:
            nested = residual / ((draws - 1) * (batches - 1)) if batches > 1 else 0.0
            judgement = np.maximum(between_draws / (draws - 1) - nested, 0.0) / total
        noise = between_batches / (batches - 1) / (draws * total) if batches > 1 else blank
        return Split(mean=mean, judgement=judgement, noise=noise)


def shrink(rows: Floats, judgement: Floats) -> Floats:
    """The odds of each draw, (draws, ticks, scenarios), without the spread that nested noise adds to them.

    Each is shrunk towards the mean by the factor sqrt(V / Var), with Var the variance of the rows. So mean and order
    stay, the variance becomes V, and every value remains within the range of the rows: the factor is at least 0 and, as
    V is at most Var, at most 1. Exact if judgement and noise are normal; otherwise right in variance, with the shape of
    the noisy spread. If all draws agree there is nothing to do.
    """
    mean = rows.mean(axis=0)
    variance = rows.var(axis=0, ddof=1)
    factor = np.sqrt(np.divide(judgement, variance, out=np.ones_like(variance), where=variance > 0))
    return np.asarray(mean + np.clip(factor, 0.0, 1.0) * (rows - mean))
