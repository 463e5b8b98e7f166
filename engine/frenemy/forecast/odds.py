"""The readings of the odds, with Monte Carlo standard errors: at t, ever by t, time share.

*At t* is the share of paths in the scenario at the assessment t; *ever by t* the share that has been in it by then (a
cumulative incidence: competing scenarios are counted as they come, nothing is censored); *time share* the mean share of
the assessments so far spent in it.

What `mc_se` includes. At the medians: the error of a mean over independent paths, from the paths' second moment, with
half a path added on each side (Jeffreys' prior), so that no path out of 10,000 is not treated as certainty. Over outer
draws, each with paths of its own: the spread between draws that their even filling of the ranges has not averaged out
(`simulation.ensemble.groups`), which holds the noise of the paths and the interactions of the numbers; never less than
the half path above for all paths. It excludes errors that are not random: the width of the tick, a wrong model. The
quantiles of the bands are estimated from the draws; their error is not stated.

How the noise of the paths is taken out of the bands. The share y_m of a draw of n paths is its odds p_m plus noise of
known variance, on average E/n with E the mean variance between the paths of a draw; so V = Var(y) - E/n is the variance
of the p_m. The y_m fall on few values, and draws with the same value are spread evenly over the interval that is nearer
to it than to any other, as a histogram does. Then all are shrunk towards their mean so that their variance is V
(constrained empirical Bayes estimates, Louis 1984, JASA 79(386); Ghosh 1992, JASA 87(418)). Exact if odds and noise are
normal; otherwise right in variance, with the shape of the noisy spread: with 16 paths a draw, quantiles near a bound
may be off by a tenth of the standard deviation between draws, with 64 by a twentieth. Odds below 1/n cannot be told
apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.forecast.forecast import QUANTILES, READINGS, Odds
from frenemy.model.experiment import Reading
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.tally import Tally

__all__ = ["bands", "group_sums", "jeffreys_variance", "odds_of", "odds_of_counts", "odds_over_draws"]


SAME = 1e-9
"""Odds of two draws that differ by less are the same: sums of shares of time are rounded."""


def odds_of(tally: Tally) -> Mapping[Reading, Odds]:
    """The odds of an ensemble: means over outer draws and chance or, without draws, at the medians.

    At the medians judgement is not assessed: NaN.
    """
    return odds_of_counts(tally.groups, tally.occupancy, tally.first_entry, tally.share_squares)


def odds_of_counts(groups: Groups, occupancy: Ints, first_entry: Ints, share_squares: Ints) -> Mapping[Reading, Odds]:
    """The same from the counts of a tally: these fields have its shapes and meaning."""
    paths = int(groups.paths.sum())

    def of_scenario(j: int) -> Mapping[Reading, Odds]:  # one at a time: arrays of all draws and ticks are large
        inside, fresh = occupancy[..., j : j + 1], first_entry[..., j : j + 1]
        squares, sums = _squares(inside, fresh, share_squares[..., j : j + 1]), _sums(inside, fresh)
        if groups.drawn:
            return {reading: odds_over_draws(groups, sums[reading], squares[reading]) for reading in READINGS}
        return {reading: _from_paths(sums[reading].sum(axis=0), squares[reading], paths) for reading in READINGS}

    if groups.drawn and len(groups.paths) > 1:
        _ = groups.basis  # made once, before several threads need it
    found = list(ordered_map(of_scenario, range(occupancy.shape[-1])))
    return {reading: _side_by_side([odds[reading] for odds in found]) for reading in READINGS}


def _side_by_side(odds: Sequence[Odds]) -> Odds:
    """The odds of several scenarios as one."""
    names = [item.name for item in fields(Odds)]
    return Odds(**{name: np.concatenate([getattr(one, name) for one in odds], axis=-1) for name in names})


def odds_over_draws(groups: Groups, sums: Floats, squares: Floats) -> Odds:
    """The odds over outer draws from sums of a reading, (draws, ...), and the sum of its squares over all paths."""
    rows, paths = groups.rows(sums), groups.paths.astype(np.float64)
    draws, each = len(rows), float(paths.mean())
    within = np.full(rows.shape[1:], np.nan)
    if each > 1:
        between = np.square(sums) / paths.reshape(-1, *(1,) * (sums.ndim - 1))
        within = np.maximum(squares - between.sum(axis=0), 0.0) / (paths.sum() - draws)
    quantiles, judgement = bands(rows, within / each)
    error = groups.error(sums) if draws > 1 else np.sqrt(within / each)
    least = jeffreys_variance(np.float64(0), np.float64(0), int(paths.sum()))
    return Odds(
        probability=rows.mean(axis=0),
        mc_se=np.sqrt(np.maximum(np.nan_to_num(error) ** 2, least)),
        quantiles=quantiles,
        judgement_variance=judgement,
        path_variance=within,
    )


def bands(rows: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Quantiles of the odds over draws, (7, ...), and their variance, both without the noise of the paths.

    `rows` (draws, ...) are the odds of each draw, or changes of these; `noise` (...) is the variance of their noise.
    NaN with a single draw.
    """
    if len(rows) < 2:
        return np.full((len(QUANTILES), *rows.shape[1:]), np.nan), np.full(rows.shape[1:], np.nan)
    draws = len(rows)
    judgement = np.maximum(rows.var(axis=0, ddof=1) - noise, 0.0)
    ordered = np.sort(rows.reshape(draws, -1).T, axis=1)
    smooth = _Spread.of(ordered)
    factor = np.sqrt(np.divide(judgement.ravel(), smooth.variance, where=smooth.variance > 0, out=0 * smooth.variance))
    # Each draw stands for an equal slice of judgement, its value for the slice's middle (Hazen).
    place = np.clip(draws * np.array(QUANTILES) - 0.5, 0, draws - 1)
    ends = [
        np.clip(
            ordered.mean(axis=1) + np.minimum(factor, 1.0) * (smooth.at(whole.astype(np.int64)) - smooth.mean),
            ordered[:, 0],
            ordered[:, -1],
        )
        for whole in (np.floor(place), np.ceil(place))
    ]
    quantiles = ends[0] + (place % 1)[:, None] * (ends[1] - ends[0])
    return quantiles.reshape(len(QUANTILES), *rows.shape[1:]), np.asarray(judgement)


@dataclass(frozen=True, slots=True, eq=False)
class _Spread:
    """Ascending values, (columns, draws), equal ones spread evenly between the midpoints to the next lower and higher.

    Held by runs of equal values, of which there are few where a draw has few paths.
    """

    draws: int
    start: Ints  # (runs,) of each run among all values
    size: Ints
    low: Floats  # where each begins and ends
    width: Floats
    mean: Floats  # (columns,)
    variance: Floats  # (columns,) unbiased

    @classmethod
    def of(cls, ordered: Floats) -> _Spread:
        """The runs of these values."""
        columns, draws = ordered.shape
        new = np.ones(ordered.shape, dtype=bool)
        new[:, 1:] = ordered[:, 1:] > ordered[:, :-1] + SAME
        start = np.flatnonzero(new)
        size, value = np.diff(start, append=ordered.size), ordered.ravel()[start]
        below, above = np.roll(value, 1), np.roll(value, -1)
        low = (value + np.where(start % draws, below, value)) / 2
        high = (value + np.where((start + size) % draws, above, value)) / 2
        width, middle = high - low, (low + high) / 2
        first = np.searchsorted(start, draws * np.arange(columns))
        mean = np.add.reduceat(size * middle, first) / draws
        apart = size * (middle - mean[start // draws]) ** 2 + width**2 * (size**2 - 1) / (12 * size)
        return cls(draws, start, size, low, width, mean, np.add.reduceat(apart, first) / (draws - 1))

    def at(self, places: Ints) -> Floats:
        """(places, columns): the values at these places among the draws."""
        at = places[:, None] + self.draws * np.arange(len(self.mean))
        run = np.searchsorted(self.start, at, side="right") - 1
        return np.asarray(self.low[run] + (at - self.start[run] + 0.5) / self.size[run] * self.width[run])


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


def group_sums(tally: Tally) -> Mapping[Reading, Floats]:
    """(groups, ticks, scenarios): sums of each reading over the paths of a batch, or of an outer draw."""
    return _sums(tally.occupancy, tally.first_entry)


def _sums(occupancy: Ints, first_entry: Ints) -> Mapping[Reading, Floats]:
    assessments = np.arange(1, occupancy.shape[1] + 1)[:, None]
    return {
        "at": occupancy.astype(np.float64),
        "ever": np.cumsum(first_entry, axis=1).astype(np.float64),
        "time_share": np.cumsum(occupancy, axis=1) / assessments,
    }


def _squares(occupancy: Ints, first_entry: Ints, share_squares: Ints) -> Mapping[Reading, Floats]:
    """(ticks, scenarios): sums over all paths of each reading squared; a share of 0 or 1 is its own square."""
    assessments = np.arange(1, occupancy.shape[1] + 1)[:, None]
    return {
        "at": occupancy.sum(axis=0).astype(np.float64),
        "ever": np.cumsum(first_entry.sum(axis=0), axis=0).astype(np.float64),
        "time_share": share_squares / assessments.astype(np.float64) ** 2,
    }


def _variance(total: Floats, squares: Floats, paths: int) -> Floats:
    """Variance between paths, unbiased; 0 for a single path."""
    return np.maximum(squares - total**2 / paths, 0.0) / max(paths - 1, 1)
