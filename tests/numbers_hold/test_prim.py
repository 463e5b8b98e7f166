"""Does peeling find a box that exists, as other programs do, and none where there is none?"""

import numpy as np
import pytest

from frenemy.studies.tune.prim import boxes, contains, measure, peel


def planted(seed=7, noise=0.05, cases=1000, dimensions=5):
    """Uniform cases of which those with x0 < 0.4 and x2 > 0.5 are of interest; a share of all is turned over."""
    source = np.random.default_rng(seed)
    points = source.random((cases, dimensions))
    hits = (points[:, 0] < 0.4) & (points[:, 2] > 0.5)
    return points, np.where(source.random(cases) < noise, ~hits, hits)


EMA = {  # step: coverage, density, mass, restricted dimensions; EMA workbench 3.0, peel_alpha = 0.05, on the same cases
    1: (0.983871, 0.256842, 0.950, 1),
    2: (0.971774, 0.267184, 0.902, 1),
    5: (0.943548, 0.303109, 0.772, 2),
    10: (0.911290, 0.379832, 0.595, 2),
    15: (0.879032, 0.475983, 0.458, 2),
    20: (0.862903, 0.606232, 0.353, 2),
    25: (0.846774, 0.774908, 0.271, 2),
    30: (0.802419, 0.956731, 0.208, 2),
    32: (0.733871, 0.973262, 0.187, 3),
    34: (0.665323, 0.982143, 0.168, 3),
}
EMA_BOX = (0.396285, 0.509348)
"""Upper end of x0 and lower end of x2 at step 30."""


def test_it_peels_as_another_program_does():
    points, hits = planted()
    steps = [*peel(points, hits)]
    everyone = np.ones(len(points), dtype=bool)
    for step, (coverage, density, mass, restricted) in EMA.items():
        ends = steps[step]
        rows = np.all((points >= ends[:, 0]) & (points <= ends[:, 1]), axis=1)
        assert measure(rows, hits, everyone) == pytest.approx((coverage, density), abs=1e-6)
        assert rows.mean() == pytest.approx(mass)
        assert np.isfinite(ends).any(axis=1).sum() == restricted
    assert (steps[30][0, 1], steps[30][2, 0]) == pytest.approx(EMA_BOX, abs=1e-6)


def test_a_planted_box_is_found():
    """Its ends are where they were planted, to within a few cases' distance; its density is that of the planted one."""
    coverages = []
    for seed in range(5):
        points, hits = planted(seed, dimensions=8)
        [box] = boxes(points, hits)
        ends = {limit.dimension: (limit.low, limit.high) for limit in box.limits}
        assert set(ends) == {0, 2}
        assert ends[0] == pytest.approx((-np.inf, 0.4), abs=0.05)
        assert ends[2] == pytest.approx((0.5, np.inf), abs=0.06)
        assert abs(box.density - 0.95) < 4 * box.density_se
        coverages.append(box.coverage)
        assert all(limit.quasi_p < 1e-6 for limit in box.limits)
    assert np.mean(coverages) == pytest.approx(0.19 / (0.19 + 0.04), abs=0.08)


def test_nothing_is_found_in_noise():
    """The wrong twin: cases of interest that depend on nothing have no region, whatever boxes peeling finds."""
    for seed in range(12):
        source = np.random.default_rng(seed)
        assert boxes(source.random((1000, 10)), source.random(1000) < 0.25) == []


def test_an_uninformative_number_is_not_restricted():
    """Peeling continues into uninformative dimensions, which the box then leaves out."""
    points, hits = planted(3, dimensions=12)
    *_, last = peel(points, hits)
    assert np.isfinite(last).any(axis=1).sum() > 2
    [box] = boxes(points, hits)
    assert {limit.dimension for limit in box.limits} == {0, 2}


def test_boxes_are_measured_on_other_cases_than_they_were_found_on():
    """On weak signals a box looks too good on its own cases; over many samples the other half is unbiased."""
    own, other, true = [], [], []
    for seed in range(20):
        source = np.random.default_rng(seed)
        points = source.random((600, 6))
        share = np.where(points[:, 1] > 0.8, 0.6, 0.12)
        hits = source.random(600) < share
        for box in boxes(points, hits)[:1]:
            fresh = source.random((20_000, 6))
            inside = contains(box.limits, fresh)
            own.append(box.found_density)
            other.append(box.density)
            true.append(np.where(fresh[inside, 1] > 0.8, 0.6, 0.12).mean())
    assert len(own) >= 12
    gap, error = np.mean(other) - np.mean(true), np.std(np.array(other) - true) / np.sqrt(len(true))
    flattery = np.mean(own) - np.mean(true)
    assert abs(gap) < 4 * error
    assert flattery > gap


def test_two_boxes_are_found_one_after_the_other():
    source = np.random.default_rng(2)
    points = source.random((2000, 4))
    one, two = (points[:, 0] < 0.3) & (points[:, 1] < 0.5), (points[:, 2] > 0.8) & (points[:, 3] > 0.3)
    found = boxes(points, one | two)
    assert len(found) >= 2
    assert {limit.dimension for limit in found[0].limits} | {limit.dimension for limit in found[1].limits} == {
        0,
        1,
        2,
        3,
    }
    covered = contains(found[0].limits, points) | contains(found[1].limits, points)
    assert measure(covered, one | two, np.ones(2000, dtype=bool))[0] > 0.75


def test_equal_values_are_never_parted():
    points = np.repeat(np.arange(4.0), 100)[:, None]
    hits = points[:, 0] >= 2
    for ends in peel(points, hits):
        assert not np.isin(ends[np.isfinite(ends)], [0, 1, 2, 3]).any()
