"""Further ways to bring the same odds about, each a stated distance away from those before.

Where more numbers may change than odds are wanted, solutions are a whole surface; the least change is one point of it,
and which numbers carry the change there says little about what else would do. So the next solution is the least change
among those at least `apart` from every earlier one, in units of elicited spreads (the Euclidean distance of the z of
`aims`), and so on, as alternatives are generated in planning (Brill, Chang and Hopkins 1982, Management Science 28).

That problem has many local minima. It is solved from many starts on a stand-in for the odds, a polynomial of their
log-odds fitted to runs at points spread over the ranges; the candidates, best first, are then taken to the odds
themselves, by the same steps as the first solution, and kept if the distance is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from frenemy.arrays import Floats
from frenemy.studies.knobs import FARTHEST
from frenemy.studies.tune.least_change import Full, Quick, Unreachable, corrected, logit, slopes_at

__all__ = ["Solution", "design_size", "fitted_surface", "further"]


LEAST_RUNS = 24
RUNS_PER_TERM = 2.5
"""Runs behind the stand-in, for each of its terms."""
STARTS = 48
"""From which candidates are sought."""
CANDIDATES = 5
"""Tried on the odds themselves before it is said that there is none."""
REFINEMENTS = 3
"""Steps with all other numbers at their medians, before full runs."""
MARGIN = 1.05
"""Candidates are this much further away than asked, since taking them to the odds moves them."""
SAME = 0.05
"""Candidates nearer to one another are one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """One way to bring the odds about."""

    z: Floats  # (numbers,)
    reached: Floats  # (aims,) as a run reports them
    reached_se: Floats  # (aims,)


def design_size(numbers: int) -> int:
    """Runs that the stand-in takes."""
    terms = 1 + numbers + numbers * (numbers + 1) // 2 + numbers
    return max(LEAST_RUNS, int(np.ceil(RUNS_PER_TERM * terms)))


def further(
    stand_in: Quick,
    real: tuple[Quick, Full],
    wanted: Floats,
    known: Sequence[Floats],
    *,
    count: int,
    apart: float,
) -> Iterator[Solution]:
    """At most `count` solutions besides those known, (numbers,) each; each is the least change `apart` from all before.

    `stand_in` is of `fitted`, `real` the odds at the medians and as a run reports them. Where fewer come, no further
    one was found.
    """
    found = list(known)
    for _ in range(count):
        solution = _next(stand_in, real, wanted, found, apart)
        if solution is None:
            return
        found.append(solution.z)
        yield solution


def _next(
    stand_in: Quick, real: tuple[Quick, Full], wanted: Floats, known: Sequence[Floats], apart: float
) -> Solution | None:
    quick, full = real
    goal = logit(quick(known[0]))  # a run reports what is wanted where the medians have these odds
    for candidate in _candidates(stand_in, goal, known, MARGIN * apart):
        z = candidate
        for _ in range(REFINEMENTS):
            inverse = np.linalg.pinv(slopes_at(quick, z), rcond=1e-3)
            z = np.clip(z + inverse @ (goal - logit(quick(z))), -FARTHEST, FARTHEST)
        try:
            z, reached, errors = corrected(full, z, slopes_at(quick, z), wanted)
        except Unreachable:
            continue
        if min(float(np.linalg.norm(z - other)) for other in known) >= apart:
            return Solution(z=z, reached=reached, reached_se=errors)
    return None


def _candidates(stand_in: Quick, goal: Floats, known: Sequence[Floats], apart: float) -> Iterator[Floats]:
    """Local minima of the change on the stand-in, the least first, each once."""
    from scipy.optimize import minimize

    numbers = len(known[0])
    rules = [
        {"type": "eq", "fun": lambda z: stand_in(z) - goal},
        *({"type": "ineq", "fun": lambda z, k=k: float(np.sum((z - k) ** 2)) - apart**2} for k in known),
    ]
    minima = list[Floats]()
    for start in _starts(known, apart, numbers):
        answer = minimize(  # type: ignore[call-overload]  # the stubs know no list of rules
            lambda z: 0.5 * float(z @ z), start, jac=lambda z: z, method="SLSQP",
            bounds=[(-FARTHEST, FARTHEST)] * numbers, constraints=rules, options={"maxiter": 60, "ftol": 1e-6},
        )  # fmt: skip
        z = np.asarray(answer.x, dtype=np.float64)
        met = np.abs(stand_in(z) - goal).max() < 0.05 and all(np.linalg.norm(z - k) > 0.99 * apart for k in known)
        if met and all(np.linalg.norm(z - other) > SAME for other in minima):
            minima.append(z)
    yield from sorted(minima, key=lambda z: float(z @ z))[:CANDIDATES]


def _starts(known: Sequence[Floats], apart: float, numbers: int) -> Floats:
    """Points around the known solutions, and over the ranges; the same each time."""
    source = np.random.default_rng(len(known))
    around = source.standard_normal((STARTS // 2, numbers))
    around *= 1.2 * apart / np.linalg.norm(around, axis=1, keepdims=True)
    near = np.array(known)[source.integers(len(known), size=len(around))] + around
    wide = source.uniform(-FARTHEST, FARTHEST, (STARTS - len(near), numbers))
    return np.clip(np.vstack([near, wide]), -FARTHEST, FARTHEST)


def fitted_surface(quick: Quick, numbers: int, step: Callable[[int], object] = int) -> Quick:
    """A stand-in for the log-odds: a polynomial, fitted to runs where they are not extreme; `step` hears of each."""
    from scipy.stats import qmc

    runs = design_size(numbers)
    power = int(np.ceil(np.log2(runs)))
    spread = qmc.Sobol(numbers, scramble=True, rng=np.random.default_rng(0)).random_base2(power)[:runs]
    points, odds = FARTHEST * (2 * spread - 1), list[Floats]()
    for point in points:
        odds.append(quick(point))
        step(1)
    table = np.array(odds)
    weights = np.sqrt(table * (1 - table) + 1e-3)  # what is near 0 or 1 has log-odds that say little
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
