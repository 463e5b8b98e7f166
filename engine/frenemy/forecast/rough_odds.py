"""Scenarios that too few futures reach for precise odds."""

from __future__ import annotations

from frenemy.forecast.forecast import Forecast

__all__ = ["rough_notes", "rough_scenarios"]

MIN_FUTURES = 100
"""Futures in a scenario that keep the error of its odds below a tenth of them."""


def rough_scenarios(forecast: Forecast) -> list[tuple[int, float]]:
    """The scenarios with a rule that fewer than `MIN_FUTURES` futures ever reach: (number, how many)."""
    futures = forecast.paths * max(forecast.draws, 1)
    hits = forecast.odds["ever"].probability[-1] * futures
    return [
        (j, float(hits[j]))
        for j, scenario in enumerate(forecast.model.scenarios)
        if not scenario.default and round(float(hits[j])) < MIN_FUTURES
    ]


def rough_notes(forecast: Forecast) -> list[str]:
    """A sentence for each such scenario, with the command that gives better odds."""
    futures, notes = f"{forecast.paths * max(forecast.draws, 1):,}", []
    for j, hits in rough_scenarios(forecast):
        scenario = forecast.model.scenarios[j]
        command = f"frenemy rare EXPERIMENT --scenario {scenario.name}"
        if hits < 1.5:
            few = "none of" if hits < 0.5 else "one of"
            text = f"{few} {futures} futures ever reaches it, too few to estimate its odds; use {command}."
        else:
            reached = f"only {hits:.0f} of {futures} futures ever reach it, so its odds are rough"
            text = f"{reached}; {command} is more precise."
        notes.append(f"{scenario.label}: {text}")
    return notes
