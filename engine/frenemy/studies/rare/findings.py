"""The odds of ever being in a scenario by a date, from a splitting run: estimate, error, work saved."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model, Scenario
from frenemy.studies.rare.genealogy import Genealogy, Levels
from frenemy.studies.rare.method import Method

__all__ = ["Estimate", "RareFindings", "estimate"]


CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """P(ever by each tick), its Monte Carlo standard error and a 95 % interval, (ticks,) each."""

    probability: Floats
    mc_se: Floats
    low: Floats
    high: Floats
    level_probability: tuple[float, ...]  # of reaching each level
    initial_paths: int
    contributing: int  # initial paths with a descendant in the scenario
    hits: int  # paths that reach it
    work: int  # ticks simulated

    @property
    def plain_paths(self) -> float:
        """Paths of a plain simulation that would have the same error at the end; 0 where no path reached it."""
        p, se = float(self.probability[-1]), float(self.mc_se[-1])
        return p * (1 - p) / se**2 if se > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RareFindings:
    """How likely a rare scenario is, by which method, and at what cost."""

    model: Model
    experiment: Experiment
    position: int  # of the scenario
    dates: NDArray[np.datetime64]  # (ticks,) of the assessments
    method: Method
    estimate: Estimate
    pilot_work: int  # ticks simulated to find the method
    due: dt.date  # the date in question; the run ends with the first assessment on or after it

    @property
    def scenario(self) -> Scenario:
        """The rare scenario."""
        return self.model.scenarios[self.position]

    @property
    def work_saved(self) -> float:
        """Variance times work of a plain simulation over that of this one, pilot runs included."""
        return self.estimate.plain_paths * self.experiment.ticks / (self.estimate.work + self.pilot_work)


def estimate(parts: Sequence[Genealogy], levels: Levels) -> Estimate:
    """The estimate from one genealogy for each draw of the uncertain numbers; each draw counts alike.

    Initial paths are independent replications, so the error comes from the variance between them within each draw. The
    interval is Student's for the logarithm; its degrees of freedom are the effective number of initial paths that
    contribute.
    """
    totals = [part.totals() for part in parts]
    share = np.array([1.0 / (len(parts) * part.initial_paths) for part in parts])
    mean = sum(w * total.sum(axis=1) for w, total in zip(share, totals, strict=True))
    variance = sum(
        w**2 * part.initial_paths * total.var(axis=1, ddof=1)
        for w, total, part in zip(share, totals, parts, strict=True)
    )
    probability, error = np.asarray(mean), np.sqrt(variance)
    squares = sum(w**2 * (total**2).sum(axis=1) for w, total in zip(share, totals, strict=True))
    low, high = _interval(probability, error, np.asarray(squares))
    reached = tuple(float(np.mean([part.probability_of(score) for part in parts])) for score in levels.scores)
    bound = _bound(parts, levels, reached)
    low, high = np.where(probability > 0, low, 0.0), np.where(probability > 0, high, bound)
    return Estimate(
        probability=probability, mc_se=error, low=low, high=np.minimum(high, 1.0), level_probability=reached,
        initial_paths=sum(part.initial_paths for part in parts),
        contributing=sum(len(np.unique(part.hit_ancestor)) for part in parts),
        hits=sum(len(part.hit_tick) for part in parts),
        work=sum(part.work for part in parts),
    )  # fmt: skip


def _interval(probability: Floats, error: Floats, squares: Floats) -> tuple[Floats, Floats]:
    from scipy.special import stdtrit

    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.maximum(probability**2 / squares - 1, 1.0)
        width = np.exp(stdtrit(freedom, 0.5 + CONFIDENCE / 2) * error / probability)
        return probability / width, probability * width


def _bound(parts: Sequence[Genealogy], levels: Levels, reached: Sequence[float]) -> float:
    """Roughly a 95 % bound where no path reached the scenario: the rule of three at the highest level reached.

    It counts the initial paths with a descendant there.
    """
    for score, probability in reversed([(-math.inf, 1.0), *zip(levels.scores, reached, strict=True)]):
        ancestors = sum(len(np.unique(part.end_ancestor[part.end_best >= score])) for part in parts)
        if ancestors:
            return probability * min(3 / ancestors, 1.0)
    return 1.0
