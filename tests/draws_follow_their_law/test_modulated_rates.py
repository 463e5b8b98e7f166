"""Rates that the drivers modulate, against a lattice.

Theory: the density of one driver's level on Gauss-Legendre panels, pushed from tick to tick by the exact kernel of the
Ornstein-Uhlenbeck process. Weighting it by exp(−λ(x) tick) gives the probability of no event, E exp(−∫λ).
"""

from __future__ import annotations

import numpy as np
import pytest
from lattice import Lattice, expected, none_by
from proof import Proof, mean, share, variance
from readings import by_tick
from theory import level

from builders import YEAR, compiled, driver, experiment, model, per_year, trigger
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.run import simulate_paths

PATHS, TICK, TICKS = 100_000, 28, 26
TRUST = driver(start=25.0, long_run=45.0, half_life=150.0, volatility=12.0)


def rate(x: np.ndarray | float, factor: float = 0.7, reference: float = 45.0) -> np.ndarray:
    """Events a day at a latent level: 1.5 a year at the reference, times `factor` for every 10 points above."""
    index = 100 / (1 + np.exp(-np.asarray(x)))
    return 1.5 / YEAR * factor ** ((index - reference) / 10)


def grid_of() -> Lattice:
    return Lattice.of(start=level(25), anchor=level(45), half_life=150.0, sd=0.48, tick=TICK)


@pytest.fixture(scope="module")
def run() -> Paths:
    raid = trigger("raid", rate=per_year(1.5), per_10_points={"trust": 0.7})
    raced = trigger("race", rate=per_year(1.5), per_10_points={"trust": 0.7}, reference={"trust": 60.0})
    c = compiled(model(drivers=(TRUST,), triggers=(raid, raced)), experiment(ticks=TICKS, tick=TICK))
    return simulate_paths(c, seed=151, numbers=range(PATHS))


def test_expected_rate(run: Paths, proof: Proof) -> None:
    """E[λ] in each tick, at the long run as reference and at one that is stated."""
    grid = grid_of()
    for k, reference in ((0, 45.0), (1, 60.0)):
        theory = expected(
            grid, TICK * rate(grid.x, reference=reference), TICK * rate(level(25), reference=reference), TICKS
        )
        proof.holds(f"events of each tick, reference {reference:g}", mean(by_tick(run, k, TICKS, TICK)), theory)
    theory = expected(grid, TICK * rate(grid.x), TICK * rate(level(25)), TICKS + 1)
    each = mean(by_tick(run, 0, TICKS, TICK))
    proof.refuses("rate assessed at the tick's end", each, theory[1:])
    straight = 1.5 / YEAR * 0.7 ** ((50 + 25 * grid.x - 45) / 10)  # linear in the latent level
    proof.refuses("factor per 10 points of the latent level", each,
                  expected(grid, TICK * straight, TICK * rate(level(25)), TICKS))  # fmt: skip
    slightly = expected(grid, TICK * rate(grid.x, factor=0.72), TICK * rate(level(25), factor=0.72), TICKS)
    total = mean(run.counts[0])
    proof.refuses("a factor of 0.72 for 0.70", total, slightly.sum())


def test_no_event(run: Paths, proof: Proof) -> None:
    """Probability of no event by each tick, E exp(−∫λ)."""
    grid = grid_of()
    hazard, first = TICK * rate(grid.x), TICK * rate(level(25))
    mine = run.event_trigger == 0
    when = np.full(PATHS, np.inf)
    np.minimum.at(when, run.event_path[mine], run.event_time[mine])
    none = share([np.count_nonzero(when >= TICK * n) for n in range(1, TICKS + 1)], PATHS)
    proof.holds("no event by each tick", none, none_by(grid, hazard, first, TICKS))
    proof.refuses("exp(−∫E λ)", none, np.exp(-np.cumsum(expected(grid, hazard, first, TICKS))))
    proof.refuses("a rate 5 % higher", none, none_by(grid, 1.05 * hazard, 1.05 * first, TICKS))


def test_variance_of_the_counts(run: Paths, proof: Proof) -> None:
    """Counts are Poisson given the path of the driver: Var N = E Λ + Var Λ."""
    grid = grid_of()
    hazard, first = TICK * rate(grid.x), TICK * rate(level(25))
    density, once, twice = grid.first, first * grid.first, first**2 * grid.first  # of 1, Λ, Λ² so far
    for n in range(TICKS - 1):
        once, twice = once + hazard * density, twice + 2 * hazard * once + hazard**2 * density
        if n < TICKS - 2:
            density, once, twice = grid.push(density), grid.push(once), grid.push(twice)
    m = grid.mass(once)
    proof.holds("mean count", mean(run.counts[0]), m)
    proof.holds("variance of the counts", variance(run.counts[0]), m + grid.mass(twice) - m**2)
    proof.refuses("Poisson variance", variance(run.counts[0]), m)


def test_two_drivers_modulate_one_rate(proof: Proof) -> None:
    """Factors of two correlated drivers multiply: E[λ] by two-dimensional quadrature, in the stationary state."""
    paths, sd, correlation = 30_000, np.array([0.4, 0.32]), 0.5
    raid = trigger("raid", rate=per_year(2), per_10_points={"trust": 0.7, "alignment": 1.25})
    c = compiled(
        model(drivers=(driver("trust"), driver("alignment", volatility=8.0)),
              correlations={"trust": {"alignment": correlation}}, triggers=(raid,)),
        experiment(ticks=6, tick=1456),
    )  # fmt: skip
    each = mean(by_tick(simulate_paths(c, seed=52, numbers=range(paths)), 0, 6, 1456)[1:])
    z, w = np.polynomial.hermite_e.hermegauss(60)
    u, v = np.meshgrid(z, z, indexing="ij")

    def theory(correlation: float) -> float:
        x, y = sd[0] * u, sd[1] * (correlation * u + np.sqrt(1 - correlation**2) * v)
        trust, alignment = 100 / (1 + np.exp(-x)), 100 / (1 + np.exp(-y))
        values = 2 / YEAR * 0.7 ** ((trust - 50) / 10) * 1.25 ** ((alignment - 50) / 10)
        return float((values * np.outer(w, w)).sum() / (2 * np.pi) * 1456)

    proof.holds("events of each tick", each, theory(correlation))
    proof.refuses("drivers independent", each, theory(0.0))
