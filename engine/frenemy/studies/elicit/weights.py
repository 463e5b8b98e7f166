"""A panel of experts: their latest views, their weights, and the pooled view of each number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.errors import InputError, Problem
from frenemy.model.distributions import Domain, Quantiles
from frenemy.model.panel import Panel, Pooling, Question
from frenemy.model.resolved import Number
from frenemy.studies.elicit.cooke import (
    Assessments,
    Performance,
    decision_maker,
    global_weights,
    item_weights,
    optimum,
    performance,
)
from frenemy.studies.elicit.pooling import extremised, geometric, is_probability, linear, quantile

__all__ = ["ExpertWeights", "Views", "method", "pooled", "weigh"]

LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The experts' views as distributions: by question, then round, then expert."""

    stated: Mapping[str, Mapping[int, Mapping[str, Number]]]
    domains: Mapping[str, Domain]  # of each question

    def upto(self, question: str, last: int) -> dict[str, Number]:
        """Each expert's latest view after round `last`."""
        views: dict[str, Number] = {}
        for number in sorted(self.stated.get(question, {})):
            if number <= last:
                views |= self.stated[question][number]
        return views

    def latest(self, question: str) -> dict[str, Number]:
        """Each expert's latest view."""
        return self.upto(question, max(self.stated.get(question, {}), default=0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExpertWeights:
    """The weight of each expert, and the scores from which it follows."""

    experts: tuple[str, ...]
    weights: Floats  # (experts, questions) in the order of the panel; those who did not answer have 0
    scores: Performance | None  # on the seed questions; None where there are none
    alpha: float  # the cut-off; NaN without the classical model
    pool_scores: tuple[float, float]  # calibration and information of the classical model's pool; NaN without

    def of(self, question: int) -> dict[str, float]:
        """The experts with a weight on a question."""
        pairs = zip(self.experts, self.weights[:, question], strict=True)
        return {expert: float(weight) for expert, weight in pairs if weight > 0}


def weigh(panel: Panel, views: Views) -> ExpertWeights:
    """The weights of the panel's experts: equal, or those of the classical model.

    Scores are computed wherever there are seed questions. Raises InputError where the classical model is requested but
    cannot be applied.
    """
    experts = tuple(expert.name for expert in panel.experts)
    answered = np.array([[expert in views.latest(q.name) for q in panel.questions] for expert in experts])
    equal = answered / np.maximum(answered.sum(axis=0), 1)
    if not any(question.seed for question in panel.questions):
        if panel.pool == "cooke":
            message = "the classical model weighs by seed questions, and there are none"
            allowed = "questions with an answer, or another pool"
            raise InputError([Problem(message=message, file=panel.file, key="pool", found='"cooke"', allowed=allowed)])
        return ExpertWeights(
            experts=experts, weights=equal, scores=None, alpha=math.nan, pool_scores=(math.nan, math.nan)
        )
    answers = assessments(panel, views, experts)
    scores = performance(answers)
    if panel.pool != "cooke":
        return ExpertWeights(
            experts=experts, weights=equal, scores=scores, alpha=math.nan, pool_scores=(math.nan, math.nan)
        )
    by_item, alpha = panel.cooke.weights == "item", panel.cooke.alpha
    if math.isnan(alpha):
        alpha = optimum(answers, by_item=by_item).alpha
    weights = item_weights(scores, alpha) if by_item else global_weights(scores, alpha)
    quantiles = np.concatenate([answers.quantiles, decision_maker(answers, weights)[None]])
    own = performance(replace(answers, quantiles=quantiles))
    spread = np.broadcast_to(weights if by_item else weights[:, None], answered.shape) * answered
    totals = spread.sum(axis=0)
    _check_weights(panel, spread, answered)
    return ExpertWeights(
        experts=experts, weights=spread / np.where(totals > 0, totals, 1.0), scores=scores, alpha=alpha,
        pool_scores=(float(own.calibration[-1]), float(own.information[-1])),
    )  # fmt: skip


def _check_weights(panel: Panel, weights: Floats, answered: NDArray[np.bool_]) -> None:
    problems = [
        Problem(
            message=f"nobody who answered {question.name} has a weight in the classical model", file=question.file,
            line=question.line, key="name", allowed="a lower alpha in [cooke], or another pool",
        )
        for place, question in enumerate(panel.questions)
        if question.key and answered[:, place].any() and not weights[:, place].any()
    ]  # fmt: skip
    if problems:
        raise InputError(problems)


def assessments(panel: Panel, views: Views, experts: Sequence[str]) -> Assessments:
    """The last round of a panel as assessments for the classical model."""
    blank = np.full(len(LEVELS), np.nan)
    quantiles = [
        [_points(views.latest(question.name).get(expert), blank) for question in panel.questions] for expert in experts
    ]
    return Assessments(
        quantiles=np.array(quantiles, dtype=np.float64).reshape(len(experts), len(panel.questions), len(LEVELS)),
        answers=np.array([question.answer for question in panel.questions]),
        log=np.array([question.log for question in panel.questions]),
        overshoot=panel.cooke.overshoot,
    )


def _points(view: Number | None, blank: Floats) -> Floats:
    return blank if view is None else np.array([quantile(view, level) for level in LEVELS])


def method(panel: Panel, domain: Domain) -> Pooling:
    """The panel's method for a number; only probabilities have odds that can be extremised."""
    return "geometric" if panel.pool == "extremised" and not is_probability(domain) else panel.pool


def pooled(
    panel: Panel, question: Question, views: Mapping[str, Number], weights: Mapping[str, float], domain: Domain
) -> Number:
    """The pooled view of a question, by the method of the panel, rounded as written; `weights` by expert."""
    counted = [views[expert] for expert in weights]
    shares = _plain([*weights.values()])
    try:
        match method(panel, domain):
            case "geometric":
                return _rounded(geometric(counted, shares, domain=domain))
            case "extremised":
                return _rounded(extremised(counted, panel.exponent, shares, domain=domain))
            case _:
                return linear(counted, shares, domain=domain)
    except InputError as error:
        raise InputError(
            replace(problem, file=question.file, line=question.line, key=question.key) for problem in error.problems
        ) from None


def _plain(weights: Sequence[float]) -> list[float]:
    """Weights to six digits; all 1 if they are equal."""
    if max(weights) - min(weights) < 1e-9:
        return [1.0] * len(weights)
    return [float(f"{weight:.6g}") for weight in weights]


def _rounded(number: Quantiles) -> Quantiles:
    """Three quantiles to six digits."""
    low, middle, high = (float(f"{point:.6g}") for point in (number.q05, number.median, number.q95))
    return Quantiles(low, middle, high, domain=number.domain)
