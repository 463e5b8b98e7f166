"""The patient rule induction method: boxes in which cases of interest are dense (Friedman and Fisher 1999).

A box starts as the whole space and is peeled: of the slices of `PEEL` of its cases at either end of each dimension, the
one whose removal leaves the densest box is removed, again and again. Each box of this trajectory has a coverage (share
of all cases of interest that it holds) and a density (share of its cases that are of interest). Scenario discovery
(Bryant and Lempert 2010, Technological Forecasting and Social Change 77) leaves the choice among them to an analyst;
here it is the box with the greatest weighted harmonic mean of both. Its ends are pasted back outwards where that
helps. Restrictions that are not significant are dropped, by their quasi-p-values: the probability that the box would
be as dense if the restriction had no effect, under a binomial law with the density of the box without it.

A box looks denser on the cases on which it was found, the more so the more dimensions were searched. So only dimensions
in which cases of interest differ from others are peeled, and a box is found on one half of the cases and measured on
the other. A box that is not denser there than the rest is no finding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Bools, Floats

__all__ = ["MIN_CASES", "Box", "Limit", "boxes", "contains", "measure", "peel"]


PEEL = 0.05
"""Share of the cases of a box that one step removes, or puts back."""
MIN_SHARE = 0.05
"""Share of all cases that a box must hold."""
ALPHA = 0.05
"""Level of the significance tests; divided by the number of dimensions tested."""
COVERAGE_WEIGHT = 0.5
"""Weight of coverage against density in the choice of a box."""
MIN_CASES = 20
"""Cases of interest, and others, that a search needs."""
MAX_BOXES = 3
"""Each box is sought among the cases outside those before it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The limits of a box in one dimension; -inf and inf where an end is free."""

    dimension: int
    low: float
    high: float
    quasi_p: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Box:
    """A box, as measured on the cases that it was not found on, and the trajectory of its peeling."""

    limits: tuple[Limit, ...]  # by quasi-p-value, ascending
    coverage: float  # of all cases of interest, held out
    density: float
    density_se: float
    support: float  # share of all cases, held out
    found_coverage: float  # on the cases that it was found on
    found_density: float
    trajectory: Floats  # (boxes, 3) coverage, density and restricted dimensions of each box that was peeled


def boxes(points: Floats, hits: Bools) -> list[Box]:
    """Boxes in which `hits` (cases,) are dense, on both halves of the cases; `points` is (cases, dimensions)."""
    first = np.arange(len(points)) % 2 == 0
    inside = np.zeros(len(points), dtype=np.bool_)
    found = list[Box]()
    for _ in range(MAX_BOXES):
        box = _one(points, hits, first, inside)
        if box is None:
            break
        found.append(box)
        inside |= contains(box.limits, points)
    return found


def contains(limits: tuple[Limit, ...], points: Floats) -> Bools:
    """Which cases lie in a box."""
    rows = np.ones(len(points), dtype=np.bool_)
    for limit in limits:
        column = points[:, limit.dimension]
        rows &= (column >= limit.low) & (column <= limit.high)
    return rows


def measure(rows: Bools, hits: Bools, among: Bools) -> tuple[float, float]:
    """Coverage and density of the cases `rows` among some cases; 0 where there are none."""
    held, of_interest = float(np.sum(rows & among)), float(np.sum(hits & among))
    both = float(np.sum(rows & hits & among))
    return (both / of_interest if of_interest else 0.0), (both / held if held else 0.0)


def peel(points: Floats, hits: Bools) -> Iterator[Floats]:
    """The ends of the boxes of the trajectory, (dimensions, 2), from the whole space on."""
    ends = np.tile((-np.inf, np.inf), (points.shape[1], 1))
    rows, fewest = np.ones(len(points), dtype=np.bool_), max(MIN_SHARE * len(points), 1)
    yield ends
    while True:
        best: tuple[float, int, int, float] | None = None
        take = math.ceil(PEEL * rows.sum())
        if rows.sum() - take < fewest:
            return
        for dimension, column in enumerate(points[rows].T):
            order = np.argsort(column, kind="stable")
            values, hit = column[order], hits[rows][order]
            for side in (0, 1):
                kept = _beyond(values, take, side)
                if kept is None:
                    continue
                limit, rest = kept
                density = float(hit[rest].mean())
                if best is None or density > best[0]:
                    best = density, dimension, side, limit
        if best is None:
            return
        _, dimension, side, limit = best
        ends = ends.copy()
        ends[dimension, side] = limit
        rows &= (points[:, dimension] >= ends[dimension, 0]) & (points[:, dimension] <= ends[dimension, 1])
        if rows.sum() < fewest:
            return
        yield ends


def _beyond(values: Floats, take: int, side: int) -> tuple[float, slice] | None:
    """The new end between two values if so many go from one side of the sorted values, and which stay."""
    at = take if side == 0 else len(values) - take
    if not 0 < at < len(values) or values[at - 1] == values[at]:
        return None
    return float((values[at - 1] + values[at]) / 2), slice(at, None) if side == 0 else slice(0, at)


def _one(points: Floats, hits: Bools, first: Bools, taken: Bools) -> Box | None:
    """The best box among the cases that are not taken, found on the first half of the cases."""
    among, rest = first & ~taken, ~first & ~taken
    if min(*(np.sum(part & side) for part in (hits, ~hits) for side in (among, rest))) < MIN_CASES / 2:
        return None
    limits, trajectory = _found(points, hits, among)
    rows = contains(limits, points) & ~taken
    held = int(np.sum(rows & rest))
    coverage, density = measure(rows, hits, ~first)
    if not limits or not _denser(int(np.sum(rows & hits & rest)), held, float(hits[rest].mean())):
        return None
    found_coverage, found_density = measure(rows, hits, first)
    return Box(
        limits=limits,
        coverage=coverage,
        density=density,
        density_se=float(np.sqrt((density * held + 0.5) * ((1 - density) * held + 0.5)) / (held + 1) ** 1.5),
        support=float(np.sum(rows & ~first) / np.sum(~first)),
        found_coverage=found_coverage,
        found_density=found_density,
        trajectory=trajectory,
    )


def _found(points: Floats, hits: Bools, among: Bools) -> tuple[tuple[Limit, ...], Floats]:
    """Limits and trajectory of the best box whose restrictions are all significant; no limits if there is none.

    While one is not, the box is peeled again without the least significant dimension.
    """
    dimensions = _related(points[among], hits[among])
    alpha = ALPHA / max(len(dimensions), 1)
    trajectory = np.empty((0, 3))
    while dimensions:
        within = points[:, dimensions]
        steps = [*peel(within[among], hits[among])]
        scores = [_score(within, hits, among, ends) for ends in steps]
        restricted = [float(np.isfinite(step).any(axis=1).sum()) for step in steps]
        trajectory = np.column_stack([np.array(scores), restricted])
        ends = _pasted(within, hits, among, steps[int(np.argmax([_balance(*score) for score in scores]))])
        limits = [
            Limit(dimensions[n], float(ends[n, 0]), float(ends[n, 1]), _quasi_p(within, hits, among, ends, n))
            for n in map(int, np.flatnonzero(np.isfinite(ends).any(axis=1)))
        ]
        worst = max(limits, key=lambda limit: limit.quasi_p, default=None)
        if worst is None:
            break
        if worst.quasi_p < alpha:
            return tuple(sorted(limits, key=lambda limit: limit.quasi_p)), trajectory
        dimensions.remove(worst.dimension)
    return (), trajectory


def _related(points: Floats, hits: Bools) -> list[int]:
    """The dimensions in which cases of interest and others differ at all (Kolmogorov and Smirnov's test)."""
    from scipy.stats import ks_2samp

    p_values = [ks_2samp(column[hits], column[~hits]).pvalue for column in points.T]
    return [n for n, p in enumerate(p_values) if p < ALPHA / len(p_values)]


def _within(points: Floats, ends: Floats) -> Bools:
    return np.asarray(np.all((points >= ends[:, 0]) & (points <= ends[:, 1]), axis=1))


def _score(points: Floats, hits: Bools, among: Bools, ends: Floats) -> tuple[float, float]:
    return measure(_within(points, ends), hits, among)


def _balance(coverage: float, density: float) -> float:
    """The weighted harmonic mean of coverage and density (van Rijsbergen's F), in which density counts for more."""
    weight = COVERAGE_WEIGHT**2
    both = weight * density + coverage
    return (1 + weight) * coverage * density / both if both else 0.0


def _pasted(points: Floats, hits: Bools, among: Bools, ends: Floats) -> Floats:
    """Move ends back outwards, or drop them, while that raises the balance of coverage and density."""
    best = _balance(*_score(points, hits, among, ends))
    while True:
        tries = [_moved(points, among, ends, d, side) for d, side in zip(*np.nonzero(np.isfinite(ends)), strict=True)]
        scores = [_balance(*_score(points, hits, among, trial)) for trial in tries]
        if not scores or max(scores) <= best:
            return ends
        ends, best = tries[int(np.argmax(scores))], max(scores)


def _moved(points: Floats, among: Bools, ends: Floats, dimension: int, side: int) -> Floats:
    """The box with one end further out, so that it holds `PEEL` more cases; free where there are none left."""
    free = ends.copy()
    free[dimension, side] = -np.inf if side == 0 else np.inf
    inside = among & _within(points, ends)
    added = np.sort(points[among & _within(points, free) & ~inside, dimension])
    take = max(math.ceil(PEEL * inside.sum()), 1)
    if len(added) > take:
        near = added[::-1] if side == 0 else added
        free[dimension, side] = (near[take - 1] + near[take]) / 2
    return free


def _quasi_p(points: Floats, hits: Bools, among: Bools, ends: Floats, dimension: int) -> float:
    """Probability of so many hits in the box if it were as dense as without the limit (Bryant and Lempert 2010)."""
    free = ends.copy()
    free[dimension] = -np.inf, np.inf
    rows, around = among & _within(points, ends), among & _within(points, free)
    return _binomial_tail(int(hits[rows].sum()), int(rows.sum()), float(hits[around].mean()))


def _denser(count: int, cases: int, base: float) -> bool:
    return cases > 0 and _binomial_tail(count, cases, base) < ALPHA


def _binomial_tail(count: int, cases: int, share: float) -> float:
    """Probability of at least so many of the cases."""
    from scipy.stats import binom

    return float(binom.sf(count - 1, cases, share))
