"""Forecasts with their outcomes, and the scores of each kind of forecast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from frenemy.studies.score.proper_scores import (
    Corp,
    Figure,
    Reliability,
    Rows,
    clusters_of,
    corp,
    figures,
    last_known,
    of_categories,
    of_probabilities,
    of_quantiles,
    parts,
    reliability,
)

__all__ = ["ExcludedForecast", "ForecastRecord", "Kind", "ScoreFindings", "ScoreGroup", "level_of", "score_all"]

Kind = Literal["probability", "categories", "quantiles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRecord:
    """One forecast and its outcome.

    `forecast` has one entry, "yes", for a probability; one for each category; or one for each quantile ("q05").
    `outcome` is 1 or 0, the position of the category, or a number. References are forecasts of the same shape.
    """

    question: str
    kind: Kind
    made: dt.date
    due: dt.date
    series: str  # questions of one series ask the same for different times
    cluster: str
    forecast: Mapping[str, float]
    outcome: float
    ordered: bool = True  # whether categories are in an order, so that a near miss costs less
    references: Mapping[str, float] = field(default_factory=dict)  # other forecasts of the same probability, by name
    errors: Mapping[str, float] = field(default_factory=dict)  # Monte Carlo errors, "yes" and by reference, if known


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedForecast:
    """A forecast with an outcome that is not scored, as the outcome was known when it was made."""

    question: str
    made: dt.date  # the day up to which the forecast knew
    known: dt.date  # the day on which the outcome was known

    @property
    def why(self) -> str:
        return f"its outcome was known on {self.known} and the forecast knows what was known by {self.made}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreGroup:
    """The scores of all forecasts of one kind; for probabilities also how reliable they were."""

    kind: Kind
    label: str  # which forecasts of this kind; empty: all
    forecasts: tuple[ForecastRecord, ...]
    rows: Rows
    figures: tuple[Figure, ...]
    corps: tuple[Corp, ...]  # none, or one
    reliability: tuple[Reliability, ...]  # none, or one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreFindings:
    """A score card: the scores of each group, and what is still open."""

    title: str
    groups: tuple[ScoreGroup, ...]
    open: tuple[tuple[str, dt.date], ...]  # questions that await their outcome, and when they are due
    cluster: str  # what a cluster is
    source: str
    excluded: tuple[ExcludedForecast, ...] = ()


def level_of(name: str) -> float:
    """The level of a quantile by its name: q05 and q5 are 0.05, q50 is 0.5, q025 is 0.025, q975 is 0.975."""
    digits = name[1:]
    return int(digits) / 10.0 ** max(len(digits), 2)


def score_all(forecasts: Sequence[ForecastRecord], label: str = "") -> tuple[ScoreGroup, ...]:
    """Score forecasts, each kind apart; categories and quantiles are scored together where they have the same names."""
    groups: dict[tuple[Kind, tuple[str, ...]], list[ForecastRecord]] = {}
    for one in forecasts:
        groups.setdefault((one.kind, tuple(one.forecast)), []).append(one)
    return tuple(_score_group(kind, tuple(group), label) for (kind, _), group in groups.items())


def _score_group(kind: Kind, forecasts: tuple[ForecastRecord, ...], label: str) -> ScoreGroup:
    outcome = np.array([one.outcome for one in forecasts], dtype=np.float64)
    forecast = np.array([[*one.forecast.values()] for one in forecasts], dtype=np.float64)
    made, due = (np.array([getattr(one, name).toordinal() for one in forecasts]) for name in ("made", "due"))
    latest = last_known([one.series for one in forecasts], made, due, outcome)
    cluster = clusters_of([one.cluster for one in forecasts])
    if kind == "probability":
        rows = _probabilities(forecasts, forecast[:, 0], outcome, latest, cluster)
        more = parts(forecast[:, 0], outcome, rows)
        return ScoreGroup(
            kind=kind, label=label, forecasts=forecasts, rows=rows, figures=(*figures(rows), *more),
            corps=(corp(forecast[:, 0], outcome),), reliability=(reliability(forecast[:, 0], outcome),),
        )  # fmt: skip
    if kind == "categories":
        rows = _categories(forecast, outcome.astype(np.int64), latest, cluster, ordered=forecasts[0].ordered)
    else:
        rows = _quantiles(forecasts, forecast, outcome, latest, cluster)
    return ScoreGroup(
        kind=kind, label=label, forecasts=forecasts, rows=rows, figures=figures(rows), corps=(), reliability=()
    )


Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Numbers = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


def _probabilities(
    forecasts: Sequence[ForecastRecord], forecast: Array, outcome: Array, latest: Array, cluster: Numbers
) -> Rows:
    """References are as stated; by default the frequency of the outcome, and the latest outcome of the series."""
    names = dict.fromkeys(("base_rate", "persistence", *(name for one in forecasts for name in one.references)))
    default = {"base_rate": np.full(len(forecasts), outcome.mean()), "persistence": latest}
    references = {}
    for name in names:
        stated = np.array([one.references.get(name, np.nan) for one in forecasts])
        reference = np.where(np.isfinite(stated), stated, default.get(name, stated))
        references[name] = _where_known(reference, outcome)
    return Rows(scores=of_probabilities(forecast, outcome), references=references, cluster=cluster)


def _where_known(forecast: Array, outcome: Array) -> Mapping[str, Array]:
    """Scores of the rows that have a forecast, NaN elsewhere; a score that is infinite anywhere is left out."""
    known = np.isfinite(forecast)
    found: dict[str, Array] = {}
    for name, scores in of_probabilities(forecast[known], outcome[known]).items() if known.any() else ():
        if np.isfinite(scores).all():
            found[name] = np.full(len(outcome), np.nan)
            found[name][known] = scores
    return found


def _categories(forecast: Array, outcome: Numbers, latest: Array, cluster: Numbers, *, ordered: bool) -> Rows:
    number = forecast.shape[1]
    base = np.broadcast_to(np.bincount(outcome, minlength=number) / len(outcome), forecast.shape)
    scores = of_categories(forecast, outcome)
    if not ordered:
        del scores["ranked_probability"]
    known = np.isfinite(latest)
    same: dict[str, Array] = {}
    for name in ("brier", "ranked_probability"):
        found = np.full(len(outcome), np.nan)
        if known.any():
            found[known] = of_categories(np.eye(number)[latest[known].astype(np.int64)], outcome[known])[name]
        same[name] = found
    return Rows(
        scores=scores,
        references={"base_rate": of_categories(base, outcome), "persistence": same}, cluster=cluster,
    )  # fmt: skip


def _quantiles(
    forecasts: Sequence[ForecastRecord], forecast: Array, outcome: Array, latest: Array, cluster: Numbers
) -> Rows:
    levels = np.array([level_of(name) for name in forecasts[0].forecast])
    known = np.isfinite(latest)
    found = np.full(len(outcome), np.nan)
    found[known] = np.abs(latest - outcome)[known]  # the CRPS of a single number
    return Rows(
        scores=of_quantiles(forecast, levels, outcome), references={"persistence": {"crps": found}}, cluster=cluster
    )
