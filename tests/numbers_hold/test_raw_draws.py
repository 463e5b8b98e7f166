"""Can a reader of a run folder compute the bands again, and simulate any draw again?"""

import csv
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray
from scipy import stats

import builders
from frenemy.cli.init import write_starter
from frenemy.forecast.forecast import READINGS
from frenemy.forecast.netcdf import to_xarray
from frenemy.forecast.odds import bands
from frenemy.forecast.run import prepare, run
from frenemy.forecast.tables import tables
from frenemy.model.distributions import POSITIVE, PROBABILITY, Quantiles
from frenemy.model.experiment import Initial
from frenemy.model.realise import quantities, realise, uncertain
from frenemy.model.resolved import Times
from frenemy.model.specs.number_at import quantity_at
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate_paths
from frenemy.simulation.parameter_draws import as_simulated

BASELINE = Path(__file__).parents[2] / "experiments" / "baseline.toml"
DRAWS, PATHS = 1100, 32  # more draws than are compiled at a time
PAIR = ("drivers.trust.long_run", "triggers.diversion.probability")
RHO = -0.4
FILES = {"draws.csv", "draws_odds.csv"}
VARIABLES = {"drawn_value", "probability_by_draw", "report_date", "draw", "number", "number_units"}


@pytest.fixture(scope="module")
def starter(tmp_path_factory):
    """The starter's experiment, with the pair of correlated numbers that its file shows in a comment."""
    folder = tmp_path_factory.mktemp("starter")
    write_starter(folder)
    file = folder / "drivers.toml"
    shown = re.compile(r"^# (\[\[judgement.correlated\]\]\n)# (between.*\n)# (rho.*\n)", re.MULTILINE)
    text, found = shown.subn(r"\1\2\3", file.read_text(encoding="utf-8"))
    assert found == 1
    file.write_text(text, encoding="utf-8")
    return folder / "experiments" / "first.toml"


@pytest.fixture(scope="module")
def many(starter, tmp_path_factory):
    """A run with many draws, and its folder."""
    result = run(starter, draws=DRAWS, paths=PATHS, workers=1)
    return result, result.save(tmp_path_factory.mktemp("many") / "run", plots=False)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """A few draws of the shipped model, in which branches are rescaled and times made consistent."""
    result = run(BASELINE, draws=24, paths=40, workers=1)
    return result, result.save(tmp_path_factory.mktemp("shipped") / "run", plots=False)


def rows(file):
    with file.open(encoding="utf-8", newline="") as lines:
        return [*csv.DictReader(lines)]


def odds_of(folder, names):
    """(reading, date) -> (draws, scenarios), as anyone would read draws_odds.csv."""
    found = {}
    for row in rows(folder / "draws_odds.csv"):
        found.setdefault((row["reading"], row["date"]), []).append([float(row[f"odds_{name}"]) for name in names])
    return {key: np.array(values) for key, values in found.items()}


def arrays(folder):
    with xarray.open_dataset(folder / "forecast.nc", engine="h5netcdf") as stored:
        return stored.load()


def test_the_mean_and_the_variance_of_judgement_follow_from_the_table(many):
    result, folder = many
    forecast = result.forecast
    by_date = odds_of(folder, [scenario.name for scenario in forecast.model.scenarios])
    dates = [str(forecast.dates[tick + 1]) for tick in forecast.report_ticks]
    assert [*by_date] == [(reading, date) for reading in READINGS for date in dates]
    raw_spread_is_wider = 0
    for tick, date in zip(forecast.report_ticks, dates, strict=True):
        for reading in READINGS:
            odds, found = forecast.odds[reading], by_date[reading, date]
            assert found.shape == (DRAWS, 3)
            np.testing.assert_allclose(found.mean(axis=0), odds.probability[tick], atol=1e-6)
            noise = odds.path_variance[tick] / PATHS
            if reading != "time_share":  # a path is in the scenario or it is not
                noise = (found * (1 - found)).mean(axis=0) / (PATHS - 1)
            variance = found.var(axis=0, ddof=1)
            expected = np.maximum(variance - noise, 0)
            np.testing.assert_allclose(odds.judgement_variance[tick], expected, atol=2e-6)
            raw_spread_is_wider += np.sum(variance > odds.judgement_variance[tick] + 1e-4)
    assert raw_spread_is_wider > 10, "wrong twin: the spread of the table with the noise of the paths left in"


def test_the_bands_follow_from_the_arrays_to_the_last_bit(many):
    result, folder = many
    stored, forecast = arrays(folder), result.forecast
    at_dates = stored.sel(assessment=stored["report_date"].values)
    for reading in READINGS:
        each = stored["probability_by_draw"].sel(reading=reading).values
        noise = at_dates["path_variance"].sel(reading=reading).values / PATHS
        quantiles, variance = bands(each, noise, paths=0 if reading == "time_share" else PATHS)
        np.testing.assert_array_equal(quantiles, forecast.odds[reading].quantiles[:, [*forecast.report_ticks]])
        np.testing.assert_array_equal(variance, at_dates["judgement_variance"].sel(reading=reading).values)


def test_the_arrays_describe_themselves_and_agree_with_the_tables(many):
    result, folder = many
    stored, labelled = arrays(folder), to_xarray(result.forecast)
    xarray.testing.assert_equal(stored.set_coords([*labelled.coords]), labelled)
    assert stored["probability_by_draw"].dims == ("draw", "reading", "report_date", "scenario")
    assert stored["drawn_value"].dims == ("draw", "number")
    assert all(stored[name].attrs["long_name"] for name in VARIABLES)
    assert stored["drawn_value"].attrs["units"] == "as number_units"
    units = dict(zip(stored["number"].values, stored["number_units"].values, strict=True))
    assert units["drivers.trust.long_run"] == "index points"
    assert units["triggers.border_protest.rate"] == "events a year"
    table = rows(folder / "draws.csv")
    assert [*table[0]] == ["draw", *stored["number"].values]
    assert [int(row["draw"]) for row in table] == [*range(DRAWS)]
    values = [[float(row[key]) for key in stored["number"].values] for row in table]
    np.testing.assert_array_equal(values, stored["drawn_value"].values)
    by_draw = stored["probability_by_draw"]
    for (reading, date), found in odds_of(folder, stored["scenario"].values).items():
        np.testing.assert_allclose(found, by_draw.sel(reading=reading, report_date=date), atol=5.1e-7)


def odds_on(model, experiment, first, paths):
    """The odds at each assessment, (ticks, scenarios), of a model without draws on these paths, from whole paths."""
    compiled = compile_model(realise(model), realise(experiment))
    numbers = range(first, first + paths)
    states = simulate_paths(compiled, seed=experiment.seed, numbers=numbers, workers=1).scenario
    inside = states[:, None] == np.arange(len(model.scenarios))[:, None]  # (ticks, scenarios, paths)
    assessments = np.arange(1, len(states) + 1)[:, None]
    return {
        "at": inside.sum(axis=2) / paths,
        "ever": np.maximum.accumulate(inside, axis=0).sum(axis=2) / paths,
        "time_share": np.cumsum(inside.sum(axis=2), axis=0) / assessments / paths,
    }


def settings(row):
    """A row of draws.csv as `--set` takes it: times with their unit."""
    return {key: f"{value}d" if quantity_at(key).timed else float(value) for key, value in row.items() if key != "draw"}


@pytest.mark.parametrize("run_of", ["many", "shipped"])
@pytest.mark.parametrize("draw", [0, 17, -1])
def test_any_draw_can_be_simulated_again_bit_for_bit(run_of, draw, request, starter):
    result, folder = request.getfixturevalue(run_of)
    source, forecast = starter if run_of == "many" else BASELINE, result.forecast
    table = rows(folder / "draws.csv")
    number, stored = int(table[draw]["draw"]), arrays(folder)["probability_by_draw"]
    again = prepare(source, draws=0, set=settings(table[draw]))
    assert not uncertain(again[0])
    found = odds_on(*again, number * forecast.paths, forecast.paths)
    other = odds_on(*again, (number + 1) * forecast.paths, forecast.paths)
    for reading in READINGS:
        expected = stored.sel(reading=reading, draw=number).values
        np.testing.assert_array_equal(found[reading][[*forecast.report_ticks]], expected)
        assert (other[reading][[*forecast.report_ticks]] != expected).any(), "wrong twin: the paths of the next draw"


def fits_together(model, experiment, draws):
    """Whether the exported numbers are those of the realised models; what was exported."""
    keys = uncertain(model) | uncertain(experiment)
    rng = np.random.default_rng(1)
    drawn = {key: np.array([law.quantile(float(u)) for u in rng.random(draws)]) for key, law in keys.items()}
    realised = [
        quantities(realise(model, {key: float(drawn[key][m]) for key in uncertain(model)}))
        | quantities(realise(experiment, {key: float(drawn[key][m]) for key in uncertain(experiment)}))
        for m in range(draws)
    ]
    found = as_simulated(model, experiment, drawn)
    assert [*found] == [key for key in realised[0] if key in found]
    for m, one in enumerate(realised):
        assert {key: column[m] for key, column in found.items()} == {key: one[key] for key in found}
    for key in realised[0].keys() - found.keys():
        assert len({one[key] for one in realised}) == 1, key
    return found, drawn


def test_exported_numbers_are_those_that_are_simulated():
    found, drawn = fits_together(*prepare(BASELINE), 200)
    review = "calendar.usmca_review.branches"
    shares = [column for key, column in found.items() if key.startswith(review) and key.endswith("probability")]
    assert len(shares) == 3, "the certain branch is rescaled with the others"
    np.testing.assert_allclose(np.sum(shares, axis=0), 1, atol=1e-12)
    key = f"{review}.extended.probability"
    assert np.abs(found[key] - drawn[key]).max() > 0.01, "wrong twin: probabilities as drawn, before they are rescaled"


def test_every_time_is_made_consistent_wherever_it_stands():
    wide = Quantiles(10.0, 40.0, 160.0, POSITIVE)
    model = builders.model(
        triggers=(
            builders.trigger("strike", leads_to=(builders.follow_up("siege", 0.5, Times(median=20.0, q95=wide)),)),
            builders.trigger("siege", kind="episode", duration=Times(median=wide, q95=60.0)),
            builders.trigger("drought", kind="episode", duration=Times(median=10.0, q95=20.0)),
        ),
        calendar=(
            builders.calendar_event(
                "vote", builders.day(20), builders.branch("yes", Quantiles(0.1, 0.5, 0.8, PROBABILITY)),
                builders.branch("no", 0.5),
            ),
            builders.calendar_event("sure", builders.day(30), builders.branch("only", 1.0)),
        ),
    )  # fmt: skip
    initial = Initial(scars={}, episodes={"siege": Times(median=wide, q95=50.0)})
    found, drawn = fits_together(model, builders.experiment(initial=initial), 50)
    added = {"triggers.siege.duration.q95", "initial.episodes.siege.q95", "calendar.vote.branches.no.probability"}
    assert found.keys() - drawn.keys() == added
    delay = "triggers.strike.leads_to.siege.delay.q95"
    assert (drawn[delay] < 20).any()
    assert (found[delay] >= 20).all()


def test_a_correlated_pair_shows_its_rank_correlation(many):
    table = rows(many[1] / "draws.csv")
    pair = [[float(row[key]) for row in table] for key in PAIR]
    found, error = stats.spearmanr(*pair).statistic, 1 / math.sqrt(DRAWS)
    assert abs(found - 6 / math.pi * math.asin(RHO / 2)) < 4 * error
    assert abs(found) > 10 * error, "wrong twin: independent numbers"


def test_the_same_bytes_with_any_number_of_workers(many, starter, tmp_path):
    again = run(starter, draws=DRAWS, paths=PATHS, workers=2).save(tmp_path / "run", plots=False)
    for name in (*FILES, "forecast.nc"):
        assert (again / name).read_bytes() == (many[1] / name).read_bytes(), name


def test_at_the_medians_there_are_none(starter, tmp_path):
    result = run(starter, draws=0, paths=256, workers=1)
    assert result.forecast.raw_draws is None
    assert FILES.isdisjoint(tables(result.forecast))
    assert VARIABLES.isdisjoint(result.to_xarray().variables)
    assert FILES.isdisjoint(file.name for file in result.save(tmp_path / "run", plots=False).iterdir())


def test_no_name_of_a_scenario_can_be_taken_for_another_column(many):
    forecast = many[0].forecast
    names = ("draw", "reading", "date")
    renamed = [replace(one, name=name) for one, name in zip(forecast.model.scenarios, names, strict=True)]
    text = tables(replace(forecast, model=replace(forecast.model, scenarios=tuple(renamed))))["draws_odds.csv"]
    assert text.splitlines()[0] == "draw,reading,date,odds_draw,odds_reading,odds_date"
