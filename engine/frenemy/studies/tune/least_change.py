"""The search for numbers that bring about the odds wanted, with the least change of judgement.

Two functions of z (see `aims`) are at hand: `quick`, the odds with all other numbers at their medians, one run on
common noise; and `full`, the odds as a run of the experiment would report them, a mean over draws of the others. On
common noise both are step functions, of steps as small as one path; between steps that small they are smooth.

One number: `quick` on a grid, then a bracketing root-finder (TOMS 748) in the interval nearest the median in which
the odds cross the target. Several: sequential quadratic programming (SLSQP) for the least sum of z^2, with derivatives
by central differences on common noise (which have smaller errors than the likelihood ratio's at the same cost, where
few numbers may change). Then `full` says by how much that misses, and steps along the derivatives, again the least
ones, take it to the target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.studies.knobs import FARTHEST

__all__ = [
    "CLOSE",
    "CLOSEST",
    "Full",
    "Quick",
    "TuningCurve",
    "TuningResult",
    "Unreachable",
    "corrected",
    "logit",
    "search",
    "slopes_at",
]

Quick = Callable[[Floats], Floats]
Full = Callable[[Floats], tuple[Floats, Floats]]

GRID = 11
"""Points of the curve of one number."""
STEP = 0.25
"""Half the distance of the two runs behind a derivative, in spreads."""
CLOSE, CLOSEST = 0.25, 0.0025
"""A target is met to within this share of the Monte Carlo error or to within these odds; the search tries for both."""
ATTEMPTS = 6
"""Full runs after the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningCurve:
    """Odds against one number turned through its range, with all others at their medians."""

    z: Floats  # (points,)
    odds: Floats  # (points,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningResult:
    """Where the search ended."""

    z: Floats  # (numbers,)
    reached: Floats  # (aims,) as a run reports them
    reached_se: Floats  # (aims,)
    reach: Floats  # (2,) least and greatest odds to be had by one number; NaN for several
    curve: TuningCurve  # of one number; empty for several
    others: Floats  # further solutions, of one number, as the medians have them


class Unreachable(Exception):
    """The targets cannot be met within the ranges; carries what can: `best` odds (aims,), and `reach` of one number."""

    def __init__(self, best: Floats, reach: Floats) -> None:
        super().__init__("the targets cannot be met within the ranges")
        self.best, self.reach = best, reach


def search(quick: Quick, full: Full, wanted: Floats, numbers: int) -> TuningResult:
    """Find z with the least sum of squares at which `full` gives the odds wanted, (aims,).

    Raises Unreachable.
    """
    if numbers == 1:
        return _one(quick, full, float(wanted[0]))
    z, slopes = _several(quick, wanted, numbers)
    z, reached, errors = corrected(full, z, slopes, wanted)
    empty = TuningCurve(z=np.empty(0), odds=np.empty(0))
    return TuningResult(
        z=z, reached=reached, reached_se=errors, reach=np.full(2, np.nan), curve=empty, others=np.empty(0)
    )


def _one(quick: Quick, full: Full, wanted: float) -> TuningResult:
    z = np.linspace(-FARTHEST, FARTHEST, GRID)
    curve = TuningCurve(z=z, odds=np.array([quick(np.array([point]))[0] for point in z]))
    ends = [full(z[[int(place)]])[0][0] for place in (curve.odds.argmin(), curve.odds.argmax())]
    reach = np.array([min(ends), max(ends)])
    if not reach[0] <= wanted <= reach[1]:
        raise Unreachable(np.clip(np.array([wanted]), *reach), reach)
    roots = sorted(_roots(quick, curve, wanted), key=abs)
    # where the medians' odds do not cross it though the run's do, begin at the nearest point
    start = roots[0] if roots else float(z[np.abs(curve.odds - wanted).argmin()])
    slopes = slopes_at(quick, np.array([start]))
    found, reached, errors = corrected(full, np.array([start]), slopes, np.array([wanted]))
    others = np.array(roots[1:])
    return TuningResult(z=found, reached=reached, reached_se=errors, reach=reach, curve=curve, others=others)


def _roots(quick: Quick, curve: TuningCurve, wanted: float) -> Iterator[float]:
    from scipy.optimize import toms748

    above = curve.odds - wanted
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
        yield float(toms748(lambda z: quick(np.array([z]))[0] - wanted, low, high, xtol=1e-3))


def _several(quick: Quick, wanted: Floats, numbers: int) -> tuple[Floats, Floats]:
    """Least sum of squares subject to the odds, and the derivatives there, (aims, numbers)."""
    from scipy.optimize import NonlinearConstraint, minimize

    goal = logit(wanted)
    known: dict[bytes, Floats] = {}

    def miss(z: Floats) -> Floats:
        key = np.round(z, 6).tobytes()
        if key not in known:
            known[key] = logit(quick(z)) - goal
        return known[key]

    constraint = NonlinearConstraint(miss, 0.0, 0.0, jac=lambda z: slopes_at(quick, z))
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
    if np.abs(miss(z)).max() > 0.1:
        raise Unreachable(1 / (1 + np.exp(-(miss(z) + goal))), np.full(2, np.nan))
    return z, slopes_at(quick, z)


def slopes_at(quick: Quick, z: Floats) -> Floats:
    """Derivatives of the log-odds, (aims, numbers), by central differences on common noise."""
    columns = []
    for place in range(len(z)):
        up, down = z.copy(), z.copy()
        up[place] = min(z[place] + STEP, FARTHEST)
        down[place] = max(z[place] - STEP, -FARTHEST)
        columns.append((logit(quick(up)) - logit(quick(down))) / (up[place] - down[place]))
    return np.stack(columns, axis=1)


def corrected(full: Full, z: Floats, slopes: Floats, wanted: Floats) -> tuple[Floats, Floats, Floats]:
    """Least steps along the derivatives until a run gives the odds wanted; the best z, its odds and their errors."""
    inverse = np.linalg.pinv(slopes, rcond=1e-3)
    best: tuple[float, Floats, Floats, Floats] | None = None
    for _ in range(ATTEMPTS + 1):
        reached, errors = full(z)
        distance = float(np.max(np.abs(reached - wanted) / errors))
        if best is None or distance < best[0]:
            best = distance, z, reached, errors
        if np.all(np.abs(reached - wanted) <= np.minimum(CLOSE * errors, CLOSEST)):
            break
        turned = np.clip(z + inverse @ (logit(wanted) - logit(reached)), -FARTHEST, FARTHEST)
        if np.allclose(turned, z, atol=1e-4):
            break
        z = turned
    assert best is not None
    if np.any(np.abs(best[2] - wanted) > np.maximum(CLOSE * best[3], CLOSEST)):
        raise Unreachable(best[2], np.full(2, np.nan))
    return best[1], best[2], best[3]


def logit(odds: Floats) -> Floats:
    """Log-odds, kept finite where no path or every path is inside."""
    clipped = np.clip(odds, 1e-5, 1 - 1e-5)
    return np.asarray(np.log(clipped / (1 - clipped)))
