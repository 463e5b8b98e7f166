"""The same futures under the pooled view and under each expert's own view.

Every world has the same noise and, draw by draw, the same quantile of each number's distribution (a number's draws
depend on its key alone), so two worlds differ only in the judgement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.forecast import QUANTILES, READINGS, Reading
from frenemy.forecast.odds import jeffreys_variance, odds_over_draws
from frenemy.forecast.paired.differences import Contrast, Difference, difference
from frenemy.simulation.ensemble.groups import Groups

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


def odds_by_expert(contrasts: Sequence[Contrast]) -> tuple[Mapping[Reading, ViewOdds], list[ViewDifference]]:
    """The odds of the first world, and of each other against it."""
    first = contrasts[0]
    base = {r: _view(first.groups, r, first.base[r], first.base_squares[r]) for r in READINGS}
    return base, [
        ViewDifference(
            odds={r: _view(one.groups, r, one.base[r] + one.change[r], one.variant_squares[r]) for r in READINGS},
            change=difference(one)[0],
        )
        for one in contrasts
    ]


def _view(groups: Groups, reading: Reading, sums: Floats, squares: Floats) -> ViewOdds:
    if groups.drawn:
        odds = odds_over_draws(groups, sums, squares, yes_or_no=reading != "time_share")
        return ViewOdds(probability=odds.probability, mc_se=odds.mc_se, quantiles=odds.quantiles)
    total, paths = sums.sum(axis=0), int(groups.paths.sum())
    return ViewOdds(
        probability=total / paths,
        mc_se=np.sqrt(jeffreys_variance(total, squares, paths)),
        quantiles=np.full((len(QUANTILES), *total.shape), np.nan),
    )
