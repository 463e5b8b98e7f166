"""Are distributions through quantiles smooth, exact at what was stated, and those of the literature?

Johnson quantile-parameterised distributions: Hadlock and Bickel (2017). Metalogs: Keelin (2016).
"""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import ndtr, ndtri

from frenemy.model import distributions as laws
from frenemy.model.distributions import FiveQuantiles, History, Pert, Pool, Quantiles
from frenemy.model.johnson import C, HyperbolicSine, LinearTails
from frenemy.model.metalog import Metalog
from frenemy.simulation.quantiles import quantiles
from frenemy.studies.elicit.fit_distribution import density

THREE = {
    "probability": Quantiles(0.02, 0.06, 0.15, domain=laws.PROBABILITY),
    "share near 1": Quantiles(0.9, 0.995, 0.9995, domain=laws.SHARE),
    "leaning to the left": Quantiles(0.3, 0.5, 0.6, domain=laws.SHARE),
    "index": Quantiles(32.0, 40.0, 48.0, domain=laws.INDEX),
    "points": Quantiles(-30.0, -22.0, -10.0, domain=laws.POINTS),
    "correlation": Quantiles(-0.1, 0.3, 0.6, domain=laws.CORRELATION),
    "positive": Quantiles(5.0, 10.0, 40.0, domain=laws.POSITIVE),
    "positive, leaning to the left": Quantiles(1.0, 10.0, 12.0, domain=laws.POSITIVE),
    "real": Quantiles(-2.0, 1.0, 10.0),
    "real, leaning to the left": Quantiles(-8.0, 1.0, 3.0),
}
FIVE = {
    "probability": FiveQuantiles(0.02, 0.04, 0.06, 0.09, 0.15, domain=laws.PROBABILITY),
    "points": FiveQuantiles(-30.0, -25.0, -22.0, -18.0, -10.0, domain=laws.POINTS),
    "positive": FiveQuantiles(5.0, 7.2, 10.0, 17.0, 40.0, domain=laws.POSITIVE),
    "real": FiveQuantiles(-2.0, -0.4, 1.0, 3.2, 10.0),
    "two humps": FiveQuantiles(0.02, 0.12, 0.5, 0.88, 0.98, domain=laws.SHARE),
}
STATED = {**THREE, **{f"{name}, five": law for name, law in FIVE.items()}}
every_law = pytest.mark.parametrize("law", STATED.values(), ids=STATED)


def halves(low, middle, high):
    """The wrong twin: a normal of two halves with the same three quantiles; its density steps at the median."""
    below, above = (middle - low) / C, (high - middle) / C

    def of(value):
        scale = below if value < middle else above
        return float(stats.norm.pdf((value - middle) / scale)) / scale

    return of


def hats(low, middle, high):
    """Another: a triangle on the same range, without a step but with a kink."""
    return lambda value: float(stats.triang.pdf(value, (middle - low) / (high - low), low, high - low))


def roughness(of, domain, ends, steps):
    """The greatest second difference of a density between two values, in even steps of the domain's line."""
    line = np.linspace(*(domain.to_line(end) for end in ends), steps + 1)
    heights = np.array([of(domain.from_line(float(place))) for place in line])
    return float(np.abs(np.diff(heights, 2)).max())


def smooth(of, domain, ends):
    """Whether second differences fall by a factor of 4 when steps are halved: 1 at a step, 2 at a kink."""
    return roughness(of, domain, ends, 2001) > 3.9 * roughness(of, domain, ends, 4002)


@every_law
def test_densities_have_neither_steps_nor_kinks(law):
    """Row E9: the density of an expert had a step at the median."""
    assert smooth(law.density, law.domain, (law.quantile(0.01), law.quantile(0.99)))


@pytest.mark.parametrize("twin", [halves, hats])
def test_steps_and_kinks_would_be_noticed(twin):
    assert not smooth(twin(-2.0, 1.0, 10.0), laws.REAL, (-1.99, 9.99))


@every_law
def test_stated_quantiles_are_returned_to_the_last_digit(law):
    values = law.stated if isinstance(law, FiveQuantiles) else (law.q05, law.median, law.q95)
    shares = (0.05, 0.25, 0.5, 0.75, 0.95) if isinstance(law, FiveQuantiles) else (0.05, 0.5, 0.95)
    assert tuple(law.quantile(u) for u in shares) == values
    for u, value in zip(shares, values, strict=True):  # the law itself, and not only its exception for these shares
        for beside in (u - 1e-9, u + 1e-9):
            assert law.quantile(beside) == pytest.approx(value, rel=1e-6, abs=1e-7)


@every_law
def test_quantile_function_and_cdf_are_inverse_and_the_density_is_the_slope(law):
    for u in (1e-6, 1e-4, 0.03, 0.05, 0.2, 0.5, 0.77, 0.95, 0.999):
        value = law.quantile(u)
        assert law.cdf(value) == pytest.approx(u, rel=1e-7)
        step = 1e-5 * min(u, 1 - u)
        around = law.quantile(u + step) - law.quantile(u - step)
        assert law.density(value) * around / (2 * step) == pytest.approx(1, rel=1e-4)
    ends = [law.quantile(u) for u in (1e-5, 1 - 1e-5)]
    assert integrate.quad(law.density, *ends, limit=400)[0] == pytest.approx(1 - 2e-5, abs=1e-7)


@every_law
def test_nothing_lies_beyond_the_bounds(law):
    assert all(law.domain.inside(law.quantile(u)) for u in (1e-300, 2.0**-53, 0.01, 0.99, 1 - 2.0**-53))
    for end in (law.domain.low, law.domain.high):
        assert law.density(end) == 0
    assert (law.cdf(law.domain.low), law.cdf(law.domain.high)) == (0, 1)


def test_moments_are_those_published_for_the_bounded_law():
    """The package rjqpd (Ingram 2020, CRAN) prints them for 0.32, 0.40, 0.60 as 10, 50 and 90 % points on (0, 1).

    It integrates the density with QUADPACK to a tolerance of 1.2e-4; so does this, and finds the same digits.
    """
    law = HyperbolicSine.through(*(float(ndtri(x)) for x in (0.32, 0.40, 0.60)), c=float(ndtri(0.9)))

    def of(x):
        place = float(ndtri(x))
        score = law.score(place)
        return math.exp((place**2 - score**2) / 2) / law.slope(score)

    def moment(power, around=0.0):
        tolerance = 2.0**-13
        return integrate.quad(lambda x: (x - around) ** power * of(x), 0, 1, epsabs=tolerance, epsrel=tolerance)[0]

    mean = moment(1)
    variance = moment(2, mean)
    assert round(mean, 7) == 0.4350185
    assert round(variance, 8) == 0.01604665
    assert round(math.sqrt(variance), 7) == 0.1266754
    assert round(moment(3, mean) / variance**1.5, 5) == 1.69221
    assert round(moment(4, mean) / variance**2, 6) == 6.464129


@pytest.mark.parametrize("points", [(0.2, 0.4, 0.5), (-1.0, 0.5, 0.7), (0.0, 0.1, 3.0)])
def test_laws_are_the_formulas_of_the_paper(points):
    """As printed there, with xi, lambda, delta and n; the code is written from the median outwards."""
    low, middle, high = points
    lean = np.sign(low + high - 2 * middle)
    xi = {1: low, -1: high}[int(lean)]
    ratio = (high - low) / (2 * min(middle - low, high - middle))
    z = np.linspace(-4, 4, 33)

    delta = np.arccosh(ratio) / C
    bounded = xi + (high - low) / np.sinh(2 * delta * C) * np.sinh(delta * (z + lean * C))
    law = HyperbolicSine.through(low, middle, high)
    np.testing.assert_allclose([law.place(float(at)) for at in z], bounded, rtol=1e-11, atol=1e-12)

    delta = np.sinh(np.arccosh(ratio)) / C
    scale = min(high - middle, middle - low) / (delta * C)
    half_bounded = xi + scale * np.sinh(np.arcsinh(delta * z) + np.arcsinh(lean * C * delta))
    law = LinearTails.through(low, middle, high)
    np.testing.assert_allclose([law.place(float(at)) for at in z], half_bounded, rtol=1e-11, atol=1e-12)


def test_with_a_lower_bound_and_even_logarithms_it_is_the_lognormal():
    law = Quantiles(5.0, 10.0, 20.0, domain=laws.POSITIVE)
    twin = stats.lognorm(math.log(2) / C, scale=10)
    shares = np.array([1e-6, 0.01, 0.3, 0.5, 0.9, 1 - 1e-6])
    np.testing.assert_allclose([law.quantile(float(u)) for u in shares], twin.ppf(shares), rtol=1e-12)
    np.testing.assert_allclose([law.density(x) for x in (3.0, 10.0, 31.0)], twin.pdf([3, 10, 31]), rtol=1e-12)


def test_with_two_bounds_and_even_probits_it_is_the_probit_normal():
    """And so its log-odds are not normal: what the two-piece normal on log-odds would give is another number."""
    points = [float(100 * ndtr(x)) for x in (-0.7, -0.2, 0.3)]
    law = Quantiles(*points, domain=laws.INDEX)
    z = np.array([-4.0, -1.0, 0.5, 3.0])
    found = [law.quantile(float(u)) for u in ndtr(z)]
    np.testing.assert_allclose(found, 100 * ndtr(-0.2 + 0.5 / C * z), rtol=1e-9)
    line = [laws.INDEX.to_line(x) for x in points]
    logit_normal = [laws.INDEX.from_line(line[1] + (line[2] - line[1]) / C * x) for x in z]
    assert abs(found[3] - logit_normal[3]) > 0.3


def test_without_bounds_and_with_even_points_it_is_the_normal():
    law = Quantiles(-1.0, 2.0, 5.0)
    assert law.quantile(0.99) == pytest.approx(NormalDist(2, 3 / C).inv_cdf(0.99), rel=1e-13)
    assert law.density(4.0) == pytest.approx(NormalDist(2, 3 / C).pdf(4.0), rel=1e-12)


@pytest.mark.parametrize("family", [HyperbolicSine, LinearTails])
def test_the_law_goes_over_into_that_of_even_points(family):
    """The paper has a case of its own for n = 0; it is the limit of the others, to within rounding."""
    even = family.through(-1.0, 0.0, 1.0)
    assert even.place(2.0) == pytest.approx(2 / C, rel=1e-15)
    for tilt in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 2.0**-52):
        for sign in (-1, 1):
            law = family.through(-1.0, 0.0, 1.0 + sign * tilt)
            for z in (-3.0, -C, 0.4, C, 5.0):
                assert abs(law.place(z) - even.place(z)) < 12 * tilt
                assert law.score(law.place(z)) == pytest.approx(z, abs=1e-13)


@given(
    st.floats(-12, 12),
    st.floats(-12, 12),
    st.sampled_from([HyperbolicSine, LinearTails]),
    st.lists(st.floats(-8, 8), min_size=2, max_size=9).map(sorted),
)
def test_laws_rise_and_invert_however_skewed(below, above, family, scores):
    """Halves of 1e-12 to 1e12."""
    low, high = -(10.0**below), 10.0**above
    law = family.through(low, 0.0, high)
    places = [law.place(z) for z in scores]
    assert places == sorted(places)
    assert law.place(-C) == pytest.approx(low, rel=1e-9, abs=1e-14 * high)
    assert law.place(C) == pytest.approx(high, rel=1e-9, abs=-1e-14 * low)
    assert all(law.slope(z) > 0 for z in scores)


def test_points_at_the_edge_of_what_a_float_can_tell_apart_have_a_law():
    for law in (
        Quantiles(1e-320, 1e-310, 1e-300, domain=laws.PROBABILITY),
        Quantiles(0.5, math.nextafter(0.5, 1), 0.6, domain=laws.SHARE),
        Quantiles(40.0, math.nextafter(40.0, 41), math.nextafter(math.nextafter(40.0, 41), 41), domain=laws.INDEX),
        Quantiles(1.0 - 2e-16, 1.0, 1e300, domain=laws.POSITIVE),
        Quantiles(-1e300, 0.0, 1e300),
        Quantiles(0.0, 1e-15, 1e15),
    ):
        drawn = [law.quantile(u) for u in (2.0**-53, 0.04, 0.05, 0.3, 0.5, 0.7, 0.95, 0.96, 1 - 2.0**-53)]
        assert drawn == sorted(drawn)
        assert all(map(math.isfinite, drawn))
        assert all(0 <= law.cdf(value) <= 1 for value in drawn)
        assert all(law.density(value) >= 0 for value in drawn)


def test_a_pool_of_smooth_views_is_smooth():
    views = (THREE["probability"], Quantiles(0.03, 0.1, 0.2, domain=laws.PROBABILITY), FIVE["probability"])
    pool = Pool(views, (1.0, 2.0, 1.0), domain=laws.PROBABILITY)
    assert smooth(lambda x: float(density(pool, np.array([x]))[0]), laws.PROBABILITY, (0.01, 0.2))
    plain = density(pool, np.array([0.05]))[0]
    assert plain == pytest.approx(sum(w * v.density(0.05) for w, v in zip((0.25, 0.5, 0.25), views, strict=True)))


def test_five_points_of_a_logistic_give_the_logistic():
    """On each line: the first two terms of a metalog are the logistic distribution."""
    shares = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    others = np.array([1e-6, 0.01, 0.4, 0.6, 0.999])
    line = 0.3 + 0.5 * np.log(shares / (1 - shares))
    law = FiveQuantiles(*line.tolist())
    expected = 0.3 + 0.5 * np.log(others / (1 - others))
    np.testing.assert_allclose([law.quantile(float(u)) for u in others], expected, rtol=1e-12)
    law = FiveQuantiles(*np.exp(line).tolist(), domain=laws.POSITIVE)
    np.testing.assert_allclose([law.quantile(float(u)) for u in others], np.exp(expected), rtol=1e-12)
    law = FiveQuantiles(*(1 / (1 + np.exp(-line))).tolist(), domain=laws.SHARE)
    np.testing.assert_allclose([law.quantile(float(u)) for u in others], 1 / (1 + np.exp(-expected)), rtol=1e-12)


def test_a_metalog_has_the_coefficients_of_the_linear_system():
    """Keelin's equation: five rows of 1, ln(y/(1-y)), (y-1/2) ln(y/(1-y)), y-1/2, (y-1/2)^2."""
    y = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    odds, points = np.log(y / (1 - y)), [1.0, 2.0, 2.5, 4.0, 8.0]
    table = np.stack([np.ones(5), odds, (y - 0.5) * odds, y - 0.5, (y - 0.5) ** 2], axis=1)
    law = Metalog.through(*points)
    found = [law.middle, law.scale, law.skew, law.shoulder, law.lean]
    np.testing.assert_allclose(found, np.linalg.solve(table, points), rtol=1e-10)


def test_five_points_of_a_uniform_give_the_uniform():
    """A law with ends: nothing falls, although its slope on log-odds goes to 0 in both tails."""
    law = Metalog.through(0.05, 0.25, 0.5, 0.75, 0.95)
    assert law.falls() == ()
    assert law.place(math.log(0.1 / 0.9)) == pytest.approx(0.1, abs=1e-12)


@pytest.mark.parametrize(
    ("points", "gaps"),
    [
        ((-3.0, -1.9, 0.0, 1.9, 3.0), ("below q05", "above q95")),
        ((-10.0, -0.1, 0.0, 0.1, 10.0), ("between q25 and the median", "between the median and q75")),
    ],
)
def test_where_a_density_would_be_below_zero(points, gaps):
    assert FiveQuantiles(*points).gaps == gaps


@pytest.mark.parametrize("law", FIVE.values(), ids=FIVE)
def test_laws_have_no_such_gap(law):
    assert law.gaps == ()


OTHERS = {
    "range": Pert(2.0, 5.0, 11.0),
    "history": History(3.0, 25.0),
    "pool": Pool((0.3, THREE["share near 1"], FIVE["two humps"]), (1.0, 2.0, 1.0), laws.SHARE),
    "even": Quantiles(-1.0, 0.0, 1.0),
    "even, positive": Quantiles(1.0, 10.0, 100.0, domain=laws.POSITIVE),
}


@pytest.mark.parametrize("law", [*STATED.values(), *OTHERS.values()], ids=[*STATED, *OTHERS])
def test_many_places_at_once_give_the_same_values(law):
    """The laws are written twice, number by number for the model and on arrays for the draws."""
    shares = np.array([2.0**-53, 1e-9, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 2.0**-53, *np.linspace(0.001, 0.999, 400)])
    one_by_one = np.array([law.quantile(u) for u in shares.tolist()])
    together = quantiles(law, shares)
    np.testing.assert_allclose(together, one_by_one, rtol=1e-13, atol=1e-15)
    exact = [0.05, 0.5, 0.95] if isinstance(law, Quantiles) else []
    for u in exact:
        assert quantiles(law, np.array([u]))[0] == law.quantile(u)


@given(st.tuples(*[st.floats(-3, 3)] * 3), st.sampled_from([laws.SHARE, laws.POSITIVE, laws.POINTS, laws.REAL]))
def test_of_any_three_points_too(places, domain):
    low, middle, high = (domain.from_line(place) for place in sorted(places))
    if not low < middle < high:
        return
    law, shares = Quantiles(low, middle, high, domain=domain), np.linspace(0.0005, 0.9995, 200)
    one_by_one = np.array([law.quantile(u) for u in shares.tolist()])
    scale = max(1.0, float(np.abs(one_by_one).max()))
    np.testing.assert_allclose(quantiles(law, shares), one_by_one, rtol=1e-10, atol=1e-12 * scale)
