"""Does the level at which rates are stated stay where the file puts it, whatever moves the long run? (Row A1.)"""

from itertools import pairwise

import numpy as np
import pytest
from corpus import small_model, written

import frenemy as fr
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import load_experiment, load_model, load_resolved
from frenemy.model.realise import realise, with_values
from frenemy.simulation.compile.compile import compile_model

KEY = "drivers.trust.long_run"
EXPERIMENT = "experiments/baseline.toml"


def rate_at_the_start(model, experiment):
    """The rate of `strike` with trust at 40, in events a day."""
    triggers = compile_model(realise(model), realise(experiment)).triggers
    return np.exp(triggers.intercept[0] + triggers.slope[0] @ [40.0, 0.0])


@pytest.mark.parametrize("changed", [20, 70, {"q05": 50, "median": 60, "q95": 70}])
def test_what_moves_the_long_run_leaves_the_rate_at_a_level_as_it_was(tmp_path, changed):
    """By `--set`, by an experiment's `[set]`, in a draw and on a slider, and after the resolved text is read again."""
    root = small_model(tmp_path)
    plain = load_experiment(root / EXPERIMENT)
    stated = rate_at_the_start(*plain)
    assert stated == pytest.approx(-np.log(1 - 0.06) / 365.25)
    option = load_experiment(root / EXPERIMENT, set={KEY: changed})
    inside = small_model(
        tmp_path / "inside",
        experiments=written("experiments")
        + f"\n[set]\n{KEY} = {str(changed).replace(':', ' =').replace(chr(39), '')}\n",
    )
    moved = with_values(plain[0], {KEY: option[0].drivers[0].long_run})
    drawn = realise(plain[0], {KEY: 33.0})
    for model, experiment in (
        option, load_experiment(inside / EXPERIMENT), load_resolved(dump_resolved(*option)), (moved, plain[1]),
        (drawn, plain[1]),
    ):  # fmt: skip
        assert model.triggers[0].reference == {"trust": 40.0}
        assert rate_at_the_start(model, experiment) == stated


def test_a_factor_that_is_added_with_the_long_run_has_the_reference_of_the_file(tmp_path):
    root = small_model(tmp_path)
    changes = {"triggers.tariff.per_10_points.trust": 0.5, KEY: 60}
    model, experiment = load_experiment(root / EXPERIMENT, set=changes)
    assert model.triggers[1].reference == {"trust": 40.0}
    again, _ = load_resolved(dump_resolved(model, experiment))
    assert again.drivers[0].reference == 40.0


def test_a_driver_may_state_its_reference(tmp_path):
    drivers = written("drivers", ('half_life = "26w"\n', 'half_life = "26w"\nreference = 45\n'))
    model = load_model(small_model(tmp_path, drivers=drivers))
    assert model.triggers[0].reference == {"trust": 45.0}
    assert load_model(small_model(tmp_path, drivers=drivers), {"drivers.trust.reference": 30}).triggers[
        0
    ].reference == {"trust": 30.0}


def strikes(root, level, **changes):
    """Strikes of 4,000 futures whose trust starts and reverts there."""
    changed = {KEY: level, "drivers.trust.start": level, **changes}
    found = fr.simulate(root / EXPERIMENT, set=changed, paths=4000, horizon="3y", keep=True)
    return int(found.paths.counts.sel(trigger="strike").sum())


def test_more_trust_makes_strikes_rarer(tmp_path):
    """Counts fall from level to level; those of a wrong twin, whose reference moves along, stay within their error."""
    root = small_model(tmp_path)
    levels = (30, 45, 60, 75)
    counts = [strikes(root, level) for level in levels]
    assert all(lower < higher - 3 * np.sqrt(lower + higher) for higher, lower in pairwise(counts))
    twins = [strikes(root, level, **{"drivers.trust.reference": level}) for level in levels]
    assert abs(twins[0] - twins[-1]) < 3 * np.sqrt(twins[0] + twins[-1])
