"""Are likelihood-ratio derivatives those of the odds, and is the path's clock read from it exactly?"""

from pathlib import Path

import numpy as np
import pytest

from builders import (
    branch,
    calendar_event,
    contagion,
    day,
    driver,
    experiment,
    fixed,
    follow_up,
    lognormal,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)  # fmt: skip
from frenemy.forecast.odds import group_sums
from frenemy.forecast.run import prepare
from frenemy.model.realise import realise, with_values
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.ensemble import Ensemble, one_model
from frenemy.simulation.ensemble.kernel.marks import exponentials
from frenemy.simulation.ensemble.laws import law_of_draws, laws_beside
from frenemy.simulation.ensemble.run import Noise, simulate, simulate_ensemble, simulate_paths
from frenemy.simulation.noise.blocks import marks_of
from frenemy.simulation.noise.streams import BLOCK, OWN, layout
from frenemy.studies.sensitivity.exposure import _begin, _marks, exposures
from frenemy.studies.sensitivity.likelihood_ratio import add_to_score, derivatives

ROOT = Path(__file__).parents[2]
PATHS = 16_384


def rich():
    """Contagion, an episode, a cooldown, a limit, a condition, a follow-up and a calendar factor, all at once."""
    return model(
        drivers=(driver("trust", volatility=8.0),),
        triggers=(
            trigger(
                "strike", rate=per_year(0.8), per_10_points={"trust": 0.8}, effect={"trust": -9}, severity_cv=0.3,
                raises={"strike": contagion(0.3), "quarrel": contagion(0.4, 60)}, cooldown=20.0,
            ),
            trigger(
                "tariff", kind="episode", rate=per_year(1.5), duration=lognormal(60, 150), while_active={"trust": -8},
                leads_to=(follow_up("quarrel", 0.5, fixed(10)),),
            ),
            trigger(
                "quarrel", rate=per_year(1.0), effect={"trust": -5}, max_count=3,
                requires=rule("not active(tariff) or trust < 45"),
            ),
        ),
        calendar=(calendar_event("vote", day(120), branch("calm", 0.5, factor={"strike": 0.3}), branch("storm", 0.5)),),
        scenarios=(scenario("rift", enter=rule("trust < 38"), for_=14.0),),
    )  # fmt: skip


def law_by_path(compiled, kept):
    """One model, as the kernel reads draws."""
    return law_of_draws(laws_beside([compiled]), slice(0, 1), np.array([len(kept.numbers)]))


def clock_errors(compiled, seed=1):
    """What each own event finds on its clock: the unit exponentials used up, less the rate over the open time."""
    kept = simulate_paths(compiled, seed=seed, numbers=range(BLOCK))
    shape = len(compiled.trigger_names), BLOCK
    run, number, errors = np.zeros(shape), np.zeros(shape, dtype=int), []
    spent, gates = [], Gates(law_by_path(compiled, kept), kept)
    marks, numbers = marks_of(layout(compiled), seed, 0), np.arange(int(kept.counts.max()) + 1)
    number_of, place = (array.ravel() for array in np.meshgrid(numbers, np.arange(BLOCK), indexing="ij"))
    for k in range(len(compiled.trigger_names)):
        drawn = np.empty(len(place))
        exponentials(marks, np.full_like(place, k), place, number_of, drawn)
        spent.append(np.cumsum(drawn.reshape(-1, BLOCK), axis=0))
    for tick in exposures(law_by_path(compiled, kept), kept):
        rate = tick.base + tick.extra
        events, days = gates.of_tick(tick.tick)
        np.testing.assert_allclose(tick.days, np.where(rate > 0, days, 0.0), atol=1e-9)
        for k, p, open_for in events:
            errors.append(run[k, p] + rate[k, p] * open_for - spent[k][number[k, p], p])
            number[k, p] += 1
        run += rate * tick.days
    return np.abs(errors)


class Gates:
    """For how long each gate is open, event by event: slow and plain, where the engine takes all paths at once."""

    def __init__(self, compiled, kept):
        self.compiled, self.kept = compiled, kept
        self.marks, self.gate = _marks(compiled, kept), _begin(compiled, kept).gate
        self.order = np.argsort(kept.event_time, kind="stable")
        ends = compiled.tick * np.arange(compiled.ticks + 1)
        self.parts = np.searchsorted(kept.event_time[self.order], ends)

    def of_tick(self, n):
        """(trigger, path, days open in the tick up to the event) of its own events, and the days of each gate."""
        law, kept, start, end = self.compiled.triggers, self.kept, n * self.compiled.tick, (n + 1) * self.compiled.tick
        since = np.maximum(np.maximum(start, law.opens)[:, None], self.gate)
        days, own = np.zeros(since.shape), []
        for e in self.order[self.parts[n] : self.parts[n + 1]]:
            k, p, time = kept.event_trigger[e], kept.event_path[e], kept.event_time[e]
            days[k, p] += max(time - since[k, p], 0.0)
            if kept.event_kind[e] == OWN:
                own.append((k, p, days[k, p]))
            if self.marks.closes[e]:
                self.gate[k, p] = max(self.gate[k, p], self.marks.closed_until[e])
            since[k, p] = max(since[k, p], time, self.gate[k, p])
        return own, days + np.maximum(np.minimum(end, law.closes)[:, None] - since, 0.0)


@pytest.mark.parametrize("name", ["baseline", "outlook_2026", "sustained_tariffs"])
def test_the_rates_rebuilt_from_paths_run_the_clocks_exactly(name):
    of, over = prepare(ROOT / "experiments" / f"{name}.toml", draws=0)
    errors = clock_errors(compile_model(realise(of), realise(over)))
    assert len(errors) > 10_000
    assert errors.max() < 1e-9


def test_the_rates_of_every_feature_run_the_clocks_exactly():
    errors = clock_errors(compile_model(rich(), experiment(ticks=104)))
    assert len(errors) > 2000
    assert errors.max() < 1e-9


def gates_within_ticks():
    """A window of five days inside a week, a cooldown of two days, and episodes of three, at high rates."""
    return model(
        triggers=(
            trigger("raid", rate=per_year(150), from_=day(15), until=day(20)),
            trigger(
                "strike", rate=per_year(60), cooldown=2.0, max_count=9, leads_to=(follow_up("siege", 0.3, fixed(1)),)
            ),
            trigger("siege", kind="episode", rate=per_year(50), duration=lognormal(3, 6)),
        )
    )


def test_gates_within_ticks_run_the_clocks_exactly():
    """Row A12: exposures are the time for which a gate is open, not the ticks in which it is."""
    errors = clock_errors(compile_model(gates_within_ticks(), experiment(ticks=26)))
    assert len(errors) > 20_000
    assert errors.max() < 1e-9


def test_exposure_in_a_window_within_a_tick_is_its_length():
    """Row A12: five days; the score of each path is then its events less five days at its rate."""
    compiled = compile_model(gates_within_ticks(), experiment(ticks=5))
    kept = simulate_paths(compiled, seed=1, numbers=range(64))
    days = sum(tick.days[0] for tick in exposures(law_by_path(compiled, kept), kept))
    np.testing.assert_allclose(days, 5.0)


def test_a_closed_form():
    """P(a Poisson trigger has happened by t) = 1 - exp(-rt); its derivative in log r is rt exp(-rt)."""
    of = model(
        triggers=(trigger("strike", rate=per_year(0.7)),),
        scenarios=(scenario("rift", enter=rule("count(strike) > 0")),),
    )
    compiled = compile_model(of, experiment(ticks=52))
    odds = simulate(compiled, seed=1, paths=PATHS, detail="odds").occupancy.sum(axis=0) / PATHS
    found = derivatives(one_model(compiled, PATHS), "at", odds, noise=Noise(1))
    rt = 0.7 * np.arange(1, 53) * 7 / 365.25
    exact = rt * np.exp(-rt)
    ticks = [3, 12, 25, 51]
    assert np.all(np.abs(found.value[0, ticks, 0] - exact[ticks]) < 4 * found.se[0, ticks, 0])
    assert np.all(np.abs(found.value[0, ticks, 0] - rt[ticks])[1:] > 4 * found.se[0, ticks, 0][1:])  # without survival


def test_over_draws_the_derivative_is_that_of_the_mean():
    """Rates of 0.3 and 1.8 a year: the mean of two derivatives, which is not the derivative at the mean rate."""
    rates = np.repeat([0.3, 1.8], 64)
    scenarios = (scenario("rift", enter=rule("count(strike) > 0")),)
    worlds = [
        compile_model(
            model(triggers=(trigger("strike", rate=per_year(rate)),), scenarios=scenarios), experiment(ticks=52)
        )
        for rate in rates
    ]
    ensemble = Ensemble(models=worlds, each=100, points=np.zeros((len(worlds), 0)))
    tally = simulate_ensemble(ensemble, seed=1, detail="odds")
    odds = tally.groups.mean(group_sums(tally)["at"])
    found = derivatives(ensemble, "at", odds, noise=Noise(1))
    rt = rates[[0, -1]] * 52 * 7 / 365.25
    exact, wrong = (rt * np.exp(-rt)).mean(), rt.mean() * np.exp(-rt.mean())
    assert abs(found.value[0, -1, 0] - exact) < 4 * found.se[0, -1, 0]
    assert abs(found.value[0, -1, 0] - wrong) > 4 * found.se[0, -1, 0]


@pytest.fixture(scope="module")
def scores():
    """Score at the end of every path of the rich model, with the share of contagion and, wrongly, without it."""
    compiled = compile_model(rich(), experiment(ticks=104))
    kept = simulate_paths(compiled, seed=2, numbers=range(4096))
    right, wrong = np.zeros((2, 3, 4096))
    for tick in exposures(law_by_path(compiled, kept), kept):
        add_to_score(right, tick)
        wrong -= tick.base * tick.days
        np.add.at(wrong, (tick.trigger, tick.path), 1.0)
    return right, wrong


def standardised(score):
    return score.mean(axis=1) / (score.std(axis=1) / np.sqrt(score.shape[1]))


def test_the_score_has_mean_zero(scores):
    assert np.all(np.abs(standardised(scores[0])) < 4)


def test_ignoring_the_share_of_contagion_would_be_noticed(scores):
    wrong = np.abs(standardised(scores[1]))
    assert wrong[0] > 8  # strikes are raised by strikes
    assert wrong[2] > 8  # and quarrels by them


@pytest.mark.parametrize("reading", ["at", "ever", "time_share"])
def test_finite_differences_on_common_noise(reading):
    of, over, noise, step = rich(), experiment(ticks=78), Noise(3, keep=True), 0.2

    def shifted(name, by):
        rate = next(t.rate.rate for t in of.triggers if t.name == name)
        changed = with_values(of, {f"triggers.{name}.rate": rate * float(np.exp(by))})
        return group_sums(simulate(compile_model(changed, over), seed=noise, paths=PATHS, detail="odds"))[reading]

    compiled = compile_model(of, over)
    central = simulate(compiled, seed=noise, paths=PATHS, detail="odds")
    odds = group_sums(central)[reading].sum(axis=0) / PATHS
    found = derivatives(one_model(compiled, PATHS), reading, odds, noise=noise)
    for k, name in enumerate(found.triggers):
        moved = shifted(name, step) - shifted(name, -step)
        change, error = central.groups.mean(moved), central.groups.error(moved)
        difference = found.value[k, -1, 0] - change[-1, 0] / (2 * step)
        assert abs(difference) < 4 * np.hypot(found.se[k, -1, 0], error[-1, 0] / (2 * step)) + 0.03 * abs(change[-1, 0])
        assert found.value[k, -1, 0] > 4 * found.se[k, -1, 0]
