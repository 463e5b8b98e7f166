"""The value of the answer to a question: odds given each answer, uncertainty resolved, and what chance alone gives.

A question has answers a, and each path has one of them and is, or is not, in scenario j. With w_a the share of paths
with answer a, p_j the odds and p_ja the odds among the paths with answer a,

    gain_j = sum_a w_a (p_ja - p_j)^2                      expected fall of the Brier score p_j (1 - p_j)
    bits_j = sum_a w_a KL(p_ja || p_j)                     mutual information of the answer and "in scenario j"

(the expected values of sample information under the quadratic and the logarithmic score: DeGroot 1962, Annals of
Mathematical Statistics 33(2)). The gain over all scenarios is their sum; the information over all scenarios is that of
the answer and the scenario, if a path is in exactly one.

Both are at least 0 by their form, so chance alone makes them positive. Its part is found by permutation: answers are
assigned to paths at random; the mean gain is then subtracted, and its 99 % point is the floor. Paths of one outer draw
share its numbers. So that answers which merely differ from draw to draw are not mistaken for information, whole draws
are permuted first, then paths within them. The counts after a permutation are multivariate hypergeometric given the
margins of each draw, so they are drawn from that distribution rather than path by path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

from frenemy.arrays import Floats, Ints

__all__ = ["PERMUTATIONS", "AnswerTable", "Value", "count_answers", "value_of"]


PERMUTATIONS = 199
FLOOR_QUANTILE = 0.99
"""The quantile of the gain under permutation above which a gain is significant."""
MAX_GROUPS = 32
"""Groups of paths left out in turn for standard errors (jackknife), at most."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnswerTable:
    """Paths counted by cluster (the outer draw), answer and scenario."""

    answers: Ints  # (clusters, answers)
    hits: Ints  # (clusters, answers, scenarios) of these, in the scenario
    exclusive: bool  # whether a path is in exactly one scenario
    nested: bool  # whether the paths of a cluster share uncertain numbers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Value:
    """The value of one question; the last entry of gains and bits is over all scenarios."""

    chance: Floats  # (answers,) probability of each answer
    chance_se: Floats
    odds: Floats  # (answers, scenarios) odds given the answer; NaN where no path has it
    odds_se: Floats
    shift_se: Floats  # (answers, scenarios) error of the difference from the odds without an answer
    gain: Floats  # (scenarios + 1,) expected fall of the Brier score, less the mean under permutation
    gain_se: Floats
    floor: Floats  # (scenarios + 1,) what the gain must exceed to be significant
    bits: Floats  # (scenarios + 1,) mutual information, less the mean under permutation; NaN: not assessed

    @property
    def significant(self) -> NDArray[np.bool_]:
        """(scenarios + 1,): whether the gain is distinguishable from chance."""
        return self.gain > self.floor


def count_answers(answer: Ints, hits: NDArray[np.bool_], kinds: int, *, exclusive: bool, nested: bool) -> AnswerTable:
    """Count paths: `answer` (clusters, paths) in 0..kinds-1, `hits` (scenarios, clusters, paths)."""
    clusters = len(answer)
    cell = answer + kinds * np.arange(clusters)[:, None]
    answers = np.bincount(cell.ravel(), minlength=kinds * clusters).reshape(clusters, kinds)
    counted = [np.bincount(cell[hit], minlength=kinds * clusters).reshape(clusters, kinds) for hit in hits]
    return AnswerTable(answers=answers, hits=np.stack(counted, axis=-1), exclusive=exclusive, nested=nested)


def value_of(table: AnswerTable, rng: np.random.Generator) -> Value:
    """The value of the answer, with standard errors and the floor that chance sets."""
    answers, hits = table.answers.sum(axis=0), table.hits.sum(axis=0)
    gain, bits = _gains(answers, hits, exclusive=table.exclusive)
    by_chance, bits_by_chance = _permuted(table, rng)
    bias = by_chance.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        chance, odds = answers / answers.sum(), hits / answers[:, None]
    chance_se, odds_se, shift_se, gain_se = _jackknife(table)
    return Value(
        chance=chance,
        chance_se=chance_se,
        odds=odds,
        odds_se=odds_se,
        shift_se=shift_se,
        gain=gain - bias,
        gain_se=gain_se,
        floor=np.quantile(by_chance, FLOOR_QUANTILE, axis=0, method="higher") - bias,
        bits=bits - bits_by_chance.mean(axis=0),
    )


def _gains(answers: NDArray[np.generic], hits: NDArray[np.generic], *, exclusive: bool) -> tuple[Floats, Floats]:
    """Brier gain and bits, (..., scenarios + 1), of tables (..., answers) and (..., answers, scenarios)."""
    count = answers.astype(np.float64)[..., None]
    total = count.sum(axis=-2, keepdims=True)
    share = count / total
    base = hits.sum(axis=-2, keepdims=True) / total
    given = np.divide(hits, count, out=np.broadcast_to(base, hits.shape).copy(), where=count > 0)
    gain = (share * (given - base) ** 2).sum(axis=-2)
    inside, outside = rel_entr(given, base), rel_entr(1 - given, 1 - base)
    bits = (share * (inside + outside)).sum(axis=-2) / np.log(2)
    overall = (share * inside).sum(axis=(-2, -1)) / np.log(2) if exclusive else np.full(gain.shape[:-1], np.nan)
    return (
        np.concatenate([gain, gain.sum(axis=-1, keepdims=True)], axis=-1),
        np.concatenate([bits, overall[..., None]], axis=-1),
    )


def _permuted(table: AnswerTable, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Gains and bits, (permutations, scenarios + 1), with the answers assigned to paths at random."""
    answers, hits = table.answers, table.hits.sum(axis=1)  # (clusters, answers), (clusters, scenarios)
    if not table.nested:
        answers, hits = answers.sum(axis=0, keepdims=True), hits.sum(axis=0, keepdims=True)
    order = rng.permuted(np.tile(np.arange(len(answers)), (PERMUTATIONS, 1)), axis=1)
    if table.exclusive:
        counts = _permuted_counts(answers, hits[order], rng)
    else:
        size = answers.sum(axis=1)[0]
        apart = [_permuted_counts(answers, np.stack([h, size - h], axis=-1)[order], rng)[..., 0] for h in hits.T]
        counts = np.stack(apart, axis=-1)
    return _gains(np.broadcast_to(answers.sum(axis=0), counts.shape[:-1]), counts, exclusive=table.exclusive)


def _permuted_counts(answers: Ints, classes: Ints, rng: np.random.Generator) -> Ints:
    """Counts (permutations, answers, classes) with `answers`, (clusters, answers), permuted within each cluster.

    `classes`, (permutations, clusters, classes), counts the same paths by their outcome.
    """
    left = classes.copy()
    counts = np.empty((len(classes), answers.shape[1], classes.shape[-1]), dtype=np.int64)
    for a in range(answers.shape[1] - 1):
        need = np.broadcast_to(answers[:, a], left.shape[:-1]).copy()
        for c in range(left.shape[-1]):
            others = left[..., c + 1 :].sum(axis=-1)
            drawn = rng.hypergeometric(left[..., c], others, need)
            counts[:, a, c] = drawn.sum(axis=-1)
            left[..., c] -= drawn
            need -= drawn
    counts[:, -1] = left.sum(axis=1)
    return counts


def _jackknife(table: AnswerTable) -> tuple[Floats, Floats, Floats, Floats]:
    """Standard errors of chance, odds, shift and gain, leaving out one group of clusters at a time."""
    clusters = len(table.answers)
    groups = min(MAX_GROUPS, clusters)
    group = np.arange(clusters) * groups // clusters
    apart = [np.stack([part[group == g].sum(axis=0) for g in range(groups)]) for part in (table.answers, table.hits)]
    answers, hits = (part.sum(axis=0) - part for part in apart)
    with np.errstate(invalid="ignore", divide="ignore"):
        base = hits.sum(axis=1, keepdims=True) / answers.sum(axis=1)[:, None, None]
        odds = hits / answers[..., None]
        estimates = (
            answers / answers.sum(axis=-1, keepdims=True),
            odds,
            odds - base,
            _gains(answers, hits, exclusive=table.exclusive)[0],
        )
    spread = [np.sqrt((groups - 1) / groups * ((part - part.mean(axis=0)) ** 2).sum(axis=0)) for part in estimates]
    return spread[0], spread[1], spread[2], spread[3]
