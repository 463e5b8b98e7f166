"""Does a population that is stopped, copied and picked from follow the same law as the ensemble?"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from random_models import cases
from test_determinism import busy

from builders import branch, calendar_event, compiled, day, driver, experiment, model, per_year, trigger
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble import run
from frenemy.simulation.ensemble.run import simulate, simulate_paths
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.lazy import STRETCH
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.resampling.population import COPIED_FIELDS, start
from frenemy.storage.spool import Spool

SIZE = BLOCK + 70


@pytest.fixture(scope="module")
def base():
    return compiled(busy(), experiment(ticks=80))


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases())
def test_a_population_never_picked_from_is_the_ensemble_bit_for_bit(case):
    law = compile_model(*case)
    paths = simulate_paths(law, seed=case[1].seed, numbers=range(SIZE))
    population = start(law, seed=case[1].seed, size=SIZE, history=law.ticks)
    for tick in (1, 2, law.ticks // 2, law.ticks):
        population.advance(max(tick, population.tick))
        seen = population.read()
        assert np.array_equal(seen.latent, paths.latent[seen.tick])
        assert np.array_equal(seen.index, paths.index[seen.tick])
        assert np.array_equal(seen.scenario, paths.scenario[seen.tick - 1])
    assert np.array_equal(seen.count, paths.counts)
    index, scenario = population.past()
    assert np.array_equal(index, paths.index)
    assert np.array_equal(scenario, paths.scenario)


def test_stops_workers_and_stretches_change_no_bit(base):
    one = start(base, seed=3, size=SIZE)
    for tick in range(0, base.ticks + 1, 7):
        one.advance(tick, workers=2)
    one.advance(base.ticks)
    other = start(base, seed=3, size=SIZE)
    other.advance(base.ticks, workers=1)
    assert base.ticks > 2 * STRETCH
    assert np.array_equal(one.read().latent, other.read().latent)


def test_it_counts_what_the_ensemble_counts(base):
    tally = simulate(base, seed=3, paths=SIZE, detail="odds")
    sums = run.empty_sums(base, "odds")
    start(base, seed=3, size=SIZE).advance(base.ticks, sums=sums)
    for name in ("occupancy", "first_entry", "events", "first_events", "event_squares", "branches"):
        assert np.array_equal(getattr(sums, name), getattr(tally, name)), name
    assert np.array_equal(sums.year_happened, tally.model_year_happened)


def test_purposes_are_independent_and_a_fork_leaves_the_original_alone(base):
    plain, other = start(base, seed=3, size=SIZE), start(base, seed=3, size=SIZE, purpose="x/")
    plain.advance(40)
    before = plain.read()
    forked = plain.fork("y/")
    assert np.array_equal(forked.read().latent, before.latent)
    forked.advance(60)
    other.advance(60)
    plain.advance(60)
    alone = start(base, seed=3, size=SIZE)
    alone.advance(60)
    assert np.array_equal(plain.read().latent, alone.read().latent)
    for stranger in (forked, other):
        steps = [p.read().latent[0] - before.latent[0] for p in (plain, stranger)]
        assert abs(np.corrcoef(*steps)[0, 1]) < 5 / np.sqrt(SIZE) or stranger is other
    assert not np.array_equal(other.read().latent, alone.read().latent)


def test_picked_paths_continue_from_where_they_were_picked(base):
    population = start(base, seed=3, size=SIZE, history=30)
    population.advance(30)
    before, (index, scenario) = population.read(), population.past()
    chosen = np.random.default_rng(1).integers(SIZE, size=SIZE)
    population.pick(chosen)
    after, past = population.read(), population.past()
    for name in ("latent", "index", "scar", "scenario", "streak", "spent", "count", "ends"):
        assert np.array_equal(getattr(after, name), getattr(before, name)[..., chosen]), name
    assert np.array_equal(past[0], index[..., chosen])
    assert np.array_equal(past[1], scenario[..., chosen])
    with pytest.raises(ValueError, match="one for each place"):
        population.pick([0, 1])
    with pytest.raises(ValueError, match="lies outside"):
        population.advance(29)


def rests(population):
    """As it is left between two stops of a filter."""
    population.rest()
    return population


@pytest.mark.parametrize(
    ("purpose", "shared", "spool"),
    [
        ("", False, None),
        ("", True, None),
        ("x/", False, None),
        *((p, False, Spool(n)) for p in ("", "x/") for n in (0, None)),
    ],
)
def test_a_rest_changes_no_bit_and_leaves_little(base, purpose, shared, spool):
    """Row B3: what rests keeps neither noise nor scratch, and goes on as if it had never rested."""
    ends = []
    for rest in (rests, lambda population: population):
        noise = Noise(3, keep=True) if shared else None
        one = rest(start(base, seed=3, size=SIZE, purpose=purpose, history=base.ticks, shared=noise, spool=spool))
        for tick in (3, STRETCH - 1, STRETCH + 5, STRETCH + 6):
            one.advance(tick, workers=1)
            if tick == STRETCH + 5:
                one.pick(np.random.default_rng(1).integers(SIZE, size=SIZE))
            one = rest(one)
        if rest is rests:
            assert all(block.scratch is None and (shared or block.noise.buffer.size == 0) for block in one._blocks)
            packed = sum(
                a.content.nbytes
                for b in one._blocks
                for part in b.resting.read()[0].arrays.values()
                for a in part.values()
            )
            assert packed < 0.5 * sum(a.nbytes for b in one.fork("z/")._blocks for part in b.state[2:] for a in part)
            one = rest(one)
        copy = rest(one.fork("y/"))
        one.advance(base.ticks)
        copy.advance(base.ticks)
        ends.append((one.read(), one.past(), copy.read()))
    (one, past, copy), (plain, plain_past, plain_copy) = ends
    for name in ("latent", "index", "scar", "scenario", "streak", "spent", "count", "ends", "branch"):
        assert np.array_equal(getattr(one, name), getattr(plain, name)), name
        assert np.array_equal(getattr(copy, name), getattr(plain_copy, name)), name
    assert np.array_equal(past[0], plain_past[0])
    assert np.array_equal(past[1], plain_past[1])


def errors(a, b):
    """Distance of two independent samples' means in standard errors; the last axis runs over paths."""
    se = np.sqrt(a.var(axis=-1, ddof=1) / a.shape[-1] + b.var(axis=-1, ddof=1) / b.shape[-1])
    return np.abs(a.mean(axis=-1) - b.mean(axis=-1)) / np.maximum(se, 1e-12)


@pytest.mark.parametrize("how", ["shuffled", "forked"])
def test_picked_without_preference_it_has_the_same_law(base, how):
    size = 16 * BLOCK
    plain, picked = start(base, seed=3, size=size), start(base, seed=4, size=size)
    for tick in (5, 20, 33, 50):
        picked.advance(tick)
        picked.pick(np.random.default_rng(tick).permutation(size))
        picked = picked.fork(f"{tick}/") if how == "forked" else picked
    for population in (plain, picked):
        population.advance(base.ticks)
    a, b = plain.read(), picked.read()
    for name in ("latent", "scar", "scenario", "spent", "count"):
        one, two = getattr(a, name).astype(float), getattr(b, name).astype(float)
        assert errors(one, two).max() < 4, name
        assert errors(one**2, two**2).max() < 4, name


def test_copies_of_one_path_become_independent(monkeypatch):
    """The rest of a clock and a branch not yet drawn stay with the place; a wrong twin that copies them is detected."""
    strike = trigger("strike", rate=per_year(12.0))
    review = calendar_event("review", day(100), branch("good", 0.3, effect={"trust": 5.0}), branch("bad", 0.7))
    law = compiled(model(drivers=(driver(),), triggers=(strike,), calendar=(review,)), experiment(ticks=20))

    def strikes_and_branches():
        population = start(law, seed=1, size=4 * BLOCK)
        population.advance(10)
        population.pick(np.full(4 * BLOCK, 17))
        before = population.read().count[0].copy()
        population.advance(11)
        strikes = population.read().count[0] - before
        return strikes, np.concatenate([block.state.places.branch[0] for block in population._blocks])

    strikes, branches = strikes_and_branches()
    mean, size = 12 * 7 / 365.25, len(strikes)
    assert abs(strikes.mean() - mean) < 4 * np.sqrt(mean / size)
    assert abs((strikes == 0).mean() - np.exp(-mean)) < 4 * np.sqrt(np.exp(-mean) * (1 - np.exp(-mean)) / size)
    assert abs(branches.mean() - 0.7) < 4 * np.sqrt(0.21 / size)
    monkeypatch.setitem(COPIED_FIELDS, "clocks", (*COPIED_FIELDS["clocks"], "left"))
    monkeypatch.setitem(COPIED_FIELDS, "places", (*COPIED_FIELDS["places"], "branch"))
    strikes, branches = strikes_and_branches()
    assert abs((strikes == 0).mean() - np.exp(-mean)) > 8 * np.sqrt(np.exp(-mean) * (1 - np.exp(-mean)) / size)
    assert branches.std() == 0
