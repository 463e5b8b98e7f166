"""Does the tornado move each number as stated, and is its error right?"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from builders import experiment, model, rule, scenario, trigger
from frenemy.errors import InputError
from frenemy.forecast.which_odds import assessment
from frenemy.model.distributions import NONNEGATIVE, Quantiles
from frenemy.model.experiment import Uncertainty
from frenemy.model.resolved import PerYear
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.rerun import simulate_variants
from frenemy.simulation.ensemble.run import Noise, simulate_paths
from frenemy.studies.sensitivity.tornado import SIGNIFICANT_SE, tornado

STRIKE = Quantiles(0.2, 0.5, 1.25, NONNEGATIVE)
PATHS = 8192
YEARS = 52 * 7 / 365.25


def strikes():
    """In a rift once a strike has happened; rumours do nothing."""
    return model(
        triggers=(trigger("strike", rate=PerYear(rate=STRIKE)), trigger("rumour", rate=PerYear(rate=STRIKE))),
        scenarios=(scenario("rift", enter=rule("count(strike) > 0")),),
    )


@pytest.fixture(scope="module")
def bars():
    noise = Noise(1, keep=True)

    return tornado(strikes(), experiment(paths=PATHS), partial(simulate_variants, noise=noise))


def test_over_draws_each_bar_is_the_change_of_a_mean():
    """Known to be at an end, less the mean over all that it may be: not less the odds at its median."""
    over = experiment(paths=2 * PATHS, uncertainty=Uncertainty(draws=128, paths=512))
    found = tornado(strikes(), over, partial(simulate_variants, noise=Noise(1, keep=True)))
    mean = np.mean([chance((n + 0.5) / 4000) for n in range(4000)])
    for side, u in enumerate((0.1, 0.9)):
        error = found.change_se[0, side, -1, 0]
        assert abs(found.change[0, side, -1, 0] - (chance(u) - mean)) < 4 * error
        assert abs(found.change[0, side, -1, 0] - (chance(u) - chance(0.5))) > 4 * error
    assert not found.change[1].any()
    assert found.odds[-1, 0] == pytest.approx(mean, abs=0.02)


def test_futures_go_to_long_bars_that_are_not_clear(monkeypatch):
    """Over seeds, bars that stopped early scatter as their errors say. The wrong twin takes a root of two off."""
    over = experiment(ticks=12, uncertainty=Uncertainty(draws=64, paths=16))
    known = Quantiles(0.45, 0.5, 0.55, NONNEGATIVE)
    faint = trigger("faint", rate=PerYear(rate=known))
    of = model(triggers=(*strikes().triggers, faint), scenarios=(scenario("rift", enter=rule("count(strike) > 0")),))
    years, ends = 12 * 7 / 365.25, [STRIKE.quantile(0.1), STRIKE.quantile(0.9)]
    mean = np.mean([np.exp(-years * STRIKE.quantile((n + 0.5) / 4000)) for n in range(4000)])
    exact = mean - np.exp(-years * np.array(ends))
    scores, futures = [], []
    for seed in range(60):
        noise = Noise(seed, keep=True)
        found = tornado(of, replace(over, seed=seed), partial(simulate_variants, noise=noise))
        scores.append((found.change[0, :, -1, 0] - exact) / found.change_se[0, :, -1, 0])
        futures.append(found.futures)
    assert {*np.unique(np.array(futures)[:, 0])} <= {128, 256, 512, 1024}
    assert np.array(futures)[:, 0].mean() > 200, "its bar is long, and not clear after an eighth"
    assert (np.array(futures)[:, 1:] == 128).all(), "what moves nothing is clear at once"
    spread = np.sqrt(np.mean(np.square(scores)))
    assert abs(spread - 1) < 0.2
    assert abs(np.sqrt(2) * spread - 1) > 0.2
    monkeypatch.setattr("frenemy.studies.sensitivity.tornado.PARTS", 1)
    whole = tornado(of, over, partial(simulate_variants, noise=Noise(1, keep=True)))
    assert whole.futures.tolist() == [1024] * 3


def test_parts_of_many_draws_are_whole():
    """More draws in a part than are compiled at a time elsewhere: each number still moves against its own base."""
    over = experiment(ticks=12, uncertainty=Uncertainty(draws=8 * 1100, paths=1))
    found = tornado(strikes(), over, partial(simulate_variants, noise=Noise(1, keep=True)))
    years = 12 * 7 / 365.25
    rows = [np.exp(-years * STRIKE.quantile((n + 0.5) / 4000)) for n in range(4000)]
    for side, u in enumerate((0.1, 0.9)):
        exact = np.mean(rows) - np.exp(-years * STRIKE.quantile(u))
        assert abs(found.change[0, side, -1, 0] - exact) < 4 * found.change_se[0, side, -1, 0]
    assert not found.change[1].any(), "rumours do nothing"
    assert found.futures[1] == 1100


def chance(u):
    return 1 - np.exp(-YEARS * STRIKE.quantile(u))


def test_each_bar_is_the_difference_of_the_odds_at_the_ends(bars):
    for side, u in enumerate((0.1, 0.9)):
        error = bars.change_se[0, side, -1, 0]
        assert abs(bars.change[0, side, -1, 0] - (chance(u) - chance(0.5))) < 4 * error
    assert abs(bars.swing[0, -1, 0] - (chance(0.9) - chance(0.1))) < 4 * bars.swing_se[0, -1, 0]
    assert bars.values[0].tolist() == pytest.approx([STRIKE.quantile(u) for u in (0.1, 0.5, 0.9)])


def test_ends_elsewhere_would_be_noticed(bars):
    error = bars.change_se[0, 1, -1, 0]
    assert abs(bars.change[0, 1, -1, 0] - (chance(0.95) - chance(0.5))) > 4 * error


def test_a_number_without_effect_moves_nothing_and_is_not_significant(bars):
    assert not bars.change[1].any()
    assert not bars.significant[1].any()
    assert bars.significant[0, :, -1, 0].all()
    assert bars.order(-1, 0) == [0, 1]


def test_the_error_is_that_of_the_difference_path_by_path(bars):
    """The error from batches against that from paths; independent noise would make it larger."""
    ends = []
    for u in (0.5, 0.9):
        rate = PerYear(rate=STRIKE.quantile(u))
        of = model(triggers=(trigger("strike", rate=rate),), scenarios=strikes().scenarios)
        kept = simulate_paths(compile_model(of, experiment(paths=PATHS)), seed=1, numbers=range(PATHS))
        ends.append(kept.scenario[-1] == 0)
    difference = ends[1].astype(float) - ends[0]
    paired = difference.std() / np.sqrt(PATHS)
    apart = np.sqrt(sum(end.var() for end in ends) / PATHS)
    assert bars.change_se[0, 1, -1, 0] == pytest.approx(paired, rel=4 / np.sqrt(2 * 31))
    assert apart > 1.3 * paired


def test_a_bar_as_long_as_the_first_is_its_rival(bars):
    """Within three errors of their difference; a bar that is clearly shorter is none."""
    assert bars.rivals(-1, 0) == 0
    change, swing_se = bars.change.copy(), bars.swing_se.copy()
    span = np.abs(change[0, :, -1, 0]).sum()
    for shorter, rivals in ((0.5, 1), (8.0, 0)):
        change[1], swing_se[1] = change[0] * (1 - shorter * swing_se[0, -1, 0] / span), swing_se[0]
        assert replace(bars, change=change, swing_se=swing_se).rivals(-1, 0) == rivals


def test_one_path_that_changes_is_not_significant():
    sums, paths = np.zeros((32, 1)), np.full(32, 64)
    sums[5] = 1
    groups = Groups(paths=paths, points=np.empty((32, 0)), drawn=False)
    change, error = groups.mean(sums), groups.error(sums)
    assert change == pytest.approx(error)
    assert abs(change) < SIGNIFICANT_SE * error


def test_the_error_of_a_single_batch_is_not_known():
    error = Groups(paths=np.array([64]), points=np.empty((1, 0)), drawn=False).error(np.ones((1, 1)))
    assert np.isinf(error).all()


def test_dates_are_those_of_assessments():
    over = experiment(ticks=4)
    days = [(over.end - over.start).days, 1, 7, 8]
    start = over.start.toordinal()
    dates = [over.start.fromordinal(start + day) for day in days]
    assert [assessment(over, date) for date in dates] == [3, 0, 0, 1]
    with pytest.raises(InputError, match="not within the run"):
        assessment(over, over.start)
