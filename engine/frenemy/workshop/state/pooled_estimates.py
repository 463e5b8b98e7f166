"""What the experts hold together: pools, weights and densities, by the functions that read panels from files."""

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

__all__ = ["adopted", "fitted_estimate", "held", "pool_of", "pooled", "translated"]

POINTS = 200
LEVELS = (0.05, 0.5, 0.95)
Views = Mapping[str, Quantiles]
Scores = list[dict[str, Any]]


def held(question: Question) -> dict[str, Quantiles]:
    """What each expert holds after the last round that was revealed, in the order of their labels."""
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
    """The pooled view, the experts' weights, and their scores if the classical model was asked.

    Raises InputError where the method has nothing to go by.
    """
    views, domain, scores = held(question), domain_of(question), None
    if not views:
        raise InputError([Problem(message="nothing has been revealed yet")])
    weights = dict.fromkeys(views, 1 / len(views))
    if question.method == "cooke":
        weights, scores = _cooke(state, question, views)
    voices = [views[member] for member in weights]
    shares = [*weights.values()]
    match question.method:
        case "geometric":
            return geometric(voices, shares, domain=domain), weights, scores
        case "extremised":
            return extremised(voices, question.exponent, shares, domain=domain), weights, scores
    return linear(voices, shares, domain=domain), weights, scores


def _cooke(state: State, question: Question, views: Views) -> tuple[dict[str, float], Scores]:
    """Weights by the classical model with its optimal cut-off, from the seed questions that were revealed."""
    seeds = [item for item in state.questions if item.seed and held(item)]
    if not seeds:
        message = "the classical model weighs by questions whose answers are known, and none has been revealed"
        raise InputError([Problem(message=message)])
    asked = [*seeds, question]
    said = [held(item) for item in asked]
    members = [*views]
    blank = [math.nan] * len(LEVELS)
    assessments = Assessments(
        quantiles=np.array(
            [[_three(views[member]) if member in views else blank for views in said] for member in members]
        ),
        answers=np.array([math.nan if item.answer is None else item.answer for item in asked]),
        log=np.zeros(len(asked), dtype=bool),
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
            "label": label(question.labels.index(member)), "calibration": _known(scores.calibration[n]),
            "information": _known(scores.information[n]), "weight": weights.get(member, 0.0),
        }
        for n, member in enumerate(members)
    ]  # fmt: skip


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def pooled(state: State, question: Question) -> dict[str, Any]:
    """The pool of a question for the page: points, densities and weights, or why there is none."""
    shown = sum(round_.state == "revealed" for round_ in question.rounds)
    message = {
        "type": "pooled", "question": question.id, "round": shown, "method": question.method,
        "exponent": question.exponent,
    }  # fmt: skip
    try:
        pool, weights, scores = pool_of(state, question)
    except InputError as error:
        return {**message, "message": "; ".join(problem.message for problem in error.problems)}
    except ArithmeticError:
        return {**message, "message": "these estimates cannot be pooled so"}
    views, domain = held(question), domain_of(question)
    values = grid([*views.values(), pool], domain, points=POINTS)
    logit = question.unit == "chance"

    def heights(view: Number) -> list[float]:
        found = curve(view, domain, values)
        return _finite(found.on_line if logit else found.density)

    low, middle, high = _three(pool)
    return {
        **message,
        "q05": low, "median": middle, "q95": high,
        "x": values.tolist(), "density": heights(pool),
        "experts": [
            {
                "label": label(question.labels.index(member)), "density": heights(view),
                "weight": weights.get(member, 0.0),
            }
            for member, view in views.items()
        ],
        "scores": scores,
    }  # fmt: skip


def fitted_estimate(question: Question, given: Any) -> dict[str, Any]:
    """One's own distribution while typing."""
    message = {"type": "fitted", "question": question.id}
    points = three_points(question, given)
    if isinstance(points, Refusal):
        return {**message, "message": points.message}
    domain = domain_of(question)
    view = Quantiles(*points, domain=domain)
    values = grid([view], domain, points=POINTS)
    found = curve(view, domain, values)
    heights = found.on_line if question.unit == "chance" else found.density
    low, middle, high = points
    return {**message, "q05": low, "median": middle, "q95": high, "x": values.tolist(), "density": _finite(heights)}


def _finite(heights: Floats) -> list[float]:
    """Heights as plain numbers; where a density has no bound, none."""
    return [float(height) for height in np.nan_to_num(heights, nan=0.0, posinf=0.0, neginf=0.0)]


def adopted(catalogue: Catalogue, state: State, question: Question, which: str) -> Number:
    """The pool (`pool`) or one expert's view (by label) as a number of the file. Raises InputError if there is none."""
    slider = catalogue.sliders.get(question.key)
    if slider is None:
        raise InputError([Problem(message="this question is about no slider")])
    if which == "pool":
        return translated(slider, pool_of(state, question)[0])
    for member, view in held(question).items():
        if label(question.labels.index(member)) == which:
            return translated(slider, view)
    raise InputError([Problem(message=f"there is no expert {which}")])


def translated(slider: Slider, view: Number) -> Number:
    """A view in the room's unit as a number of the file, to four digits."""
    if isinstance(view, float):
        return slider.meant(view)
    if isinstance(view, Pool):
        return Pool(tuple(translated(slider, inner) for inner in view.pool), view.weights, domain=slider.domain)
    low, middle, high = (slider.meant(point) for point in _three(view))
    return Quantiles(low, middle, high, domain=slider.domain) if low < middle < high else middle
