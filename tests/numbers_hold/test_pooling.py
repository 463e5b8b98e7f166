"""Are pools of experts' views what they are by hand, and do curves and chips say what was stated?"""

import math
from statistics import NormalDist

import numpy as np
import pytest

from frenemy.errors import InputError
from frenemy.model.distributions import INDEX, POSITIVE, PROBABILITY, REAL, SHARE, History, Pert, Pool, Quantiles
from frenemy.studies.elicit.fit_distribution import curve, density, from_bins, from_quantiles, grid
from frenemy.studies.elicit.pooling import extremised, geometric, linear
from frenemy.studies.elicit.rounds import anonymised, movement, spread_of_views

LOW = Quantiles(0.01, 0.02, 0.05, domain=PROBABILITY)
HIGH = Quantiles(0.1, 0.2, 0.5, domain=PROBABILITY)


def odds(p):
    return p / (1 - p)


def test_the_linear_pool_is_the_mixture():
    pooled = linear([LOW, HIGH], domain=PROBABILITY)
    assert isinstance(pooled, Pool)
    for value in (0.015, 0.05, 0.13):
        assert pooled.cdf(value) == pytest.approx((LOW.cdf(value) + HIGH.cdf(value)) / 2)
    # the wrong twin: averaging quantiles gives a narrower distribution, with another 95 % point
    assert pooled.quantile(0.95) > (LOW.q95 + HIGH.q95) / 2 + 0.05
    assert linear([LOW, HIGH], [0, 3], domain=PROBABILITY) is HIGH
    third = linear([LOW, HIGH], [2, 1], domain=PROBABILITY)
    assert third.cdf(0.05) == pytest.approx((2 * 0.95 + HIGH.cdf(0.05)) / 3)


def test_the_geometric_pool_has_the_geometric_mean_of_the_odds():
    pooled = geometric([LOW, HIGH], domain=PROBABILITY)
    for level in (0.05, 0.5, 0.95):
        mean = math.sqrt(odds(LOW.quantile(level)) * odds(HIGH.quantile(level)))
        assert odds(pooled.quantile(level)) == pytest.approx(mean)
    weighted = geometric([LOW, HIGH], [3, 1], domain=PROBABILITY)
    assert odds(weighted.median) == pytest.approx(odds(0.02) ** 0.75 * odds(0.2) ** 0.25)
    # the wrong twin: the mean of the probabilities
    assert pooled.median < 0.11 - 0.03


def test_geometric_is_by_domain():
    positive = [Quantiles(1, 2, 4, domain=POSITIVE), Quantiles(4, 8, 64, domain=POSITIVE)]
    assert geometric(positive, domain=POSITIVE).median == pytest.approx(4)
    free = [Quantiles(-1, 0, 2), Quantiles(1, 4, 6)]
    found = geometric(free, domain=REAL)
    assert (found.q05, found.median, found.q95) == pytest.approx((0, 2, 4))


def test_extremising_raises_the_odds_to_a_power():
    pooled, plain = extremised([LOW, HIGH], 2.5, domain=PROBABILITY), geometric([LOW, HIGH], domain=PROBABILITY)
    for level in (0.05, 0.5, 0.95):
        assert odds(pooled.quantile(level)) == pytest.approx(odds(plain.quantile(level)) ** 2.5)
    assert extremised([LOW, HIGH], 1.0, domain=PROBABILITY) == plain
    even = [Quantiles(0.2, 0.5, 0.8, domain=SHARE)] * 2
    assert extremised(even, 2, domain=SHARE).median == 0.5
    assert extremised(even, 2, domain=SHARE).q05 == pytest.approx(1 / 17)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: extremised([LOW], 0, domain=PROBABILITY), "out of range"),
        (lambda: extremised([Quantiles(1, 2, 3, domain=POSITIVE)], 2, domain=POSITIVE), "odds of a probability"),
        (lambda: geometric([LOW, 0.0], domain=PROBABILITY), "certain of an end"),
        (lambda: linear([LOW, HIGH], [0, 0], domain=PROBABILITY), "cannot be weighted"),
        (lambda: linear([LOW, HIGH], [1], domain=PROBABILITY), "cannot be weighted"),
        (lambda: linear([], domain=PROBABILITY), "cannot be weighted"),
    ],
)
def test_what_cannot_be_pooled_is_reported(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_chips_by_hand():
    """Ten chips on three bins: half a chip lies in the first, the fifth ends the second, half a chip is left."""
    found = from_bins([0, 0.1, 0.2, 0.6], [2, 3, 5], PROBABILITY)
    assert (found.q05, found.median, found.q95) == pytest.approx((0.025, 0.2, 0.56))
    one = from_bins([0, 0.1, 0.2], [0, 4], PROBABILITY)
    assert (one.q05, one.median, one.q95) == pytest.approx((0.105, 0.15, 0.195))
    gap = from_bins([0, 0.1, 0.2, 0.3], [1, 0, 1], PROBABILITY)
    assert (gap.q05, gap.median, gap.q95) == pytest.approx((0.01, 0.1, 0.29))


@pytest.mark.parametrize(
    ("edges", "counts", "message"),
    [
        ([0, 0.1, 1.2], [1, 1], "edges out of range"),
        ([0.2, 0.1, 0.3], [1, 1], "edges must rise"),
        ([0, 0.1, 0.2], [1], "1 counts for 2 bins"),
        ([0, 0.1, 0.2], [0, 0], "counts: out of range"),
        ([0, 0.1, 0.2], [-1, 2], "counts: out of range"),
    ],
)
def test_wrong_chips_are_said(edges, counts, message):
    with pytest.raises(InputError, match=message):
        from_bins(edges, counts, PROBABILITY)


def test_wrong_quantiles_are_said_by_name():
    with pytest.raises(InputError, match=r"q95: out of range .found 1.5"):
        from_quantiles(0.1, 0.2, 1.5, PROBABILITY)
    with pytest.raises(InputError, match="must rise"):
        from_quantiles(0.3, 0.2, 0.5, PROBABILITY)
    assert from_quantiles(0.01, 0.02, 0.05, PROBABILITY) == LOW


LAWS = [
    (LOW, PROBABILITY),
    (Quantiles(-3, 1, 2), REAL),
    (Quantiles(0.5, 1, 9, domain=POSITIVE), POSITIVE),
    (Pert(2.0, 3.0, 9.0, domain=INDEX), INDEX),
    (History(3, 2.0), History(3, 2.0).domain),
    (Pool((LOW, HIGH), (1.0, 3.0), domain=PROBABILITY), PROBABILITY),
]


@pytest.mark.parametrize(("law", "domain"), LAWS, ids=lambda item: type(item).__name__)
def test_densities_are_slopes_of_the_shares(law, domain):
    levels = np.array([0.03, 0.2, 0.45, 0.6, 0.9])
    values = np.array([law.quantile(level) for level in levels])
    steps = 1e-6 * np.maximum(np.abs(values), 1e-3)
    slopes = [(law.cdf(v + h) - law.cdf(v - h)) / (2 * h) for v, h in zip(values, steps, strict=True)]
    assert density(law, values) == pytest.approx(np.array(slopes), rel=2e-4)


@pytest.mark.parametrize(("law", "domain"), LAWS, ids=lambda item: type(item).__name__)
def test_curves_hold_all_the_mass_on_either_scale(law, domain):
    values = grid([law], domain, points=4001, inside=0.9999)
    found = curve(law, domain, values)
    line = np.array([domain.to_line(float(value)) for value in values])
    assert np.trapezoid(found.on_line, line) == pytest.approx(1, abs=0.004)
    assert found.share[0] < 0.001 < 0.999 < found.share[-1]
    assert (np.diff(found.share) >= 0).all()


def test_a_sure_view_has_a_step_and_no_density():
    values = grid([0.3, LOW], PROBABILITY)
    found = curve(0.3, PROBABILITY, values)
    assert found.density.max() == 0
    assert found.share[values < 0.3].max() == 0 < found.share[values >= 0.3].min()
    assert len(grid([0.3], PROBABILITY)) == 241


def test_movement_is_measured_in_log_odds():
    moved = movement(LOW, HIGH, PROBABILITY)
    assert moved.shift == pytest.approx(math.log(odds(0.2) / odds(0.02)))
    logit = PROBABILITY.to_line
    assert moved.wider == pytest.approx((logit(0.5) - logit(0.1)) / (logit(0.05) - logit(0.01)))
    assert math.isnan(movement(0.2, LOW, PROBABILITY).wider)


def test_spread_of_views():
    found = spread_of_views([LOW, HIGH], PROBABILITY)
    assert (found.low, found.high) == (0.02, 0.2)
    assert found.between == pytest.approx(math.log(odds(0.2) / odds(0.02)) / math.sqrt(2))
    assert spread_of_views([LOW], PROBABILITY).between == 0


def test_labels_are_anonymous_and_stable():
    people = [f"person {number}" for number in range(30)]
    names = anonymised(people)
    assert names == anonymised(reversed(people))
    assert len(set(names.values())) == 30
    assert "Expert AD" in names.values()
    assert list(names.values()) != [names[person] for person in sorted(people)]
    later = anonymised([*people, "latecomer"], names, seed=5)
    assert {person: later[person] for person in people} == names
    assert later["latecomer"] == "Expert AE"
    assert anonymised(people, seed=1) != names


def test_quantiles_are_joined_by_the_law_of_the_model():
    """Points with even normal scores: between them the scores are normal."""
    normal = NormalDist()
    points = [normal.cdf(score) for score in (-2.3, -2.0, -1.7)]
    z = normal.inv_cdf(0.2) / normal.inv_cdf(0.95)
    assert from_quantiles(*points, PROBABILITY).quantile(0.2) == pytest.approx(normal.cdf(-2.0 + 0.3 * z))
