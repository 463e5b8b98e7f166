"""Is the result the same for any chunking, order and selection of paths?"""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from builders import (
    YEAR,
    branch,
    calendar_event,
    compiled,
    day,
    driver,
    experiment,
    follow_up,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.run import simulate, simulate_ensemble, simulate_paths
from frenemy.simulation.ensemble.tally import pooled
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.streams import BLOCK

PATHS = 2 * BLOCK + 100
RATES = (1.0, 60.0, 3.0, 20.0, 9.0, 100.0, 40.0, 2.0)


def busy(*, extra=()):
    """Two drivers, three triggers that bring each other about, a date, a rule; and optionally one more trigger."""
    strike = trigger(
        "strike", rate=per_year(1.5), effect={"trust": -12.0}, severity_cv=0.5, lasting=0.3,
        per_10_points={"trust": 0.8}, reference={"trust": 50.0}, leads_to=(follow_up("breach", 0.5),),
    )  # fmt: skip
    talks = trigger("talks", rate=per_year(2.0), effect={"alignment": 4.0}, requires=rule("trust > 40"))
    breach = trigger("breach", rate=per_year(0.2), effect={"alignment": -6.0})
    review = calendar_event("review", day(100), branch("good", 0.5, effect={"trust": 5.0}), branch("bad", 0.5))
    rift = scenario("rift", enter=rule("trust < 45"), leave=rule("trust > 50"), for_=21.0, priority=2)
    return model(
        drivers=(driver("trust"), driver("alignment", half_life=2 * YEAR)),
        triggers=(strike, talks, breach, *extra),
        calendar=(review,),
        scenarios=(rift, scenario("calm", default=True)),
    )


@pytest.fixture(scope="module")
def base():
    return compiled(busy(), experiment(ticks=80))


def fields(tally):
    return {
        field.name: np.asarray(getattr(tally, field.name))
        for field in dataclasses.fields(tally)
        if field.name != "groups"
    }


def test_a_path_is_the_same_alone_and_among_others(base):
    all_of_them = simulate_paths(base, seed=5, numbers=range(PATHS))
    some = [PATHS - 1, 3, BLOCK, BLOCK - 1, 3 + BLOCK]
    few = simulate_paths(base, seed=5, numbers=some, workers=1)
    np.testing.assert_array_equal(few.latent, all_of_them.latent[:, :, some])
    np.testing.assert_array_equal(few.scenario, all_of_them.scenario[:, some])
    for column, number in enumerate(some):
        mine, whole = few.event_path == column, all_of_them.event_path == number
        np.testing.assert_array_equal(few.event_time[mine], all_of_them.event_time[whole])


def test_blocks_may_be_run_in_any_order(base):
    """Noise kept from another order, another number of workers and another model gives the same sums."""
    noise = Noise(5, keep=True)
    simulate_paths(base, seed=noise, numbers=[PATHS - 1, 2], workers=1)
    simulate(
        compiled(busy(extra=(trigger("noise", rate=per_year(3.0)),)), experiment(ticks=80)), seed=noise, paths=PATHS
    )
    for name, array in fields(simulate(base, seed=noise, paths=PATHS, workers=2)).items():
        np.testing.assert_array_equal(array, fields(simulate(base, seed=5, paths=PATHS, workers=1))[name], err_msg=name)


def faster(rate):
    return compiled(busy(extra=(trigger("noise", rate=per_year(rate)),)), experiment(ticks=80))


def test_models_side_by_side_on_kept_noise_are_what_each_is_alone():
    """Several threads draw and read the same blocks at once."""
    worlds, noise = [faster(rate) for rate in RATES], Noise(5, keep=True)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda world: simulate(world, seed=noise, paths=PATHS, workers=1), worlds))
    for tally, alone in zip(found, worlds, strict=True):
        for name, array in fields(simulate(alone, seed=5, paths=PATHS, workers=1)).items():
            np.testing.assert_array_equal(array, fields(tally)[name], err_msg=name)


@pytest.mark.parametrize("each", [1, 63, 64, 100, BLOCK, BLOCK + 200])
def test_draws_have_paths_of_their_own_and_count_what_each_counts_alone(each):
    """Draw m has the paths m n to m n + n - 1, also where these lie in two blocks, for any number of workers."""
    worlds = [faster(rate) for rate in RATES]
    ensemble = Ensemble(models=worlds, each=each, points=np.zeros((len(worlds), 0)))
    one, many = (simulate_ensemble(ensemble, seed=5, workers=workers) for workers in (1, 5))
    for name, array in fields(one).items():
        np.testing.assert_array_equal(array, fields(many)[name], err_msg=name)
    histogram = 0
    for draw, world in enumerate(worlds):
        paths = simulate_paths(world, seed=5, numbers=range(draw * each, (draw + 1) * each))
        inside = np.stack([(paths.scenario == j).sum(axis=1) for j in range(2)], axis=1)
        np.testing.assert_array_equal(one.occupancy[draw], inside)
        np.testing.assert_array_equal(one.model_events[draw], paths.counts.sum(axis=1))
        np.testing.assert_array_equal(one.model_happened[draw], (paths.counts > 0).sum(axis=1))
        histogram += paths.index.sum(axis=2)
    np.testing.assert_allclose(one.index_sum, histogram, rtol=1e-12)
    np.testing.assert_array_equal(one.model_year_events.sum(axis=1), one.model_events)
    assert one.paths == each * len(worlds)
    assert one.histogram.sum() == one.paths * 81 * 2


def test_draws_in_parts_are_the_draws_at_once():
    worlds = [faster(rate) for rate in RATES]

    def part(first, last):
        return Ensemble(models=worlds[first:last], each=150, points=np.zeros((last - first, 0)), first=first)

    whole = simulate_ensemble(part(0, 8), seed=5)
    joined = pooled(simulate_ensemble(part(*ends), seed=5) for ends in ((0, 3), (3, 4), (4, 8)))
    for name, array in fields(whole).items():
        np.testing.assert_allclose(array, fields(joined)[name], rtol=1e-13, err_msg=name)
    np.testing.assert_array_equal(whole.groups.paths, joined.groups.paths)


def test_the_first_paths_do_not_depend_on_how_many_follow(base):
    part = simulate(base, seed=5, paths=BLOCK)
    whole = simulate_paths(base, seed=5, numbers=range(PATHS))
    inside = np.stack([(whole.scenario[:, :BLOCK] == j).sum(axis=1) for j in range(2)], axis=1)
    np.testing.assert_array_equal(part.occupancy.sum(axis=0), inside)


@pytest.mark.parametrize("position", [0, 3])
def test_a_trigger_without_effect_changes_nothing_else(base, position):
    idle = trigger("idle", rate=per_year(4.0), severity_cv=0.5)
    triggers = list(busy().triggers)
    triggers.insert(position, idle)
    more = compiled(dataclasses.replace(busy(), triggers=tuple(triggers)), experiment(ticks=80))
    before, after = fields(simulate(base, seed=5, paths=PATHS)), fields(simulate(more, seed=5, paths=PATHS))
    for name, array in before.items():
        by_trigger = name.startswith("model_") or name in {"events", "first_events", "event_squares", "year_squares"}
        found = np.delete(after[name], position, axis=-1) if by_trigger else after[name]
        np.testing.assert_array_equal(array, found, err_msg=name)
    assert after["events"][:, position].sum() > 0


def test_the_comparison_sees_a_trigger_that_does_something(base):
    """The wrong twin: the same trigger with a thousandth of a point."""
    touchy = trigger("idle", rate=per_year(4.0), effect={"trust": 0.001})
    more = compiled(busy(extra=(touchy,)), experiment(ticks=80))
    before, after = (fields(simulate(which, seed=5, paths=PATHS)) for which in (base, more))
    assert not np.array_equal(before["index_sum"], after["index_sum"])
