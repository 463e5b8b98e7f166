"""The readings of the odds, with Monte Carlo standard errors: at t, ever by t, time share.

*At t* is the share of paths in the scenario at the assessment t; *ever by t* the share that has been in it by then (a
cumulative incidence: competing scenarios are counted as they come, nothing is censored); *time share* the mean share of
the assessments so far spent in it.

What `mc_se` includes. Without outer draws: the error of a mean over independent paths, from the paths' second moment,
with half a path added on each side (Jeffreys' prior), so that no path out of 10,000 is not treated as certainty. With
outer draws: (1) the sampling noise of the paths, including their common noise, from the spread between batches, never
less than the half path above for the paths of one draw; and (2) the error of averaging over a finite number M of draws,
V / M with V the variance due to judgement. The second is an upper bound: the outer points fill each range more evenly
than independent ones would. It excludes errors that are not random: the width of the tick, a wrong model. The bands
also move with the noise of the paths (by about `mc_se`, all together), and their quantiles are estimated from M draws;
neither is added to their width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.forecast import QUANTILES, READINGS, Odds
from frenemy.forecast.variance import VarianceTable, shrink
from frenemy.model.experiment import Reading
from frenemy.simulation.ensemble.tally import Tally

__all__ = ["Draws", "batch_error", "batch_sums", "jeffreys_variance", "odds_at_medians"]


def odds_at_medians(tally: Tally) -> Mapping[Reading, Odds]:
    """The odds of one run, every number at its median; judgement is not assessed (NaN)."""
    squares = _squares(tally)
    return {
        reading: _from_paths(sums.sum(axis=0), squares[reading], tally.paths)
        for reading, sums in batch_sums(tally).items()
    }


@dataclass(slots=True)
class Draws:
    """The odds over outer draws: add their tallies one by one, in the order of the draws."""

    paths: NDArray[np.int64]  # (batches,) paths of each draw
    _tables: dict[Reading, VarianceTable] = field(init=False)
    _between_paths: dict[Reading, list[Floats]] = field(init=False)

    def __post_init__(self) -> None:
        self._tables = {reading: VarianceTable(self.paths) for reading in READINGS}
        self._between_paths = {reading: [] for reading in READINGS}

    def add(self, tally: Tally) -> None:
        """Add one outer draw. Raises ValueError if it was not simulated on the same paths as the others."""
        if not np.array_equal(tally.batch_paths, self.paths):
            raise ValueError("outer draws must be simulated on the same paths")
        squares = _squares(tally)
        for reading, sums in batch_sums(tally).items():
            self._tables[reading].add(sums)
            self._between_paths[reading].append(_variance(sums.sum(axis=0), squares[reading], tally.paths))

    def odds(self) -> Mapping[Reading, Odds]:
        """The odds over the draws added so far."""
        return {reading: self._odds(reading) for reading in READINGS}

    def _odds(self, reading: Reading) -> Odds:
        table, between_paths = self._tables[reading], np.mean(self._between_paths[reading], axis=0)
        split, draws, paths = table.split(), len(table.rows), int(self.paths.sum())
        noise = np.where(np.isnan(split.noise), between_paths / paths, split.noise)
        noise = np.maximum(noise, jeffreys_variance(np.float64(0), np.float64(0), paths))
        quantiles = np.full((len(QUANTILES), *split.mean.shape), np.nan)
        if draws > 1:
            # Each draw stands for an equal slice of judgement, its value for the slice's middle (Hazen).
            quantiles = np.quantile(shrink(np.stack(table.rows), split.judgement), QUANTILES, axis=0, method="hazen")
        return Odds(
            probability=split.mean,
            mc_se=np.sqrt(noise + split.judgement / draws),
            quantiles=quantiles,
            judgement_variance=split.judgement,
            path_variance=between_paths,
        )


def jeffreys_variance(total: Floats | np.float64, squares: Floats | np.float64, paths: int) -> Floats | np.float64:
    """Variance of a mean of values in 0-1, from their sum and sum of squares, half a 0 and half a 1 added.

    For counts this is the variance of the posterior Beta(k + 1/2, n - k + 1/2): p(1-p)/n but for small counts.
    """
    mean, second = (total + 0.5) / (paths + 1), (squares + 0.5) / (paths + 1)
    return (second - mean**2) / (paths + 2)


def _from_paths(total: Floats, squares: Floats, paths: int) -> Odds:
    probability = total / paths
    blank = np.full_like(probability, np.nan)
    return Odds(
        probability=probability,
        mc_se=np.sqrt(jeffreys_variance(total, squares, paths)),
        quantiles=np.full((len(QUANTILES), *probability.shape), np.nan),
        judgement_variance=blank,
        path_variance=_variance(total, squares, paths),
    )


def batch_sums(tally: Tally) -> Mapping[Reading, Floats]:
    """(batches, ticks, scenarios): sums of each reading over the paths of a batch."""
    assessments = np.arange(1, tally.occupancy.shape[1] + 1)[:, None]
    return {
        "at": tally.occupancy.astype(np.float64),
        "ever": np.cumsum(tally.first_entry, axis=1).astype(np.float64),
        "time_share": np.cumsum(tally.occupancy, axis=1) / assessments,
    }


def _squares(tally: Tally) -> Mapping[Reading, Floats]:
    """(ticks, scenarios): sums over all paths of each reading squared; a share of 0 or 1 is its own square."""
    assessments = np.arange(1, tally.occupancy.shape[1] + 1)[:, None]
    return {
        "at": tally.occupancy.sum(axis=0).astype(np.float64),
        "ever": np.cumsum(tally.first_entry.sum(axis=0), axis=0).astype(np.float64),
        "time_share": tally.share_squares / assessments.astype(np.float64) ** 2,
    }


def _variance(total: Floats, squares: Floats, paths: int) -> Floats:
    """Variance between paths, unbiased; 0 for a single path."""
    return np.maximum(squares - total**2 / paths, 0.0) / max(paths - 1, 1)


def batch_error(sums: Floats, paths: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean over paths and its standard error, from sums over batches, (batches, ...), of so many paths each.

    With fewer than two batches the error is unknown: infinite.
    """
    filled = paths > 0
    sums, weights = sums[filled], paths[filled].reshape(-1, *(1,) * (sums.ndim - 1)).astype(np.float64)
    mean = sums.sum(axis=0) / weights.sum()
    count = len(sums)
    if count < 2:
        return mean, np.full_like(mean, np.inf)
    spread = (weights * (sums / weights - mean) ** 2).sum(axis=0) / (count - 1)
    return mean, np.sqrt(spread / weights.sum())
