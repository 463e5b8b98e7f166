"""The classical model: experts are weighted by their performance on questions whose answers are known.

Each expert states quantiles for every question. On seed questions, whose answers are known, an expert is treated as a
statistical hypothesis: that answers fall between the quantiles as often as stated. *Calibration* is the p-value of that
hypothesis, by the likelihood ratio 2 N I(s, p), asymptotically chi-square, where I(s, p) is the information of the
observed shares s relative to the stated probabilities p. *Information* is that of the quantiles relative to a
background measure: uniform, or uniform in the logarithm, over the intrinsic range, which covers all
experts' quantiles and the answer, and a tenth of that beyond either end. An expert's weight is the product of both if
the calibration reaches a cut-off alpha, else 0; with *item weights*, the information is that of the question itself.
The linear pool of the weighted experts, with minimally informative distributions (uniform between quantiles), is the
decision maker, who can be scored like any expert: the optimal alpha is the one whose decision maker has the greatest
weight.

After R. M. Cooke, Experts in Uncertainty (Oxford 1991), chapter 12; A. M. Hanea and G. F. Nane, An in-depth
perspective on the classical model (in Expert Judgement in Risk and Decision Analysis, Springer 2021, chapter 10).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from frenemy.arrays import Floats
from frenemy.errors import InputError, Problem

__all__ = [
    "Assessments", "Optimum", "Performance", "decision_maker", "global_weights", "item_weights", "optimum",
    "performance",
]  # fmt: skip

LEVELS = (0.05, 0.5, 0.95)
OVERSHOOT = 0.1
"""How far the intrinsic range extends beyond the stated quantiles, as a share of its width."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assessments:
    """Experts' quantiles for seed questions and others. Raises InputError for quantiles that do not rise.

    `log` marks the questions whose background measure is uniform in the logarithm: all their numbers are positive.
    """

    quantiles: Floats  # (experts, questions, levels); NaN where an expert did not answer
    answers: Floats  # (questions,); NaN where the answer is not known
    log: NDArray[np.bool_]  # (questions,)
    levels: tuple[float, ...] = LEVELS
    overshoot: float = OVERSHOOT

    def __post_init__(self) -> None:
        stated = self.quantiles[self.answered]
        if not (np.diff(stated, axis=-1) > 0).all():
            raise InputError([Problem(message="quantiles must rise", key="quantiles")])
        positive = np.asarray((np.nan_to_num(self.quantiles, nan=1.0) > 0).all(axis=(0, 2)))
        if (self.log & ~(positive & (np.nan_to_num(self.answers, nan=1.0) > 0))).any():
            raise InputError([Problem(message="a logarithmic scale needs numbers above 0", key="log")])

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(experts, questions): whether the expert answered."""
        return np.asarray(np.isfinite(self.quantiles).all(axis=-1))

    @property
    def seeds(self) -> NDArray[np.bool_]:
        """(questions,): whether the answer is known."""
        return np.asarray(np.isfinite(self.answers))

    @property
    def stated(self) -> Floats:
        """(cells,): the stated probability of each interval between the quantiles."""
        return np.diff([0.0, *self.levels, 1.0])

    def on_scale(self, values: Floats) -> Floats:
        """Values, (..., questions, levels), on the scale on which the background measure is uniform."""
        log = np.asarray(self.log)[:, None]
        return np.where(log, np.log(np.where(log, values, 1.0)), values)

    def off_scale(self, values: Floats) -> Floats:
        """The inverse of `on_scale`."""
        log = np.asarray(self.log)[:, None]
        return np.where(log, np.exp(np.where(log, values, 0.0)), values)

    def ranges(self) -> Floats:
        """(questions, 2): the intrinsic range of each question on its scale; NaN where nobody answered."""
        values = self.on_scale(np.concatenate([self.quantiles, self._all_answers()]))
        known = np.isfinite(values)
        low = np.where(known, values, np.inf).min(axis=(0, 2))
        high = np.where(known, values, -np.inf).max(axis=(0, 2))
        beyond = self.overshoot * (high - low)
        ends = np.stack([low - beyond, high + beyond], axis=-1)
        is_answered = np.asarray(self.answered.any(axis=0))
        return np.where(is_answered[:, None], ends, np.nan)

    def _all_answers(self) -> Floats:
        return np.broadcast_to(self.answers[:, None], self.quantiles.shape[1:])[None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Performance:
    """The scores of the experts; NaN where an expert answered no seed question."""

    calibration: Floats  # (experts,) p-values
    information: Floats  # (experts,) mean over the seed questions answered, nats
    by_question: Floats  # (experts, questions) nats; NaN where not answered
    seeds: NDArray[np.int64]  # (experts,) seed questions answered


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Optimum:
    """The cut-off at which the decision maker scores best, with its weights and scores."""

    alpha: float
    weights: Floats  # (experts,) or, for item weights, (experts, questions); sums to 1 over experts
    calibration: float  # of the decision maker
    information: float  # of the decision maker, mean over seed questions


def performance(assessments: Assessments) -> Performance:
    """Calibration and information of each expert.

    Experts with different numbers of seed questions are tested with the power of the fewest, so that nobody gains by
    leaving questions out. Raises InputError if no expert answered a seed question.
    """
    a = assessments
    answered = a.answered & a.seeds
    counts = answered.sum(axis=1)
    if not counts.any():
        raise InputError([Problem(message="no expert answered a seed question", key="questions")])
    power = int(counts[counts > 0].min())
    calibration = np.array([_calibration(a, views, power) for views in a.quantiles])
    by_question = _information(a, a.quantiles)
    with np.errstate(invalid="ignore"):
        mean = np.where(answered, by_question, 0.0).sum(axis=1) / counts
    return Performance(calibration=calibration, information=mean, by_question=by_question, seeds=counts)


def _calibration(a: Assessments, quantiles: Floats, power: int) -> float:
    """The p-value of one expert's quantiles, (questions, levels); an answer on a quantile counts as below it."""
    asked = a.seeds & np.isfinite(quantiles).all(axis=-1)
    if not asked.any():
        return float("nan")
    cells = (quantiles[asked] < a.answers[asked, None]).sum(axis=-1)
    shares = np.bincount(cells, minlength=len(a.stated)) / asked.sum()
    seen = shares > 0
    relative = float((shares[seen] * np.log(shares[seen] / a.stated[seen])).sum())
    return float(chdtrc(len(a.levels), 2 * power * relative))


def _information(a: Assessments, quantiles: Floats) -> Floats:
    """(..., questions): information of quantiles, (..., questions, levels), relative to the background, in nats."""
    ranges = a.ranges()
    edges = _edges(a.on_scale(quantiles), ranges)
    with np.errstate(invalid="ignore", divide="ignore"):
        density = a.stated / np.diff(edges, axis=-1)
        return np.asarray((a.stated * np.log(density)).sum(axis=-1) + np.log(ranges[:, 1] - ranges[:, 0]))


def _edges(quantiles: Floats, ranges: Floats) -> Floats:
    """(..., questions, levels + 2): quantiles between the ends of their ranges."""
    ends = [np.broadcast_to(ranges[:, end], quantiles.shape[:-1])[..., None] for end in (0, 1)]
    return np.concatenate([ends[0], quantiles, ends[1]], axis=-1)


def global_weights(scores: Performance, alpha: float = 0.0) -> Floats:
    """(experts,): calibration times mean information where the calibration reaches alpha; they sum to 1.

    Raises InputError if no expert reaches it.
    """
    return _shares(_kept(scores, alpha) * scores.information)


def item_weights(scores: Performance, alpha: float = 0.0) -> Floats:
    """(experts, questions): calibration times the information of the question; each question's sum to 1.

    Raises InputError if no expert who answered a question reaches alpha.
    """
    return _shares(_kept(scores, alpha)[:, None] * scores.by_question)


def _kept(scores: Performance, alpha: float) -> Floats:
    calibration = np.nan_to_num(scores.calibration)
    return np.where(calibration >= alpha, calibration, 0.0)


def _shares(products: Floats) -> Floats:
    products = np.nan_to_num(products)
    totals = products.sum(axis=0)
    if not np.all(totals > 0):
        message = "no expert's calibration reaches the cut-off; lower it, or take equal weights"
        raise InputError([Problem(message=message, key="alpha")])
    return np.asarray(products / totals)


def decision_maker(assessments: Assessments, weights: Floats) -> Floats:
    """(questions, levels): quantiles of the experts' linear pool with weights (experts,) or (experts, questions).

    On each question the weights are shared among those who answered it; NaN if nobody with a weight did.
    """
    a = assessments
    edges = _edges(a.on_scale(a.quantiles), a.ranges())
    heights = np.cumsum([0.0, *a.stated])
    spread = np.broadcast_to(weights if weights.ndim == 2 else weights[:, None], a.answered.shape)
    found = np.full(a.quantiles.shape[1:], np.nan)
    for question, counted in enumerate((a.answered & (spread > 0)).T):
        if counted.any():
            shares = spread[counted, question] / spread[counted, question].sum()
            knots = np.unique(edges[counted, question])
            curves = [np.interp(knots, own, heights) for own in edges[counted, question]]
            found[question] = np.interp(a.levels, shares @ np.array(curves), knots)
    return a.off_scale(found)


def optimum(assessments: Assessments, *, by_item: bool = False) -> Optimum:
    """The cut-off, among the experts' calibrations, whose decision maker has the greatest weight as an expert."""
    scores = performance(assessments)
    power = int(scores.seeds[scores.seeds > 0].min())
    best: Optimum | None = None
    for alpha in np.unique(scores.calibration[np.nan_to_num(scores.calibration) > 0]):
        weights = item_weights(scores, alpha) if by_item else global_weights(scores, alpha)
        made = decision_maker(assessments, weights)
        information = float(np.nanmean(_information(assessments, made)[assessments.seeds]))
        found = Optimum(
            alpha=float(alpha), weights=weights, calibration=_calibration(assessments, made, power),
            information=information,
        )  # fmt: skip
        if best is None or found.calibration * found.information > best.calibration * best.information:
            best = found
    if best is None:
        raise InputError([Problem(message="no expert has a calibration above 0", key="alpha")])
    return best
