"""The readings of the odds, with Monte Carlo standard errors: at t, ever by t, time share.

*At t* is the share of paths in the scenario at the assessment t; *ever by t* the share that has been in it by then (a
cumulative incidence: competing scenarios are counted as they come, nothing is censored); *time share* the mean share of
the assessments so far spent in it.

What `mc_se` includes. At the medians: the error of a mean over independent paths, from the paths' second moment, with
half a path added on each side (Jeffreys' prior), so that no path out of 10,000 is not treated as certainty. Over outer
draws, each with paths of its own: the spread between draws that their even filling of the ranges has not averaged out
(`simulation.ensemble.groups`), which holds the noise of the paths and the interactions of the numbers; never less than
the half path above for all paths. It excludes errors that are not random: the width of the tick, a wrong model. The
quantiles of the bands are estimated from the draws, without the noise of the paths (`forecast.bands`); their error is
not stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.forecast.bands import bands
from frenemy.forecast.forecast import QUANTILES, READINGS, Odds
from frenemy.model.experiment import Reading
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.tally import Tally

__all__ = ["EVERYWHERE", "group_sums", "jeffreys_variance", "odds_of", "odds_of_counts", "odds_over_draws"]


EVERYWHERE = slice(None)
"""All assessments."""


def odds_of(tally: Tally, *, bands_at: slice = EVERYWHERE) -> Mapping[Reading, Odds]:
    """The odds of an ensemble: means over outer draws and chance or, without draws, at the medians.

    At the medians judgement is not assessed: NaN; so are bands at other assessments than `bands_at`.
    """
    return odds_of_counts(tally.groups, tally.occupancy, tally.first_entry, tally.share_squares, bands_at=bands_at)


def odds_of_counts(
    groups: Groups, occupancy: Ints, first_entry: Ints, share_squares: Ints, *, bands_at: slice = EVERYWHERE
) -> Mapping[Reading, Odds]:
    """The same from the counts of a tally: these fields have its shapes and meaning."""
    paths = int(groups.paths.sum())

    def of_scenario(j: int) -> Mapping[Reading, Odds]:  # one at a time: arrays of all draws and ticks are large
        inside, fresh = occupancy[..., j : j + 1], first_entry[..., j : j + 1]
        squares, sums = _squares(inside, fresh, share_squares[..., j : j + 1]), _sums(inside, fresh)
        if groups.drawn:
            return {
                reading: odds_over_draws(
                    groups, sums[reading], squares[reading], yes_or_no=reading != "time_share", bands_at=bands_at
                )
                for reading in READINGS
            }
        return {reading: _from_paths(sums[reading].sum(axis=0), squares[reading], paths) for reading in READINGS}

    if groups.drawn and len(groups.paths) > 1:
        _ = groups.basis  # made once, before several threads need it
    found = list(ordered_map(of_scenario, range(occupancy.shape[-1])))
    return {reading: _side_by_side([odds[reading] for odds in found]) for reading in READINGS}


def _side_by_side(odds: Sequence[Odds]) -> Odds:
    """The odds of several scenarios as one."""
    names = [item.name for item in fields(Odds)]
    return Odds(**{name: np.concatenate([getattr(one, name) for one in odds], axis=-1) for name in names})


def odds_over_draws(
    groups: Groups, sums: Floats, squares: Floats, *, yes_or_no: bool = False, bands_at: slice = EVERYWHERE
) -> Odds:
    """The odds over outer draws from sums of a reading, (draws, ...), and the sum of its squares over all paths.

    `yes_or_no`: in each path the reading is 0 or 1. Bands are NaN outside `bands_at` of the axis after the draws.
    """
    rows, paths = groups.rows(sums), groups.paths.astype(np.float64)
    draws, each = len(rows), float(paths.mean())
    within = np.full(rows.shape[1:], np.nan)
    if each > 1:
        between = np.square(sums) / paths.reshape(-1, *(1,) * (sums.ndim - 1))
        within = np.maximum(squares - between.sum(axis=0), 0.0) / (paths.sum() - draws)
    quantiles, judgement = np.full((len(QUANTILES), *rows.shape[1:]), np.nan), np.full(rows.shape[1:], np.nan)
    paths_of_each = _paths_of_each(groups) if yes_or_no else 0
    quantiles[:, bands_at], judgement[bands_at] = bands(rows[:, bands_at], within[bands_at] / each, paths=paths_of_each)
    error = groups.error(sums) if draws > 1 else np.sqrt(within / each)
    least = jeffreys_variance(np.float64(0), np.float64(0), int(paths.sum()))
    return Odds(
        probability=rows.mean(axis=0),
        mc_se=np.sqrt(np.maximum(np.nan_to_num(error) ** 2, least)),
        quantiles=quantiles,
        judgement_variance=judgement,
        path_variance=within,
    )


def _paths_of_each(groups: Groups) -> int:
    """The paths of each draw; 0 where they differ."""
    least, most = int(groups.paths.min()), int(groups.paths.max())
    return least if least == most else 0


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
