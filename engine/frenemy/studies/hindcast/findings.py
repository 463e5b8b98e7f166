"""What a rolling hindcast found, ready to be shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.studies.score.findings import ForecastMade, ScoreFindings, score_all

__all__ = ["HindcastFindings", "card_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HindcastFindings:
    """Forecasts from each stand, and their scores: of all windows, then by their length."""

    model: Model
    experiment: Experiment
    ledgers: tuple[str, ...]
    stands: tuple[dt.date, ...]
    months: tuple[int, ...]
    draws: int
    paths: int
    said: tuple[ForecastMade, ...]
    events: tuple[tuple[str, dt.date, dt.date], ...]  # trigger, first and last day on which it can have been
    card: ScoreFindings


def card_of(title: str, said: Sequence[ForecastMade], months: Sequence[int], source: str) -> ScoreFindings:
    """The score card: all windows, then those of each length."""
    scored = [*score_all(said, "all windows")]
    for span in months:
        mine = [one for one in said if one.series.endswith(f"/{span}m")]
        if mine and len(months) > 1:
            scored += score_all(mine, f"within {span} months")
    return ScoreFindings(title=title, scored=tuple(scored), open=(), cluster="trigger", source=source)
