"""The tornado: how far each uncertain number alone moves the odds, from its 10 % to its 90 % point.

All others stay at their medians, and every run has the same noise, so that a difference of odds is a difference path
by path. Its Monte Carlo error is that of the difference: over the batches b of paths, with n_b paths in each,

    d_b = (sum of the reading in b with the number moved - sum with it at its median) / n_b,

the weighted spread of the d_b gives the error of their mean. Where nothing changed for any path the difference is 0
and so is the spread; where it changed for a single one, difference and error are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.odds import batch_error, batch_sums
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.realise import realise, uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import Compiled, compile_model
from frenemy.simulation.ensemble.tally import Tally

__all__ = ["END_QUANTILES", "SIGNIFICANT_SE", "Tornado", "realised", "tornado"]

Run = Callable[[Compiled, Iterable[Compiled]], Iterator[Tally]]
"""Simulates a model and others that differ from it, on the same noise, and gives their tallies in order."""

END_QUANTILES = (0.1, 0.9)
"""Points of its distribution to which each number is moved."""
SIGNIFICANT_SE = 3.0
"""Standard errors beyond which a difference is significant: more than 2, as many are compared at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """What each number does to the odds of every scenario at every assessment; the first axis is the number."""

    keys: tuple[str, ...]  # dotted keys, in the order of the files
    values: Floats  # (numbers, 3) its value at the 10 % point, the median and the 90 % point
    odds: Floats  # (ticks, scenarios) with every number at its median
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


def realised(model: Model, experiment: Experiment, values: Mapping[str, float]) -> Compiled:
    """The compiled run with these values, by dotted key of either; all other uncertain numbers at their medians."""
    own = {key: value for key, value in values.items() if key.startswith("initial.")}
    return compile_model(
        realise(model, {key: value for key, value in values.items() if key not in own}), realise(experiment, own)
    )


def tornado(model: Model, experiment: Experiment, reading: Reading, run: Run) -> Tornado:
    """Move each uncertain number to its two ends; `run` simulates models, always on the same noise."""
    ranges = uncertain(model) | uncertain(experiment)
    points = np.array(
        [[r.quantile(END_QUANTILES[0]), r.median, r.quantile(END_QUANTILES[1])] for r in ranges.values()]
    ).reshape(-1, 3)
    moved = (
        realised(model, experiment, {key: float(value)})
        for key, (low, _, high) in zip(ranges, points, strict=True)
        for value in (low, high)
    )
    tallies = run(realised(model, experiment, {}), moved)
    central = next(tallies)
    base, weights = batch_sums(central)[reading], central.batch_paths
    shape = (len(ranges), *base.shape[1:])
    change, change_se = np.zeros((2, len(ranges), 2, *base.shape[1:]))
    swing, swing_se = np.zeros((2, *shape))
    ends = (batch_sums(tally)[reading] for tally in tallies)
    for place in range(len(ranges)):
        low, high = next(ends), next(ends)
        for side, sums in enumerate((low, high)):
            change[place, side], change_se[place, side] = batch_error(sums - base, weights)
        swing[place], swing_se[place] = batch_error(high - low, weights)
    odds = base.sum(axis=0) / weights.sum()
    return Tornado(
        keys=tuple(ranges), values=points, odds=odds, change=change, change_se=change_se, swing=swing, swing_se=swing_se
    )
