"""The probability that a signpost is reported as seen, given the state of a path."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.model.resolved import Model, Signpost

__all__ = ["chance_reported"]


def chance_reported(post: Signpost, model: Model, index: Floats, scenario: NDArray[np.integer]) -> Floats:
    """(paths,): the probability that the signpost is reported as seen in each path.

    `index` (drivers, paths), `scenario` (paths,) positions in model.scenarios. A signpost that is present is reported
    with its reliability r, one that is absent with 1 - r.
    """
    log_odds = np.full(index.shape[1], np.log(post.chance / (1 - post.chance)))
    for row, driver in enumerate(model.drivers):
        if driver.name in post.per_10_points:
            log_odds += np.log(post.per_10_points[driver.name]) * (index[row] - post.reference[driver.name]) / 10
    by_scenario = [np.log(post.by_scenario.get(item.name, 1.0)) for item in model.scenarios]
    log_odds += np.asarray(by_scenario)[scenario]
    there = 1 / (1 + np.exp(-log_odds))
    return np.asarray(post.reliability * there + (1 - post.reliability) * (1 - there))
