"""Is the variance from uncertain numbers separated from noise, and do parameter draws follow their law?"""

import numpy as np
import pytest
from hand_built import START, experiment, model
from hypothesis import given, settings
from hypothesis import strategies as st

from frenemy.forecast.variance import VarianceTable, shrink
from frenemy.model.realise import uncertain
from frenemy.simulation.parameter_draws import outer_draws, points

REPEATS, DRAWS = 400, 64
# Unequal batches, one of them empty: 480 paths.
PATHS = np.array([64, 64, 64, 64, 64, 40, 24, 0, 32, 32, 32])
MEAN, SD = 0.3, 0.08
SHAPES = np.array([MEAN, 1 - MEAN]) * (MEAN * (1 - MEAN) / SD**2 - 1)


def true_odds(rng):
    """The true odds of each draw, (draws, repeats): what a noiseless simulation would say."""
    return rng.beta(*SHAPES, size=(DRAWS, REPEATS))


def filled(rng, odds, *, common: bool) -> VarianceTable:
    """A table for each repeat (along the tick axis), on common or on independent noise."""
    table, total = VarianceTable(PATHS), PATHS.sum()
    noise = rng.random((total, REPEATS))
    batch = np.repeat(np.eye(len(PATHS)), PATHS, axis=1)
    for row in odds:
        hits = (noise if common else rng.random((total, REPEATS))) < row
        table.add((batch @ hits)[:, :, None])
    return table


def agrees(estimates, truth, tolerance=4.0):
    """Whether the mean of independent estimates is within `tolerance` standard errors of the truth."""
    error = estimates.std(ddof=1) / np.sqrt(len(estimates))
    return bool(abs(estimates.mean() - truth) < tolerance * error)


@pytest.fixture(scope="module", params=[True, False], ids=["common", "independent"])
def noisy(request):
    rng = np.random.default_rng(3)
    odds = true_odds(rng)
    return request.param, odds, filled(rng, odds, common=request.param)


def rows_of(table):
    return np.stack(table.rows)[:, :, 0]


def test_variance_from_the_numbers_is_free_of_nested_noise(noisy):
    common, _, table = noisy
    assert agrees(table.split().judgement[:, 0], SD**2)
    raw = rows_of(table).var(axis=0, ddof=1)
    if common:
        # Wrong twin: p (1 - p) / n subtracted although the draws share their noise.
        p = rows_of(table)
        assert not agrees(raw - (p * (1 - p)).mean(axis=0) / PATHS.sum(), SD**2)
    else:
        assert not agrees(raw, SD**2)  # wrong twin: the raw variance


def test_bands_barely_shrink_on_common_noise_and_lose_the_bias_on_independent_noise(noisy):
    common, odds, table = noisy
    rows = np.stack(table.rows)
    shrunk = shrink(rows, table.split().judgement)
    factor = shrunk.std(axis=0) / rows.std(axis=0)
    assert factor.mean() > 0.99 if common else factor.mean() < 0.97
    assert agrees(shrunk.var(axis=0, ddof=1)[:, 0], SD**2)
    if not common:
        # The 5 % and 95 % points return to those of the noiseless odds; the raw ones lie too far out.
        ends = [
            np.ptp(np.quantile(values, [0.05, 0.95], axis=0), axis=0) for values in (shrunk[..., 0], rows[..., 0], odds)
        ]
        assert abs((ends[0] - ends[2]).mean()) < 0.3 * abs((ends[1] - ends[2]).mean())


def test_shrinking_keeps_mean_order_and_range(noisy):
    _, _, table = noisy
    rows = np.stack(table.rows)
    shrunk = shrink(rows, table.split().judgement)
    np.testing.assert_allclose(shrunk.mean(axis=0), rows.mean(axis=0))
    np.testing.assert_array_equal(np.argsort(shrunk, axis=0, kind="stable"), np.argsort(rows, axis=0, kind="stable"))
    assert (shrunk >= rows.min(axis=0)).all()
    assert (shrunk <= rows.max(axis=0)).all()


def test_the_error_of_the_mean_covers_noise_and_draws(noisy):
    common, _, table = noisy
    split = table.split()
    squared = (split.mean[:, 0] - MEAN) ** 2
    claimed = (split.noise + split.judgement / DRAWS)[:, 0].mean()
    tolerance = 4 * np.sqrt(2 / REPEATS)
    assert squared.mean() / claimed == pytest.approx(1, abs=tolerance)
    # Wrong twins: as if each draw had new paths; and as if there were no other draws.
    fresh = MEAN * (1 - MEAN) / PATHS.sum() / DRAWS + SD**2 / DRAWS
    if common:
        assert squared.mean() / fresh > 1 + tolerance
    assert squared.mean() / split.noise.mean() > 1 + (tolerance if not common else 0)


def test_common_noise_affects_the_mean_and_not_the_band():
    """The same draws on other paths: the whole band moves."""
    rng = np.random.default_rng(9)
    odds = np.linspace(0.2, 0.4, DRAWS)[:, None] + np.zeros((1, REPEATS))
    table = filled(rng, odds, common=True)
    low, high = np.quantile(rows_of(table), [0.05, 0.95], axis=0)
    noise = table.split().noise.mean()
    assert np.corrcoef(low, high)[0, 1] > 0.6
    assert low.var() == pytest.approx(noise, rel=0.35)
    assert high.var() == pytest.approx(noise, rel=0.35)


def test_sums_are_those_of_the_textbook():
    """Balanced case, written out in full."""
    rng = np.random.default_rng(1)
    cells = rng.integers(0, 50, (6, 8)) / 50
    table = VarianceTable(np.full(8, 50))
    for row in cells:
        table.add(np.round(row * 50)[:, None, None])
    split = table.split()
    rows, columns, mean = cells.mean(axis=1), cells.mean(axis=0), cells.mean()
    residual = ((cells - rows[:, None] - columns + mean) ** 2).sum() / (5 * 7)
    np.testing.assert_allclose(split.mean, mean)
    np.testing.assert_allclose(split.judgement, max(rows.var(ddof=1) - residual / 8, 0))
    np.testing.assert_allclose(split.noise, columns.var(ddof=1) / 8)


def test_empty_and_unequal_batches_weigh_as_their_paths():
    rng = np.random.default_rng(2)
    sums = rng.integers(0, 20, (5, 3, 1, 1)).astype(float)
    plain, padded = VarianceTable(np.array([20, 40, 25])), VarianceTable(np.array([20, 0, 40, 25, 0]))
    for row in sums:
        plain.add(row)
        padded.add(np.insert(row, [1, 3], 0.0, axis=0))
    for name in ("mean", "judgement", "noise"):
        np.testing.assert_array_equal(getattr(plain.split(), name), getattr(padded.split(), name))
    np.testing.assert_allclose(plain.split().mean, sums.sum() / 85 / 5)


def test_one_batch_or_one_draw_gives_no_variance():
    one_batch = VarianceTable(np.array([30, 0]))
    for hits in (3.0, 6.0, 9.0):
        one_batch.add(np.array([hits, 0.0])[:, None, None])
    split = one_batch.split()
    assert np.isnan(split.noise).all()
    np.testing.assert_allclose(split.judgement, np.var([0.1, 0.2, 0.3], ddof=1))
    one_draw = VarianceTable(np.array([30, 30]))
    one_draw.add(np.array([3.0, 6.0])[:, None, None])
    assert np.isnan(one_draw.split().judgement).all()


def test_agreed_draws_have_no_band():
    table = VarianceTable(np.array([10, 10]))
    for _ in range(4):
        table.add(np.array([3.0, 5.0])[:, None, None])
    rows = np.stack(table.rows)
    np.testing.assert_array_equal(shrink(rows, table.split().judgement), rows)


KEYS = [f"triggers.t{i}.probability" for i in range(60)]


def test_another_uncertain_number_changes_no_other_draw():
    before = points(KEYS, 64, seed=1)
    after = points([*KEYS[:20], "triggers.new.probability", *KEYS[20:]], 64, seed=1)
    np.testing.assert_array_equal(np.delete(after, 20, axis=1), before)
    assert not np.array_equal(points(KEYS, 64, seed=2), before)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 300), st.integers(0, 2**63))
def test_each_slice_of_a_range_is_drawn_once(draws, seed):
    column = points(["drivers.trust.long_run"], draws, seed)[:, 0]
    assert ((column > 0) & (column < 1)).all()
    np.testing.assert_array_equal(np.sort((column * draws).astype(int)), np.arange(draws))


def test_an_additive_function_is_averaged_far_better_than_by_independent_draws():
    """The points also do as well as scrambled Sobol points."""
    from scipy.stats import qmc

    def error(sample):
        means = [np.sum(np.sqrt(sample(seed)), axis=1).mean() - 2 for seed in range(100)]
        return np.sqrt(np.mean(np.square(means)))

    independent = error(lambda seed: np.random.default_rng(seed).random((64, 3)))
    own = error(lambda seed: points(KEYS[:3], 64, seed))
    sobol = error(lambda seed: qmc.Sobol(3, rng=np.random.default_rng(seed)).random(64))
    assert own < independent / 20
    assert 0.5 < own / sobol < 2


def test_numbers_are_drawn_independently_of_one_another():
    """Among 256 points in 60 dimensions no pair lines up more than independent draws would (4.5 standard errors)."""
    from scipy.stats import qmc

    def strongest(table):
        return np.abs(np.corrcoef(table.T) - np.eye(len(KEYS))).max()

    assert strongest(points(KEYS, 256, seed=1)) < 4.5 / np.sqrt(256)
    one_set = qmc.Sobol(len(KEYS), rng=np.random.default_rng(1)).random(256)
    assert strongest(one_set) > 5.5 / np.sqrt(256)  # wrong twin: one Sobol set through all dimensions


def test_outer_draws_follow_the_distributions_and_leave_the_rest():
    spec, setting = model(), experiment(4, draws=128)
    drawn = list(outer_draws(spec, setting))
    assert len(drawn) == 128
    chances = np.array([made.triggers[0].rate.probability for made, _ in drawn])
    assert np.mean(chances < 0.02) == pytest.approx(0.05, abs=1 / 128)
    assert np.mean(chances < 0.06) == pytest.approx(0.5, abs=1 / 128)
    assert np.mean(chances < 0.15) == pytest.approx(0.95, abs=1 / 128)
    assert not any(uncertain(made) or uncertain(made_setting) for made, made_setting in drawn)
    assert {made_setting.start for _, made_setting in drawn} == {START}
    assert all(made.drivers == spec.drivers for made, _ in drawn)
    again = [made.triggers[0].rate.probability for made, _ in outer_draws(spec, setting)]
    np.testing.assert_array_equal(again, chances)
