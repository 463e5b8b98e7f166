"""Are rates from event lists the stated posterior, and are clusters recognised?"""

import numpy as np
import pytest
from scipy.stats import chi2, gamma, nbinom

from frenemy.model.distributions import History
from frenemy.studies.fit.event_rate import dispersion, fit_rate, periods


def test_the_posterior_is_that_of_the_models_history():
    found = fit_rate([1, 0, 2, 0, 0, 0, 0, 0], 2.5)
    history = History(3, 2.5)
    assert (found.q05, found.median, found.q95) == pytest.approx([history.quantile(u) for u in (0.05, 0.5, 0.95)])
    assert found.effective == (3.0, 2.5)
    assert found.rate == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("events", "years", "low", "high"),
    [(23, 85, 0.172, 0.406), (14, 85, 0.090, 0.276), (0, 94, 0, 0.039), (3, 1, 0.6, 8.8), (15, 26, 0.323, 0.952)],
)
def test_exact_intervals_are_garwoods(events, years, low, high):
    assert fit_rate([events, 0], years).exact == pytest.approx((low, high), abs=0.05 if years == 1 else 0.0006)


def test_events_fall_into_equal_periods():
    counts = periods(np.array([0.0, 0.24, 0.25, 0.99, 1.999]), 2.0, 0.25)
    assert counts.tolist() == [2, 1, 0, 1, 0, 0, 0, 1]
    assert periods(np.array([]), 1.0, 0.25).tolist() == [0, 0, 0, 0]


def test_dispersion_by_hand():
    found = dispersion(np.array([0, 4, 0, 4, 2]))
    assert found.index == pytest.approx(4 / 2)
    assert found.p_clustered == pytest.approx(chi2.sf(8, 4))
    assert found.size == pytest.approx(2 / (2 - 0.4), rel=1.5)  # near the moment estimate m / (D - 1)


def test_a_poisson_process_is_mistaken_for_clusters_no_more_often_than_stated():
    rng = np.random.default_rng(3)
    called = [fit_rate(rng.poisson(3, 25), 25.0).dispersion.clustered for _ in range(400)]
    assert abs(np.mean(called) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 400) + 0.01


def test_clusters_are_seen_and_widen_the_posterior():
    rng = np.random.default_rng(4)
    held, plainly_held = 0, 0
    for _ in range(200):
        counts = nbinom.rvs(1.5, 1.5 / (1.5 + 6.0), size=30, random_state=rng)
        found = fit_rate(counts, 30.0)
        held += found.q05 <= 6.0 <= found.q95
        law = gamma(counts.sum() + 0.5, scale=1 / 30)
        plainly_held += law.ppf(0.05) <= 6.0 <= law.ppf(0.95)
    assert abs(held / 200 - 0.9) < 4 * np.sqrt(0.09 / 200)
    assert plainly_held / 200 < 0.75  # the wrong twin: a Poisson posterior for events in clusters


def test_a_negative_binomial_is_found():
    rng = np.random.default_rng(5)
    found = dispersion(nbinom.rvs(2.0, 2.0 / 7.0, size=4000, random_state=rng))
    assert found.size == pytest.approx(2.0, rel=0.15)
    assert found.p_gain < 1e-6
    assert dispersion(np.array([2, 2, 2, 2, 3, 2, 2, 2])).size == np.inf


def test_few_events_cannot_show_clusters():
    assert not fit_rate([3, 0, 0, 0, 0, 0, 0, 0], 2.0).dispersion.enough_events
    assert fit_rate([0] * 8, 2.0).rate == 0
