"""Do forks have the paths of their original, bit for bit, and leave it unchanged?"""

import numpy as np
from hypothesis import HealthCheck, given, settings
from random_models import cases

from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.ensemble import one_model
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.streams import BLOCK, layout
from frenemy.simulation.resampling.fork import fork, start_pair
from frenemy.simulation.resampling.population import start

SIZE = BLOCK + 70


def state(population):
    seen = population.read()
    return [getattr(seen, name) for name in ("latent", "scar", "scenario", "spent", "count", "ends")]


def same(one, other):
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(state(one), state(other), strict=True))


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases())
def test_a_fork_has_the_paths_of_a_plain_population(case):
    law = compile_model(*case)
    whole = one_model(law, SIZE)
    half = law.ticks // 2
    plain = start(whole, seed=case[1].seed)
    plain.advance(half)
    original = start_pair(whole, noise=Noise(case[1].seed, keep=True), streams=layout(law))
    original.advance(half)
    other = fork(original, whole)
    other.advance(law.ticks)
    assert same(original, plain), "the fork changed its original"
    original.advance(law.ticks)
    plain.advance(law.ticks)
    assert same(original, plain)
    assert same(other, plain)


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases())
def test_forks_with_the_same_picks_stay_the_same(case):
    law = compile_model(*case)
    whole = one_model(law, SIZE)
    original = start_pair(whole, noise=Noise(case[1].seed, keep=True), streams=layout(law))
    original.advance(law.ticks // 2)
    other, third = fork(original, whole), fork(original, whole)
    differ = any((values != values[..., :1]).any() for values in state(original))
    chosen = np.random.default_rng(1).integers(SIZE, size=SIZE)
    for each in (original, other):
        each.pick(chosen)
    for each in (original, other, third):
        each.advance(law.ticks)
    assert same(original, other)
    if differ:  # else the paths are still the same where they are picked
        assert not same(original, third), "the wrong twin: it was not picked from"
