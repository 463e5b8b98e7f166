"""Does the search find numbers that give the target odds with the least change, or report that there are none?"""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from frenemy.model.distributions import PROBABILITY, Quantiles
from frenemy.studies.knobs import FARTHEST, Knob
from frenemy.studies.tune.least_change import Unreachable, search

SE = 0.004


def odds(score):
    return 1 / (1 + np.exp(-np.atleast_1d(score)))


def stepped(values):
    """As of ten thousand paths: a step function."""
    return np.round(values * 10_000) / 10_000


def runs(quick, shift=0.3):
    """A full run differs from the medians by `shift` in log-odds."""

    def full(z):
        p = quick(z)
        p = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + shift)))
        return p, np.full(len(p), SE)

    return full


def rising(z):
    return stepped(odds(-1.5 + 0.8 * z[0]))


def test_one_number_is_found_from_full_runs():
    found = search(rising, runs(rising), np.array([0.4]), 1)
    exact = (np.log(0.4 / 0.6) - 0.3 + 1.5) / 0.8
    assert found.z[0] == pytest.approx(exact, abs=0.02)
    assert abs(found.reached[0] - 0.4) <= SE / 4
    assert not len(found.other_roots)
    at_the_medians = (np.log(0.4 / 0.6) + 1.5) / 0.8
    assert abs(found.z[0] - at_the_medians) > 0.2


def test_the_reachable_range_is_reported():
    with pytest.raises(Unreachable) as limit:
        search(rising, runs(rising), np.array([0.9]), 1)
    ends = [runs(rising)(np.array([side * FARTHEST]))[0][0] for side in (-1, 1)]
    assert limit.value.reach.tolist() == pytest.approx(ends)
    assert limit.value.best[0] == pytest.approx(ends[1])


def test_a_number_with_two_solutions_takes_the_nearer_and_names_the_other():
    def valley(z):
        return stepped(odds(-2 + 0.9 * (z[0] - 0.4) ** 2))

    found = search(valley, runs(valley, 0.0), np.array([0.4]), 1)
    away = np.sqrt((np.log(0.4 / 0.6) + 2) / 0.9)
    assert found.z[0] == pytest.approx(0.4 - away, abs=0.02)
    assert found.other_roots.tolist() == pytest.approx([0.4 + away], abs=0.02)


def test_several_numbers_move_the_least():
    """For log-odds a + b z the least z is along b, in proportion to it."""
    b = np.array([0.9, -0.3, 0.0, 0.5])

    def plane(z):
        return stepped(odds(-1 + b @ z))

    found = search(plane, runs(plane), np.array([0.5]), 4)
    least = b * (1 - 0.3) / (b @ b)
    assert found.z == pytest.approx(least, abs=0.03)
    single = np.array([(1 - 0.3) / 0.9, 0, 0, 0])  # also meets the target, but is further away
    assert single @ single > 1.2 * found.z @ found.z


def test_several_targets_at_once():
    rows = np.array([[0.8, 0.2, 0.4], [-0.3, 0.7, 0.1]])

    def both(z):
        return stepped(odds(np.array([-1.5, -1.0]) + rows @ z))

    target = np.array([0.3, 0.2])
    found = search(both, runs(both), target, 3)
    assert np.all(np.abs(found.reached - target) <= SE / 4)
    right = np.log(target / (1 - target)) - 0.3 - np.array([-1.5, -1.0])
    assert found.z == pytest.approx(np.linalg.pinv(rows) @ right, abs=0.05)


def test_targets_that_exclude_each_other_are_refused():
    def same(z):
        return np.repeat(rising(z), 2)

    with pytest.raises(Unreachable):
        search(same, runs(same), np.array([0.2, 0.5]), 2)


def test_a_knob_moves_in_units_of_its_spread():
    """A move of 1 is one standard deviation of the normal scores; with even points, the same everywhere."""
    knob = Knob(key="p", spread=Quantiles(0.02, 0.06, 0.15, PROBABILITY))
    assert [knob.value(z) for z in (-1.6449, 0, 1.6449)] == pytest.approx([0.02, 0.06, 0.15], rel=1e-3)
    assert [knob.share(knob.value(z)) for z in (-2, 0.5, 1)] == pytest.approx(ndtr([-2, 0.5, 1]), rel=2e-3)
    points = (float(share) for share in ndtr([-2.0, -1.6, -1.2]))
    even = Knob(key="p", spread=Quantiles(*points, PROBABILITY))
    scores = ndtri([even.value(z) for z in (0.5, 1.0, 1.5)])
    assert np.diff(scores) == pytest.approx(0.5 * 0.4 / 1.6449, abs=2e-4)  # values have four digits
