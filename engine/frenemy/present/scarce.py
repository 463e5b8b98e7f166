"""What is said where a run met a scenario so seldom that its odds are rough."""

from __future__ import annotations

from frenemy.analyse.forecast import Forecast
from frenemy.analyse.scarce import scarce

__all__ = ["scarce_notes"]


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
