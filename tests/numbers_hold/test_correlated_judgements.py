"""Are correlated judgements drawn as stated, and does everything else stay as it is?

Closed form: with correlation rho of the normal scores, the rank correlation (Spearman) is 6/pi asin(rho/2).
"""

import math
from dataclasses import replace

import hand_built
import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr, ndtri

from frenemy.check.check import concerned_draws
from frenemy.model.describe.parts import describe_judgement
from frenemy.model.distributions import POSITIVE, Quantiles
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.realise import quantities, uncertain, with_values
from frenemy.model.resolved import Correlated
from frenemy.simulation.parameter_draws import correlated_scores, outer_draws, points
from frenemy.studies.update.parameter_space import ParameterSpace

KEYS = [f"triggers.t{i}.probability" for i in range(12)]
SEEDS = range(24)


def pair(first, second, rho):
    return Correlated(between=(first, second), rho=rho)


def spearman(seeds, sample):
    """The rank correlation over several independent samples, and its standard error."""
    found = np.array([stats.spearmanr(sample(seed)).statistic for seed in seeds])
    return found.mean(), found.std(ddof=1) / math.sqrt(len(found))


@pytest.mark.parametrize("rho", [-0.8, -0.3, 0.5, 0.95])
def test_ranks_are_correlated_as_the_copula_says(rho):
    drawn = [pair(KEYS[3], KEYS[7], rho)]
    mean, error = spearman(SEEDS, lambda seed: points(KEYS, 2048, seed, drawn)[:, [3, 7]])
    assert abs(mean - 6 / math.pi * math.asin(rho / 2)) < 4 * error
    assert error < 0.005


def test_ranks_with_the_correlation_of_the_scores_would_be_noticed():
    """A wrong twin: an order with rho itself as the correlation of the ranks."""
    rho = 2 * math.sin(math.pi / 6 * 0.5)
    mean, error = spearman(range(96), lambda seed: points(KEYS, 2048, seed, [pair(KEYS[3], KEYS[7], rho)])[:, [3, 7]])
    assert abs(mean - 0.5) < 4 * error
    assert abs(mean - rho) > 10 * error


def test_mixed_shares_would_be_noticed():
    """Another: shares that are mixed themselves, instead of their normal scores, are no longer spread evenly."""
    table = points(KEYS, 2048, 1)
    assert stats.kstest(0.5 * table[:, 3] + math.sqrt(0.75) * table[:, 7], "uniform").pvalue < 1e-9


def test_every_number_keeps_its_distribution():
    drawn = [pair(KEYS[3], KEYS[7], 0.7), pair(KEYS[7], KEYS[1], -0.4)]
    for seed in SEEDS:
        table = points(KEYS, 2048, seed, drawn)
        assert ((table > 0) & (table < 1)).all()
        for column in (1, 3, 7):  # more evenly spread than independent draws, so a high p-value is due
            assert stats.kstest(table[:, column], "uniform").pvalue > 1e-3


def test_numbers_in_no_pair_and_the_first_of_a_pair_keep_their_points():
    before = points(KEYS, 64, seed=1)
    after = points(KEYS, 64, 1, [pair(KEYS[3], KEYS[7], 0.5)])
    same = [place for place in range(len(KEYS)) if place != 7]
    np.testing.assert_array_equal(after[:, same], before[:, same])
    assert not np.array_equal(after[:, 7], before[:, 7])
    np.testing.assert_array_equal(points(KEYS, 64, 1, [pair(KEYS[3], KEYS[7], 0.0)]), before)
    np.testing.assert_array_equal(points(KEYS, 64, 1, [pair(KEYS[3], "triggers.certain.rate", 0.5)]), before)


def test_the_order_of_the_numbers_changes_no_draw():
    drawn = [pair(KEYS[3], KEYS[7], 0.5), pair(KEYS[7], KEYS[1], 0.3)]
    there, back = points(KEYS, 64, 1, drawn), points(KEYS[::-1], 64, 1, drawn)
    np.testing.assert_array_equal(there, back[:, ::-1])


def test_several_pairs_have_the_matrix_that_they_state():
    drawn = [pair(KEYS[5], KEYS[2], 0.6), pair(KEYS[2], KEYS[9], -0.5), pair(KEYS[5], KEYS[9], -0.1)]
    places = [5, 2, 9]
    stated = np.array([[1, 0.6, -0.1], [0.6, 1, -0.5], [-0.1, -0.5, 1]])
    found = np.stack([np.corrcoef(ndtri(points(KEYS, 1024, seed, drawn)[:, places]).T) for seed in SEEDS])
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found)) + 1e-12
    assert (np.abs(found.mean(axis=0) - stated) < 4 * error).all()
    wrong = np.stack([np.corrcoef(ndtri(points(KEYS, 1024, seed)[:, places]).T) for seed in SEEDS])
    assert np.abs(wrong.mean(axis=0) - stated).max() > 0.5


CHANCE, TIME = "triggers.strike.probability", "drivers.trust.half_life"


@pytest.fixture
def together():
    """A model with two uncertain numbers in a pair and one in none, its experiment, and the two keys."""
    spread = {TIME: Quantiles(91.0, 182.0, 365.0, POSITIVE)}
    model = replace(with_values(hand_built.model(), spread), correlated=(pair(CHANCE, TIME, 0.8),))
    return model, hand_built.experiment(20, draws=128), (CHANCE, TIME)


def drawn(model, experiment, keys):
    table = [quantities(model) for model, _ in outer_draws(model, experiment)]
    return np.array([[row[key] for key in keys] for row in table])


def test_draws_of_a_model_are_correlated(together):
    model, experiment, keys = together
    found = stats.spearmanr(drawn(model, experiment, keys)).statistic
    assert found > 0.6
    apart = stats.spearmanr(drawn(replace(model, correlated=()), experiment, keys)).statistic
    assert abs(apart) < 0.3


def test_a_number_that_was_fixed_leaves_the_other_as_it_was(together):
    """`--set` or a sweep may make one of the two certain: the pair has no effect then."""
    model, experiment, (first, second) = together
    fixed = with_values(model, {first: uncertain(model)[first].median})
    assert describe_judgement(model)
    assert not describe_judgement(fixed)
    alone = drawn(replace(fixed, correlated=()), experiment, [second])
    np.testing.assert_array_equal(drawn(fixed, experiment, [second]), alone)


def test_the_check_of_the_draws_sees_the_draws_of_the_run(together):
    """It draws fewer numbers: one that it does draw depends on one that it does not."""
    model, experiment, _ = together
    checked = concerned_draws(model, experiment).numbers
    assert checked[TIME].tolist() == drawn(model, experiment, [TIME])[:, 0].tolist()
    assert CHANCE not in checked


def test_the_prior_of_an_update_is_that_of_the_run(together):
    model, experiment, keys = together
    ledger = LedgerResolved(name="none", until=experiment.start)
    space = ParameterSpace.of(model, experiment, ledger)
    scores = space.prior(experiment.uncertainty.draws)
    assert np.abs(np.corrcoef(scores.T) - np.eye(scores.shape[1])).max() < 0.35, "points of the space are independent"
    values = np.stack([space.values(scores)[key] for key in keys], axis=1)
    np.testing.assert_allclose(values, drawn(model, experiment, keys), rtol=1e-9)


def test_scores_are_mixed_as_points_are():
    pairs = [pair(KEYS[3], KEYS[7], 0.5)]
    plain = ndtri(points(KEYS, 32, 1))
    np.testing.assert_allclose(ndtr(correlated_scores(plain, KEYS, pairs)), points(KEYS, 32, 1, pairs), rtol=1e-12)
