"""Are the odds of rare scenarios those of the law: against closed forms, plain simulation, and wrong twins?"""

import csv
import datetime as dt
import io
import json
import math

import numpy as np
import pytest
from rich.console import Console
from scipy.stats import norm, poisson

from builders import (
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
)
from frenemy.errors import InputError
from frenemy.model.conditions import FALSE
from frenemy.model.distributions import SHARE, Quantiles
from frenemy.model.experiment import Initial, Uncertainty
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate
from frenemy.simulation.resampling.splitting_population import SplittingPopulation
from frenemy.studies.rare.findings import estimate
from frenemy.studies.rare.genealogy import Levels
from frenemy.studies.rare.method import Method, SplittingRun, find_method, fit_tilt
from frenemy.studies.rare.study import rare
from frenemy.studies.rare.text import tables

WEEKS = 52
YEARS = WEEKS * 7 / 365.25


def strikes(rate=0.3, count=5, **changes):
    """Five strikes in a year of 0.3: Poisson."""
    many = scenario("many", enter=rule(f"count(strike) >= {count}"), leave=FALSE)
    return model(triggers=(trigger("strike", rate=per_year(rate), **changes),), scenarios=(many,))


def compile_weeks(of, weeks=WEEKS, **changes):
    return compile_model(of, experiment(ticks=weeks, **changes))


def repeated(compiled, method, initial=256, times=60, j=0):
    """The estimates of many seeds by one method."""
    for seed in range(times):
        trees = SplittingRun([compiled], j, seed, 1).run(method, initial, int)
        yield estimate(trees, method.levels)


def unbiased(found, exact, precise=4.0):
    """Whether the mean is within four standard errors of the truth, and these are small enough."""
    odds = np.array([one.probability[-1] for one in found])
    error = odds.std(ddof=1) / math.sqrt(len(odds))
    assert error < exact / precise, f"the error {error:.2g} is too large for a test of {exact:.2g}"
    return abs(odds.mean() - exact) < 4 * error


NONE = Levels()
COUNTS = Levels((-40.0, -30.0, -20.0, -10.0), (3.0, 6.0, 9.0, 12.0))
METHODS = {
    "levels": Method(COUNTS, np.ones(1)),
    "clocks": Method(NONE, np.full(1, 12.0)),
    "both": Method(Levels((-30.0, -10.0), (3.0, 3.5)), np.full(1, 6.0)),
}


@pytest.mark.parametrize("name", METHODS)
def test_a_poisson_count_by_any_method(name):
    compiled, exact = compile_weeks(strikes()), poisson.sf(4, 0.3 * YEARS)
    assert exact < 2e-5
    assert unbiased(repeated(compiled, METHODS[name]), exact)


def test_the_odds_are_right_at_every_date():
    found = list(repeated(compile_weeks(strikes()), METHODS["both"]))
    for weeks in (26, 39, 52):
        odds = np.array([one.probability[weeks - 1] for one in found])
        exact = poisson.sf(4, 0.3 * YEARS * weeks / WEEKS)
        assert abs(odds.mean() - exact) < 4 * odds.std(ddof=1) / math.sqrt(len(odds))


@pytest.mark.parametrize("name", ["clocks", "both"])
def test_a_count_in_a_window_inside_a_week_by_any_method(name):
    """Row A12: five strikes in a window of five days between two ticks, too soon for levels to help."""
    compiled = compile_weeks(strikes(rate=20, from_=day(15), until=day(20)), weeks=5)
    exact = poisson.sf(4, 20 * 5 / 365.25)
    assert exact < 2e-5
    assert unbiased(repeated(compiled, METHODS[name]), exact)


class KeepsClocks(SplittingPopulation):
    """A twin whose copies keep the clocks of their original: they do the same at the same time."""

    def spread(self, source, target):
        super().spread(source, target)
        self.state.clocks.left[:, target] = self.state.clocks.left[:, source]


def test_copies_must_diverge_to_reduce_the_error(monkeypatch):
    """Copies that keep their clocks cause no bias, as each still follows the law, but bring no gain either."""
    compiled, method = compile_weeks(strikes(0.5, 3)), Method(Levels((-20.0, -10.0), (3.0, 12.0)), np.ones(1))

    def error():
        return float(np.std([one.probability[-1] for one in repeated(compiled, method, 256, 80)], ddof=1))

    apart = error()
    monkeypatch.setattr("frenemy.studies.rare.scored_paths.SplittingPopulation", KeepsClocks)
    assert error() > 1.5 * apart


def siege():
    """An episode is running at the start; that it lasts for 40 weeks has a closed form."""
    long = scenario("long", enter=rule("active(siege)"), for_=280.0)
    of = model(triggers=(trigger("siege", kind="episode", duration=fixed(7)),), scenarios=(long,))
    return compile_weeks(of, initial=Initial(scars={}, episodes={"siege": lognormal(100, 200)}))


class RedrawsEnds(SplittingPopulation):
    """The wrong twin: copies of an episode that is running last for as long again."""

    def spread(self, source, target):
        super().spread(source, target)
        rest = 100 * np.exp(self._rng.standard_normal(len(target)) * math.log(2) / 1.6448536)
        self.state.clocks.ends[0, target] = self.tick * 7 + rest


def test_copies_keep_what_is_already_drawn(monkeypatch):
    compiled, exact = siege(), norm.sf(math.log(2.8) * 1.6448536 / math.log(2))
    method = Method(Levels((0.3, 0.5, 0.7), (3.0, 3.0, 3.0)), np.ones(1))
    assert 0.005 < exact < 0.01
    assert unbiased(repeated(compiled, method, 512), exact)
    monkeypatch.setattr("frenemy.studies.rare.scored_paths.SplittingPopulation", RedrawsEnds)
    assert not unbiased(repeated(compiled, method, 512), exact)


def chain():
    """Only a rare spark leads to a fire, two follow-ups later: no level in between, and no driver."""
    return model(
        triggers=(
            trigger("spark", rate=per_year(0.01), leads_to=(follow_up("smoke", 0.5, fixed(20)),)),
            trigger("smoke", rate=per_year(0), leads_to=(follow_up("fire", 0.4, fixed(30)),)),
            trigger("fire", rate=per_year(1e-9)),
        ),
        scenarios=(scenario("burns", enter=rule("count(fire) >= 1"), leave=FALSE),),
    )


def test_follow_ups_happen_under_the_tilted_law_as_under_the_law():
    """A thinned Poisson process: 1 - exp(-rate 0.5 0.4 (year - 50 days))."""
    compiled, exact = compile_weeks(chain()), -math.expm1(-0.01 * 0.2 * (WEEKS * 7 - 50) / 365.25)
    method = Method(NONE, np.array([120.0, 1.0, 1.0]))
    assert unbiased(repeated(compiled, method), exact)
    plain = Method(NONE, np.ones(3))
    errors = [np.std([one.probability[-1] for one in repeated(compiled, m)], ddof=1) for m in (method, plain)]
    assert errors[0] < errors[1] / 4


def busy():
    """All that opens and closes gates: a cooldown, a limit, an episode, contagion, follow-ups in between."""
    return model(
        triggers=(
            trigger("strike", rate=per_year(3), cooldown=30.0, leads_to=(follow_up("raid", 0.5, fixed(3)),),
                    effect={"trust": -8.0}, raises={"raid": contagion(0.3)}),
            trigger("raid", rate=per_year(2), per_10_points={"trust": 0.8}, max_count=2,
                    raises={"strike": contagion(0.4)}),
            trigger("siege", kind="episode", rate=per_year(4), duration=lognormal(30, 60),
                    leads_to=(follow_up("siege", 0.3, fixed(40)),), requires=rule("trust > 30")),
        ),
        scenarios=(scenario("low", enter=rule("trust < 30"), for_=14.0),),
    )  # fmt: skip


class Miscounts(SplittingPopulation):
    """The wrong twin: follow-ups count as events of the clock."""

    def ratio(self, places):
        followed = self.state.clocks.happened - self.own
        return super().ratio(places) * np.exp(-np.log(self._tilt) @ followed[:, places])


def deviation_of_ratios(kind, compiled):
    """Mean of the likelihood ratios of 12,288 paths less 1, in standard errors."""
    tilt, ratios = np.array([1.3, 1.6, 0.8]), []
    for seed in range(12):
        population = kind(compiled, 1024, np.random.default_rng(seed), tilt=tilt)
        for _ in range(compiled.ticks):
            population.advance()
        ratios.append(population.ratio(np.arange(1024)))
    ratios = np.concatenate(ratios)
    return (ratios.mean() - 1) / (ratios.std(ddof=1) / math.sqrt(len(ratios)))


def test_likelihood_ratios_have_mean_one_whatever_closes_the_gates():
    assert abs(deviation_of_ratios(SplittingPopulation, compile_weeks(busy()))) < 4
    assert abs(deviation_of_ratios(Miscounts, compile_weeks(busy()))) > 10


def short_gates():
    """All that opens and closes gates within a tick: a window, a cooldown of a day, episodes of two."""
    return model(
        triggers=(
            trigger("strike", rate=per_year(40), cooldown=1.0, leads_to=(follow_up("siege", 0.5, fixed(0.5)),)),
            trigger("raid", rate=per_year(40), from_=day(15), until=day(20), max_count=2),
            trigger("siege", kind="episode", rate=per_year(40), duration=lognormal(2, 4)),
        ),
        scenarios=(scenario("many", enter=rule("count(siege) > 6")),),
    )


def test_likelihood_ratios_have_mean_one_where_gates_close_within_a_tick():
    """Row A12: what the clocks used up is the rate times the time for which the gate was open."""
    assert abs(deviation_of_ratios(SplittingPopulation, compile_weeks(short_gates(), weeks=8))) < 4
    assert abs(deviation_of_ratios(Miscounts, compile_weeks(short_gates(), weeks=8))) > 10


def test_a_splitting_population_follows_the_law_of_the_ensemble():
    """Under a tilt and with copies made all the time, the odds are those of plain simulation."""
    compiled = compile_weeks(busy())
    paths = 100_000
    exact = simulate(compiled, seed=5, paths=paths, detail="odds").first_entry[:, :, 0].sum() / paths
    method = Method(Levels((-15.0, -9.0, -5.0, -2.0, 0.5), (1.4, 1.5, 1.3, 1.3, 1.7)), np.array([1.3, 1.2, 1.2]))
    odds = np.array([one.probability[-1] for one in repeated(compiled, method, 512, 40)])
    error = math.hypot(odds.std(ddof=1) / math.sqrt(40), math.sqrt(exact * (1 - exact) / paths))
    assert error < exact / 25
    assert abs(odds.mean() - exact) < 4 * error


def test_calendar_branches_ahead_are_drawn_for_each_copy():
    """A split long before a date: copies take each branch as often as the law says."""
    from builders import branch, calendar_event, day

    review = calendar_event(
        "review", day(200), branch("kept", 0.97), branch("broken", 0.03, effect={"trust": -40.0}, lasting=0.0)
    )
    low = scenario("low", enter=rule("trust < 12"), leave=FALSE)
    of = model(drivers=(driver(volatility=1.0),), calendar=(review,), scenarios=(low,))
    method = Method(Levels((-38.0, -37.5, -37.0, -36.5), (2.0, 2.0, 2.0, 2.0)), np.zeros(0))
    assert unbiased(repeated(compile_weeks(of), method, 64), 0.03, 8)


def test_the_clocks_that_lead_to_the_scenario_run_faster():
    compiled = compile_weeks(chain())
    method, work = find_method(SplittingRun([compiled], 0, 1, 1), int)
    assert method.tilt[0] > 20
    assert work > 0
    found = estimate(SplittingRun([compiled], 0, 2, 1).run(method, 4096, int), method.levels)
    exact = -math.expm1(-0.01 * 0.2 * (WEEKS * 7 - 50) / 365.25)
    assert abs(found.probability[-1] - exact) < 4 * found.mc_se[-1]


def test_clocks_are_not_sped_up_without_limit_under_contagion():
    """At a thousand times the speed a strike would lead to a hundred others."""
    from frenemy.studies.rare.method import limit_tilt

    compiled = compile_weeks(strikes(raises={"strike": contagion(0.1)}))
    assert 5 < limit_tilt(np.array([1000.0]), compiled)[0] < 9
    assert limit_tilt(np.array([3.0]), compiled)[0] == 3


def test_cross_entropy_of_poisson_clocks():
    from frenemy.studies.rare.method import Hits

    weight = np.full(1000, 1e-6)
    hits = Hits(weight, np.vstack([np.full(1000, 2.0), np.full(1000, 0.1)]), np.full((2, 1000), 0.1))
    assert fit_tilt(hits) == pytest.approx([20, 1], rel=0.01)


# The study: from a model to findings.


def rare_strikes(**options):
    return rare((strikes(), experiment(ticks=WEEKS)), "many", **{"paths": 2048, "workers": 1} | options)


def test_a_study_finds_a_method_and_saves_work():
    exact = poisson.sf(4, 0.3 * YEARS)
    studies = [rare_strikes(seed=seed) for seed in range(6)]
    z = [(one.probability - exact) / one.findings.estimate.mc_se[-1] for one in studies]
    assert max(map(abs, z)) < 4
    assert np.median([one.findings.work_saved for one in studies]) > 100
    assert sum(low <= exact <= high for low, high in (one.interval for one in studies)) >= 4


def test_it_is_a_function_of_the_seed_and_of_nothing_else():
    one, same, other = rare_strikes(), rare_strikes(workers=2), rare_strikes(seed=2)
    assert tables(one.findings) == tables(same.findings)
    assert one.probability != other.probability


def test_odds_are_a_mean_over_draws_as_in_a_run():
    """Each draw has its own rate, so that the mean is one of Poisson tails over the very draws of a run."""
    from frenemy.model.resolved import WithinWindow
    from frenemy.simulation.parameter_draws import outer_draws

    spread = Quantiles(0.05, 0.15, 0.4, SHARE)
    of = strikes()
    of = model(
        triggers=(trigger("strike", rate=WithinWindow(probability=spread, within=365.25)),), scenarios=of.scenarios
    )
    run = experiment(ticks=WEEKS, uncertainty=Uncertainty(draws=16, paths=1024))
    rates = [-math.log1p(-drawn.triggers[0].rate.probability) for drawn, _ in outer_draws(of, run)]
    exact = float(np.mean([poisson.sf(4, rate * YEARS) for rate in rates]))
    found = rare((of, run), "many", paths=8192, workers=1)
    assert abs(found.probability - exact) < 4 * found.findings.estimate.mc_se[-1]
    assert found.findings.estimate.mc_se[-1] < exact / 4
    central = rare((of, run), "many", draws=0, paths=2048, workers=1)
    assert central.probability < exact / 3


def test_by_a_date_and_the_rarest_if_none_is_named():
    often = scenario("often", enter=rule("count(strike) >= 1"), leave=rule("count(strike) >= 5"), priority=0)
    of = model(triggers=strikes().triggers, scenarios=(often, strikes().scenarios[0]))
    found = rare((of, experiment(ticks=WEEKS)), date=dt.date(2025, 9, 1), paths=2048, workers=1).findings
    assert found.scenario.name == "many"
    assert str(found.experiment.end) == "2025-09-01"
    exact = poisson.sf(4, 0.3 * len(found.dates) * 7 / 365.25)
    assert abs(found.estimate.probability[-1] - exact) < 4 * found.estimate.mc_se[-1]


def test_what_cannot_happen_has_a_bound_and_says_so():
    of = model(scenarios=(scenario("never", enter=rule("trust < 1 and count(strike) > 3")),), triggers=(trigger(),))
    found = rare((of, experiment(ticks=10)), paths=512, workers=1)
    assert found.probability == 0
    assert 0 < found.interval[1] < 0.01
    file = io.StringIO()
    Console(file=file, width=140).print(found)
    assert "was not reached" in file.getvalue()
    found.plot()


@pytest.mark.parametrize(
    ("scenario", "options", "message"),
    [
        ("mny", {}, "no such scenario"),
        ("status_quo", {}, "default scenario"),
        ("many", {"date": dt.date(2024, 1, 1)}, "outside the run"),
    ],
)
def test_what_cannot_be_asked_is_refused(scenario, options, message):
    with pytest.raises(InputError, match=message):
        rare((strikes(), experiment()), scenario, **options)
    with pytest.raises(InputError, match="no scenario of the model has a rule"):
        rare((model(), experiment()))


def test_tables_data_picture_and_section_agree(tmp_path):
    study = rare_strikes()
    rows = list(csv.DictReader(io.StringIO(tables(study.findings)["rare.csv"])))
    assert len(rows) == WEEKS
    assert float(rows[-1]["probability"]) == pytest.approx(study.probability, rel=1e-5)
    data = json.loads(json.dumps(study.to_dict(), allow_nan=False))
    assert data["probability"] == study.probability
    assert data["low"] < data["probability"] < data["high"]
    folder = study.save(tmp_path / "rare")
    assert {path.name for path in folder.iterdir()} == {
        "rare.csv", "levels.csv", "clocks.csv", "resolved.toml", "manifest.json", "pictures",
    }  # fmt: skip
    assert study.section().name == "rare"
    curve, _ = study.plot()
    assert curve.lines[0].get_ydata()[-1] == study.probability
    assert "plain futures" in study._repr_html_()


def test_a_run_says_which_scenarios_it_seldom_reaches():
    import frenemy as fr

    often = scenario("often", enter=rule("count(strike) >= 1"), leave=FALSE, priority=2)
    of = model(triggers=strikes().triggers, scenarios=(often, strikes().scenarios[0]))
    result = fr.run((of, experiment(ticks=WEEKS, paths=1000)), workers=1)
    assert result.to_dict()["scarce"] == {"many": 0}
    file = io.StringIO()
    Console(file=file, width=140).print(result)
    assert "Many: none of 1,000 futures ever reaches it" in file.getvalue()
    assert "frenemy rare EXPERIMENT --scenario many" in file.getvalue()
    assert "frenemy rare" in result._repr_html_()
    few = fr.run((of, experiment(ticks=WEEKS, paths=200)), workers=1)
    assert 20 < few.to_dict()["scarce"]["often"] < 100
