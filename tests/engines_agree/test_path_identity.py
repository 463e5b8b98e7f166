"""Do the two engines give the same path for any model?"""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_models import cases

from builders import day, experiment, model, scenario, trigger
from frenemy.errors import SimulationError
from frenemy.model.distributions import Quantiles
from frenemy.model.experiment import Imposed, Uncertainty
from frenemy.model.realise import quantities, with_values
from frenemy.model.resolved import PerYear
from frenemy.model.specs.number_at import quantity_at
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import new_job, simulate, simulate_ensemble, simulate_paths, whole_paths
from frenemy.simulation.ensembles import ensemble_of
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.parameter_draws import outer_draws
from frenemy.simulation.storyline.engine import tell

KINDS = {"event": 0, "follow_up": 1, "imposed": 2}
NUMBERS = (0, 3, BLOCK - 1, BLOCK + 5)


def differences(compiled, seed, numbers):
    """What differs between the engines, in words: events by order, times beyond 1e-6 days, levels, scenarios."""
    paths = simulate_paths(compiled, seed=seed, numbers=numbers, workers=1)
    found = []
    for column, number in enumerate(numbers):
        story = tell(compiled, seed=seed, path=number)
        mine = paths.event_path == column
        storyline = [(compiled.trigger_names.index(entry.name), KINDS[entry.kind]) for entry in story.events()]
        drawn = list(zip(paths.event_trigger[mine].tolist(), paths.event_kind[mine].tolist(), strict=True))
        if storyline != drawn:
            found.append(f"path {number}: storyline {storyline}, ensemble {drawn}")
            continue
        times = np.array([entry.time for entry in story.events()])
        if np.abs(times - paths.event_time[mine]).max(initial=0.0) > 1e-6:
            found.append(f"path {number}: events at other times")
        ran = paths.episodes()
        ran = sorted(zip(ran.end[ran.path == column], ran.trigger[ran.path == column], strict=True))
        lasted = sorted((item.end, compiled.trigger_names.index(item.trigger)) for item in story.episodes)
        if not np.allclose(np.array(ran), np.array(lasted), rtol=1e-9, atol=1e-6):
            found.append(f"path {number}: episodes end at other times")
        if np.abs(story.latent - paths.latent[:, :, column]).max() > 1e-6:
            found.append(f"path {number}: other levels")
        if np.any(story.scenario != paths.scenario[:, column]):
            found.append(f"path {number}: other scenarios")
    return found


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases())
def test_random_models_path_by_path(case):
    some_model, run = case
    assert differences(compile_model(some_model, run), run.seed, NUMBERS) == []


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases(), st.data())
def test_draws_together_are_those_one_by_one(case, data):
    """Compiled and simulated, to the last bit, whatever numbers of whatever model are drawn."""
    of, run = case
    of_model, of_run = quantities(of), quantities(run)
    keys = data.draw(st.lists(st.sampled_from(sorted(of_model | of_run)), unique=True, max_size=8))

    def spread(number, key):
        domain = quantity_at(key).domain
        centre = domain.to_line(number) if domain.inside(number) else 0.0
        low, high = (domain.from_line(centre + by) for by in (-0.2, 0.3))
        return Quantiles(low, domain.from_line(centre), high, domain)

    wide = {key: spread((of_model | of_run)[key], key) for key in keys}
    of = with_values(of, {key: wide[key] for key in keys if key in of_model})
    run = with_values(run, {key: wide[key] for key in keys if key in of_run})
    run = dataclasses.replace(run, uncertainty=Uncertainty(draws=6, paths=4))
    try:
        one_by_one = [compile_model(*drawn) for drawn in outer_draws(of, run)]
    except SimulationError:  # no such process
        return
    ensemble = ensemble_of(of, run)
    for alone, together in zip(one_by_one, ensemble.models, strict=True):
        for field in dataclasses.fields(alone):
            if field.name not in ("model", "experiment"):
                assert same(getattr(alone, field.name), getattr(together, field.name)), field.name
    counted = simulate_ensemble(ensemble, seed=run.seed)
    together = whole_paths(new_job(ensemble, run.seed), 0)
    for draw, compiled in enumerate(one_by_one):
        mine = range(4 * draw, 4 * draw + 4)
        alone, events = simulate_paths(compiled, seed=run.seed, numbers=mine), np.isin(together.event_path, mine)
        for name in ("numbers", "latent", "index", "scenario", "counts", "branch", "running_end"):
            assert same(getattr(alone, name), getattr(together, name)[..., mine]), name
        for name in ("event_trigger", "event_kind", "event_time", "event_end"):
            assert same(getattr(alone, name), getattr(together, name)[events]), name
        assert np.array_equal(counted.model_events[draw], alone.counts.sum(axis=1))
        assert np.array_equal(counted.model_happened[draw], (alone.counts > 0).sum(axis=1))
        inside = (alone.scenario[..., None] == range(len(of.scenarios))).sum(axis=1)
        assert np.array_equal(counted.occupancy[draw], inside)
    everything = simulate_ensemble(dataclasses.replace(ensemble, each=40), seed=run.seed)
    assert np.array_equal(everything.model_year_events.sum(axis=(0, 1)), everything.events.sum(axis=0))


def same(one, other):
    """Whether two values are the same to the last bit, fields of fields included."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, item.name), getattr(other, item.name)) for item in dataclasses.fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases())
def test_the_tally_counts_the_paths_it_simulates(case):
    some_model, run = case
    compiled = compile_model(some_model, run)
    count = BLOCK + 70
    tally = simulate(compiled, seed=run.seed, paths=count)
    paths = simulate_paths(compiled, seed=run.seed, numbers=range(count))
    scenarios = range(len(some_model.scenarios))
    inside = np.stack([(paths.scenario == s).sum(axis=1) for s in scenarios], axis=1)
    np.testing.assert_array_equal(tally.occupancy.sum(axis=0), inside)
    ever = np.stack([np.logical_or.accumulate(paths.scenario == s).sum(axis=1) for s in scenarios], axis=1)
    np.testing.assert_array_equal(tally.first_entry.sum(axis=0).cumsum(axis=0), ever)
    spent = np.stack([(np.cumsum(paths.scenario == s, axis=0) ** 2).sum(axis=1) for s in scenarios], axis=1)
    np.testing.assert_array_equal(tally.share_squares, spent)
    np.testing.assert_array_equal(tally.events.sum(axis=0), paths.counts.sum(axis=1))
    np.testing.assert_array_equal(tally.first_events.sum(axis=0), (paths.counts > 0).sum(axis=1))
    np.testing.assert_array_equal(tally.event_squares, (paths.counts**2).sum(axis=1))
    np.testing.assert_allclose(tally.index_sum, paths.index.sum(axis=2), rtol=1e-12)
    np.testing.assert_allclose(tally.index_squares, (paths.index**2).sum(axis=2), rtol=1e-12)
    assert tally.groups.paths.sum() == tally.paths == count
    bins = np.minimum(paths.index * 10, 999).astype(int)
    assert tally.histogram.sum() == bins.size
    pooled = tally.histogram.sum(axis=0)
    np.testing.assert_array_equal(pooled[-1, 0], np.bincount(bins[-1, 0], minlength=pooled.shape[-1]))


def test_a_wrong_twin_is_caught():
    """The comparison sees a model whose one event has an effect larger by a thousandth of a point."""
    busy, run = _busy_case()
    (strike,) = busy.triggers
    twin = dataclasses.replace(strike, effect={"trust": strike.effect["trust"] + 0.001})
    honest = compile_model(busy, run)
    wrong = compile_model(dataclasses.replace(busy, triggers=(twin,)), run)
    assert differences(honest, 7, NUMBERS) == []
    mixed = simulate_paths(wrong, seed=7, numbers=NUMBERS)
    levels = [tell(honest, seed=7, path=number).latent for number in NUMBERS]
    assert np.abs(np.stack(levels, axis=2) - mixed.latent).max() > 1e-6


def _busy_case():
    strike = trigger("strike", rate=PerYear(rate=20.0), effect={"trust": -3.0}, severity_cv=0.5)
    return model(triggers=(strike,), scenarios=(scenario("default", default=True),)), experiment(ticks=52)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_gives_the_same_bits(workers):
    compiled = compile_model(*_busy_case())
    one = simulate(compiled, seed=0, paths=3 * BLOCK + 17, workers=1)
    many = simulate(compiled, seed=0, paths=3 * BLOCK + 17, workers=workers)
    for field in dataclasses.fields(one):
        if field.name != "groups":
            np.testing.assert_array_equal(getattr(one, field.name), getattr(many, field.name), strict=True)


def test_what_is_imposed_on_one_day_happens_in_the_order_of_the_file():
    """Three on one day, in an order that is not the model's; both engines use the given order."""
    some = model(triggers=tuple(trigger(name, rate=PerYear(rate=0.1)) for name in ("a", "b", "c")))
    listed = tuple(Imposed(trigger=name, date=day(10)) for name in ("b", "c", "a"))
    compiled = compile_model(some, dataclasses.replace(experiment(ticks=8), impose=listed))
    assert differences(compiled, 1, NUMBERS) == []
    paths = simulate_paths(compiled, seed=1, numbers=(0,))
    assert paths.event_trigger[paths.event_kind == KINDS["imposed"]].tolist() == [1, 2, 0]
