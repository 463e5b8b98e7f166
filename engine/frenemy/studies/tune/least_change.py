"""The least change of judgement that reaches the target odds.

There are two functions of z (see `knobs`), both means over draws of all other numbers: `of_run`, the odds on all
futures of a run; and `of_study`, for the search, the odds of a run with nothing changed plus the change on the futures
of a study. On common noise both are step functions with steps as small as one path, and nearly smooth.

One number: `of_study` on a grid, then a bracketing root-finder (TOMS 748) in the interval nearest the median in which
the odds cross the target. Several: sequential quadratic programming (SLSQP) for the least sum of z^2, with derivatives
by central differences on common noise (for few numbers these have smaller errors than the likelihood ratio's at the
same cost). Then `of_run` shows the remaining gap, and least steps along the derivatives close it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.studies.knobs import FARTHEST

__all__ = [
    "LeastChange",
    "RunOdds",
    "StudyOdds",
    "TuningCurve",
    "Unreachable",
    "close_gap",
    "logit",
    "search",
    "slopes_at",
]  # fmt: skip

StudyOdds = Callable[[Floats], Floats]
"""From z to the odds of a run as the futures of a study estimate them, (targets,)."""
RunOdds = Callable[[Floats], tuple[Floats, Floats]]
"""From z to the odds that a run reports and their errors, (targets,) each."""

GRID = 11
"""Points of the curve of one number."""
STEP = 0.25
"""Half the distance between the two runs of a derivative, in spreads."""
TOLERANCE_SE, TOLERANCE = 0.25, 0.0025
"""A target is met to within this share of the Monte Carlo error, or to within these odds; the search tries for both."""
MARGIN = 0.02
"""How far within reach, by the odds of the study, a target must be for its runs not to be asked."""
MAX_CORRECTIONS = 9
"""Further runs that close the gap."""
MAX_STEP = 1.0
"""Spreads by which one of them changes a number, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningCurve:
    """Odds by z of one number, as the futures of a study estimate those of a run."""

    z: Floats  # (points,)
    odds: Floats  # (points,)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastChange:
    """The least change that reaches the targets."""

    z: Floats  # (numbers,)
    reached: Floats  # (targets,) odds that a run reports
    reached_se: Floats  # (targets,)
    reach: Floats  # (2,) least and greatest odds within the range of one number, estimated; NaN for several
    curve: TuningCurve  # of one number; empty for several
    other_roots: Floats  # further z of one number at which the odds meet the target


class Unreachable(Exception):
    """The targets cannot be met within the ranges. `best`: the nearest odds, (targets,); `reach`: of one number."""

    def __init__(self, best: Floats, reach: Floats) -> None:
        super().__init__("the targets cannot be met within the ranges")
        self.best, self.reach = best, reach


def search(of_study: StudyOdds, of_run: RunOdds, target: Floats, numbers: int) -> LeastChange:
    """Find z with the least sum of squares at which `of_run` gives the target odds, (targets,).

    Raises Unreachable.
    """
    if numbers == 1:
        return _one(of_study, of_run, float(target[0]))
    z, slopes = _several(of_study, target, numbers)
    z, reached, errors = close_gap(of_run, z, slopes, target)
    empty = TuningCurve(z=np.empty(0), odds=np.empty(0))
    return LeastChange(
        z=z, reached=reached, reached_se=errors, reach=np.full(2, np.nan), curve=empty, other_roots=np.empty(0)
    )


def _one(of_study: StudyOdds, of_run: RunOdds, target: float) -> LeastChange:
    z = np.linspace(-FARTHEST, FARTHEST, GRID)
    curve = TuningCurve(z=z, odds=np.array([of_study(np.array([point]))[0] for point in z]))
    reach = np.array([curve.odds.min(), curve.odds.max()])
    if not reach[0] + MARGIN <= target <= reach[1] - MARGIN:  # runs must tell
        ends = [of_run(z[[int(place)]])[0][0] for place in (curve.odds.argmin(), curve.odds.argmax())]
        reach = np.array([min(ends), max(ends)])
        if not reach[0] <= target <= reach[1]:
            raise Unreachable(np.clip(np.array([target]), *reach), reach)
    roots = sorted(_roots(of_study, curve, target), key=abs)
    # where the odds of the study do not cross the target, though those of a run do, start at the nearest point
    start = roots[0] if roots else float(z[np.abs(curve.odds - target).argmin()])
    slopes = slopes_at(of_study, np.array([start]))
    found, reached, errors = close_gap(of_run, np.array([start]), slopes, np.array([target]))
    other_roots = np.array(roots[1:])
    return LeastChange(z=found, reached=reached, reached_se=errors, reach=reach, curve=curve, other_roots=other_roots)


def _roots(of_study: StudyOdds, curve: TuningCurve, target: float) -> Iterator[float]:
    from scipy.optimize import toms748

    above = curve.odds - target
    for left in np.flatnonzero(np.sign(above[:-1]) * np.sign(above[1:]) <= 0):
        low, high = float(curve.z[left]), float(curve.z[left + 1])
        if above[left] == above[left + 1]:
            continue
        if above[left] == 0 or above[left + 1] == 0:
            if above[left] == 0:
                yield low
            elif left + 2 == len(above):
                yield high
            continue
        yield float(toms748(lambda z: of_study(np.array([z]))[0] - target, low, high, xtol=1e-3))


def _several(of_study: StudyOdds, target: Floats, numbers: int) -> tuple[Floats, Floats]:
    """Least sum of squares subject to the target odds, and the derivatives there, (targets, numbers)."""
    from scipy.optimize import NonlinearConstraint, minimize

    goal = logit(target)
    known: dict[bytes, Floats] = {}

    def gap(z: Floats) -> Floats:
        key = np.round(z, 6).tobytes()
        if key not in known:
            known[key] = logit(of_study(z)) - goal
        return known[key]

    constraint = NonlinearConstraint(gap, 0.0, 0.0, jac=lambda z: slopes_at(of_study, z))
    answer = minimize(  # type: ignore[call-overload]  # the stubs know no constraint with derivatives
        lambda z: 0.5 * float(z @ z),
        np.zeros(numbers),
        jac=lambda z: z,
        method="SLSQP",
        bounds=[(-FARTHEST, FARTHEST)] * numbers,
        constraints=[constraint],
        options={"maxiter": 8, "ftol": 5e-3},
    )
    z = np.asarray(answer.x, dtype=np.float64)
    if np.abs(gap(z)).max() > 0.1:
        raise Unreachable(1 / (1 + np.exp(-(gap(z) + goal))), np.full(2, np.nan))
    return z, slopes_at(of_study, z)


def slopes_at(of_study: StudyOdds, z: Floats) -> Floats:
    """Derivatives of the log-odds, (targets, numbers), by central differences on common noise."""
    columns = []
    for place in range(len(z)):
        up, down = z.copy(), z.copy()
        up[place] = min(z[place] + STEP, FARTHEST)
        down[place] = max(z[place] - STEP, -FARTHEST)
        columns.append((logit(of_study(up)) - logit(of_study(down))) / (up[place] - down[place]))
    return np.stack(columns, axis=1)


def close_gap(of_run: RunOdds, z: Floats, slopes: Floats, target: Floats) -> tuple[Floats, Floats, Floats]:
    """Least steps along the derivatives until a run gives the target odds; the best z, its odds and their errors.

    What each step does corrects the derivatives (Broyden 1965): those of a study may differ from those of a run.
    """
    best: tuple[float, Floats, Floats, Floats] | None = None
    before: tuple[Floats, Floats] | None = None
    for _ in range(MAX_CORRECTIONS + 1):
        reached, errors = of_run(z)
        distance = float(np.max(np.abs(reached - target) / errors))
        if best is None or distance < best[0]:
            best = distance, z, reached, errors
        if np.all(np.abs(reached - target) <= np.minimum(TOLERANCE_SE * errors, TOLERANCE)):
            break
        if before is not None:
            step = z - before[0]
            slopes = slopes + np.outer(logit(reached) - before[1] - slopes @ step, step) / float(step @ step)
        before = z, logit(reached)
        move = np.linalg.pinv(slopes, rcond=1e-3) @ (logit(target) - logit(reached))
        move *= min(1.0, MAX_STEP / max(float(np.abs(move).max()), 1e-300))
        closer = np.clip(z + move, -FARTHEST, FARTHEST)
        if np.allclose(closer, z, atol=1e-4):
            break
        z = closer
    assert best is not None
    if np.any(np.abs(best[2] - target) > np.maximum(TOLERANCE_SE * best[3], TOLERANCE)):
        raise Unreachable(best[2], np.full(2, np.nan))
    return best[1], best[2], best[3]


def logit(odds: Floats) -> Floats:
    """Log-odds, kept finite where no path or every path is inside."""
    clipped = np.clip(odds, 1e-5, 1 - 1e-5)
    return np.asarray(np.log(clipped / (1 - clipped)))
