"""How good forecasts were: proper scores, their decomposition, and skill over simple references.

All scores are losses: lower is better. Brier, log, ranked probability score and CRPS come from scoringrules. The Brier
score is decomposed without bins (CORP: Dimitriadis, Gneiting and Jordan 2021, PNAS 118(8)): forecasts recalibrated by
isotonic regression show how much is lost by miscalibration and gained by discrimination,

    Brier = miscalibration - discrimination + uncertainty.

Errors come from resampling clusters, not rows: forecasts of one question, or for one date, are not independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints

__all__ = [
    "Corp", "Figure", "Reliability", "Rows", "clusters_of", "corp", "figures", "last_known", "of_categories",
    "of_probabilities", "of_quantiles", "parts", "reliability",
]  # fmt: skip

RESAMPLES = 2000
DECOMPOSITION_RESAMPLES = 400
"""For the parts of the Brier score: each resample costs a regression."""
BINS = 10
SEED = 20250121
MIN_CLUSTERS = 3
FEW_CLUSTERS = 10
"""With fewer clusters, resampling gives only a rough error."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Scores of single forecasts and of references for the same; NaN where a reference has none. All (n,)."""

    scores: Mapping[str, Floats]
    references: Mapping[str, Mapping[str, Floats]]  # base rate, persistence -> the same scores
    cluster: Ints  # number of its cluster

    @property
    def clusters(self) -> int:
        """How many there are."""
        return int(self.cluster.max()) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A mean score or a skill, with its standard error and 90 % interval over clusters."""

    name: str
    value: float
    se: float
    q05: float
    q95: float
    count: int  # forecasts


def of_probabilities(probability: Floats, outcome: Floats) -> dict[str, Floats]:
    """Brier and log score of probabilities (n,) of what happened (1) or not (0)."""
    import scoringrules

    with np.errstate(divide="ignore"):
        return {
            "brier": np.asarray(scoringrules.brier_score(outcome, probability), dtype=np.float64),
            "log": np.asarray(scoringrules.log_score(outcome, probability), dtype=np.float64),
        }


def of_categories(probabilities: Floats, outcome: Ints) -> dict[str, Floats]:
    """Brier (over all categories), log and ranked probability score of (n, categories) in their order."""
    import scoringrules

    happened = np.eye(probabilities.shape[1])[outcome]
    with np.errstate(divide="ignore"):
        logs = scoringrules.log_score(np.ones(len(outcome)), probabilities[np.arange(len(outcome)), outcome])
    return {
        "brier": np.asarray(scoringrules.brier_score(happened, probabilities)).sum(axis=1),
        "log": np.asarray(logs, dtype=np.float64),
        "ranked_probability": np.asarray(scoringrules.rps_score(outcome + 1, probabilities), dtype=np.float64),
    }


def of_quantiles(quantiles: Floats, levels: Floats, outcome: Floats) -> dict[str, Floats]:
    """CRPS from the quantiles (n, levels) stated: twice the mean pinball loss."""
    import scoringrules

    return {"crps": np.asarray(scoringrules.crps_quantile(outcome, quantiles, levels), dtype=np.float64)}


def figures(rows: Rows) -> tuple[Figure, ...]:
    """Every mean score, and skill over every reference (1: perfect, 0: no better) on the rows that have it."""
    weights = _resampled(rows)
    found = []
    for name, scores in rows.scores.items():
        found.append(_ratio(f"{name}", scores, np.ones_like(scores), rows, weights))
        for reference, others in rows.references.items():
            if name in others:
                both = np.isfinite(others[name]) & ~np.isnan(scores)  # having ruled out what happened counts too
                if both.any() and others[name][both].sum() > 0:
                    ours, theirs = np.where(both, scores, 0.0), np.where(both, others[name], 0.0)
                    found.append(_skill(f"{name}_skill_over_{reference}", ours, theirs, both, (rows, weights)))
    return tuple(found)


def _resampled(rows: Rows) -> Ints:
    """How often each cluster is drawn in each resample: (resamples, clusters)."""
    size = rows.clusters
    return np.random.default_rng(SEED).multinomial(size, np.full(size, 1 / size), size=RESAMPLES)


def _by_cluster(values: Floats, rows: Rows) -> Floats:
    return np.asarray(np.bincount(rows.cluster, weights=values, minlength=rows.clusters), dtype=np.float64)


def _ratio(name: str, above: Floats, below: Floats, rows: Rows, weights: Ints) -> Figure:
    """A ratio of sums."""
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (weights @ _by_cluster(above, rows)) / (weights @ _by_cluster(below, rows))
        value = float(above.sum() / below.sum())
    if rows.clusters < MIN_CLUSTERS:
        drawn = drawn[:0]
    return _figure(name, value, drawn, int((below > 0).sum()))


def _skill(name: str, ours: Floats, theirs: Floats, both: NDArray[np.bool_], how: tuple[Rows, Ints]) -> Figure:
    found = _ratio(name, ours, theirs, *how)
    if len(np.unique(how[0].cluster[both])) < MIN_CLUSTERS:  # one or two give no error
        found = replace(found, se=float("nan"), q05=float("nan"), q95=float("nan"))
    return Figure(
        name=name, value=1 - found.value, se=found.se, q05=1 - found.q95, q95=1 - found.q05, count=int(both.sum())
    )


def _figure(name: str, value: float, drawn: Floats, count: int) -> Figure:
    good = drawn[np.isfinite(drawn)]
    if len(good) < 2 or not np.isfinite(value):
        return Figure(name=name, value=value, se=float("nan"), q05=float("nan"), q95=float("nan"), count=count)
    low, high = (float(end) for end in np.quantile(good, (0.05, 0.95)))
    return Figure(name=name, value=value, se=float(good.std(ddof=1)), q05=low, q95=high, count=count)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corp:
    """The Brier score in parts (miscalibration - discrimination + uncertainty), and the recalibrated forecasts."""

    forecast: Floats  # (distinct,) ascending
    recalibrated: Floats  # (distinct,) how often it happened, by isotonic regression
    count: Floats  # (distinct,) forecasts of that value
    miscalibration: float
    discrimination: float
    uncertainty: float


def corp(probability: Floats, outcome: Floats, weight: Floats | None = None) -> Corp:
    """Decompose the Brier score; forecasts may be weighted."""
    from scipy.optimize import isotonic_regression

    weights = np.ones_like(probability) if weight is None else weight
    forecast, place = np.unique(probability, return_inverse=True)
    count = np.asarray(np.bincount(place, weights=weights), dtype=np.float64)
    hits = np.bincount(place, weights=weights * outcome)
    present = count > 0
    forecast, count, hits = forecast[present], count[present], hits[present]
    recalibrated = np.asarray(isotonic_regression(hits / count, weights=count).x)
    total, rate = count.sum(), hits.sum() / count.sum()

    def brier(p: Floats) -> float:
        return float((hits * (p - 1) ** 2 + (count - hits) * p**2).sum() / total)

    ours, best, plain = brier(forecast), brier(recalibrated), brier(np.full_like(forecast, rate))
    return Corp(
        forecast=forecast, recalibrated=recalibrated, count=count, miscalibration=ours - best,
        discrimination=plain - best, uncertainty=plain,
    )  # fmt: skip


def parts(probability: Floats, outcome: Floats, rows: Rows) -> tuple[Figure, ...]:
    """Miscalibration, discrimination and uncertainty with their errors over clusters."""
    whole = corp(probability, outcome)
    weights = _resampled(rows)[:DECOMPOSITION_RESAMPLES, rows.cluster].astype(np.float64)
    drawn = [corp(probability, outcome, weight) for weight in weights] if rows.clusters >= MIN_CLUSTERS else []
    found = []
    for name in ("miscalibration", "discrimination", "uncertainty"):
        figure = _figure(name, getattr(whole, name), np.array([getattr(one, name) for one in drawn]), len(outcome))
        # a resample repeats forecasts, to which isotonic regression fits itself: both parts come out larger in nearly
        # every one, so that their quantiles lie beyond the estimate and are no interval for it
        found.append(figure if name == "uncertainty" else replace(figure, q05=float("nan"), q95=float("nan")))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """Forecasts in ten equal bins, without the empty ones, (bins,) each; and the range of a calibrated forecaster."""

    low: Floats
    high: Floats
    count: Ints
    forecast: Floats  # mean forecast
    frequency: Floats  # share after which it happened
    q05: Floats  # of the Jeffreys posterior of that share
    q95: Floats
    grid: Floats  # (points,) forecasts
    band: Floats  # (2, points) the middle 90 % of the recalibrated curves of a calibrated forecaster


def reliability(probability: Floats, outcome: Floats) -> Reliability:
    """How often it happened, by the probability forecast."""
    from scipy.special import betaincinv

    place = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    filled = np.flatnonzero(count)
    hits = np.bincount(place, weights=outcome, minlength=BINS)[filled]
    total = np.bincount(place, weights=probability, minlength=BINS)[filled]
    number = count[filled]
    grid, band = _consistency(probability)
    ends = [np.asarray(betaincinv(hits + 0.5, number - hits + 0.5, u), dtype=np.float64) for u in (0.05, 0.95)]
    return Reliability(
        low=filled / BINS, high=(filled + 1) / BINS, count=number, forecast=total / number, frequency=hits / number,
        q05=ends[0], q95=ends[1], grid=grid, band=band,
    )  # fmt: skip


def _consistency(probability: Floats) -> tuple[Floats, Floats]:
    """The range of the recalibrated curve if every probability is right, from outcomes drawn anew."""
    rng = np.random.default_rng(SEED)
    grid = np.unique(probability)
    curves = []
    for _ in range(DECOMPOSITION_RESAMPLES):
        drawn = (rng.random(len(probability)) < probability).astype(np.float64)
        curves.append(corp(probability, drawn).recalibrated)
    return grid, np.quantile(np.array(curves), (0.05, 0.95), axis=0)


def clusters_of(labels: Sequence[str]) -> Ints:
    """Labels as numbers from 0, in the order of their first use."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(label, len(known)) for label in labels], dtype=np.int64)


def last_known(series: Sequence[str], made: Ints, due: Ints, outcome: Floats) -> Floats:
    """The forecast of persistence, (n,): the latest outcome of the same series known when the forecast was made.

    NaN where there was none. `made` and `due` are days.
    """
    found = np.full(len(outcome), np.nan)
    latest = np.argsort(due, kind="stable")
    names = np.array(series)
    for n in range(len(outcome)):
        known = latest[(names[latest] == names[n]) & (due[latest] <= made[n]) & (latest != n)]
        if len(known):
            found[n] = outcome[known[-1]]
    return found
