"""Groups of paths: the units of every Monte Carlo standard error.

*At the medians* all paths follow one model, and the groups are batches of independent paths: with n_b paths in batch b
and y_b the mean of a reading over them, the weighted spread of the y_b gives the error of the mean.

*Over outer draws* the groups are the draws, each with paths of its own. The draws fill the range of every uncertain
number evenly (Latin hypercube), so that the part of the odds which is additive in the numbers is averaged almost
exactly, and the spread between draws overstates the error. Stein (1987, Technometrics 29(2), section 3) shows that the
error is that of what is left of the odds when their additive part is taken away. So the y_m are regressed on
polynomials of the numbers' places in their distributions, and the residual variance, over the number of draws, is the
squared error of the mean. It holds all that differs from draw to draw: interactions of numbers and the noise of the
paths. With too few draws to fit a polynomial nothing is taken away, and the error is overstated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from frenemy.arrays import Floats, Ints

__all__ = ["Groups", "joined"]

MAX_DEGREE = 3
"""Degree of the polynomials in each number."""
MAX_SHARE = 0.5
"""Polynomials fitted, at most, as a share of the draws."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """Batches of one model, or outer draws."""

    paths: Ints  # (groups,) paths in each
    points: Floats  # (groups, numbers) place of each uncertain number in its distribution, 0-1; no column for batches
    drawn: bool  # the groups are outer draws
    values: Floats | None = None  # (groups, numbers) value of each uncertain number, as drawn; None: not kept

    def mean(self, sums: Floats | Ints) -> Floats:
        """The mean over all paths, of sums over groups, (groups, ...)."""
        return np.asarray(sums.sum(axis=0) / self.paths.sum())

    def rows(self, sums: Floats | Ints) -> Floats:
        """(filled groups, ...): the mean over the paths of each group."""
        filled = self.paths > 0
        return np.asarray(sums[filled] / _beside(self.paths[filled], sums))

    def error(self, sums: Floats | Ints) -> Floats:
        """The standard error of the mean, from sums over groups, (groups, ...); infinite with fewer than two groups."""
        rows = self.rows(sums)
        if len(rows) < 2:
            return np.full(rows.shape[1:], np.inf)
        if not self.drawn:
            weights = _beside(self.paths[self.paths > 0], sums)
            spread = (weights * (rows - self.mean(sums)) ** 2).sum(axis=0) / (len(rows) - 1)
            return np.asarray(np.sqrt(spread / weights.sum()))
        return np.asarray(np.sqrt(self.residual_variance(rows) / len(rows)))

    def residual_variance(self, rows: Floats) -> Floats:
        """(...): the variance over draws, (draws, ...), that the regression leaves; unbiased."""
        flat = rows.reshape(len(rows), -1)
        flat = flat - flat.mean(axis=0)
        explained = np.square(self.basis.T @ flat).sum(axis=0)
        left = np.maximum(np.square(flat).sum(axis=0) - explained, 0.0) / (len(rows) - 1 - self.basis.shape[1])
        return np.asarray(left.reshape(rows.shape[1:]))

    @cached_property
    def basis(self) -> Floats:
        """(draws, polynomials): orthonormal, without the constant."""
        draws, numbers = self.points.shape
        degree = min(MAX_DEGREE, int(MAX_SHARE * draws) // max(numbers, 1))
        if not degree:
            return np.empty((draws, 0))
        centred = 2 * self.points - 1
        columns = np.concatenate([centred**power for power in range(1, degree + 1)], axis=1)
        columns -= columns.mean(axis=0)
        basis, triangle = np.linalg.qr(columns)
        sizes = np.abs(np.diag(triangle))
        return np.asarray(basis[:, sizes > 1e-9 * max(sizes.max(initial=0.0), 1.0)])


def joined(parts: Sequence[Groups]) -> Groups:
    """The outer draws of several ensembles as one."""
    values = [part.values for part in parts if part.values is not None]
    return Groups(
        paths=np.concatenate([part.paths for part in parts]),
        points=np.concatenate([part.points for part in parts]),
        drawn=parts[0].drawn,
        values=np.concatenate(values) if len(values) == len(parts) else None,
    )


def _beside(paths: Ints, sums: Floats | Ints) -> Floats:
    return paths.reshape(-1, *(1,) * (sums.ndim - 1)).astype(np.float64)
