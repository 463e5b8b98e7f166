"""What a rolling hindcast found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.studies.score.findings import ForecastRecord, ScoreFindings, score_all

__all__ = ["HindcastFindings", "score_windows"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HindcastFindings:
    """Forecasts from each origin, and their scores: of all windows, then by their length."""

    model: Model
    experiment: Experiment
    ledgers: tuple[str, ...]
    origins: tuple[dt.date, ...]
    months: tuple[int, ...]
    draws: int  # of the uncertain numbers; 0: these at their medians
    paths: int  # particles of each draw, or of each repetition at the medians
    forecasts: tuple[ForecastRecord, ...]
    events: tuple[tuple[str, dt.date, dt.date], ...]  # trigger, first and last possible day
    card: ScoreFindings


def score_windows(title: str, forecasts: Sequence[ForecastRecord], months: Sequence[int], source: str) -> ScoreFindings:
    """The score card: all windows, then those of each length."""
    groups = [*score_all(forecasts, "all windows")]
    for span in months:
        same = [one for one in forecasts if one.series.endswith(f"/{span}m")]
        if same and len(months) > 1:
            groups += score_all(same, f"within {counted(span, 'month')}")
    return ScoreFindings(title=title, groups=tuple(groups), open=(), cluster="trigger", source=source)
