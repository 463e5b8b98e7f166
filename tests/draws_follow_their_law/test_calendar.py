"""Known dates with uncertain outcomes.

Theory: branches are multinomial. Drivers without volatility show what each branch does: its effect and scar at the end
of the tick that holds the date, its shift of the anchor and its factors on rates from the next tick.
"""

from __future__ import annotations

import numpy as np
from proof import Estimate, Proof, chi_square, mean, share
from readings import by_tick
from theory import Diffusion, latent, level

from builders import YEAR, branch, calendar_event, compiled, day, driver, experiment, model, per_year, trigger
from frenemy.simulation.ensemble.run import simulate, simulate_paths

TICK, TICKS, DATE = 14, 30, 73
CHANCES = np.array([0.5, 0.3, 0.2])
REVIEW = calendar_event(
    "review", day(DATE),
    branch("extended", 0.5, effect={"trust": 8.0}),
    branch("postponed", 0.3, shift={"trust": -6.0}, shift_until=day(200)),
    branch("ended", 0.2, effect={"trust": -16.0}, lasting=0.5, factor={"raid": 3.0}, factor_until=day(250)),
)  # fmt: skip
VOTE = calendar_event("vote", day(120), branch("won", 0.6, factor={"raid": 0.5}), branch("lost", 0.4))


def test_frequencies(proof: Proof) -> None:
    """Branches come up as often as stated, independently for two dates; dates outside the run are left out."""
    paths = 100_000
    after = calendar_event("later", day(TICK * TICKS), branch("yes"))
    before = calendar_event("before", day(-1), branch("yes"))
    c = compiled(model(calendar=(after, VOTE, before, REVIEW), triggers=(trigger("raid"),)),
                 experiment(ticks=TICKS, tick=TICK))  # fmt: skip
    assert c.calendar_names == ("review", "vote")
    tally = simulate(c, seed=71, paths=paths, detail="odds")
    run = simulate_paths(c, seed=71, numbers=range(paths))
    proof.holds("branches of the review", chi_square(tally.branches[0], CHANCES))
    proof.refuses("0.515 for 0.50", share(tally.branches[0, 0], paths), 0.515)
    both = np.bincount(2 * run.branch[0] + run.branch[1], minlength=6)
    proof.holds("review and vote together", chi_square(both, np.outer(CHANCES, [0.6, 0.4]).ravel()))
    proof.refuses("equal chances", chi_square(tally.branches[0], np.full(3, 1 / 3)))
    np.testing.assert_array_equal(np.bincount(run.branch[0]), tally.branches[0])


def test_each_branch_moves_the_driver(proof: Proof) -> None:
    """Effect, lasting share and shift of the anchor, branch by branch, to rounding."""
    c = compiled(
        model(drivers=(driver(volatility=0.0, start=60.0),), calendar=(REVIEW,), triggers=(trigger("raid"),)),
        experiment(ticks=TICKS, tick=TICK),
    )
    run = simulate_paths(c, seed=72, numbers=range(64))
    law = Diffusion(K=np.array([[np.log(2) / 182]]), P=np.zeros((1, 1)), R=np.array([[np.log(2) / (3 * YEAR)]]))
    starts, at = TICK * np.arange(TICKS), DATE // TICK
    assert set(run.branch[0]) == {0, 1, 2}

    def theory(effect: float, lasting: float, shift: float, from_tick: int) -> np.ndarray:
        mu = np.where((np.arange(TICKS) >= from_tick) & (starts < 200), shift, 0.0)[:, None]
        before, scar = law.mean(np.array([level(60)]), np.zeros(1), mu[: at + 1], TICK)
        after, _ = law.mean(before[-1] + effect, scar[-1] + lasting * effect, mu[at + 1 :], TICK)
        return np.concatenate([before[:-1], after])[:, 0]

    effects = [(latent(8), 0.0, 0.0), (0.0, 0.0, latent(-6)), (latent(-16), 0.5, 0.0)]
    for b, (name, effect) in enumerate(zip(("extended", "postponed", "ended"), effects, strict=True)):
        path = run.latent[:, 0, np.flatnonzero(run.branch[0] == b)]
        proof.exact(f"level if {name}", path, theory(*effect, at + 1)[:, None])
        if effect[2]:
            proof.inexact("shift from the tick of the date", path, theory(*effect, at)[:, None])
    proof.inexact("no scar", path, theory(latent(-16), 0.0, 0.0, at + 1)[:, None])


def test_factors_multiply_rates(proof: Proof) -> None:
    """Factors of two dates on one rate multiply, each from the tick after its date, one of them until a date."""
    paths, rate = 60_000, 0.05
    raid = trigger("raid", rate=per_year(rate * YEAR))
    c = compiled(model(calendar=(REVIEW, VOTE), triggers=(raid,)), experiment(ticks=TICKS, tick=TICK))
    run = simulate_paths(c, seed=73, numbers=range(paths))
    each = by_tick(run, 0, TICKS, TICK)
    starts = TICK * np.arange(TICKS)

    def theory(late: int) -> np.ndarray:
        review = np.where((np.arange(TICKS) >= DATE // TICK + late) & (starts < 250), 0.8 + 0.2 * 3, 1.0)
        vote = np.where(np.arange(TICKS) >= 120 // TICK + late, 0.6 * 0.5 + 0.4, 1.0)
        return rate * TICK * review * vote

    estimate: Estimate = mean(each)
    proof.holds("events of each tick", estimate, theory(1))
    proof.refuses("factors from the tick of the date", estimate, theory(0))
    worst = each[:, (run.branch[0] == 2) & (run.branch[1] == 0)]
    held = np.where((np.arange(TICKS) > 120 // TICK), 0.5, 1.0)
    held *= np.where((np.arange(TICKS) > DATE // TICK) & (starts < 250), 3.0, 1.0)
    proof.holds("events of each tick if ended and won", mean(worst), rate * TICK * held)
