"""The odds that a path is ever in a scenario by a date, from trees grown on a ladder: estimate, error, work saved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.studies.rare.genealogy import Genealogy, Levels
from frenemy.studies.rare.method import Method

__all__ = ["Estimate", "RareFindings", "estimate"]


LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """P(ever by each tick), (ticks,) each, its Monte Carlo standard error and a 95 % interval."""

    probability: Floats
    mc_se: Floats
    low: Floats
    high: Floats
    reaching: tuple[float, ...]  # probability of reaching each level of the ladder
    roots: int
    contributing: int  # roots whose trees reach the scenario
    hits: int  # paths that reach it
    work: int  # ticks simulated

    @property
    def plain_paths(self) -> float:
        """Paths of a plain simulation that would have the same error at the end; 0 where nothing arrived."""
        p, se = float(self.probability[-1]), float(self.mc_se[-1])
        return p * (1 - p) / se**2 if se > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RareFindings:
    """How likely a rare scenario is, and what it took to find out."""

    model: Model
    experiment: Experiment
    scenario: int
    dates: NDArray[np.datetime64]  # (ticks,) of the assessments
    method: Method
    estimate: Estimate
    scouting: int  # ticks simulated to find the method

    @property
    def saved(self) -> float:
        """Variance times work of a plain simulation over that of this one, the search for a ladder included."""
        return self.estimate.plain_paths * self.experiment.ticks / (self.estimate.work + self.scouting)


def estimate(trees: Sequence[Genealogy], ladder: Levels) -> Estimate:
    """The estimate from the trees of each draw of the uncertain numbers, which count alike.

    Roots are independent replications, so that the error comes from the spread between the trees of each draw. The
    interval is one of Student for the logarithm; its degrees of freedom are as many as roots contribute in effect.
    """
    totals = [part.totals() for part in trees]
    share = np.array([1.0 / (len(trees) * part.roots) for part in trees])
    mean = sum(w * total.sum(axis=1) for w, total in zip(share, totals, strict=True))
    variance = sum(
        w**2 * part.roots * total.var(axis=1, ddof=1) for w, total, part in zip(share, totals, trees, strict=True)
    )
    probability, error = np.asarray(mean), np.sqrt(variance)
    squares = sum(w**2 * (total**2).sum(axis=1) for w, total in zip(share, totals, strict=True))
    low, high = _interval(probability, error, np.asarray(squares))
    low, high = np.where(probability > 0, low, 0.0), np.where(probability > 0, high, _bound(trees, ladder))
    return Estimate(
        probability=probability, mc_se=error, low=low, high=np.minimum(high, 1.0), reaching=_reaching(trees, ladder),
        roots=sum(part.roots for part in trees),
        contributing=sum(len(np.unique(part.hit_root)) for part in trees),
        hits=sum(len(part.hit_tick) for part in trees),
        work=sum(part.work for part in trees),
    )  # fmt: skip


def _interval(probability: Floats, error: Floats, squares: Floats) -> tuple[Floats, Floats]:
    from scipy.special import stdtrit

    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.maximum(probability**2 / squares - 1, 1.0)
        width = np.exp(stdtrit(freedom, 0.5 + LEVEL / 2) * error / probability)
        return probability / width, probability * width


def _bound(trees: Sequence[Genealogy], ladder: Levels) -> float:
    """Roughly a 95 % bound where nothing arrived: the rule of three on the roots that reached the highest level."""
    for score, reached in reversed([(-math.inf, 1.0), *zip(ladder.at, _reaching(trees, ladder), strict=True)]):
        roots = sum(len(np.unique(part.end_root[part.end_best >= score])) for part in trees)
        if roots:
            return reached * min(3 / roots, 1.0)
    return 1.0


def _reaching(trees: Sequence[Genealogy], ladder: Levels) -> tuple[float, ...]:
    return tuple(float(np.mean([part.reaching(score) for part in trees])) for score in ladder.at)
