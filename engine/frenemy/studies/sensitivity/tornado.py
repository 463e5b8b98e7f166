"""The tornado: how far each uncertain number alone moves the odds, from its 10 % to its 90 % point.

All others keep their distributions, so the bars are differences from the odds that a run reports: the mean over
judgement and chance if the number were known to be there. Every run has the same draws of the others and the same
noise, so that a difference of odds is a difference draw by draw and path by path. Its Monte Carlo error is that of the
difference, over the outer draws or, at the medians, over batches of paths. Where nothing changed for any path the
difference is 0 and so is its error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.odds import group_sums
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.tally import Tally
from frenemy.simulation.ensembles import ensemble_of
from frenemy.studies.knobs import changed

__all__ = ["END_QUANTILES", "SIGNIFICANT_SE", "Tornado", "tornado"]

Run = Callable[[Ensemble, Iterable[Ensemble]], Iterator[Tally]]
"""Simulates an ensemble and others that differ from it, on the same noise, and gives their tallies in order."""

END_QUANTILES = (0.1, 0.9)
"""Points of its distribution to which each number is moved."""
SIGNIFICANT_SE = 3.0
"""Standard errors beyond which a difference is significant: more than 2, as many are compared at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """What each number does to the odds of every scenario at every assessment; the first axis is the number."""

    keys: tuple[str, ...]  # dotted keys, in the order of the files
    values: Floats  # (numbers, 3) its value at the 10 % point, the median and the 90 % point
    odds: Floats  # (ticks, scenarios) with no number moved
    change: Floats  # (numbers, 2, ticks, scenarios) odds with the number at its low and high end, less `odds`
    change_se: Floats  # (numbers, 2, ticks, scenarios)
    swing: Floats  # (numbers, ticks, scenarios) odds at the high end less odds at the low end
    swing_se: Floats  # (numbers, ticks, scenarios)

    @property
    def significant(self) -> NDArray[np.bool_]:
        """(numbers, 2, ticks, scenarios): whether the change is distinguishable from Monte Carlo error."""
        return np.asarray(np.abs(self.change) > SIGNIFICANT_SE * self.change_se)

    def order(self, tick: int, scenario: int) -> list[int]:
        """The numbers, the one with the widest range of odds first; ties in the order of the files."""
        ends = np.concatenate([self.change[:, :, tick, scenario], np.zeros((len(self.keys), 1))], axis=1)
        spans = ends.max(axis=1) - ends.min(axis=1)
        return [int(place) for place in np.argsort(-spans, kind="stable")]


def tornado(model: Model, experiment: Experiment, reading: Reading, run: Run) -> Tornado:
    """Move each uncertain number to its two ends; `run` simulates ensembles, always on the same noise."""
    ranges = uncertain(model) | uncertain(experiment)
    points = np.array(
        [[r.quantile(END_QUANTILES[0]), r.median, r.quantile(END_QUANTILES[1])] for r in ranges.values()]
    ).reshape(-1, 3)
    moved = (
        ensemble_of(*changed(model, experiment, {key: float(value)}))
        for key, (low, _, high) in zip(ranges, points, strict=True)
        for value in (low, high)
    )
    tallies = run(ensemble_of(model, experiment), moved)
    central = next(tallies)
    base, groups = group_sums(central)[reading], central.groups
    shape = (len(ranges), *base.shape[1:])
    change, change_se = np.zeros((2, len(ranges), 2, *base.shape[1:]))
    swing, swing_se = np.zeros((2, *shape))
    ends = (group_sums(tally)[reading] for tally in tallies)
    for place in range(len(ranges)):
        low, high = next(ends), next(ends)
        for side, sums in enumerate((low, high)):
            change[place, side], change_se[place, side] = groups.mean(sums - base), groups.error(sums - base)
        swing[place], swing_se[place] = groups.mean(high - low), groups.error(high - low)
    return Tornado(
        keys=tuple(ranges), values=points, odds=groups.mean(base), change=change, change_se=change_se, swing=swing,
        swing_se=swing_se,
    )  # fmt: skip
