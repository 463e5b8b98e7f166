"""Are the readings of the odds right, and are their errors?"""

from types import SimpleNamespace

import numpy as np
import pytest
from hand_built import as_draws, chain, odds_tally

from frenemy.forecast.odds import jeffreys_variance, odds_of
from frenemy.forecast.rough_odds import rough_notes

TICKS = 40
# A path may leave renewal and come back; it never leaves rift, so rift and renewal compete.
TRANSITION = np.array([[1.0, 0.0, 0.0], [0.05, 0.75, 0.20], [0.02, 0.06, 0.92]])


def exact_at():
    state, odds = np.array([0.0, 0.0, 1.0]), []
    for _ in range(TICKS):
        state = state @ TRANSITION
        odds.append(state)
    return np.array(odds)


def exact_ever(target):
    """The chain with the target made absorbing: its occupancy is the cumulative incidence."""
    kept = TRANSITION.copy()
    kept[target] = np.eye(3)[target]
    return np.array([np.linalg.matrix_power(kept, n)[2, target] for n in range(1, TICKS + 1)])


def within(estimate, exact, error, tolerance=4.5):
    return bool((np.abs(estimate - exact) <= tolerance * error).all())


@pytest.fixture(scope="module")
def states():
    return chain(np.random.default_rng(11), TRANSITION, TICKS, 20_000)


@pytest.fixture(scope="module")
def odds(states):
    return odds_of(odds_tally(states))


def test_at_is_the_occupancy_of_the_chain(odds):
    at, exact = odds["at"], exact_at()
    assert within(at.probability, exact, at.mc_se)
    assert not within(at.probability[1:], exact[:-1], at.mc_se[1:])  # wrong twin: one tick late


def test_ever_is_the_cumulative_incidence_with_competing_scenarios(odds, states):
    ever = odds["ever"]
    for target in (0, 1):
        assert within(ever.probability[:, target], exact_ever(target), ever.mc_se[:, target])
    # Wrong twin: Kaplan-Meier with rift as censoring says how likely renewal would be if rift could not happen.
    renewal, rift = states == 1, states == 0
    at_risk = np.concatenate([np.full((1, states.shape[1]), fill_value=True), ~(np.cumsum(renewal | rift, axis=0) > 0)])
    hazard = (renewal & at_risk[:-1]).sum(axis=1) / at_risk[:-1].sum(axis=1)
    kaplan_meier = 1 - np.cumprod(1 - hazard)
    assert not within(kaplan_meier[-1], exact_ever(1)[-1], ever.mc_se[-1, 1], tolerance=10)


def test_time_share_is_the_mean_of_the_occupancy_so_far(odds):
    exact = np.cumsum(exact_at(), axis=0) / np.arange(1, TICKS + 1)[:, None]
    assert within(odds["time_share"].probability, exact, odds["time_share"].mc_se)


def test_every_reading_adds_up(odds):
    for reading in ("at", "time_share"):
        np.testing.assert_allclose(odds[reading].probability.sum(axis=1), 1)
    assert (np.diff(odds["ever"].probability, axis=0) >= 0).all()
    assert (odds["ever"].probability >= odds["at"].probability).all()


def test_errors_match_the_spread_of_repeated_runs():
    exact = {"at": exact_at()[-1], "time_share": exact_at().mean(axis=0)}
    rng, runs, paths = np.random.default_rng(21), 400, 200
    repeats = [odds_of(odds_tally(chain(rng, TRANSITION, TICKS, paths))) for _ in range(runs)]
    tolerance = 4 * np.sqrt(2 / runs)  # of a mean of squared normals
    for reading, truth in exact.items():
        errors = np.array([odds[reading].probability[-1] - truth for odds in repeats])
        claimed = np.array([odds[reading].mc_se[-1] for odds in repeats])
        ratio = (errors**2).mean(axis=0) / (claimed**2).mean(axis=0)
        np.testing.assert_allclose(ratio, 1, atol=tolerance)
    # Wrong twin: a time share is not a yes or no, its variance is less than p (1 - p) / n.
    share = exact["time_share"]
    assert ((errors**2).mean(axis=0) / (share * (1 - share) / paths) < 1 - tolerance).all()


def test_what_never_happened_is_not_certain():
    never = odds_of(odds_tally(np.full((3, 1000), 2, dtype=np.int8)))
    for reading in never.values():
        assert (reading.mc_se > 0).all()
        assert reading.mc_se.max() < 1e-3
    assert jeffreys_variance(np.float64(300), np.float64(300), 1000) == pytest.approx(0.3 * 0.7 / 1000, rel=0.005)


def test_without_outer_draws_judgement_is_not_assessed(odds):
    for reading in odds.values():
        assert np.isnan(reading.quantiles).all()
        assert np.isnan(reading.judgement_variance).all()


def test_path_variance_of_a_share_in_one_or_none_is_p_times_q(odds):
    p = odds["at"].probability
    np.testing.assert_allclose(odds["at"].path_variance, p * (1 - p) * 20_000 / 19_999, atol=1e-12)


def test_over_draws_errors_match_the_spread_of_repeated_runs_and_bands_hold_no_noise_of_the_paths():
    """Half of the draws never leave the default scenario: judgement is known, at the end and on the way."""
    rng, runs, draws, paths = np.random.default_rng(5), 200, 40, 30
    calm = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    repeats = []
    for _ in range(runs):
        kinds = rng.permutation([TRANSITION, calm] * (draws // 2))
        tallies = [odds_tally(chain(rng, kind, TICKS, paths)) for kind in kinds]
        repeats.append(odds_of(as_draws(tallies)))
    exact, still = {"at": exact_at()[-1], "time_share": exact_at().mean(axis=0)}, np.array([0.0, 0.0, 1.0])
    for reading, busy in exact.items():
        truth, variance = (busy + still) / 2, ((busy - still) / 2) ** 2
        found = [odds[reading] for odds in repeats]
        means = np.array([one.probability[-1] for one in found])
        assert within(means.mean(axis=0), truth, means.std(axis=0, ddof=1) / np.sqrt(runs))
        # The two kinds are balanced in every run, which independent draws would not be: the error is an upper bound.
        claimed = np.array([one.mc_se[-1] for one in found])
        assert (means.var(axis=0, ddof=1) < 1.4 * (claimed**2).mean(axis=0)).all()
        judged = np.array([one.judgement_variance[-1] for one in found])
        assert within(judged.mean(axis=0), variance * draws / (draws - 1), judged.std(axis=0, ddof=1) / np.sqrt(runs))
        raw = judged + np.array([one.path_variance[-1] for one in found]) / paths
        assert not within(raw.mean(axis=0), variance * draws / (draws - 1), raw.std(axis=0, ddof=1) / np.sqrt(runs))


def test_bands_of_some_assessments_are_those_of_all_to_the_last_bit():
    rng = np.random.default_rng(6)
    tally = as_draws([odds_tally(chain(rng, TRANSITION, TICKS, 16)) for _ in range(24)])
    whole, some = odds_of(tally), odds_of(tally, bands_at=slice(3, TICKS, 4))
    for reading, odds in whole.items():
        left_out = np.ones(TICKS, dtype=bool)
        left_out[3::4] = False
        np.testing.assert_array_equal(some[reading].quantiles[:, 3::4], odds.quantiles[:, 3::4])
        np.testing.assert_array_equal(some[reading].judgement_variance[3::4], odds.judgement_variance[3::4])
        assert np.isnan(some[reading].quantiles[:, left_out]).all()
        np.testing.assert_array_equal(some[reading].probability, odds.probability)
        np.testing.assert_array_equal(some[reading].mc_se, odds.mc_se)


def test_draws_of_a_single_path_say_nothing_of_judgement():
    """A band as narrow as the odds themselves would be a claim of certainty."""
    rng = np.random.default_rng(7)
    tally = as_draws([odds_tally(chain(rng, TRANSITION, TICKS, 1)) for _ in range(40)])
    for odds in odds_of(tally).values():
        assert np.isnan(odds.quantiles).all()
        assert np.isnan(odds.judgement_variance).all()


@pytest.mark.parametrize(
    ("hits", "words"),
    [
        (0, "none of 8,192 futures ever reaches it, too few to estimate its odds; use frenemy rare"),
        (1, "one of 8,192 futures ever reaches it"),
        (40, "only 40 of 8,192 futures ever reach it, so its odds are rough; frenemy rare EXPERIMENT --scenario rift"),
    ],
)
def test_scenarios_that_are_seldom_reached_are_told_in_a_whole_sentence(hits, words):
    scenarios = (SimpleNamespace(name="rift", label="Rift", default=False),)
    ever = SimpleNamespace(probability=np.array([[hits / 8192]]))
    forecast = SimpleNamespace(paths=16, draws=512, odds={"ever": ever}, model=SimpleNamespace(scenarios=scenarios))
    (note,) = rough_notes(forecast)
    assert note.startswith(f"Rift: {words}")
    assert note.endswith("is more precise." if hits > 1 else "--scenario rift.")
