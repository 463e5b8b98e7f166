"""Do Sobol indices agree with theory, and are numbers without effect never significant?"""

import numpy as np
import pytest

from builders import experiment, model, rule, scenario, trigger
from frenemy.model.distributions import NONNEGATIVE, Quantiles
from frenemy.model.experiment import Sensitivity, Uncertainty
from frenemy.model.resolved import PerYear
from frenemy.simulation.ensemble.run import Noise
from frenemy.studies.sensitivity.findings import OTHERS, find_sobol, find_tornado
from frenemy.studies.sensitivity.sobol import design, indices

NAMES = ("x1", "x2", "x3")
ISHIGAMI = {"first": (0.3139, 0.4424, 0.0), "total": (0.5576, 0.4424, 0.2437)}
"""With a = 7 and b = 0.1: Ishigami and Homma 1990; Saltelli et al. 2008, table 4.1."""


def ishigami(points):
    x = (2 * points - 1) * np.pi
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


@pytest.fixture(scope="module")
def points():
    return design(NAMES, 1024, seed=3)


def agrees(found):
    errors = found.first_error, found.total_error
    pairs = zip((found.first, found.total), ISHIGAMI.values(), errors, strict=True)
    return all(bool(np.all(np.abs(value - truth) < error)) for value, truth, error in pairs)


def test_ishigami(points):
    found = indices(NAMES, ishigami(points)[:, None], seed=3)
    assert agrees(found)
    assert found.first_significant.tolist() == [True, True, False]
    assert found.total_significant.all()


def test_ishigami_fails_for_another_function(points):
    assert not agrees(indices(NAMES, ishigami(np.roll(points, 1, axis=1))[:, None], seed=3))


def noisy(points, rng):
    """Batches with independent noise in each cell, and common noise that moves all cells together."""
    return ishigami(points)[:, None] + rng.normal(0, 10, (len(points), 32)) + rng.normal(0, 50, 32)


def test_monte_carlo_error_is_subtracted(points):
    outputs = noisy(points, np.random.default_rng(0))
    found = indices(NAMES, outputs, seed=3)
    assert agrees(found)
    share = 100 / 32 / outputs.mean(axis=1).var()
    assert found.noise_share == pytest.approx(share, rel=0.1)
    assert found.variance == pytest.approx(13.84, rel=0.05)


def test_monte_carlo_error_left_in_would_look_like_interactions(points):
    outputs = noisy(points, np.random.default_rng(0)).mean(axis=1)
    assert not agrees(indices(NAMES, outputs[:, None], seed=3))


def test_no_index_is_negative_and_a_number_without_effect_is_not_significant(points):
    rng = np.random.default_rng(1)
    for _ in range(20):
        found = indices(NAMES, rng.normal(0, 1, (len(points), 32)) + points[:, :1], seed=3)
        for value in (found.first, found.total):
            assert np.all((value >= 0) & (value <= 1))
        assert not found.first_significant[1:].any()
        assert found.first_significant[0]


def test_where_nothing_varies_there_is_nothing_to_explain(points):
    found = indices(NAMES, np.ones((len(points), 4)), seed=3)
    assert np.isnan(found.first).all()
    assert not found.first_significant.any()
    assert not found.total_significant.any()


def test_numbers_in_a_group_have_one_index():
    groups = ("x1", "rest", "rest")
    found = indices(groups, ishigami(design(groups, 1024, seed=3))[:, None], seed=3)
    assert found.groups == ("x1", "rest")
    assert abs(found.total[1] - (1 - ISHIGAMI["first"][0])) < found.total_error[1]


RATES = {
    "triggers.strike.rate": Quantiles(0.1, 0.4, 1.5, NONNEGATIVE),
    "triggers.quarrel.rate": Quantiles(0.3, 0.5, 0.8, NONNEGATIVE),
    "triggers.rumour.rate": Quantiles(0.3, 0.5, 0.8, NONNEGATIVE),
}


def two_rates():
    """Total rift once either of two Poisson triggers has happened within the year; a third does nothing."""
    triggers = tuple(trigger(key.split(".")[1], rate=PerYear(rate=spread)) for key, spread in RATES.items())
    rift = scenario("rift", enter=rule("count(strike) + count(quarrel) > 0"))
    over = experiment(
        ticks=12,
        tick=30,
        paths=1024,
        uncertainty=Uncertainty(draws=0, paths=1024),
        sensitivity=Sensitivity(scenario="rift", samples=128, strongest=2),
    )
    return model(triggers=triggers, scenarios=(rift,)), over


def exact(strike, quarrel):
    """P = 1 - A B with A = exp(-rate): V_A = E[B]^2 Var A, and so on."""
    u = (np.arange(4000) + 0.5) / 4000
    years = 12 * 30 / 365.25
    a, b = (np.exp(-years * np.array([spread.quantile(x) for x in u])) for spread in (strike, quarrel))
    parts = np.array([b.mean() ** 2 * a.var(), a.mean() ** 2 * b.var(), a.var() * b.var()])
    first = parts[:2] / parts.sum()
    return first, first + parts[2] / parts.sum()


def test_a_model_whose_indices_are_known():
    of, over = two_rates()
    found = find_tornado(of, over, noise=Noise(1, keep=True), workers=0)
    assert found.keys == tuple(RATES)
    sobol = find_sobol(of, over, found, paths=1024, workers=0, step=int)
    at = sobol.indices
    assert at.groups == ("triggers.strike.rate", "triggers.quarrel.rate", OTHERS)
    first, total = exact(*list(RATES.values())[:2])
    last = (slice(0, 2), -1, 0)
    assert np.all(np.abs(at.first[last] - first) < 1.5 * at.first_error[last])
    assert np.all(np.abs(at.total[last] - total) < 1.5 * at.total_error[last])
    wrong, _ = exact(*list(RATES.values())[1::-1])
    assert not np.all(np.abs(at.first[last] - wrong) < 1.5 * at.first_error[last])
    assert not at.total_significant[2, :, 0].any()
    assert sobol.ticks[-1] == over.ticks - 1
