"""Alternative solutions that reach the same odds, each at a stated distance from those before.

Where more numbers may change than there are targets, the solutions form a surface. The least change is one point of it,
and says little about the others. So the next solution is the least change among those at least `apart` from every
earlier one, in units of elicited spreads (the Euclidean distance of z, see `knobs`), and so on, as alternatives are
generated in planning (Brill, Chang and Hopkins 1982, Management Science 28).

That problem has many local minima. It is solved from many starts on a response surface: a polynomial of the log-odds
fitted to runs at points spread over the ranges. The candidates, best first, are then corrected on the odds themselves,
by the same steps as the first solution, and kept if they are still far enough apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from frenemy.arrays import Floats
from frenemy.studies.knobs import FARTHEST
from frenemy.studies.tune.least_change import RunOdds, StudyOdds, Unreachable, close_gap, logit, slopes_at

__all__ = ["Solution", "alternatives", "design_size", "fit_surface"]


MIN_RUNS = 24
RUNS_PER_TERM = 2.5
"""Runs for each term of the surface."""
STARTS = 48
"""Starting points of the search on the surface."""
MAX_CANDIDATES = 5
"""Candidates corrected on the odds themselves before the search gives up."""
REFINEMENTS = 3
"""Steps on the futures of a study, before runs."""
MARGIN = 1.05
"""Candidates are this much further apart than required, since the correction moves them."""
MIN_DISTANCE = 0.05
"""Candidates nearer to one another count as one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """One solution."""

    z: Floats  # (numbers,)
    reached: Floats  # (targets,) odds that a run reports
    reached_se: Floats  # (targets,)


def design_size(numbers: int) -> int:
    """Runs behind the surface."""
    terms = 1 + numbers + numbers * (numbers + 1) // 2 + numbers
    return max(MIN_RUNS, int(np.ceil(RUNS_PER_TERM * terms)))


def alternatives(
    surface: StudyOdds,
    odds: tuple[StudyOdds, RunOdds],
    target: Floats,
    known: Sequence[Floats],
    *,
    count: int,
    apart: float,
) -> Iterator[Solution]:
    """At most `count` solutions besides those known, (numbers,) each; each is the least change `apart` from all before.

    `surface` comes from `fit_surface`, `odds` are those of a study and those of a run. It ends early if no further
    solution is found.
    """
    found = list(known)
    for _ in range(count):
        solution = _next(surface, odds, target, found, apart)
        if solution is None:
            return
        found.append(solution.z)
        yield solution


def _next(
    surface: StudyOdds, odds: tuple[StudyOdds, RunOdds], target: Floats, known: Sequence[Floats], apart: float
) -> Solution | None:
    of_study, of_run = odds
    goal = logit(of_study(known[0]))  # where the odds of the study are these, a run reports the target
    for candidate in _candidates(surface, goal, known, MARGIN * apart):
        z = candidate
        for _ in range(REFINEMENTS):
            inverse = np.linalg.pinv(slopes_at(of_study, z), rcond=1e-3)
            z = np.clip(z + inverse @ (goal - logit(of_study(z))), -FARTHEST, FARTHEST)
        try:
            z, reached, errors = close_gap(of_run, z, slopes_at(of_study, z), target)
        except Unreachable:
            continue
        if min(float(np.linalg.norm(z - other)) for other in known) >= apart:
            return Solution(z=z, reached=reached, reached_se=errors)
    return None


def _candidates(surface: StudyOdds, goal: Floats, known: Sequence[Floats], apart: float) -> Iterator[Floats]:
    """Local minima of the change on the surface, the least first, each once."""
    from scipy.optimize import minimize

    numbers = len(known[0])
    rules = [
        {"type": "eq", "fun": lambda z: surface(z) - goal},
        *({"type": "ineq", "fun": lambda z, k=k: float(np.sum((z - k) ** 2)) - apart**2} for k in known),
    ]
    minima = list[Floats]()
    for start in _starts(known, apart, numbers):
        answer = minimize(  # type: ignore[call-overload]  # the stubs know no list of rules
            lambda z: 0.5 * float(z @ z), start, jac=lambda z: z, method="SLSQP",
            bounds=[(-FARTHEST, FARTHEST)] * numbers, constraints=rules, options={"maxiter": 60, "ftol": 1e-6},
        )  # fmt: skip
        z = np.asarray(answer.x, dtype=np.float64)
        met = np.abs(surface(z) - goal).max() < 0.05 and all(np.linalg.norm(z - k) > 0.99 * apart for k in known)
        if met and all(np.linalg.norm(z - other) > MIN_DISTANCE for other in minima):
            minima.append(z)
    yield from sorted(minima, key=lambda z: float(z @ z))[:MAX_CANDIDATES]


def _starts(known: Sequence[Floats], apart: float, numbers: int) -> Floats:
    """Points around the known solutions, and over the ranges; the same each time."""
    source = np.random.default_rng(len(known))
    around = source.standard_normal((STARTS // 2, numbers))
    around *= 1.2 * apart / np.linalg.norm(around, axis=1, keepdims=True)
    near = np.array(known)[source.integers(len(known), size=len(around))] + around
    wide = source.uniform(-FARTHEST, FARTHEST, (STARTS - len(near), numbers))
    return np.clip(np.vstack([near, wide]), -FARTHEST, FARTHEST)


def fit_surface(of_study: StudyOdds, numbers: int, step: Callable[[int], object] = int) -> StudyOdds:
    """The response surface of the log-odds: a polynomial, fitted where they are not extreme.

    `step` is called for each run.
    """
    from scipy.stats import qmc

    runs = design_size(numbers)
    power = int(np.ceil(np.log2(runs)))
    spread = qmc.Sobol(numbers, scramble=True, rng=np.random.default_rng(0)).random_base2(power)[:runs]
    points, odds = FARTHEST * (2 * spread - 1), list[Floats]()
    for point in points:
        odds.append(of_study(point))
        step(1)
    table = np.array(odds)
    weights = np.sqrt(table * (1 - table) + 1e-3)  # odds near 0 or 1 have imprecise log-odds
    terms = np.array([_terms(point) for point in points])
    fits = [
        np.linalg.lstsq(terms * weight[:, None], logit(column) * weight, rcond=1e-8)[0]
        for weight, column in zip(weights.T, table.T, strict=True)
    ]
    coefficients = np.array(fits)
    return lambda z: np.asarray(coefficients @ _terms(z))


def _terms(z: Floats) -> Floats:
    """All powers up to the second, and the cubes."""
    pairs = [z[a] * z[b] for a, b in combinations_with_replacement(range(len(z)), 2)]
    return np.concatenate([[1.0], z, pairs, z**3])
