"""Do the fans of the drivers show where the levels lie?"""

import numpy as np
import pytest
from hand_built import SCENARIOS, chain, tally, walks
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from frenemy.forecast.driver_levels import fan, fans_by_scenario, histogram_quantiles
from frenemy.forecast.forecast import QUANTILES
from frenemy.simulation.ensemble.tally import BINS

WIDTH = 100 / BINS
TICKS, PATHS = 12, 1500
TRANSITION = np.array([[0.9, 0.0, 0.1], [0.0, 0.9, 0.1], [0.05, 0.05, 0.9]])


@pytest.fixture(scope="module")
def toy():
    rng = np.random.default_rng(4)
    states, levels = chain(rng, TRANSITION, TICKS, PATHS), walks(rng, TICKS, PATHS)
    nothing = np.zeros((TICKS, 2, PATHS), np.int64)
    return states, levels, tally(states, levels, nothing, np.zeros(TICKS, int))


def exact(levels):
    """The least value with at least the share q at or below it."""
    return np.quantile(levels, QUANTILES, axis=-1, method="inverted_cdf")


@settings(deadline=None, max_examples=60)
@given(hnp.arrays(float, st.integers(1, 300), elements=st.floats(0, 99.999)))
def test_interpolated_quantiles_are_within_a_bin_of_the_exact_ones(levels):
    bins = np.minimum((levels * (BINS / 100)).astype(int), BINS - 1)
    quantiles = histogram_quantiles(np.bincount(bins, minlength=BINS)[None, None])
    assert np.abs(quantiles[:, 0, 0] - exact(levels)).max() <= WIDTH * (1 + 1e-9)
    assert (np.diff(quantiles[:, 0, 0]) >= 0).all()


def test_interpolated_quantiles_are_far_finer_than_a_bin(toy):
    """Interpolation spreads a bin's paths evenly over it: the middle of the bin would be less exact."""
    levels = np.linspace(0, 100, 10_001)[:-1] ** 2 / 100
    counts = np.bincount((levels * (BINS / 100)).astype(int), minlength=BINS)[None, None]
    np.testing.assert_allclose(histogram_quantiles(counts)[:, 0, 0], 100 * np.array(QUANTILES) ** 2, atol=0.02)


def test_all_paths_together(toy):
    _, levels, added = toy
    pooled = fan(added)
    assert pooled.paths == PATHS
    np.testing.assert_allclose(pooled.mean, levels.mean(axis=-1))
    np.testing.assert_allclose(pooled.sd, levels.std(axis=-1), atol=1e-5)
    assert np.abs(pooled.quantiles - exact(levels)).max() <= WIDTH


def test_the_start_is_one_number(toy):
    pooled = fan(toy[2])
    np.testing.assert_allclose(pooled.quantiles[:, 0], np.broadcast_to([40.0, 55.0], (7, 2)))
    for by_end in fans_by_scenario(toy[2], SCENARIOS).values():
        np.testing.assert_allclose(by_end.quantiles[:, 0], np.broadcast_to([40.0, 55.0], (7, 2)))
        np.testing.assert_array_equal(by_end.sd[0], 0)


def test_by_the_scenario_at_the_end(toy):
    states, levels, added = toy
    fans = fans_by_scenario(added, SCENARIOS)
    for j, name in enumerate(SCENARIOS):
        mine = levels[:, :, states[-1] == j]
        assert fans[name].paths == mine.shape[-1]
        np.testing.assert_allclose(fans[name].mean, mine.mean(axis=-1), atol=WIDTH / 2)
        np.testing.assert_allclose(fans[name].sd, mine.std(axis=-1), atol=WIDTH / 2)
        assert np.abs(fans[name].quantiles - exact(mine)).max() <= WIDTH


def test_a_scenario_in_which_no_path_ends_has_no_fan(toy):
    states, levels, _ = toy
    only = np.where(states == 0, 2, states).astype(np.int8)
    added = tally(only, levels, np.zeros((TICKS, 2, PATHS), np.int64), np.zeros(TICKS, int))
    assert set(fans_by_scenario(added, SCENARIOS)) == {"renewal", "status_quo"}


def test_without_histograms_only_the_moments_are_known(toy):
    from dataclasses import replace

    bare = replace(toy[2], histogram=np.zeros((0, 0, 0, 0), np.int64), plane=np.zeros((0, 0, 0), np.int64))
    pooled = fan(bare)
    assert np.isnan(pooled.quantiles[:, 1:]).all()
    assert not np.isnan(pooled.mean).any()
    assert fans_by_scenario(bare, SCENARIOS) == {}
