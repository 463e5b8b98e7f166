"""Does a population that is stopped, copied and picked from follow the same law as the ensemble?"""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from random_models import cases
from test_determinism import busy

from builders import branch, calendar_event, compiled, day, driver, experiment, model, per_year, trigger
from frenemy.model.distributions import INDEX, POSITIVE, PROBABILITY, Quantiles
from frenemy.model.experiment import Uncertainty
from frenemy.model.realise import with_values
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.ensemble import one_model
from frenemy.simulation.ensemble.run import new_job, simulate_paths, whole_paths
from frenemy.simulation.ensembles import ensemble_of
from frenemy.simulation.noise.lazy import STRETCH
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.resampling.block import COPIED_FIELDS
from frenemy.simulation.resampling.population import start
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
    population = start(one_model(law, SIZE), seed=case[1].seed, history=law.ticks)
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


@pytest.fixture(scope="module")
def drawn():
    """Five draws that differ in rates, levels, odds of a branch and times, of 300 paths each: two share a block."""
    wide = {
        "triggers.strike.rate": Quantiles(0.5, 3.0, 20.0, POSITIVE),
        "triggers.strike.leads_to.breach.probability": Quantiles(0.1, 0.5, 0.9, PROBABILITY),
        "calendar.review.branches.good.probability": Quantiles(0.1, 0.5, 0.9, PROBABILITY),
        "drivers.trust.start": Quantiles(30.0, 50.0, 70.0, INDEX),
    }
    of = with_values(busy(), wide)
    return ensemble_of(of, experiment(ticks=80, uncertainty=Uncertainty(draws=5, paths=300)))


def test_a_population_of_draws_is_their_ensemble_bit_for_bit(drawn):
    population = start(drawn, seed=3, history=80)
    for tick in range(0, 81, 9):
        population.advance(tick)
    population.advance(80)
    job, (index, scenario) = new_job(drawn, 3), population.past()
    whole = [whole_paths(job, block) for block in drawn.blocks]
    for name, mine in (("index", index), ("scenario", scenario), ("counts", population.read().count)):
        assert np.array_equal(mine, np.concatenate([getattr(paths, name) for paths in whole], axis=-1)), name
    four_in_a_block = dataclasses.replace(drawn, each=BLOCK // 4)
    whole, part = start(four_in_a_block, seed=3), start(four_in_a_block.part(slice(4, 5)), seed=3)
    for each in (whole, part):
        each.advance(80)
    assert np.array_equal(part.read().latent, whole.read().latent[:, BLOCK:])
    with pytest.raises(ValueError, match="in the middle of a block"):
        start(drawn.part(slice(3, 5)), seed=3)


def test_paths_take_their_numbers_with_them_to_the_places_of_other_draws(drawn):
    """Draw 4 in all places has the law of draw 4. The wrong twin leaves the numbers of the places where they are."""
    of_one = dataclasses.replace(drawn, each=4096)
    chosen, paths = np.full(5, 4), np.tile(np.arange(4 * 4096, 5 * 4096), 5)
    counts = {}
    for ensemble in (of_one.picked(chosen), None):
        population = start(of_one, seed=3)
        population.advance(40)
        before = population.read().count[0]
        population.pick(paths, ensemble)
        population.advance(41)
        counts[ensemble is None] = (population.read().count[0] - before[paths]).reshape(5, -1)
    own, left = (counts[wrong] for wrong in (False, True))
    for place in range(4):
        assert errors(own[place].astype(float), own[4].astype(float)) < 4
    rates = [float(model.triggers.intercept[0]) for model in drawn.models]
    furthest = int(np.argmax(np.abs(np.array(rates) - rates[4])))
    assert errors(left[furthest].astype(float), left[4].astype(float)) > 8


def test_adopted_draws_are_those_of_the_other_population(drawn):
    """Levels, counts and numbers come over; what is ahead is the place's own, so that the paths then part."""
    population, other = start(drawn, seed=3, history=20), start(drawn, seed=3, purpose="x/", history=20)
    for each in (population, other):
        each.advance(20)
    before, theirs, taken = population.read(), other.read(), np.array([True, False, False, True, False])
    population.adopt(other, taken)
    population.follow(drawn.mixed(drawn, taken))
    mine, paths = population.read(), np.repeat(taken, 300)
    for name in ("latent", "scar", "scenario", "spent", "count", "ends"):
        one, two, now = (getattr(seen, name) for seen in (before, theirs, mine))
        assert np.array_equal(now, np.where(paths, two, one)), name
    assert np.array_equal(
        population.past()[0], np.where(paths, other.past()[0], np.where(paths, 0, population.past()[0]))
    )
    population.advance(30)
    other.advance(30)
    assert not np.array_equal(population.read().latent[:, paths], other.read().latent[:, paths])


def test_stops_workers_and_stretches_change_no_bit(base):
    one = start(one_model(base, SIZE), seed=3)
    for tick in range(0, base.ticks + 1, 7):
        one.advance(tick, workers=2)
    one.advance(base.ticks)
    other = start(one_model(base, SIZE), seed=3)
    other.advance(base.ticks, workers=1)
    assert base.ticks > 2 * STRETCH
    assert np.array_equal(one.read().latent, other.read().latent)


def test_purposes_are_independent_and_a_fork_leaves_the_original_alone(base):
    plain, other = start(one_model(base, SIZE), seed=3), start(one_model(base, SIZE), seed=3, purpose="x/")
    plain.advance(40)
    before = plain.read()
    forked = plain.fork("y/")
    assert np.array_equal(forked.read().latent, before.latent)
    forked.advance(60)
    other.advance(60)
    plain.advance(60)
    alone = start(one_model(base, SIZE), seed=3)
    alone.advance(60)
    assert np.array_equal(plain.read().latent, alone.read().latent)
    for stranger in (forked, other):
        steps = [p.read().latent[0] - before.latent[0] for p in (plain, stranger)]
        assert abs(np.corrcoef(*steps)[0, 1]) < 5 / np.sqrt(SIZE) or stranger is other
    assert not np.array_equal(other.read().latent, alone.read().latent)


def test_picked_paths_continue_from_where_they_were_picked(base):
    population = start(one_model(base, SIZE), seed=3, history=30)
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
    ("purpose", "room"), [("", None), ("x/", None), *((p, n) for p in ("", "x/") for n in (0, 10**9))]
)
def test_a_rest_changes_no_bit_and_leaves_little(base, purpose, room):
    """Row B3: what rests keeps neither noise nor scratch where memory is short, and goes on as if it never rested."""
    spool, ends = None if room is None else Spool(room), []
    for rest in (rests, lambda population: population):
        one = rest(start(one_model(base, SIZE), seed=3, purpose=purpose, history=base.ticks, spool=spool))
        for tick in (3, STRETCH - 1, STRETCH + 5, STRETCH + 6):
            one.advance(tick, workers=1)
            if tick == STRETCH + 5:
                one.pick(np.random.default_rng(1).integers(SIZE, size=SIZE))
            one = rest(one)
        if rest is rests and room != 10**9:
            assert all(block.peek()[2].buffer.size == 0 for block in one.blocks)
        if rest is rests and room is None:
            packed = sum(
                a.content.nbytes
                for b in one.blocks
                for part in b.resting._content[0].arrays.values()
                for a in part.values()
            )
            assert packed < 0.5 * sum(a.nbytes for b in one.fork("z/").blocks for part in b.state[2:] for a in part)
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
    plain, picked = start(one_model(base, size), seed=3), start(one_model(base, size), seed=4)
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
        population = start(one_model(law, 4 * BLOCK), seed=1)
        population.advance(10)
        population.pick(np.full(4 * BLOCK, 17))
        before = population.read().count[0].copy()
        population.advance(11)
        strikes = population.read().count[0] - before
        return strikes, np.concatenate([block.state.places.branch[0] for block in population.blocks])

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
