"""Do both engines do at the edges of the law what docs/law.md says of them?

Drivers stand still here, so that each level is a sum of effects that can be written down.
"""

import math

import numpy as np
import pytest

from builders import compiled, day, driver, experiment, fixed, imposed, model, per_year, rule, scenario, trigger
from frenemy.model.experiment import Initial
from frenemy.simulation.ensemble.run import simulate_paths
from frenemy.simulation.storyline.engine import tell

STILL = driver("trust", volatility=0.0, half_life=1e9)
WEEK = 7


def latent_effect(points):
    return math.log((50 + points) / (50 - points))


def both(triggers, *, scenarios=(), ticks=4, **changes):
    """Path 0 by each engine: times of the events, levels and scars as latent numbers, scenarios."""
    law = compiled(model(drivers=(STILL,), triggers=triggers, scenarios=scenarios), experiment(ticks=ticks, **changes))
    path, story = simulate_paths(law, seed=1, numbers=(0,)), tell(law, seed=1, path=0)
    return (
        ("ensemble", path.event_time, path.latent[:, 0, 0], path.scenario[:, 0]),
        ("storyline", np.array([e.time for e in story.events()]), story.latent[:, 0], story.scenario),
    )


def tariff(**changes):
    return trigger("tariff", kind="episode", duration=fixed(9), **changes)


def test_lasting_applies_to_the_effect_but_not_to_on_end():
    """Without a scar to pull on it, a level that `on_end` moved stays where it is; a scar would move it further."""
    fast = driver("trust", volatility=0.0, half_life=7.0, scar_half_life=1e9)
    for on_end, effect in (({"trust": 10.0}, {}), ({}, {"trust": 10.0})):
        law = compiled(
            model(drivers=(fast,), triggers=(tariff(on_end=on_end, effect=effect, lasting=1.0),)),
            experiment(ticks=200, impose=(imposed("tariff", day(3)),)),
        )
        path, story = simulate_paths(law, seed=1, numbers=(0,)), tell(law, seed=1, path=0)
        settled = latent_effect(10.0) if effect else 0.0
        assert path.latent[-1, 0, 0] == pytest.approx(settled, abs=1e-5)
        assert story.latent[-1, 0] == pytest.approx(settled, abs=1e-5)


def test_an_imposed_event_happens_at_the_first_moment_of_its_day():
    """On a tick's first day it belongs to the tick that begins, and acts at that tick's end."""
    strike = trigger("strike", effect={"trust": -10.0})
    for engine, times, levels, _ in both((strike,), impose=(imposed("strike", day(WEEK)),)):
        assert times.tolist() == [WEEK], engine
        np.testing.assert_allclose(levels, [0, 0, *[latent_effect(-10.0)] * 3], atol=1e-6, err_msg=engine)


def test_initial_episodes_close_the_gate_but_neither_count_nor_begin_a_cooldown():
    """One event is allowed, after a cooldown of a year: it comes as soon as the initial episode is over."""
    often = tariff(rate=per_year(1e6), max_count=1, cooldown=365.0)
    counted = scenario("counted", enter=rule("count(tariff) >= 1"))
    running = Initial(scars={}, episodes={"tariff": fixed(10)})
    for engine, times, _, scenarios in both((often,), scenarios=(counted,), initial=running):
        assert times == pytest.approx([10.0], abs=0.01), engine
        assert times[0] > 10.0
        assert scenarios.tolist() == [1, 0, 0, 0], engine


def test_active_is_judged_at_the_end_of_the_tick_in_a_rule_and_at_its_start_in_a_gate():
    """It began in the first tick and ends with the second: active at one assessment and at the start of one tick."""
    lasts = trigger("tariff", kind="episode", duration=fixed(11))
    gated = trigger("strike", rate=per_year(1e4), requires=rule("active(tariff)"))
    in_force = scenario("in_force", enter=rule("active(tariff)"))
    for engine, times, _, scenarios in both((lasts, gated), scenarios=(in_force,), impose=(imposed("tariff", day(3)),)):
        assert scenarios.tolist() == [0, 1, 1, 1], engine
        assert set((times[times != 3] // WEEK).astype(int)) == {1}, engine


def test_the_end_of_an_episode_acts_at_the_end_of_its_tick_and_never_after_the_run():
    """An end on the last moment of the run still acts; a later one does not."""
    for lasts, acts in ((24.5, True), (25.0, True), (25.5, False), (40.0, False)):
        ends = trigger("tariff", kind="episode", duration=fixed(lasts), on_end={"trust": 10.0})
        for engine, _, levels, _ in both((ends,), impose=(imposed("tariff", day(3)),)):
            assert levels[-2] == pytest.approx(0.0, abs=1e-6), engine
            assert levels[-1] == pytest.approx(latent_effect(10.0) if acts else 0.0, abs=1e-6), (engine, lasts)
