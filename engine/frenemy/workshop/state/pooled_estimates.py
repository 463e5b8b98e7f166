"""Pooled estimates: pools, weights and densities, by the functions that also pool panels from files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from frenemy.arrays import Floats
from frenemy.errors import InputError, Problem
from frenemy.model.distributions import Pool, Quantiles
from frenemy.model.resolved import Number
from frenemy.studies.elicit.cooke import Assessments, Performance, item_weights, optimum, performance
from frenemy.studies.elicit.fit_distribution import curve, grid
from frenemy.studies.elicit.pooling import extremised, geometric, linear, quantile
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.rounds import domain_of, three_points
from frenemy.workshop.state.sliders import Slider
from frenemy.workshop.state.state import Entry, Question, Refusal, State
from frenemy.workshop.state.views import label

__all__ = [
    "adopted_number", "finite_or_none", "fitted_message", "latest_views", "pool_message", "pool_of", "to_file_number",
]  # fmt: skip

CURVE_POINTS = 200
LEVELS = (0.05, 0.5, 0.95)
Views = Mapping[str, Quantiles]
Scores = list[dict[str, Any]]


def latest_views(question: Question) -> dict[str, Quantiles]:
    """Each expert's latest revealed estimate, in the order of their labels."""
    latest: dict[str, Entry] = {}
    for round_ in question.rounds:
        if round_.state == "revealed":
            latest |= round_.entries
    domain = domain_of(question)
    return {
        member: Quantiles(latest[member].q05, latest[member].median, latest[member].q95, domain=domain)
        for member in question.labels
        if member in latest
    }


def pool_of(state: State, question: Question) -> tuple[Number, dict[str, float], Scores | None]:
    """The pooled view, the experts' weights, and with the classical model their scores.

    Raises InputError if the method lacks estimates or seed questions.
    """
    views, domain, scores = latest_views(question), domain_of(question), None
    if not views:
        raise InputError([Problem(message="nothing has been revealed yet")])
    weights = dict.fromkeys(views, 1 / len(views))
    if question.method == "cooke":
        weights, scores = _cooke(state, question, views)
    pooled_views, shares = [views[member] for member in weights], [*weights.values()]
    match question.method:
        case "geometric":
            return geometric(pooled_views, shares, domain=domain), weights, scores
        case "extremised":
            return extremised(pooled_views, question.exponent, shares, domain=domain), weights, scores
    return linear(pooled_views, shares, domain=domain), weights, scores


def _cooke(state: State, question: Question, views: Views) -> tuple[dict[str, float], Scores]:
    """Weights by the classical model with its optimal cut-off, from the revealed seed questions."""
    seeds = [item for item in state.questions if item.seed and latest_views(item)]
    if not seeds:
        message = "Cooke's weights need questions whose answers are known, and none has been revealed yet"
        raise InputError([Problem(message=message)])
    questions = [*seeds, question]
    estimates = [latest_views(item) for item in questions]
    members = [*views]
    missing = [math.nan] * len(LEVELS)
    assessments = Assessments(
        quantiles=np.array(
            [[_three(views[member]) if member in views else missing for views in estimates] for member in members]
        ),
        answers=np.array([math.nan if item.answer is None else item.answer for item in questions]),
        log=np.zeros(len(questions), dtype=bool),
    )
    scores = performance(assessments)
    best = optimum(assessments, by_item=True)
    shares = item_weights(scores, best.alpha)[:, -1]
    weights = {member: float(share) for member, share in zip(members, shares, strict=True) if share > 0}
    return weights, _scores(question, members, scores, weights)


def _three(view: Number) -> list[float]:
    return [quantile(view, level) for level in LEVELS]


def _scores(question: Question, members: Sequence[str], scores: Performance, weights: Mapping[str, float]) -> Scores:
    return [
        {
            "label": label(question.labels.index(member)), "calibration": finite_or_none(scores.calibration[n]),
            "information": finite_or_none(scores.information[n]), "weight": weights.get(member, 0.0),
        }
        for n, member in enumerate(members)
    ]  # fmt: skip


def finite_or_none(value: float) -> float | None:
    """The value, or None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def pool_message(state: State, question: Question) -> dict[str, Any]:
    """The pool of a question for the page: points, densities and weights, or why there is none."""
    revealed = sum(round_.state == "revealed" for round_ in question.rounds)
    message = {
        "type": "pooled", "question": question.id, "round": revealed, "method": question.method,
        "exponent": question.exponent,
    }  # fmt: skip
    try:
        pool, weights, scores = pool_of(state, question)
    except InputError as error:
        return {**message, "message": "; ".join(problem.message for problem in error.problems)}
    except ArithmeticError:
        return {**message, "message": "these estimates cannot be pooled by this method"}
    views = latest_views(question)
    values = grid([*views.values(), pool], domain_of(question), points=CURVE_POINTS)
    low, middle, high = _three(pool)
    return {
        **message,
        "q05": low, "median": middle, "q95": high,
        "x": values.tolist(), "density": _heights(question, pool, values),
        "experts": [
            {
                "label": label(question.labels.index(member)), "density": _heights(question, view, values),
                "weight": weights.get(member, 0.0),
            }
            for member, view in views.items()
        ],
        "scores": scores,
    }  # fmt: skip


def fitted_message(question: Question, estimate: Any) -> dict[str, Any]:
    """The density of one's own estimate while typing, for the page."""
    message = {"type": "fitted", "question": question.id}
    points = three_points(question, estimate)
    if isinstance(points, Refusal):
        return {**message, "message": points.message}
    view = Quantiles(*points, domain=domain_of(question))
    values = grid([view], view.domain, points=CURVE_POINTS)
    heights = _heights(question, view, values)
    low, middle, high = points
    return {**message, "q05": low, "median": middle, "q95": high, "x": values.tolist(), "density": heights}


def _heights(question: Question, view: Number, values: Floats) -> list[float]:
    """The density on the question's scale; 0 where it is unbounded."""
    densities = curve(view, domain_of(question), values)
    heights = densities.on_line if question.unit == "chance" else densities.density
    return [float(height) for height in np.nan_to_num(heights, nan=0.0, posinf=0.0, neginf=0.0)]


def adopted_number(catalogue: Catalogue, state: State, question: Question, which: str) -> Number:
    """The pool (`pool`) or one expert's view (by label) as a number of the file. Raises InputError if there is none."""
    slider = catalogue.sliders.get(question.key)
    if slider is None:
        raise InputError([Problem(message="this question is not about a slider")])
    if which == "pool":
        return to_file_number(slider, pool_of(state, question)[0])
    for member, view in latest_views(question).items():
        if label(question.labels.index(member)) == which:
            return to_file_number(slider, view)
    raise InputError([Problem(message=f"there is no expert {which}")])


def to_file_number(slider: Slider, view: Number) -> Number:
    """A view in the slider's unit as a number of the file, to four digits."""
    if isinstance(view, float):
        return slider.to_file(view)
    if isinstance(view, Pool):
        return Pool(tuple(to_file_number(slider, inner) for inner in view.pool), view.weights, domain=slider.domain)
    low, middle, high = (slider.to_file(point) for point in _three(view))
    return Quantiles(low, middle, high, domain=slider.domain) if low < middle < high else middle
