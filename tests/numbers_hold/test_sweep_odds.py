"""Is a sweep right where the answer is known, smooth where it should be, and evenly spread on its natural scale?"""

import math
from dataclasses import replace

import numpy as np
import pytest

import frenemy as fr
from builders import experiment, model, per_year, rule, scenario, trigger
from frenemy.errors import InputError
from frenemy.model.experiment import Axis, Sweep
from frenemy.model.specs.sweep import spread_out
from frenemy.simulation.ensemble.run import Noise
from frenemy.studies.sweep.grid import Stretch, SweepFindings

RATE = "triggers.strike.rate"
YEARS = 52 * 7 / 365.25


def struck(rate=0.5):
    rift = scenario("rift", enter=rule("count(strike) >= 1"), absorbing=True)
    return model(triggers=(trigger("strike", rate=per_year(rate)),), scenarios=(rift,)), experiment(paths=20_000)


@pytest.fixture(scope="module")
def poisson():
    return fr.sweep(struck(), {RATE: "0.05..3:12:own"}, contours=[0.5]).findings


def test_odds_of_a_poisson_trigger(poisson):
    rates = np.array(poisson.axes[0].values)
    right = 1 - np.exp(-rates * YEARS)
    distance = np.abs(poisson.odds[0] - right) / poisson.errors[0]
    assert distance.max() < 4
    wrong = 1 - np.exp(-1.15 * rates * YEARS)  # the wrong twin
    assert (np.abs(poisson.odds[0] - wrong) / poisson.errors[0]).max() > 6


def test_where_the_odds_are_crossed(poisson):
    [value] = poisson.crossings(0, 0.5)
    right = math.log(2) / YEARS
    slope = YEARS / 2  # dP/d(rate) where P is a half
    error = 0.5 / math.sqrt(20_000) / slope
    assert abs(value - right) < 4 * error + 0.02 * right  # chord of a grid of factor 1.45
    assert poisson.stretches() == [Stretch(1, 0.05, pytest.approx(value)), Stretch(0, pytest.approx(value), 3.0)]


def test_the_noise_is_common(poisson, monkeypatch):
    """A higher rate can only bring the first event forward in each future, so the counts never fall; on independent
    noise at each point they do."""
    assert np.all(np.diff(poisson.odds[0]) >= 0)
    near = {RATE: list(np.linspace(0.5, 0.52, 12))}
    steady = fr.sweep(struck(), near).findings.odds[0]
    assert np.all(np.diff(steady) >= 0)
    numbers = iter(range(100, 200))
    monkeypatch.setattr("frenemy.studies.sweep.grid.simulate_variants", _with_luck_of_its_own(numbers))
    unsteady = fr.sweep(struck(), near).findings.odds[0]
    assert np.any(np.diff(unsteady) < 0)


def _with_luck_of_its_own(numbers):
    from frenemy.simulation.ensemble.run import simulate_ensemble

    def each(first, others, *, noise, **how):
        return (simulate_ensemble(one, seed=Noise(next(numbers)), **how) for one in [first, *others])

    return each


def test_a_range_is_even_in_its_own_space():
    values = spread_out("triggers.a.probability", (0.01, 0.4), 6, "own")
    steps = np.diff([math.log(value / (1 - value)) for value in values])
    assert steps == pytest.approx(steps[0], abs=1e-4)
    assert np.ptp(np.diff(values)) > 0.1  # they are not even as they are
    assert (values[0], values[-1]) == (0.01, 0.4)
    rates = spread_out("triggers.a.rate", (0.1, 10.0), 3, "own")
    assert rates == pytest.approx((0.1, 1.0, 10.0))
    assert spread_out("drivers.a.start", (20.0, 60.0), 5, "linear") == (20, 30, 40, 50, 60)


def plane(odds, **asked):
    """A sweep over two rates with the odds given, (scenarios, across, up)."""
    of, run = struck()
    axes = (Axis(key="a", values=(1.0, 2.0, 4.0), spacing="linear"), Axis(key="b", values=(0.0, 1.0), spacing="linear"))
    run = replace(run, sweep=Sweep(over=axes, date=run.end, **asked))
    table = np.broadcast_to(odds, (3, 1, *odds.shape))
    return SweepFindings(
        model=of,
        experiment=run,
        ticks=(51,),
        probability=table,
        mc_se=table,
        quantiles=np.broadcast_to(odds, (7, *table.shape)),
    )


def test_the_map_is_interpolated_on_an_even_raster():
    across, up = np.meshgrid([1.0, 2.0, 4.0], [0.0, 1.0], indexing="ij")
    rift = (across + 2 * up) / 8
    found = plane(np.stack([rift, 1 - rift]))
    x, y, surface = found.surface()
    assert np.ptp(np.diff(x)) < 1e-12
    assert surface[0] == pytest.approx((x[:, None] + 2 * y[None, :]) / 8)
    clear = np.abs(surface[0] - 0.5) > 1e-9
    assert np.all((surface.argmax(axis=0) == 0)[clear] == (surface[0] > 0.5)[clear])
    assert found.leads(0) == pytest.approx(2 * rift - 1)


def test_rules_of_branches_and_of_the_whole_model_hold_at_every_corner():
    raises = {"strike": replace_extra(0.1)}
    of, run = struck()
    of = replace(of, triggers=(replace(of.triggers[0], raises=raises),))
    with pytest.raises(InputError):
        fr.sweep((of, run), {"triggers.strike.raises.strike.expected_extra": "0.1..1.5"})


@pytest.mark.parametrize("over", [{}, {"triggers.strike.rate": "1..2", "a": "1..2", "b": "1..2"}, None])
def test_one_number_or_two(over):
    with pytest.raises(InputError, match=r"which numbers to vary|names no number"):
        fr.sweep(struck(), over)


def replace_extra(extra):
    from builders import contagion

    return contagion(extra)
