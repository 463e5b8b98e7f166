"""Are errors over outer draws honest, are bands free of the noise of the paths, and do draws follow their law?"""

import numpy as np
import pytest
from hand_built import START, experiment, model
from hypothesis import given, settings
from hypothesis import strategies as st

from frenemy.forecast.bands import bands
from frenemy.forecast.forecast import QUANTILES
from frenemy.forecast.odds import odds_over_draws
from frenemy.model.realise import uncertain
from frenemy.simulation.ensemble.groups import Groups, joined
from frenemy.simulation.parameter_draws import outer_draws, points

NUMBERS, EACH = 5, 30


def places(rng, draws):
    """One point in each slice of each range, as `points` has them."""
    return np.stack([(rng.permutation(draws) + rng.random(draws)) / draws for _ in range(NUMBERS)], axis=1)


def odds_at(u):
    """The odds of a draw: mostly additive in the numbers, curved, with an interaction."""
    return 0.3 + 0.1 * (u[:, 0] - 0.5) + 0.3 * (u[:, 1] ** 2 - 1 / 3) + 0.4 * (u[:, 2] - 0.5) * (u[:, 3] - 0.5)


def simulated(rng, draws):
    """Groups, and the paths of each that are in the scenario."""
    u = places(rng, draws)
    groups = Groups(paths=np.full(draws, EACH), points=u, drawn=True)
    return groups, rng.binomial(EACH, odds_at(u)).astype(float)[:, None]


def covers(errors, claimed):
    """Whether squared errors are on average the claimed ones, to within 4 standard errors; both ways."""
    ratio = np.mean(np.square(errors)) / np.mean(np.square(claimed))
    return bool(abs(ratio - 1) < 4 * np.sqrt(2 / len(errors)))


def test_the_stated_error_is_the_scatter_of_the_mean():
    rng = np.random.default_rng(3)
    errors, stated, spread, alone = [], [], [], []
    for _ in range(500):
        groups, sums = simulated(rng, 64)
        rows = groups.rows(sums)
        errors.append(float(groups.mean(sums)[0]) - 0.3)
        stated.append(float(groups.error(sums)[0]))
        spread.append(float(rows.std(ddof=1)) / 8)
        alone.append(np.sqrt(float((rows * (1 - rows)).mean()) / 64 / EACH))
    assert covers(errors, stated)
    assert not covers(errors, spread), "wrong twin: draws that fill no range evenly"
    assert not covers(errors, alone), "wrong twin: one model for all paths, without interactions"


def test_few_draws_overstate_the_error_and_never_understate_it():
    rng = np.random.default_rng(4)
    found = [
        (groups.mean(sums)[0] - 0.3, groups.error(sums)[0]) for groups, sums in (simulated(rng, 8) for _ in range(500))
    ]
    errors, stated = np.array(found).T
    assert np.mean(errors**2) < np.mean(stated**2)


def test_draws_in_two_halves_are_as_good_as_each_alone_and_better():
    rng = np.random.default_rng(5)
    errors, stated = [], []
    for _ in range(300):
        parts = [simulated(rng, 64) for _ in range(2)]
        both, sums = joined([groups for groups, _ in parts]), np.concatenate([sums for _, sums in parts])
        errors.append(float(both.mean(sums)[0]) - 0.3)
        stated.append(float(both.error(sums)[0]))
    assert covers(errors, stated)


def test_numbers_that_do_nothing_cost_no_honesty():
    rng, errors, stated = np.random.default_rng(6), [], []
    for _ in range(400):
        groups, sums = simulated(rng, 64)
        idle = Groups(
            paths=groups.paths, points=np.concatenate([groups.points, rng.random((64, 12))], axis=1), drawn=True
        )
        errors.append(float(idle.mean(sums)[0]) - 0.3)
        stated.append(float(idle.error(sums)[0]))
    assert covers(errors, stated)


def beta_odds(a, b):
    from scipy.stats import beta

    return lambda u: beta.ppf(u, a, b)


def probit_odds(middle, width):
    from scipy.special import ndtr, ndtri

    return lambda u: ndtr(middle + width * ndtri(u))


def lognormal_at(u):
    from scipy.special import ndtri

    return np.exp(0.85 * ndtri(u))


@pytest.mark.parametrize(
    ("law", "shape"),
    [
        *((beta_odds(a, b), 0.0) for a, b in ((1.5, 6.0), (4.0, 1.0), (40.0, 60.0), (0.4, 3.0))),
        *((probit_odds(*of), 0.02) for of in ((-1.2, 0.9), (1.5, 1.2), (0.0, 0.3))),
        (lambda u: 1 - np.exp(-0.165 * lognormal_at(u)), 0.05),
    ],
)
@pytest.mark.parametrize(("draws", "each"), [(512, 64), (2048, 32), (8192, 16)])
def test_bands_are_those_of_the_odds_without_noise(law, shape, draws, each):
    """Known odds: the standard deviation to within 2 %, and every quantile, nearly exact where they follow a Beta law.

    Two wrong twins: the noise of the paths left in; and noisy odds shrunk, which keeps their shape.
    """
    rng, found, raw, spreads, shrunk = np.random.default_rng(7), [], [], [], []
    for _ in range(40):
        odds = law((rng.permutation(draws) + rng.random(draws)) / draws)
        rows = rng.binomial(each, odds)[:, None] / each
        noise = (rows * (1 - rows)).mean(axis=0) / (each - 1)
        quantiles, variance = bands(rows, noise, paths=each)
        found.append(quantiles[:, 0])
        spreads.append(np.sqrt(variance[0]))
        raw.append(rows.std(ddof=1))
        shrunk.append(bands(rows, noise)[0][:, 0])
    even = law((np.arange(100_000) + 0.5) / 100_000)
    exact, at = even.std(), law(np.array(QUANTILES))
    assert np.mean(spreads) == pytest.approx(exact, rel=0.02)
    assert np.mean(raw) > 1.01 * exact, "wrong twin: the noise of the paths left in"
    error = np.std(found, axis=0, ddof=1) / np.sqrt(40)
    apart = np.abs(np.mean(found, axis=0) - at)
    assert (apart < 4 * error + (shape + 0.02) * exact).all(), apart / exact
    if each == 16 and shape == 0 and exact > 0.1:
        assert (np.abs(np.mean(shrunk, axis=0) - at) > 2 * (4 * error + 0.02 * exact)).any()


def test_bands_keep_the_mean_and_the_range_of_the_draws():
    rng = np.random.default_rng(8)
    groups, sums = simulated(rng, 256)
    odds = odds_over_draws(groups, sums, sums.sum(axis=0))
    rows = groups.rows(sums)
    assert rows.min() <= odds.quantiles.min() < odds.probability[0] < odds.quantiles.max() <= rows.max()
    assert (np.diff(odds.quantiles[:, 0]) > 0).all()


def test_draws_that_agree_have_no_band():
    quantiles, variance = bands(np.full((8, 1), 0.3), np.array([0.21 / 29]))
    np.testing.assert_allclose(quantiles, 0.3)
    assert variance[0] == 0


def test_one_draw_shows_no_judgement():
    one = Groups(paths=np.array([EACH]), points=np.full((1, NUMBERS), 0.5), drawn=True)
    odds = odds_over_draws(one, np.array([[12.0]]), np.array([12.0]))
    assert np.isnan(odds.judgement_variance).all()
    assert np.isnan(odds.quantiles).all()
    assert odds.mc_se[0] == pytest.approx(np.sqrt(0.4 * 0.6 / (EACH - 1)))


def test_what_happened_in_no_path_is_not_certain():
    groups, _ = simulated(np.random.default_rng(9), 64)
    odds = odds_over_draws(groups, np.zeros((64, 1)), np.zeros(1))
    assert 0 < odds.mc_se[0] < 1 / (64 * EACH)


def test_empty_and_unequal_batches_weigh_as_their_paths():
    rng = np.random.default_rng(2)
    sums = rng.integers(0, 20, (3, 2)).astype(float)
    plain = Groups(paths=np.array([20, 40, 25]), points=np.empty((3, 0)), drawn=False)
    padded = Groups(paths=np.array([20, 0, 40, 25, 0]), points=np.empty((5, 0)), drawn=False)
    wide = np.insert(sums, [1, 3], 0.0, axis=0)
    np.testing.assert_allclose(padded.error(wide), plain.error(sums))
    np.testing.assert_allclose(plain.mean(sums), sums.sum(axis=0) / 85)


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


def test_odds_that_are_the_same_in_all_draws_have_no_band_however_many_paths_tell():
    rows = np.zeros((8, 3))
    rows[:, 2] = 1.0
    quantiles, variance = bands(rows, np.zeros(3), paths=16)
    np.testing.assert_array_equal(quantiles, np.broadcast_to([0.0, 0.0, 1.0], (7, 3)))
    assert not variance.any()
