"""Does a distribution say what the analyst said?"""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from frenemy.model import distributions as laws
from frenemy.model.distributions import Domain, History, Pert, Pool, Quantiles

DOMAINS = {
    "probability": (laws.PROBABILITY, (0.02, 0.06, 0.15)),
    "index": (laws.INDEX, (32.0, 40.0, 48.0)),
    "points": (laws.POINTS, (-30.0, -22.0, -10.0)),
    "correlation": (laws.CORRELATION, (-0.1, 0.3, 0.6)),
    "positive": (laws.POSITIVE, (5.0, 10.0, 40.0)),
    "real": (laws.REAL, (-2.0, 1.0, 10.0)),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_three_quantiles_are_matched_exactly(name):
    domain, (low, centre, high) = DOMAINS[name]
    law = Quantiles(low, centre, high, domain=domain)
    assert [law.quantile(u) for u in (0.05, 0.5, 0.95)] == pytest.approx([low, centre, high], rel=1e-12)
    assert law.quantile(0.5) == law.median == centre


@pytest.mark.parametrize("name", DOMAINS)
def test_every_quantile_is_an_allowed_value(name):
    domain, numbers = DOMAINS[name]
    law = Quantiles(*numbers, domain=domain)
    drawn = [law.quantile(u) for u in (1e-300, 1e-12, 0.01, 0.3, 0.7, 0.99, 1 - 1e-16)]
    assert all(value in domain for value in drawn)
    assert drawn == sorted(drawn)


def test_extreme_quantiles_stay_inside_even_where_the_line_overflows():
    law = Quantiles(1e-9, 0.5, 1 - 1e-9, domain=laws.PROBABILITY)
    assert 0 < law.quantile(1e-300) < 1e-9
    assert 1 - 1e-9 < law.quantile(1 - 1e-16) < 1
    assert math.isfinite(Quantiles(1e-100, 1.0, 1e100, domain=laws.POSITIVE).quantile(1 - 1e-16))


def test_effects_are_spread_evenly_in_what_they_do_to_the_latent_level():
    """Symmetric in logit((50 + e)/100), the scale on which effects act."""
    law = Quantiles(-20.0, 0.0, 20.0, domain=laws.POINTS)
    shift = [math.log((50 + law.quantile(u)) / (50 - law.quantile(u))) for u in (0.2, 0.8)]
    assert shift[0] == pytest.approx(-shift[1])


def test_pert_has_the_textbook_mean():
    law = Pert(2.0, 3.0, 10.0)
    mean, _ = integrate.quad(law.quantile, 0, 1)
    assert mean == pytest.approx((2 + 4 * 3 + 10) / 6, rel=1e-5)
    assert law.median == law.quantile(0.5)


def test_history_is_gamma_by_the_prior_of_jeffreys():
    law = History(3.0, 2.0)
    assert law.quantile(0.9) == pytest.approx(stats.gamma.ppf(0.9, 3.5, scale=1 / 2))
    assert History(0.0, 5.0).median > 0


def test_a_pool_is_the_mixture_of_its_views():
    views = (Quantiles(0.02, 0.06, 0.15, domain=laws.SHARE), Pert(0.1, 0.2, 0.8, domain=laws.SHARE))
    law = Pool(views, (1.0, 3.0), domain=laws.SHARE)
    for u in (0.01, 0.1, 0.25, 0.5, 0.9, 0.999):
        value = law.quantile(u)
        assert law.cdf(value) == pytest.approx(u, abs=1e-9)
        assert 0.25 * views[0].cdf(value) + 0.75 * views[1].cdf(value) == pytest.approx(u, abs=1e-9)


def test_a_pool_is_not_the_average_of_quantiles():
    """The wrong twin: averaging quantiles would hide that the experts disagree."""
    views = (Quantiles(0.01, 0.02, 0.03, domain=laws.SHARE), Quantiles(0.6, 0.7, 0.8, domain=laws.SHARE))
    law = Pool(views, (1.0, 1.0), domain=laws.SHARE)
    averaged = sum(view.quantile(0.25) for view in views) / 2
    assert law.quantile(0.25) == pytest.approx(0.02, abs=1e-9)
    assert abs(law.quantile(0.25) - averaged) > 0.1


def test_a_sure_view_in_a_pool_is_hit_exactly():
    law = Pool((30.0, Quantiles(20.0, 40.0, 60.0, domain=laws.INDEX)), (1.0, 1.0), domain=laws.INDEX)
    assert law.median == 30.0
    assert Pool((1.0, 2.0), (1.0, 3.0)).quantile(0.25) == 1.0
    assert Pool((1.0, 2.0), (1.0, 3.0)).quantile(0.2501) == 2.0


@given(
    st.lists(st.floats(-100, 100), min_size=3, max_size=3, unique=True).map(sorted),
    st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=20).map(sorted),
    st.sampled_from([laws.REAL, Domain(-101, 101), Domain(-101, math.inf)]),
)
def test_quantiles_rise_and_invert_the_cdf(numbers, shares, domain):
    if min(b - a for a, b in pairwise(numbers)) < 1e-3:
        return
    law = Quantiles(*numbers, domain=domain)
    drawn = [law.quantile(u) for u in shares]
    assert drawn == sorted(drawn)
    for u, value in zip(shares, drawn, strict=True):
        if domain.inside(value) and abs(value) < 100:
            assert law.cdf(value) == pytest.approx(u, abs=1e-6)


def test_quantiles_are_asked_strictly_between_0_and_1():
    for law in (Pert(0.0, 1.0, 2.0), History(1.0, 1.0), Pool((1.0,), (1.0,)), Quantiles(0.0, 1.0, 2.0)):
        for u in (0.0, 1.0):
            with pytest.raises(ValueError, match=r"0 < u < 1|range 0"):
                law.quantile(u)


@pytest.mark.parametrize(
    ("domain", "text"),
    [
        (laws.PROBABILITY, "a number from 0 to 1, 1 excluded"),
        (laws.SHARE, "a number from 0 to 1"),
        (laws.INDEX, "a number from 0 to 100, both excluded"),
        (laws.POSITIVE, "a number above 0"),
        (laws.NONNEGATIVE, "a number of at least 0"),
        (laws.REAL, "any number"),
    ],
)
def test_domains_say_what_they_allow(domain, text):
    assert str(domain) == text
