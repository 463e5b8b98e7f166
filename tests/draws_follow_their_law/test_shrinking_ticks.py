"""As the tick shrinks, results approach continuous time; the bias of weekly ticks is measured.

Own events come at the same moments for every tick as long as rates are constant, so biases of levels are measured path
by path. Rates held through a tick, contagion from the next tick on and effects at a tick's end cost a bias of
first order in the tick. A rule that must hold for a while is assessed at ticks only, and what happens between two
assessments is missed: its bias is of order one half, by far the largest.
"""

from __future__ import annotations

import math

import numpy as np
from lattice import Lattice, none_by, occupied
from proof import Estimate, Proof, mean, share
from theory import Contagious, latent, level

from builders import (
    YEAR,
    compiled,
    contagion,
    driver,
    experiment,
    follow_up,
    lognormal,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import simulate, simulate_paths

TWO_YEARS = 728


def order(ticks: list[int], biases: list[float]) -> float:
    """Slope of the bias against the tick, both as logarithms."""
    return float(np.polyfit(np.log(ticks), np.log(np.abs(biases)), 1)[0])


def test_effects_at_the_tick_end(proof: Proof) -> None:
    """Shot noise: the level after a year against Campbell's integral over the same events in continuous time."""
    paths, days, yearly, k = 10_000, 364, 6, math.log(2) / 91
    hit, biases, ticks = latent(-10), {}, [28, 14, 7, 4, 2, 1]
    for tick in ticks:
        blow = trigger("strike", rate=per_year(yearly), effect={"trust": -10.0})
        c = compiled(
            model(drivers=(driver(volatility=0.0, half_life=91.0),), triggers=(blow,)),
            experiment(ticks=days // tick, tick=tick),
        )
        run = simulate_paths(c, seed=81, numbers=range(paths))
        fading = hit * np.exp(-k * (days - run.event_time))
        integral = np.bincount(run.event_path, weights=fading, minlength=paths)
        biases[tick] = run.latent[-1, 0] - integral
        each = hit * yearly / YEAR
        theory = each * (tick * (1 - math.exp(-k * days)) / -math.expm1(-k * tick) - (1 - math.exp(-k * days)) / k)
        proof.holds(f"bias of the level, tick of {tick} days", mean(biases[tick]), theory)
    limit = each * (1 - math.exp(-k * days)) / k
    proof.holds("Campbell's mean in continuous time", mean(integral), limit)
    found = order(ticks, [biases[tick].mean() for tick in ticks])
    proof.exact("order of convergence", found, 1.0, bound=0.03)
    proof.measured("bias of a level of shot noise, weekly", f"{biases[7].mean() / limit:+.2%} of its mean")
    proof.refuses("half the order: bias falls by √2 when the tick halves",
                  mean(biases[28] - math.sqrt(2) * biases[14]), 0.0)  # fmt: skip


def test_rates_held_through_the_tick(proof: Proof) -> None:
    """Probability of no event in two years, at a rate that the drivers modulate, as they recover from a low."""
    paths, none = 300_000, {}

    def rate(x):
        return 1.5 / YEAR * 0.7 ** ((100 / (1 + np.exp(-x)) - 45) / 10)

    start = rate(level(25))
    for tick in (28, 14, 7, 4, 2, 1):
        grid = Lattice.of(start=level(25), anchor=level(45), half_life=150.0, sd=0.48, tick=tick,
                          nodes=120 if tick > 4 else 480)  # fmt: skip
        none[tick] = none_by(grid, tick * rate(grid.x), tick * start, 364 // tick)[-1]
    limit = 2 * none[1] - none[2]
    for tick in (28, 7):
        raid = trigger("raid", rate=per_year(1.5), per_10_points={"trust": 0.7})
        c = compiled(
            model(drivers=(driver(start=25.0, long_run=45.0, half_life=150.0, volatility=12.0),), triggers=(raid,)),
            experiment(ticks=364 // tick, tick=tick),
        )
        tally = simulate(c, seed=82, paths=paths, detail="odds")
        estimate = share(paths - tally.first_events.sum(), paths)
        proof.holds(f"no event in a year, tick of {tick} days", estimate, none[tick])
        if tick == 28:
            proof.refuses("tick of 28 days against continuous time", estimate, limit)
    proof.exact("order of convergence", order([28, 14, 7], [none[t] - limit for t in (28, 14, 7)]), 1.0, bound=0.05)
    proof.measured("bias of a chance of no event, weekly", f"{none[7] - limit:+.4f} on {limit:.3f}")


def test_contagion_from_the_next_tick(proof: Proof) -> None:
    """Hawkes: mean count after two years against the process in continuous time."""
    paths, yearly, extra, half_life = 60_000, 3 / YEAR, 0.5, 45.0
    slow = math.log(2) / half_life * (1 - extra)
    limit = yearly / (1 - extra) * (TWO_YEARS - extra / slow * -math.expm1(-slow * TWO_YEARS))
    expected = {}
    for tick in (56, 28, 14, 7, 4):
        expected[tick] = Contagious.of([yearly], [(0, 0, extra, half_life)], tick).counts(tick, TWO_YEARS // tick)[0][0]
    for tick in (56, 7):
        threat = trigger("threat", rate=per_year(3), raises={"threat": contagion(extra, half_life)})
        c = compiled(model(triggers=(threat,)), experiment(ticks=TWO_YEARS // tick, tick=tick))
        counts = mean(simulate_paths(c, seed=83, numbers=range(paths)).counts[0])
        proof.holds(f"mean count, tick of {tick} days", counts, expected[tick])
        if tick == 56:
            proof.refuses("tick of 56 days against continuous time", counts, limit)
    found = order([28, 14, 7, 4], [expected[tick] - limit for tick in (28, 14, 7, 4)])
    proof.exact("order of convergence", found, 1.0, bound=0.1)
    proof.measured("bias of a count with contagion, weekly", f"{expected[7] / limit - 1:+.2%}")


def test_rules_assessed_at_ticks(proof: Proof) -> None:
    """Odds ever of a rule that must hold for eight weeks: the lattice at each tick, the engine weekly and daily."""
    paths, ever, at = 30_000, {}, {}
    for tick in (28, 14, 7, 4, 2):
        grid = rift_lattice(tick)
        below = grid.x < level(30)
        shares, first = occupied(grid, below, ~below, 56 // tick, TWO_YEARS // tick)
        at[tick], ever[tick] = shares[-1], first[-1]
    for tick in (28, 7, 2):
        c = compiled(
            model(drivers=(driver(start=45.0, long_run=45.0),),
                  scenarios=(scenario("rift", enter=rule("trust < 30"), for_=56.0),)),
            experiment(ticks=TWO_YEARS // tick, tick=tick),
        )  # fmt: skip
        tally = simulate(c, seed=84, paths=paths, detail="odds")
        estimate = share(tally.first_entry.sum(axis=(0, 1))[0], paths)
        proof.holds(f"ever in two years, tick of {tick} days", estimate, ever[tick])
    proof.refuses("tick of 2 days against weekly ticks", estimate, ever[7])
    for name, odds in (("ever in two years", ever), ("at the end", at)):
        root = np.sqrt([14, 7, 4, 2])  # the limit and the terms of order 1/2, 1 and 3/2
        limit = np.linalg.solve(np.vander(root, increasing=True), [odds[t] for t in (14, 7, 4, 2)])[0]
        found = order([7, 4, 2], [odds[tick] - limit for tick in (7, 4, 2)])
        proof.measured(f"bias of the odds of an eight-week rule, {name}, weekly",
                       f"{odds[7] - limit:+.4f} on {limit:.4f} (order {found:.2f})")  # fmt: skip


def rift_lattice(tick: int) -> Lattice:
    return Lattice.of(
        start=level(45), anchor=level(45), half_life=182.0, sd=0.4, tick=tick, cuts=(level(30),), nodes=120
    )


def typical(tick: int) -> Compiled:
    """Two drivers, three triggers that depend on them and on each other, two scenarios; two years."""
    strike = trigger(
        "strike", rate=per_year(0.3), per_10_points={"trust": 0.75}, effect={"trust": -20.0, "alignment": -10.0},
        lasting=0.4, severity_cv=0.4, raises={"tariffs": contagion(0.3, 90.0)},
        leads_to=(follow_up("suspension", 0.6, lognormal(14, 70)),),
    )  # fmt: skip
    tariffs = trigger(
        "tariffs", kind="episode", rate=per_year(1.5), per_10_points={"trust": 0.8}, duration=lognormal(112, 420),
        effect={"trust": -4.0}, while_active={"trust": -8.0}, on_end={"trust": 2.0},
    )  # fmt: skip
    suspension = trigger("suspension", kind="episode", duration=lognormal(100, 300), while_active={"alignment": -10.0})
    rules = (
        scenario("rift", enter=rule("trust < 28"), leave=rule("trust > 36"), for_=56.0, priority=2),
        scenario("renewal", enter=rule("trust > 55 and alignment > 50"), for_=56.0),
    )
    pair = (driver("trust", start=45.0, long_run=48.0), driver("alignment", half_life=365.0, pulls={"trust": 0.2}))
    return compiled(
        model(drivers=pair, correlations={"trust": {"alignment": 0.3}}, triggers=(strike, tariffs, suspension),
              scenarios=rules),
        experiment(ticks=TWO_YEARS // tick, tick=tick),
    )  # fmt: skip


def test_typical_outputs(proof: Proof) -> None:
    """A model with all features: weekly ticks against daily ones."""
    paths = 50_000
    weekly, daily = (simulate(typical(tick), seed=85, paths=paths, detail="odds") for tick in (7, 1))

    def compare(name: str, estimates: list[Estimate], bound: float) -> None:
        a, b = estimates
        gap = Estimate(a.value - b.value, np.hypot(a.se, b.se))
        proof.within(f"{name}: {a.value:.4g} weekly, {b.value:.4g} daily", gap, bound)

    for j, name in enumerate(("rift", "renewal")):
        ever = [share(tally.first_entry.sum(axis=(0, 1))[j], paths) for tally in (weekly, daily)]
        at_end = [share(tally.occupancy[:, -1].sum(axis=0)[j], paths) for tally in (weekly, daily)]
        compare(f"odds of {name} ever in two years", ever, 0.05)
        compare(f"odds of {name} at the end", at_end, 0.04)
    for k, name in enumerate(("strikes", "episodes of tariffs", "suspensions")):
        counts = [moments(t.events[:, k].sum(), t.event_squares[k], paths) for t in (weekly, daily)]
        compare(f"{name} in two years", counts, 0.05)
    for i, name in enumerate(("trust", "alignment")):
        levels = [moments(t.index_sum[-1, i], t.index_squares[-1, i], paths) for t in (weekly, daily)]
        compare(f"mean {name} at the end, index points", levels, 0.6)


def moments(total: float, squares: float, paths: int) -> Estimate:
    """Mean, with its error, from sums over paths."""
    mean = total / paths
    return Estimate(mean, np.sqrt((squares / paths - mean**2) / paths))
