"""Does a rerun of the paths that another model can change equal a complete run, to the last bit?"""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from random_models import cases

from frenemy.errors import SimulationError
from frenemy.forecast.run import prepare
from frenemy.model.realise import quantities, uncertain, with_values
from frenemy.model.specs.number_at import quantity_at
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble import rerun as module
from frenemy.simulation.ensemble.ensemble import one_model
from frenemy.simulation.ensemble.rerun import keep_run, rerun, simulate_variants
from frenemy.simulation.ensemble.run import Noise, simulate_ensemble, simulate_paths
from frenemy.simulation.ensembles import ensemble_of
from frenemy.simulation.noise.streams import BLOCK
from frenemy.studies.knobs import changed
from frenemy.studies.sensitivity.tornado import END_QUANTILES

PATHS = BLOCK + 100
COUNTED = ("occupancy", "first_entry", "share_squares")


def same(one, other):
    assert np.array_equal(one.groups.paths, other.groups.paths)
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COUNTED)


def whole(ensemble, noise):
    return simulate_ensemble(ensemble, seed=noise, detail="odds")


def realised(model, experiment, values):
    """The ensemble with other numbers at these keys, over the experiment's outer draws or at the medians."""
    return ensemble_of(*changed(model, experiment, values))


def moved(model, experiment, key, by):
    """The model with one number moved in the space in which it varies."""
    domain, value = quantity_at(key).domain, (quantities(model) | quantities(experiment))[key]
    changed = {key: domain.from_line(by + (domain.to_line(value) if domain.inside(value) else 0.0))}
    if key.startswith("initial."):
        return one_model(compile_model(model, with_values(experiment, changed)), PATHS)
    return one_model(compile_model(with_values(model, changed), experiment), PATHS)


@settings(
    max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(cases())
def test_whatever_number_of_whatever_model(case):
    model, experiment = case
    noise = Noise(experiment.seed, keep=True)
    run = keep_run(one_model(compile_model(model, experiment), PATHS), noise=noise)
    assert same(run.tally, whole(run.ensemble, noise))
    for key in quantities(model) | quantities(experiment):
        for by in (-0.8, 0.4):
            try:
                other = moved(model, experiment, key, by)
            except SimulationError:  # no such process, or one that never ends
                continue
            assert same(rerun(run, other), whole(other, noise)), (key, by)


@pytest.fixture(scope="module", params=[(0, PATHS), (18, 63)], ids=["medians", "draws"])
def shipped(request):
    draws, paths = request.param
    return prepare("experiments/baseline.toml", paths=paths, draws=draws)


@pytest.fixture(scope="module")
def run(shipped):
    return keep_run(realised(*shipped, {}), noise=Noise(1, keep=True))


def touched(run, other):
    return np.concatenate(
        [
            part.parts[0].start + part.block * BLOCK + places
            for part, places in zip(run.kept, run.touched(other), strict=True)
        ]
    )


def ends(shipped):
    """The shipped model with each uncertain number at its two ends, by key."""
    for key, number in (uncertain(shipped[0]) | uncertain(shipped[1])).items():
        for u in END_QUANTILES:
            yield f"{key} at {u}", realised(*shipped, {key: number.quantile(u)})


def test_the_shipped_model(shipped, run):
    """At least half of its numbers leave some paths unchanged."""
    few = 0
    for key, other in ends(shipped):
        if len(touched(run, other)) < module.MAX_RERUN_SHARE * run.ensemble.paths:
            few += 1
            assert same(rerun(run, other), whole(other, run.noise)), key
    assert few > 60


def test_only_paths_with_the_event_are_rerun(shipped, run):
    ensemble, struck = run.ensemble, []
    for draw, compiled in enumerate(ensemble.models):
        numbers = range(draw * ensemble.each, (draw + 1) * ensemble.each)
        paths = simulate_paths(compiled, seed=run.noise, numbers=numbers)
        struck.append(paths.counts[compiled.trigger_names.index("unilateral_strike")] > 0)
    other = realised(*shipped, {"triggers.unilateral_strike.effect.trust": -20.0})
    np.testing.assert_array_equal(touched(run, other), np.flatnonzero(np.concatenate(struck)))
    assert not len(touched(run, run.ensemble))
    assert len(touched(run, realised(*shipped, {"drivers.trust.volatility": 9.0}))) == ensemble.paths


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("triggers.unilateral_strike.effect.trust", -20.0),
        ("calendar.us_inauguration.branches.softer_line.effect.trust", 12.0),
        ("drivers.trust.start", 40.0),
    ],
)
def test_a_rerun_that_ignores_an_effect_would_be_noticed(shipped, run, monkeypatch, key, value):
    """The wrong twins: effects of a trigger or a date, and a start, that are assumed to matter in no path."""
    other = realised(*shipped, {key: value})
    assert same(rerun(run, other), whole(other, run.noise))
    changes = module._changes

    def forgetful(one, another):
        change = changes(one, another)
        return dataclasses.replace(
            change,
            everywhere=np.zeros_like(change.everywhere),
            triggers=np.zeros_like(change.triggers),
            branches=np.zeros_like(change.branches),
        )

    monkeypatch.setattr(module, "_changes", forgetful)
    assert not same(rerun(run, other), whole(other, run.noise))


def test_a_rate_without_a_bound_would_be_noticed(shipped, run, monkeypatch):
    other = realised(*shipped, {"triggers.unilateral_strike.probability": 0.2})
    assert same(rerun(run, other), whole(other, run.noise))
    boundless = dataclasses.replace(
        run, kept=tuple(dataclasses.replace(part, margin=np.full_like(part.margin, np.inf)) for part in run.kept)
    )
    assert not same(rerun(boundless, other), whole(other, run.noise))


def test_workers_and_kept_noise_change_no_tally(shipped, run):
    """The same tallies for any number of workers, and for noise that is not kept."""
    others = [other for _, other in ends(shipped)][40:44]
    kept = list(simulate_variants(run.ensemble, others, noise=Noise(1, keep=True), workers=3))
    fresh = list(simulate_variants(run.ensemble, others, noise=Noise(1), workers=1))
    assert len(kept) == len(fresh) == 5
    assert all(same(one, other) for one, other in zip(kept, fresh, strict=True))
    assert same(rerun(run, others[0], workers=1), rerun(run, others[0], workers=2))
