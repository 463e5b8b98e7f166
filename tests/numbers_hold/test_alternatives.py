"""Do alternatives meet the targets at the stated distance with the least change, and is it said when none is left?"""

import numpy as np
import pytest

from frenemy.studies.knobs import FARTHEST
from frenemy.studies.tune.alternatives import alternatives, design_size, fit_surface
from frenemy.studies.tune.least_change import search

SE = 0.004


def odds(score):
    return 1 / (1 + np.exp(-np.atleast_1d(score)))


def plane(slopes, start=-1.0):
    """Log-odds that are linear, in steps as of ten thousand paths."""
    rows = np.atleast_2d(slopes)
    return lambda z: np.round(odds(start + rows @ z) * 10_000) / 10_000


def run_of(quick, shift=0.3):
    """A run differs from the medians by `shift` in log-odds."""

    def full(z):
        p = quick(z)
        p = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + shift)))
        return p, np.full(len(p), SE)

    return full


def first_and_others(quick, target, numbers, count, apart, full=None):
    full = full or run_of(quick)
    first = search(quick, full, target, numbers).z
    others = alternatives(fit_surface(quick, numbers), (quick, full), target, [first], count=count, apart=apart)
    return first, [*others]


def distances(points):
    return [np.linalg.norm(a - b) for n, a in enumerate(points) for b in points[:n]]


def test_each_meets_the_odds_and_keeps_its_distance():
    quick = plane([0.7, 0.5, 0.4])
    first, others = first_and_others(quick, np.array([0.45]), 3, 3, apart=1.5)
    assert len(others) == 3
    for solution in others:
        assert abs(solution.reached[0] - 0.45) <= SE / 4
        assert np.all(np.abs(solution.z) <= FARTHEST)
    assert min(distances([first, *(solution.z for solution in others)])) >= 1.5


def test_each_is_the_least_remaining_change():
    """On a plane the second solution is `apart` along it from the first, so its change is known; and so is the third's,
    on the other side."""
    slopes = np.array([0.8, 0.5])
    first, others = first_and_others(plane(slopes), np.array([0.4]), 2, 2, apart=1.2)
    right = (np.log(0.4 / 0.6) + 1.0 - 0.3) / np.linalg.norm(slopes)
    assert np.linalg.norm(first) == pytest.approx(right, abs=0.03)
    least = np.hypot(right, 1.2)
    for solution in others:
        assert least - 0.03 <= np.linalg.norm(solution.z) <= 1.08 * least


def test_the_search_ends_when_no_alternative_is_left():
    """Along the line z0 + z1 = 2 within the ranges, which is 4.2 long, there is room for three that are 2 apart."""
    steep = plane([2.0, 2.0], start=-4.0)
    full = run_of(steep, 0.0)
    _, others = first_and_others(steep, np.array([0.5]), 2, 6, apart=2.0, full=full)
    length = np.sqrt(2) * (FARTHEST - (2 - FARTHEST))
    assert length == pytest.approx(4.24, abs=0.01)
    assert len(others) == 2
    _, alone = first_and_others(steep, np.array([0.5]), 2, 6, apart=4.5, full=full)
    assert alone == []


def test_a_small_distance_gives_almost_the_same_solution():
    """The wrong twin: at almost no distance, the next solution is nearly the first again."""
    quick = plane([0.7, 0.5, 0.4])
    first, others = first_and_others(quick, np.array([0.45]), 3, 1, apart=0.2)
    assert 0.2 <= np.linalg.norm(others[0].z - first) < 0.5


def test_two_targets_leave_a_line():
    quick = plane([[0.8, 0.2, 0.4], [-0.3, 0.7, 0.1]])
    target = np.array([0.35, 0.35])
    _, others = first_and_others(quick, target, 3, 2, apart=1.0)
    assert others
    for solution in others:
        assert np.all(np.abs(solution.reached - target) <= SE / 4)


def test_the_surrogate_is_close_where_odds_are_not_extreme():
    def bent(z):
        return odds(-1 + 0.6 * z[0] - 0.3 * z[1] + 0.2 * z[0] * z[1] - 0.1 * z[0] ** 3)

    runs = []
    surrogate = fit_surface(bent, 2, runs.append)
    assert sum(runs) == design_size(2)
    for z in np.random.default_rng(1).uniform(-2, 2, (20, 2)):
        assert surrogate(z)[0] == pytest.approx(np.log(bent(z)[0] / (1 - bent(z)[0])), abs=1e-6)
