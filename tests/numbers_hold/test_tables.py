"""Do the tables and the file of arrays hold the forecast, the same bytes each time?"""

import csv
import datetime as dt
import io
from dataclasses import replace

import h5netcdf
import numpy as np
import pytest
from hand_built import SCENARIOS, START, as_draws, chain, experiment, model, paths_of, tally, walks

from frenemy.forecast.assemble import assemble
from frenemy.forecast.event_table import year_of_ticks
from frenemy.forecast.forecast import READINGS
from frenemy.forecast.netcdf import to_xarray, write_netcdf
from frenemy.forecast.tables import tables
from frenemy.simulation.compile.compile import compile_model

TICKS, PATHS, DRAWS = 60, 700, 6
BANDS = ["q05", "q20", "q35", "q50", "q65", "q80", "q95"]
BRANCHES = ((500, 200), (300, 400))  # early, late


def transition(risk):
    return np.array([[1.0, 0.0, 0.0], [0.0, 0.9, 0.1], [risk, 0.05, 0.95 - risk]])


def run(risk, seed=1):
    """One tally and its paths; the same seed is the same noise."""
    rng, setting = np.random.default_rng(seed), experiment(TICKS)
    states, levels = chain(rng, transition(risk), TICKS, PATHS), walks(rng, TICKS, PATHS)
    events = rng.poisson([[0.01], [0.03]], (TICKS, 2, PATHS))
    return tally(states, levels, events, year_of_ticks(setting), BRANCHES), paths_of(states, levels, events)


@pytest.fixture(scope="module")
def medians():
    added, paths = run(0.02)
    return assemble(model(), experiment(TICKS), added, paths), added


@pytest.fixture(scope="module")
def judged():
    tallies = [run(risk, seed)[0] for seed, risk in enumerate(np.linspace(0.005, 0.04, DRAWS), 1)]
    sample = run(0.02)[1]
    return assemble(model(), experiment(TICKS, draws=DRAWS), as_draws(tallies), sample), tallies


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_odds_csv(judged):
    forecast, tallies = judged
    found = rows(tables(forecast)["odds.csv"])
    assert list(found[0]) == ["scenario", "reading", "date", "probability", "mc_se", *BANDS]
    assert [(row["scenario"], row["reading"]) for row in found] == [(s, r) for s in SCENARIOS for r in READINGS]
    at_end = next(row for row in found if (row["scenario"], row["reading"]) == ("rift", "at"))
    assert at_end["date"] == "2026-03-17"
    share = np.mean([added.occupancy[:, -1, 0].sum() / PATHS for added in tallies])
    assert at_end["probability"] == f"{share:.6f}"
    assert [float(at_end[band]) for band in BANDS] == sorted(float(at_end[band]) for band in BANDS)


def test_odds_are_reported_at_the_assessment_on_or_after_each_date(medians):
    forecast, _ = medians
    dates = [START, START + dt.timedelta(days=7), START + dt.timedelta(days=8), START + dt.timedelta(days=14)]
    forecast = replace(forecast, experiment=replace(forecast.experiment, report_at=(*dates, forecast.experiment.end)))
    dates = [row["date"] for row in rows(tables(forecast)["odds.csv"])[:3]]
    assert dates == ["2025-01-28", "2025-02-04", "2026-03-17"]  # the start is not assessed; one row for one assessment


def test_fan_and_first_entry_csv(judged):
    forecast, _ = judged
    fan, entry = (rows(tables(forecast)[name]) for name in ("fan.csv", "first_entry.csv"))
    assert list(fan[0]) == ["date", "scenario", "probability", "mc_se", *BANDS]
    assert list(entry[0]) == ["date", "scenario", "first_entry", "probability", "mc_se", *BANDS]
    assert len(fan) == len(entry) == TICKS * len(SCENARIOS)
    assert [row["date"] for row in fan[:4]] == ["2025-01-28"] * 3 + ["2025-02-04"]
    for name in ("rift", "renewal"):
        mine = [row for row in entry if row["scenario"] == name]
        steps = np.cumsum([float(row["first_entry"]) for row in mine])
        np.testing.assert_allclose(steps, [float(row["probability"]) for row in mine], atol=TICKS * 1e-6)


def test_drivers_csv(medians):
    forecast, added = medians
    found = rows(tables(forecast)["drivers.csv"])
    assert list(found[0]) == ["date", "driver", "mean", "sd", *BANDS]
    assert len(found) == (TICKS + 1) * 2
    assert list(found[0].values()) == ["2025-01-21", "trust", "40.000", "0.000", *["40.000"] * 7]
    assert found[-1]["mean"] == f"{added.index_sum[-1, 1] / PATHS:.3f}"


def test_events_csv(medians):
    forecast, added = medians
    found = rows(tables(forecast)["events.csv"])
    assert list(found[0]) == ["trigger", "period", "expected", "expected_se", "at_least_one", "at_least_one_se"]
    assert [(row["trigger"], row["period"]) for row in found[:4]] == [
        ("strike", "all"),
        ("strike", "2025-01-21"),
        ("strike", "2026-01-21"),
        ("talks", "all"),
    ]
    total = float(found[0]["expected"])
    assert total == pytest.approx(added.events[:, 0].sum() / PATHS, abs=1e-6)
    assert total == pytest.approx(sum(float(row["expected"]) for row in found[1:3]), abs=2e-6)
    assert abs(total - 0.01 * TICKS) < 4 * float(found[0]["expected_se"])
    assert float(found[0]["expected_se"]) == pytest.approx(np.sqrt(0.01 * TICKS / PATHS), rel=0.1)  # Poisson
    ever = 1 - np.exp(-0.01 * TICKS)
    assert abs(float(found[0]["at_least_one"]) - ever) < 4 * float(found[0]["at_least_one_se"])
    assert float(found[1]["expected_se"]) == pytest.approx(float(found[0]["expected_se"]), rel=0.6)


def test_errors_of_events_shrink_with_draws_that_have_paths_of_their_own(judged):
    """Poisson counts at one rate in all draws: the error is that of all paths."""
    forecast, _ = judged
    expected = np.sqrt(TICKS * np.array([0.01, 0.03]) / (DRAWS * PATHS))
    np.testing.assert_allclose(forecast.events.expected_se, expected, rtol=4 / np.sqrt(2 * (DRAWS - 1)))


def test_what_was_not_assessed_is_an_empty_cell(medians):
    text = tables(medians[0])
    assert {row[band] for row in rows(text["odds.csv"]) for band in BANDS} == {""}
    assert not any("nan" in table for table in text.values())


def test_the_same_forecast_gives_the_same_bytes(judged, tmp_path):
    forecast, tallies = judged
    again = assemble(model(), experiment(TICKS, draws=DRAWS), as_draws(tallies), run(0.02)[1])
    assert tables(again) == tables(forecast)
    assert all("\r" not in text and text.endswith("\n") and "-0.000" not in text for text in tables(forecast).values())
    for name, made in (("a.nc", forecast), ("b.nc", again)):
        write_netcdf(made, tmp_path / name)
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_assembling_draws_agrees_with_the_parts(judged):
    forecast, tallies = judged
    assert (forecast.draws, forecast.paths, forecast.drivers.paths) == (DRAWS, PATHS, DRAWS * PATHS)
    shares = np.stack([np.cumsum(added.first_entry.sum(axis=0), axis=0) / PATHS for added in tallies])
    ever, noise = forecast.odds["ever"], (shares * (1 - shares)).mean(axis=0) / (PATHS - 1)
    np.testing.assert_allclose(ever.probability, shares.mean(axis=0), atol=1e-12)
    judged_variance = np.maximum(shares.var(axis=0, ddof=1) - noise, 0)
    np.testing.assert_allclose(ever.judgement_variance, judged_variance, atol=1e-12)
    np.testing.assert_allclose(forecast.odds["at"].probability.sum(axis=1), 1)
    np.testing.assert_allclose(forecast.phase.density.sum(), 1)


def test_calendar_branches_are_listed_by_name_in_the_order_of_their_dates(medians):
    forecast, _ = medians
    early, late = ({"yes": yes / PATHS, "no": no / PATHS} for yes, no in BRANCHES)
    assert forecast.events.branches == {"early": early, "late": late}  # the third date lies outside the run


@pytest.mark.parametrize("start", [START, dt.date(2024, 2, 29), dt.date(2024, 12, 31)])
@pytest.mark.parametrize("tick", [1, 7])
def test_years_and_calendar_are_those_of_the_engine(start, tick):
    setting = experiment(261 * 7 // tick, tick=tick, start=start)
    compiled = compile_model(model(uncertain=False), setting)
    np.testing.assert_array_equal(year_of_ticks(setting), compiled.year)
    assert list(compiled.calendar_names) == ["early", "late"]  # the rows of a tally's branches


def test_netcdf_describes_itself(judged, tmp_path):
    forecast, _ = judged
    path = tmp_path / "forecast.nc"
    write_netcdf(forecast, path)
    with h5netcdf.File(path, "r") as file:
        assert file.attrs["seed"] == 1
        assert file["time"].attrs["units"] == "days since 2025-01-21 00:00:00"
        assert file["probability"].dimensions == ("reading", "assessment", "scenario")
        assert [*file["scenario"][...].astype(str)] == list(SCENARIOS)
        np.testing.assert_array_equal(file["probability"][0], forecast.odds["at"].probability)
        np.testing.assert_array_equal(file["sample_scenario"][...], forecast.phase.sample_scenario)
        for name, variable in file.variables.items():
            assert variable.attrs["long_name"], name
            assert variable.dtype.kind not in "fi" or name in ("path", "sample_scenario") or variable.attrs["units"], (
                name
            )


def test_xarray_has_the_same_labels_as_the_file(judged, tmp_path):
    import xarray

    forecast, _ = judged
    write_netcdf(forecast, tmp_path / "forecast.nc")
    labelled = to_xarray(forecast)
    with xarray.open_dataset(tmp_path / "forecast.nc", engine="h5netcdf") as stored:
        xarray.testing.assert_equal(stored.load().set_coords(list(labelled.coords)), labelled)
    end = np.datetime64(forecast.experiment.end)
    rift = labelled["probability"].sel(reading="ever", scenario="rift", assessment=end)
    assert float(rift) == forecast.odds["ever"].probability[-1, 0]


def test_a_forecast_without_bands_calendar_or_histograms_can_be_written(tmp_path):
    added, paths = run(0.02)
    bare = replace(
        added,
        histogram=np.zeros((0, 0, 0, 0), np.int64),
        plane=np.zeros((0, 0, 0), np.int64),
        branches=np.zeros((0, 1), np.int64),
    )
    forecast = assemble(replace(model(), calendar=()), experiment(TICKS), bare, paths)
    write_netcdf(forecast, tmp_path / "bare.nc")
    assert "branch" not in to_xarray(forecast).dims
    assert set(tables(forecast)) == {"odds.csv", "fan.csv", "first_entry.csv", "drivers.csv", "events.csv"}
