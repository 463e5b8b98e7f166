"""Drivers move by the exact transition of their linear system, never by an Euler step.

Theory: the differential equations of the mean, dm = K (μ + a − m) dt with da = −R a dt, and of the covariance,
dC = (Σ − K C − C Kᵀ) dt, solved numerically tick by tick (Runge-Kutta of order 8), with μ as the calendar and the
episodes shift it. Autocovariance is C(s, t) = M(t − s) C(s), with dM = −K M dt.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from proof import Estimate, Proof, chi_square, covariance, kolmogorov_smirnov, mean, variance
from scipy.linalg import solve_continuous_lyapunov
from scipy.special import ndtr
from theory import Diffusion, latent, level, spread

from builders import (
    branch,
    calendar_event,
    compiled,
    day,
    driver,
    experiment,
    fixed,
    imposed,
    lognormal,
    model,
    trigger,
)
from frenemy.model.experiment import Initial
from frenemy.simulation.ensemble.run import simulate, simulate_paths

LN2 = np.log(2)
TICK, TICKS, PATHS = 28, 26, 60_000
TRUST = driver("trust", start=30.0, long_run=45.0, half_life=120.0, pulls={"alignment": 0.4}, scar_half_life=400.0)
ALIGNMENT = driver("alignment", start=62.0, long_run=55.0, half_life=365.0, volatility=8.0, pulls={"trust": 0.2})
START = np.array([level(30), level(62)])
ANCHOR = np.array([level(45), level(55)])
SD = np.array([10, 8]) / 25
LAW = Diffusion(
    K=np.array([[LN2 / 120, -0.4 * LN2 / 120], [-0.2 * LN2 / 365, LN2 / 365]]),
    P=np.outer(SD, SD) * np.array([[1, 0.35], [0.35, 1]]),
    R=np.diag([LN2 / 400, LN2 / (3 * 365.25)]),
)
SCAR = np.array([latent(-8), 0.0])


def coupled(**changes):
    """Two drivers that pull each other and share their shocks, a treaty that shifts one anchor, sanctions the other."""
    parts = dict(
        drivers=(TRUST, ALIGNMENT),
        correlations={"trust": {"alignment": 0.35}},
        triggers=(trigger("sanctions", kind="episode", duration=fixed(200), while_active={"alignment": -10.0}),),
        calendar=(
            calendar_event("treaty", day(100), branch("lapses", shift={"trust": -6.0}, shift_until=day(400))),
        ),
    )  # fmt: skip
    return compiled(
        model(**parts | changes),
        experiment(ticks=TICKS, tick=TICK, initial=Initial(scars={"trust": -8.0}, episodes={}),
                   impose=(imposed("sanctions", day(150)),)),
    )  # fmt: skip


def anchors(late: int = 0) -> np.ndarray:
    """Anchor in each tick: the treaty from the tick after its date until day 400, the sanctions while they run."""
    starts = TICK * np.arange(TICKS)
    mu = np.tile(ANCHOR, (TICKS, 1))
    mu[(np.arange(TICKS) > 100 // TICK + late) & (starts < 400), 0] += latent(-6)
    mu[(starts > 150) & (starts < 350), 1] += latent(-10)
    return mu


@pytest.fixture(scope="module")
def levels() -> np.ndarray:
    return simulate_paths(coupled(), seed=11, numbers=range(PATHS)).latent


def test_mean(levels: np.ndarray, proof: Proof) -> None:
    """Mean level of two coupled, correlated drivers with shifted anchors and a healing scar, at every tick."""
    theory, _ = LAW.mean(START, SCAR, anchors(), TICK)
    proof.holds("mean of both drivers, 26 ticks of 28 days", mean(levels[1:]), theory[1:])

    euler, scar = [START], SCAR
    for mu in anchors():
        euler.append(euler[-1] + TICK * LAW.K @ (mu + scar - euler[-1]))
        scar = scar - TICK * LAW.R @ scar
    proof.refuses("Euler steps", mean(levels[1:]), euler[1:])
    proof.refuses("anchors shift one tick late", mean(levels[1:]), LAW.mean(START, SCAR, anchors(late=1), TICK)[0][1:])
    apart = dataclasses.replace(TRUST, pulls={"alignment": 0.36})
    twin = simulate_paths(coupled(drivers=(apart, ALIGNMENT)), seed=11, numbers=range(PATHS)).latent
    proof.refuses("a pull of 0.36 for 0.40", mean(twin[1:]), theory[1:])


def test_covariance(levels: np.ndarray, proof: Proof) -> None:
    """Variances and covariance, at every tick from a sharp start."""
    times = TICK * np.arange(1.0, TICKS + 1)
    C = LAW.covariance(times)
    proof.holds("variance of both drivers", variance(levels[1:]), np.diagonal(C, axis1=1, axis2=2))
    proof.holds("covariance of the two", covariance(levels[1:, 0], levels[1:, 1]), C[:, 0, 1])

    step, euler = np.eye(2) - TICK * LAW.K, [np.zeros((2, 2))]
    for _ in times:
        euler.append(step @ euler[-1] @ step.T + TICK * LAW.sigma)
    proof.refuses("Euler steps", variance(levels[1:]), np.diagonal(euler[1:], axis1=1, axis2=2))


def test_autocovariance(levels: np.ndarray, proof: Proof) -> None:
    """Covariance of each driver with itself and with the other, 1, 4 and 13 ticks later."""
    then = 8
    at_first = LAW.covariance(np.array([TICK * then]))[0]
    uncoupled = dataclasses.replace(LAW, K=np.diag(np.diag(LAW.K)))
    for lag in (1, 4, 13):
        estimate = covariance(levels[then + lag][:, None], levels[then][None, :])
        proof.holds(f"autocovariance at lag {lag}", estimate, LAW.memory(TICK * lag) @ at_first)
    proof.refuses("pulls forgotten, lag 13", estimate, uncoupled.memory(TICK * 13) @ at_first)


def test_stated_levels_are_stationary(proof: Proof) -> None:
    """The stationary standard deviations and correlation of levels are those that the analyst states."""
    lasting = compiled(
        model(drivers=(TRUST, ALIGNMENT), correlations={"trust": {"alignment": 0.35}}), experiment(ticks=20, tick=364)
    )
    x = simulate_paths(lasting, seed=12, numbers=range(PATHS)).latent[-1]
    P = solve_continuous_lyapunov(LAW.K, LAW.sigma)
    np.testing.assert_allclose(P, LAW.P)
    proof.holds("stationary covariance matrix, latent", covariance(x[:, None], x[None, :]), LAW.P)
    wrong = LAW.P * np.array([[1.06, 1], [1, 1.06]])
    proof.refuses("deviations 3 % larger", covariance(x[:, None], x[None, :]), wrong)


def test_index_is_the_logistic_of_a_normal(proof: Proof) -> None:
    """The index that the tally adds up after a year: mean and mean square."""
    paths, sd = 100_000, 0.4 * np.sqrt(1 - 0.25 ** (364 / 182))
    centre = level(15) + (level(40) - level(15)) * 0.5 ** (364 / 182)
    c = compiled(model(drivers=(driver(start=40.0, long_run=15.0),)), experiment(ticks=4, tick=91))
    tally = simulate(c, seed=13, paths=paths, detail="odds")
    z, w = np.polynomial.hermite_e.hermegauss(80)
    index = 100 / (1 + np.exp(-(centre + sd * z)))
    first, second, fourth = ((index**k * w).sum() / np.sqrt(2 * np.pi) for k in (1, 2, 4))
    means = np.array([tally.index_sum[-1, 0], tally.index_squares[-1, 0]]) / paths
    errors = np.sqrt(np.array([means[1] - means[0] ** 2, fourth - second**2]) / paths)
    proof.holds("mean and mean square of the index", Estimate(means, errors), [first, second])
    proof.refuses("index of the mean level", Estimate(means[:1], errors[:1]), 100 / (1 + np.exp(-centre)))


def test_histogram(proof: Proof) -> None:
    """The histogram of the index that the tally adds up, in bins of a tenth of a point."""
    sd = 0.08 * np.sqrt(1 - 0.25 ** (364 / 182))
    c = compiled(model(drivers=(driver(volatility=2.0),)), experiment(ticks=4, tick=91))
    counts = simulate(c, seed=13, paths=200_000).histogram[0, -1, 0]
    edges = np.arange(1, 1000) / 10
    law = np.diff(ndtr(np.log(edges / (100 - edges)) / sd), prepend=0.0, append=1.0)
    proof.holds("law of the index", chi_square(counts, law))
    proof.refuses("one bin to the right", chi_square(counts, np.roll(law, 1)))


def test_an_event_moves_level_and_scar(proof: Proof) -> None:
    """Without volatility a path is its mean: after one event with a lasting share it follows the equations exactly."""
    still = tuple(dataclasses.replace(d, volatility=0.0) for d in (TRUST, ALIGNMENT))
    blow = trigger("strike", effect={"trust": -20.0, "alignment": 5.0}, lasting=0.4)
    c = compiled(
        model(drivers=still, triggers=(blow,)), experiment(ticks=26, tick=28, impose=(imposed("strike", day(61)),))
    )
    x = simulate_paths(c, seed=1, numbers=[0]).latent[:, :, 0]
    hit = np.array([latent(-20), latent(5)])

    def theory(tick: int) -> np.ndarray:
        before, scar = LAW.mean(START, np.zeros(2), np.tile(ANCHOR, (tick + 1, 1)), 28)
        after, _ = LAW.mean(before[-1] + hit, scar[-1] + 0.4 * hit, np.tile(ANCHOR, (25 - tick, 1)), 28)
        return np.vstack([before[:-1], after])

    proof.exact("level before and after an event in the third tick", x, theory(2))
    proof.inexact("the event acts at its tick's start", x, theory(1))
    assert latent(-20) == pytest.approx(level(30) - level(50))


def test_severity(proof: Proof) -> None:
    """Severity is lognormal with mean 1 and the stated cv, and multiplies the latent effect."""
    cv, paths = 0.4, 200_000
    blow = trigger("strike", effect={"trust": -20.0}, severity_cv=cv)
    c = compiled(
        model(drivers=(driver(volatility=0.0),), triggers=(blow,)),
        experiment(ticks=1, impose=(imposed("strike", day(3)),)),
    )
    severity = simulate_paths(c, seed=14, numbers=range(paths)).latent[1, 0] / latent(-20)
    sigma = np.sqrt(np.log(1 + cv**2))
    proof.holds("mean severity", mean(severity), 1.0)
    proof.holds("variance of the severity", variance(severity), cv**2)
    proof.holds("law of the severity", kolmogorov_smirnov(severity, lambda s: ndtr(np.log(s) / sigma + sigma / 2)))
    proof.refuses("median 1 for mean 1", mean(severity), np.sqrt(1 + cv**2))
    proof.refuses("cv read as the sd of the logarithm", variance(severity), np.expm1(cv**2))


def test_severity_multiplies_effects_only() -> None:
    """The shift while active and the effect on ending do not depend on severity."""
    sanctions = trigger(
        "sanctions", kind="episode", duration=fixed(20), severity_cv=0.5, effect={"onset": -9.0},
        while_active={"shift": -9.0}, on_end={"relief": 9.0},
    )  # fmt: skip
    still = tuple(driver(name, volatility=0.0) for name in ("onset", "shift", "relief"))
    c = compiled(
        model(drivers=still, triggers=(sanctions,)), experiment(ticks=8, impose=(imposed("sanctions", day(3)),))
    )
    x = simulate_paths(c, seed=16, numbers=range(100)).latent[-1]
    assert len(np.unique(x[0])) == 100
    assert len(np.unique(x[1:], axis=1).T) == 1
    assert x[1, 0] < 0 < x[2, 0]


def test_remaining_time_of_an_episode_that_already_runs(proof: Proof) -> None:
    """An episode from before the start shifts its driver for a lognormal remaining time."""
    paths, tick, ticks = 100_000, 28, 13
    sanctions = trigger("sanctions", kind="episode", duration=fixed(1), while_active={"trust": -10.0})
    c = compiled(
        model(drivers=(driver(volatility=0.0),), triggers=(sanctions,)),
        experiment(ticks=ticks, tick=tick, initial=Initial(scars={}, episodes={"sanctions": lognormal(100, 300)})),
    )
    x = simulate_paths(c, seed=15, numbers=range(paths)).latent[1:, 0]
    keep = 0.5 ** (tick / 182)

    def theory(median: float, sigma: float) -> np.ndarray:
        starts = np.maximum(tick * np.arange(ticks), 1e-9)
        active = 1 - ndtr(np.log(starts / median) / sigma)
        level_now, path = 0.0, []
        for share in active:
            level_now = keep * level_now + (1 - keep) * share * latent(-10)
            path.append(level_now)
        return np.array(path)

    estimate = mean(x[1:])  # in the first tick every path is under sanctions
    proof.holds("mean level under the rest of an episode", estimate, theory(*spread(100, 300))[1:])
    proof.refuses("median remaining time 3 % longer", estimate, theory(103, spread(100, 300)[1])[1:])
