"""Is a path without the events of a trigger that of a model in which the trigger is impossible, in both engines?"""

import numpy as np
from hypothesis import HealthCheck, given, settings
from random_models import cases

from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate_paths
from frenemy.simulation.noise.streams import FOLLOW_UP, OWN
from frenemy.simulation.storyline.engine import tell
from frenemy.studies.causes.counterfactuals import impossible


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases())
def test_no_event_of_a_trigger_is_the_trigger_impossible(case):
    model, experiment = case
    seed = experiment.seed
    compiled = compile_model(model, experiment)
    for name in compiled.trigger_names[:2]:
        every = {(name, kind, number) for kind in (OWN, FOLLOW_UP) for number in range(2000)}
        without = tell(compiled, seed=seed, path=3, suppressed=every)
        never = compile_model(impossible(model, name), experiment)
        story = tell(never, seed=seed, path=3)
        np.testing.assert_allclose(without.latent, story.latent, atol=1e-9)
        np.testing.assert_array_equal(without.scenario, story.scenario)
        assert [e.time for e in without.events()] == [e.time for e in story.events()]
        paths = simulate_paths(never, seed=seed, numbers=[3])
        np.testing.assert_array_equal(paths.scenario[:, 0], story.scenario)
