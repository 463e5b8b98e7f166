"""Does a run go on until its odds are as precise as asked for, and no longer?"""

from dataclasses import replace

import numpy as np
import pytest

import frenemy as fr
from builders import driver, experiment, model, rule, scenario, trigger
from frenemy.errors import InputError
from frenemy.forecast.odds import odds_of
from frenemy.forecast.precision import simulated, widest_error
from frenemy.model.distributions import NONNEGATIVE, Quantiles
from frenemy.model.experiment import Uncertainty
from frenemy.model.resolved import PerYear
from frenemy.runtime.progress import Silent

YEARS = 52 * 7 / 365.25


@pytest.fixture(scope="module")
def case():
    """In a rift once a strike has happened, at an uncertain rate; trust matters to nothing."""
    rates = Quantiles(0.2, 0.5, 1.25, NONNEGATIVE)
    of = model(
        drivers=(driver(start=Quantiles(30, 40, 50, NONNEGATIVE)),),
        triggers=(trigger("strike", rate=PerYear(rate=rates)),),
        scenarios=(scenario("rift", enter=rule("count(strike) > 0"), absorbing=True, leave=rule("false")),),
    )
    return of, experiment(paths=512, uncertainty=Uncertainty(draws=32, paths=16))


class Notes(Silent):
    """Keeps what it is told, and what the bars say."""

    def __init__(self):
        self.notes, self.bars = [], []

    def stage(self, label, total):
        self.bars.append(label)
        return super().stage(label, total)

    def note(self, text):
        self.notes.append(text)


def test_a_run_ends_at_the_precision_and_its_error_is_honest(case):
    of, run = case
    exact = np.mean([1 - np.exp(-YEARS * of.triggers[0].rate.rate.quantile((n + 0.5) / 4000)) for n in range(4000)])
    errors, stated = [], []
    for seed in range(1, 31):
        tally = simulated(of, replace(run, seed=seed, precision=2.0), workers=1, progress=Silent())
        odds = odds_of(tally)["at"]
        assert widest_error(tally, run) <= 2.0
        assert tally.draws % 32 == 0
        assert tally.draws >= 64
        errors.append(odds.probability[-1, 0] - exact)
        stated.append(odds.mc_se[-1, 0])
    ratio = np.mean(np.square(errors)) / np.mean(np.square(stated))
    assert abs(ratio - 1) < 4 * np.sqrt(2 / 30)


def test_each_repeat_has_draws_and_paths_of_its_own(case):
    of, run = case
    tally = simulated(of, replace(run, precision=3.0), workers=1, progress=Silent())
    first = simulated(of, run, workers=1, progress=Silent())
    np.testing.assert_array_equal(tally.occupancy[:32], first.occupancy)
    places = tally.groups.points
    assert len(np.unique(places[:, 0])) == tally.draws
    for repeat in range(tally.draws // 32):  # each fills the ranges evenly
        mine = places[32 * repeat : 32 * (repeat + 1)]
        np.testing.assert_array_equal(np.sort((mine * 32).astype(int), axis=0), np.repeat(np.arange(32)[:, None], 2, 1))
    again = simulated(of, replace(run, precision=3.0), workers=3, progress=Silent())
    np.testing.assert_array_equal(again.occupancy, tally.occupancy)


def test_the_bar_shows_the_error_shrinking(case):
    of, run = case
    notes = Notes()
    simulated(of, replace(run, precision=2.0), workers=1, progress=notes)
    assert notes.bars[0] == "Simulating 32 × 16 futures"
    assert all(bar.endswith(" points, 2 asked for: 32 × 16 futures more") for bar in notes.bars[1:])
    errors = [float(bar.removeprefix("±").split()[0]) for bar in notes.bars[1:]]
    assert len(errors) > 2
    assert errors[-1] < errors[0]
    assert min(errors) > 2.0


def test_a_run_that_is_precise_enough_at_once_is_the_plain_run(case):
    of, run = case
    notes = Notes()
    one = simulated(of, replace(run, precision=20.0), workers=1, progress=notes)
    np.testing.assert_array_equal(one.occupancy, simulated(of, run, workers=1, progress=Silent()).occupancy)
    assert len(notes.notes) == 1
    assert notes.notes[0].startswith("±")
    assert notes.notes[0].endswith(" points with 512 futures.")


def test_at_the_medians_paths_are_added(case):
    of, run = case
    run = replace(run, uncertainty=Uncertainty(draws=0, paths=16), precision=2.0)
    found = fr.run((of, run))
    assert found.forecast.draws == 0
    assert found.forecast.paths > 512
    assert 196 * found.forecast.odds["at"].mc_se[-1].max() <= 2.0 * 1.1


def test_it_can_be_asked_for_in_python_and_on_the_command_line(case):
    result = fr.run(case, precision=4.0)
    assert 196 * max(result.forecast.odds[reading].mc_se[-1].max() for reading in ("at", "ever")) <= 4.0
    for wrong in (0.0, -1.0, 30.0, float("nan")):
        with pytest.raises(InputError, match="not a precision"):
            fr.run(case, precision=wrong)
