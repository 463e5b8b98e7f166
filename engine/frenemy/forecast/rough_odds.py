"""Scenarios that a run meets too seldom to say how likely they are."""

from __future__ import annotations

from frenemy.forecast.forecast import Forecast

__all__ = ["ENOUGH", "scarce", "scarce_notes"]

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


def scarce_notes(forecast: Forecast) -> list[str]:
    """A sentence for each such scenario, with the command that does better."""
    futures = f"{forecast.paths * max(forecast.draws, 1):,}"
    return [
        f"{forecast.model.scenarios[j].label}: {_few(hits)} of {futures} futures is ever in it, too few to say how "
        f"rare it is; frenemy rare EXPERIMENT --scenario {forecast.model.scenarios[j].name} does."
        if hits < 1.5
        else f"{forecast.model.scenarios[j].label}: only {_few(hits)} of {futures} futures are ever in it, so its odds "
        f"are rough; frenemy rare EXPERIMENT --scenario {forecast.model.scenarios[j].name} says more."
        for j, hits in scarce(forecast)
    ]


def _few(hits: float) -> str:
    return "none" if hits < 0.5 else "one" if hits < 1.5 else f"{hits:.0f}"
