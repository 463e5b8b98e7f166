"""Scenarios: rules that must hold for a while, rules for leaving, and priorities.

Theory: the joint density of one driver's level and of the number of assessments for which the rule has held, on the
lattice; and a machine worked out by hand, on both engines.
"""

from __future__ import annotations

import numpy as np
import pytest
from lattice import Lattice, occupied
from proof import Proof, share
from theory import level

from builders import compiled, day, driver, experiment, imposed, model, rule, scenario, trigger
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import simulate, simulate_paths
from frenemy.simulation.storyline.engine import tell

PATHS, TICK, TICKS = 50_000, 7, 104
TRUST = driver(start=45.0, long_run=45.0, half_life=60.0, volatility=12.0)


def grid_of(*cuts: float, tick: float = TICK) -> Lattice:
    thresholds = tuple(level(cut) for cut in cuts)
    return Lattice.of(start=level(45), anchor=level(45), half_life=60.0, sd=0.48, tick=tick, cuts=thresholds, nodes=90)


def odds(c: Compiled, seed: int) -> tuple:
    tally = simulate(c, seed=seed, paths=PATHS, detail="odds")
    ever = np.cumsum(tally.first_entry.sum(axis=0)[:, 0])
    return share(tally.occupancy.sum(axis=0)[:, 0], PATHS), share(ever, PATHS)


def one_rule(**parts) -> Compiled:
    return compiled(model(drivers=(TRUST,), scenarios=(scenario("rift", **parts),)), experiment(ticks=TICKS, tick=TICK))


def test_held_for_eight_weeks(proof: Proof) -> None:
    """First entry into a rule that must hold for eight weeks, and the odds at each tick; left when it fails."""
    at, ever = odds(one_rule(enter=rule("trust < 38"), for_=56.0), seed=61)
    grid = grid_of(38)
    below = grid.x < level(38)
    shares, first = occupied(grid, below, ~below, 8, TICKS)
    assert not ever.value[:7].any()
    proof.holds("odds ever by each tick", share(ever.value[7:] * PATHS, PATHS), first[7:])
    proof.holds("odds at each tick", share(at.value[7:] * PATHS, PATHS), shares[7:])
    late, late_first = occupied(grid, below, ~below, 9, TICKS)
    proof.refuses("entered after nine assessments", ever, late_first)
    proof.refuses("odds at each tick, nine assessments", at, late)
    grid = grid_of(38.5)
    slack = grid.x < level(38.5)
    proof.refuses("a threshold of 38.5 for 38", ever, occupied(grid, slack, ~slack, 8, TICKS)[1])


def test_left_by_another_rule(proof: Proof) -> None:
    """Hysteresis: entered below 38 for four weeks, left above 48."""
    at, ever = odds(one_rule(enter=rule("trust < 38"), leave=rule("trust > 48"), for_=28.0), seed=62)
    grid = grid_of(38, 48)
    shares, first = occupied(grid, grid.x < level(38), grid.x > level(48), 4, TICKS)
    proof.holds("odds at each tick", share(at.value[3:] * PATHS, PATHS), shares[3:])
    proof.holds("odds ever by each tick", share(ever.value[3:] * PATHS, PATHS), first[3:])
    proof.refuses(
        "left as soon as the rule fails", at, occupied(grid, grid.x < level(38), grid.x > level(38), 4, TICKS)[0]
    )
    grid = grid_of(38, 47)
    proof.refuses("left above 47", at, occupied(grid, grid.x < level(38), grid.x > level(47), 4, TICKS)[0])


def test_leaving_starts_the_count_anew(proof: Proof) -> None:
    """Left while the rule still holds: it must hold for three weeks again."""
    at, _ = odds(one_rule(enter=rule("trust < 50"), leave=rule("trust < 40"), for_=21.0), seed=63)
    grid = grid_of(40, 50)
    enter, leave = grid.x < level(50), grid.x < level(40)
    shares, _ = occupied(grid, enter, leave, 3, TICKS)
    proof.holds("odds at each tick", share(at.value[2:] * PATHS, PATHS), shares[2:])
    proof.refuses("the assessment of leaving counts", at, occupied(grid, enter, leave, 3, TICKS, anew=1)[0])


def test_absorbing(proof: Proof) -> None:
    """An absorbing scenario is never left: odds at t are odds ever by t."""
    at, ever = odds(one_rule(enter=rule("trust < 36"), for_=42.0, absorbing=True), seed=64)
    grid = grid_of(36)
    below = grid.x < level(36)
    shares, first = occupied(grid, below, ~below, 6, TICKS)
    np.testing.assert_array_equal(at.value, ever.value)
    proof.holds("odds at each tick", share(at.value[5:] * PATHS, PATHS), first[5:])
    proof.refuses("left when the rule fails", at, shares)


RIFT, DEAL, CALM, NONE = 0, 1, 2, 3
WEEKS = [  # trust and alignment at each assessment, and the scenario by hand
    (70, 70, CALM),  # `calm` wants one week; `deal` two
    (70, 70, CALM),  # `deal` is ready, but nobody is turned out while the rule to leave does not hold
    (30, 70, DEAL),  # `calm` is left and `deal`, two weeks ready, entered at the same assessment
    (30, 70, DEAL),  # `rift` is ready and ranks higher, but `deal` stays
    (30, 30, RIFT),  # `deal` is left; `rift` follows at once
    (50, 70, RIFT),  # `rift` no longer holds, but its rule to leave does not hold either
    (70, 70, DEAL),  # both `deal` (two weeks ready) and `calm` (one) could follow: priority settles it
    (70, 30, CALM),  # `deal` is left
    (30, 30, NONE),  # `calm` is left; `rift` has held once only
    (30, 30, RIFT),
    (70, 30, CALM),
    (50, 50, NONE),
]


@pytest.fixture(scope="module")
def machine() -> Compiled:
    """Two drivers that move only by events, from 30 to 50 to 70 exactly."""
    moves, dates = {("trust", 1): "trust_up", ("trust", -1): "trust_down"}, []
    moves |= {("alignment", 1): "alignment_up", ("alignment", -1): "alignment_down"}
    now = {"trust": 50, "alignment": 50}
    for week, (trust, alignment, _) in enumerate(WEEKS):
        for name, target in (("trust", trust), ("alignment", alignment)):
            steps = (target - now[name]) // 20
            dates += [imposed(moves[name, np.sign(steps)], day(7 * week + i)) for i in range(abs(steps))]
            now[name] = target
    still = tuple(driver(name, volatility=0.0, half_life=1e12) for name in now)
    triggers = tuple(trigger(name, effect={which: 20.0 * sign}) for (which, sign), name in moves.items())
    rules = (
        scenario("rift", enter=rule("trust < 40"), leave=rule("trust > 60"), for_=14.0, priority=3),
        scenario("deal", enter=rule("alignment > 60"), for_=14.0, priority=2),
        scenario("calm", enter=rule("trust > 60"), priority=1),
    )
    return compiled(
        model(drivers=still, triggers=triggers, scenarios=rules), experiment(ticks=len(WEEKS), impose=tuple(dates))
    )


def test_machine_by_hand(machine: Compiled) -> None:
    """Ties, priorities, staying and leaving: twelve weeks worked out by hand, on both engines."""
    by_hand = [week[2] for week in WEEKS]
    fast = simulate_paths(machine, seed=0, numbers=[0, 1500])
    slow = tell(machine, seed=0, path=3)
    levels = [week[:2] for week in WEEKS]
    np.testing.assert_allclose(fast.index[1:, :, 0], levels, atol=1e-6)
    np.testing.assert_allclose(slow.index[1:], levels, atol=1e-6)
    np.testing.assert_array_equal(fast.scenario[:, 0], by_hand)
    np.testing.assert_array_equal(fast.scenario[:, 1], by_hand)
    np.testing.assert_array_equal(slow.scenario, by_hand)
