"""Do fits recover what made the series, and is the likelihood the density of the observations?

Wrong twins: an Euler step instead of the exact one, and a fit without measurement noise.
"""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from frenemy.studies.fit.index_map import Anchor, IndexMap, index_estimate
from frenemy.studies.fit.kalman import StateSpace, likelihood, ou_process, prediction_errors, smooth
from frenemy.studies.fit.ornstein_uhlenbeck import LN2, Series, estimate, loglik, no_noise, random_walk
from frenemy.studies.fit.series_fit import fit_series
from frenemy.studies.fit.standard_errors import half_life_range, profile_of, spreads

MONTH = 1 / 12


def uneven(n, rng):
    """Times with gaps of a day to most of a year."""
    return np.concatenate([[0.0], np.cumsum(rng.choice([1 / 365, 0.02, MONTH, 0.2, 0.9], size=n - 1))])


def covariance(times, half_life, level_sd, noise_sd):
    """Of the observations, from the law itself: no filter."""
    apart = np.abs(times[:, None] - times[None, :])
    return level_sd**2 * np.exp(-LN2 / half_life * apart) + noise_sd**2 * np.eye(len(times))


def simulated(times, half_life, level_sd, noise_sd, rng, *, mean=0.0):
    """A series by its exact transitions."""
    phi = np.exp(-LN2 / half_life * np.diff(times))
    level = [level_sd * rng.standard_normal()]
    for share in phi:
        level.append(share * level[-1] + level_sd * np.sqrt(1 - share**2) * rng.standard_normal())
    return Series(times=times, values=mean + np.array(level) + noise_sd * rng.standard_normal(len(times)))


TRUTH = {"half_life": 0.4, "level_sd": 1.3, "noise_sd": 0.7}


@pytest.fixture
def gappy():
    rng = np.random.default_rng(5)
    return simulated(uneven(40, rng), **TRUTH, rng=rng, mean=2.0)


def exact_law(series):
    return ou_process(series.gaps, np.array(LN2 / 0.4), np.array(1.3**2), np.array(0.7**2))


def test_the_filter_gives_the_density_of_the_observations(gappy):
    direct = multivariate_normal(np.full(40, 1.7), covariance(gappy.times, **TRUTH)).logpdf(gappy.values)
    assert likelihood(gappy.values, exact_law(gappy)).density(1.7) == pytest.approx(direct, abs=1e-9)
    errors, variances = prediction_errors(gappy.values, exact_law(gappy), 1.7)
    assert norm.logpdf(errors, scale=np.sqrt(variances)).sum() == pytest.approx(direct, abs=1e-9)


def test_an_euler_step_gives_another_density(gappy):
    direct = multivariate_normal(np.full(40, 1.7), covariance(gappy.times, **TRUTH)).logpdf(gappy.values)
    right = exact_law(gappy)
    rate = LN2 / 0.4 * np.concatenate([[0.0], gappy.gaps])
    euler = StateSpace(
        phi=np.where(right.phi == 0, 0.0, 1 - rate), shock=np.where(right.phi == 0, 1.3**2, 2 * rate * 1.3**2),
        noise=right.noise,
    )  # fmt: skip
    assert abs(likelihood(gappy.values, euler).density(1.7) - direct) > 3


def test_mean_and_scale_in_closed_form_are_the_best_ones(gappy):
    found = loglik(gappy, np.array(0.4), np.array(0.3))
    law = ou_process(gappy.gaps, np.array(LN2 / 0.4), np.array(0.7), np.array(0.3))
    sums = likelihood(gappy.values, law)
    scale = sums.residual() / 40
    shape = covariance(gappy.times, 0.4, np.sqrt(0.7), np.sqrt(0.3))
    direct = multivariate_normal(np.full(40, sums.mean), scale * shape).logpdf(gappy.values)
    assert found == pytest.approx(direct, abs=1e-9)
    for mean, factor in ((0.02, 1), (-0.02, 1), (0, 1.03), (0, 0.97)):
        assert multivariate_normal(np.full(40, sums.mean + mean), factor * scale * shape).logpdf(gappy.values) < found


def test_the_restricted_likelihood_is_the_density_of_differences(gappy):
    found = loglik(gappy, np.array(0.4), np.array(0.3), restricted=True)
    differ = np.hstack([-np.ones((39, 1)), np.eye(39)])
    shape = differ @ covariance(gappy.times, 0.4, np.sqrt(0.7), np.sqrt(0.3)) @ differ.T
    seen = differ @ gappy.values
    scale = seen @ np.linalg.solve(shape, seen) / 39
    assert found == pytest.approx(multivariate_normal(np.zeros(39), scale * shape).logpdf(seen), abs=1e-9)


def test_the_random_walk_is_the_limit_of_slow_reversion(gappy):
    found, yearly, noise = random_walk(gappy)
    differ = np.hstack([-np.ones((39, 1)), np.eye(39)])
    walk = yearly**2 * np.minimum(gappy.times[:, None], gappy.times[None, :]) + noise**2 * np.eye(40)
    direct = multivariate_normal(np.zeros(39), differ @ walk @ differ.T).logpdf(differ @ gappy.values)
    assert found == pytest.approx(direct, abs=1e-9)
    half_life = np.array(1e7)
    share = noise**2 / (noise**2 + yearly**2 * 1e7 / (2 * LN2))
    assert loglik(gappy, half_life, np.array(share), restricted=True) == pytest.approx(found, abs=1e-3)


def test_the_smoother_is_the_conditional_mean(gappy):
    whole = covariance(gappy.times, **TRUTH)
    level = covariance(gappy.times, 0.4, 1.3, 0.0)
    weights = level @ np.linalg.inv(whole)
    found = smooth(gappy.values, exact_law(gappy), 1.7)
    assert found.level == pytest.approx(1.7 + weights @ (gappy.values - 1.7), abs=1e-9)
    assert found.sd**2 == pytest.approx(np.diag(level - weights @ level), abs=1e-9)


def test_a_gap_is_a_long_step(gappy):
    keep = np.r_[0:10, 25:40]
    cut = Series(times=gappy.times[keep], values=gappy.values[keep])
    direct = multivariate_normal(np.zeros(25), covariance(cut.times, **TRUTH)).logpdf(cut.values)
    assert likelihood(cut.values, exact_law(cut)).density(0.0) == pytest.approx(direct, abs=1e-9)


@pytest.fixture(scope="module")
def ensemble():
    """Fifty records of thirty years by the month, with a half-life of three months and noise half as wide."""
    rng = np.random.default_rng(20)
    return [simulated(np.arange(360) * MONTH, 0.25, 1.0, 0.5, rng, mean=3.0) for _ in range(50)]


@pytest.fixture(scope="module")
def estimates(ensemble):
    return [estimate(series, restricted=True) for series in ensemble]


def test_estimates_lie_about_the_truth_as_their_errors_say(ensemble, estimates):
    truth = {"half_life": 0.25, "level_sd": 1.0, "noise_sd": 0.5, "mean": 3.0}
    scores = {name: [] for name in truth}
    for series, found in zip(ensemble, estimates, strict=True):
        spread, _ = spreads(series, found)
        for name, value in truth.items():
            item = spread[name]
            away = item.value - value if name == "mean" else np.log(item.value / value) * item.value
            scores[name].append(away / item.se)
    for name, values in scores.items():
        z = np.array(values)
        assert abs(z.mean()) < 4 / np.sqrt(50), name
        assert abs(z.std() - 1) < 4 / np.sqrt(2 * 50), name
        assert np.mean(np.abs(z) < 1.645) > 0.9 - 4 * np.sqrt(0.09 / 50), name


def test_intervals_by_profile_hold_the_truth_nine_times_in_ten(ensemble, estimates):
    found = [half_life_range(profile_of(*pair)) for pair in zip(ensemble, estimates, strict=True)]
    held = np.mean([interval.low <= 0.25 <= interval.high for interval in found])
    assert abs(held - 0.9) < 4 * np.sqrt(0.09 / 50)


def test_ignoring_measurement_noise_makes_reversion_far_too_fast(ensemble):
    away = []
    for series in ensemble[::5]:
        found = spreads(series, no_noise(series))[0]["half_life"]
        away.append(np.log(found.value / 0.25) / (found.se / found.value))
    assert max(away) < -1.645  # not one of ten intervals holds the truth


def test_euler_steps_make_reversion_too_slow():
    rng = np.random.default_rng(21)
    series = simulated(np.arange(4000) * 0.25, 0.25, 1.0, 0.0, rng)
    slope = np.polyfit(series.values[:-1], series.values[1:], 1)[0]
    found = spreads(series, no_noise(series))[0]["half_life"]
    assert abs(found.value - 0.25) < 4 * found.se
    assert LN2 / ((1 - slope) / 0.25) - 0.25 > 8 * found.se


def test_a_series_without_noise_is_said_to_have_none():
    rng = np.random.default_rng(8)
    quiet = fit_series(simulated(np.arange(200) * MONTH, 0.5, 1.0, 0.0, rng))
    loud = fit_series(simulated(np.arange(200) * MONTH, 0.5, 1.0, 0.8, rng))
    assert quiet.p_no_noise > 0.01
    assert loud.p_no_noise < 1e-4
    assert loud.residuals.p_value > 0.001
    assert abs(loud.residuals.autocorrelation[0]) < 4 / np.sqrt(200)


def test_intervals_that_the_data_do_not_bound_are_reported():
    rng = np.random.default_rng(9)
    walk = Series(times=np.arange(60) * MONTH, values=np.cumsum(rng.standard_normal(60)))
    found = fit_series(walk)
    assert not found.interval.bounded_above
    noise = fit_series(Series(times=np.arange(80) * MONTH, values=rng.standard_normal(80)))
    assert not noise.interval.bounded_below
    assert min(noise.candidates, key=lambda candidate: candidate.aic).name == "noise alone"


def test_a_map_straight_in_the_logit_gives_the_law_of_drivers(gappy):
    fit = fit_series(gappy)
    chart = IndexMap(anchors=(Anchor(value=0.0, index=30.0), Anchor(value=4.0, index=70.0)), shape="logit")
    found = index_estimate(fit, chart)
    slope = 2 * np.log(7 / 3) / 4
    assert chart.index(2.0) == pytest.approx(50)
    assert found.volatility.value == pytest.approx(25 * slope * fit.best.level_sd)
    assert found.long_run.value == pytest.approx(100 / (1 + np.exp(-(fit.best.mean - 2) * slope)))
    straight = IndexMap(anchors=chart.anchors, shape="linear")
    assert index_estimate(fit, straight).long_run.value == pytest.approx(50 + 10 * (fit.best.mean - 2))
    downhill = IndexMap(anchors=(Anchor(value=0.0, index=70.0), Anchor(value=4.0, index=30.0)), shape="logit")
    reflected = index_estimate(fit, downhill)
    assert reflected.long_run.q05 == pytest.approx(100 - found.long_run.q95)
    assert reflected.volatility.value == pytest.approx(found.volatility.value)
