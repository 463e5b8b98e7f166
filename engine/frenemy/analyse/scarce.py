"""Scenarios that a run meets too seldom to say how likely they are."""

from __future__ import annotations

from frenemy.analyse.forecast import Forecast

__all__ = ["ENOUGH", "scarce"]

ENOUGH = 100
"""Futures in a scenario from which on the error of its odds is at most a tenth of them."""


def scarce(forecast: Forecast) -> list[tuple[int, float]]:
    """The scenarios with a rule that fewer futures than `ENOUGH` are ever in: (number, how many)."""
    futures = forecast.paths * max(forecast.draws, 1)
    hits = forecast.odds["ever"].probability[-1] * futures
    return [
        (j, float(hits[j]))
        for j, scenario in enumerate(forecast.model.scenarios)
        if not scenario.default and round(float(hits[j])) < ENOUGH
    ]
