"""Is one tick of the drivers exact, however fast or slow they are?"""

import math

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm

from builders import driver
from frenemy.check.stability import driver_problems
from frenemy.simulation.compile.drift import system
from frenemy.simulation.compile.transition import transition

TICK = 7.0


def covariance_of_a_tick(k, sigma):
    """The integral of exp(-K s) Sigma exp(-K' s) over a tick, by quadrature on a grid that is fine near 0."""

    def noise(u):  # s = e^u
        s = math.exp(u)
        decayed = expm(-k * s)
        return decayed @ sigma @ decayed.T * s

    found, _ = quad_vec(noise, math.log(1e-12), math.log(TICK), epsrel=1e-11, epsabs=1e-16, limit=2000)
    return found


@pytest.mark.parametrize("half_life", [0.05, 0.1, 1.0, 200.0, 36_525.0])
def test_the_covariance_of_a_tick_is_exact_however_fast_a_driver_is(half_life):
    """Row A10: with a half-life of 0.1 days a tick had a hundred times its variance, with 0.05 days 10^19 times."""
    fast = driver("fast", half_life=half_life, volatility=1.2, pulls={"slow": 0.03})
    slow = driver("slow", half_life=182.0, volatility=1.0)
    k, p, sigma, r = system((fast, slow), {})
    move = transition(k, p, r, TICK)
    expected = covariance_of_a_tick(k, sigma)
    found = move.shock @ move.shock.T
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs(found - expected).max() < 1e-6 * scale.max()
    assert np.abs((found - expected) / scale).max() < 1e-6


@pytest.mark.parametrize("pull", [1.0, 1.0000001, 1.2])
def test_two_drivers_that_pull_each_other_for_ever_are_refused(pull):
    """Row A11: at exactly 1 a gap between them never closes."""
    pair = (driver("one", half_life=26.0, pulls={"two": pull}), driver("two", half_life=365.0, pulls={"one": 1.0}))
    (problem,) = driver_problems(pair, {})
    assert problem.key.startswith("drivers.")
    assert "run away" in problem.message
    if pull == 1.0:
        assert "a gap never closes" in problem.message


def test_drivers_of_very_different_speed_are_not_taken_for_such():
    """The wrong twin: a minute beside a thousand years is slow, not endless."""
    pair = (driver("one", half_life=1 / 1440, pulls={"two": 0.5}), driver("two", half_life=365_250.0, volatility=0.001))
    assert all("run away" not in problem.message for problem in driver_problems(pair, {}))
