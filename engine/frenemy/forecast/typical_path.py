"""The most typical path of a scenario, for its storyline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.errors import InputError
from frenemy.model.describe.wording import counted

__all__ = ["Typical", "typical_path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """A path and its distance from the average path: the sum of three distances, each 1 on average."""

    path: int  # position along the path axis
    score: float
    levels: float
    entry: float
    events: float
    candidates: int  # paths that end in the scenario


def typical_path(index: Floats, scenario: NDArray[np.int8], counts: NDArray[np.int64], target: int) -> Typical:
    """Among the paths that end in scenario `target`, the one nearest to their average.

    `index` (ticks + 1, drivers, paths), `scenario` (ticks, paths), `counts` (triggers, paths) events by the end.

    Three squared distances, each standardised by the spread among these paths so that it is 1 on average, are added:
    of the drivers' levels from their mean course (averaged over ticks and drivers), of the time of the first entry from
    its mean, and of the triggers' counts from theirs (averaged over triggers). The path with the smallest sum is the
    most typical; of equals, the one with the lowest number. What does not vary among the paths counts 0. Averages are
    smooth, so a typical path is calmer than most: it shows the common course, not the common volatility.

    Raises InputError if no path ends in the scenario.
    """
    members = np.flatnonzero(scenario[-1] == target)
    if members.size == 0:
        raise InputError(f"none of the {counted(scenario.shape[1], 'path')} ends in this scenario; simulate more paths")
    entry = np.argmax(scenario[:, members] == target, axis=0)
    levels = _distance(index[:, :, members].reshape(-1, members.size))
    first = _distance(entry[None, :])
    events = _distance(counts[:, members])
    total = levels + first + events
    best = int(np.argmin(total))
    return Typical(
        path=int(members[best]),
        score=float(total[best]),
        levels=float(levels[best]),
        entry=float(first[best]),
        events=float(events[best]),
        candidates=int(members.size),
    )


def _distance(features: NDArray[np.generic]) -> Floats:
    """(paths,): mean over the features, (features, paths), that vary of ((value - mean) / sd) squared."""
    values = features.astype(np.float64)
    spread = values.std(axis=1)
    varies = spread > 1e-9
    if not varies.any():
        return np.zeros(values.shape[1])
    values = (values[varies] - values[varies].mean(axis=1, keepdims=True)) / spread[varies, None]
    return np.asarray(np.mean(values**2, axis=0))
