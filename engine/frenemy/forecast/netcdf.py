"""The labelled arrays of a run in one self-describing file (netCDF-4), or as an xarray Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from frenemy.forecast.forecast import QUANTILES, READINGS, DriverFan, Forecast
from frenemy.forecast.labelled_arrays import Variable, as_dataset, texts, write_variables
from frenemy.model.specs.number_at import quantity_at

if TYPE_CHECKING:
    import xarray

__all__ = ["to_xarray", "write_netcdf"]


def write_netcdf(forecast: Forecast, path: Path) -> None:
    """Write the forecast to a netCDF-4 file; the same forecast gives the same bytes with the same libraries.

    Raises OSError where the file cannot be written.
    """
    write_variables(_variables(forecast), _attributes(forecast), path)


def to_xarray(forecast: Forecast) -> xarray.Dataset:
    """The forecast as a Dataset, the same variables as in the file, with dates decoded."""
    return as_dataset(_variables(forecast), _attributes(forecast), _AUXILIARY)


_AUXILIARY = ("scenario_label", "driver_label", "trigger_label", "number_units")


def _attributes(forecast: Forecast) -> Mapping[str, Any]:
    experiment, model = forecast.experiment, forecast.model
    return {
        "Conventions": "CF-1.11",
        "title": f"{model.title}: {experiment.title}",
        "summary": experiment.description,
        "source": "Frenemy, stochastic simulation of scenarios",
        "experiment": experiment.name,
        "seed": experiment.seed,
        "paths": forecast.paths,
        "draws": forecast.draws,
        "tick_days": experiment.tick,
        "comment": "With outer draws a probability is the mean over draws and its band holds quantiles over draws, "
        "nested Monte Carlo noise removed; without, what concerns judgement is NaN. mc_se: Monte Carlo standard error.",
    }


def _variables(forecast: Forecast) -> list[Variable]:
    """All variables; arrays without entries (no calendar, no triggers) are left out."""
    parts = (_coordinates, _odds, _levels, _events, _phase, _draws)
    return [item for part in parts for item in part(forecast) if item.values.size > 0]


def _coordinates(forecast: Forecast) -> list[Variable]:
    model, first = forecast.model, forecast.dates[0]
    since = f"days since {first} 00:00:00"
    days = (forecast.dates - first).astype(np.int64)
    year_days = (forecast.events.years - first).astype(np.int64)
    return [
        Variable("time", ("time",), days, "date of the tick, the start included", since),
        Variable("assessment", ("assessment",), days[1:], "date at which scenarios are assessed", since),
        Variable("year", ("year",), year_days, "first day of the year, counted from the start", since),
        Variable("quantile", ("quantile",), np.array(QUANTILES), "share at or below", "1"),
        Variable("reading", ("reading",), np.array(READINGS), "reading of the odds"),
        Variable("scenario", ("scenario",), texts(s.name for s in model.scenarios), "scenario"),
        Variable("scenario_label", ("scenario",), texts(s.label for s in model.scenarios), "scenario, in words"),
        Variable("driver", ("driver",), texts(d.name for d in model.drivers), "driver"),
        Variable("driver_label", ("driver",), texts(d.label for d in model.drivers), "driver, in words"),
        Variable("trigger", ("trigger",), texts(t.name for t in model.triggers), "trigger"),
        Variable("trigger_label", ("trigger",), texts(t.label for t in model.triggers), "trigger, in words"),
    ]


def _odds(forecast: Forecast) -> list[Variable]:
    dims = ("reading", "assessment", "scenario")

    def stacked(name: str) -> NDArray[np.float64]:
        return np.stack([getattr(forecast.odds[reading], name) for reading in READINGS])

    bands = np.stack([forecast.odds[reading].quantiles for reading in READINGS], axis=1)
    return [
        Variable("probability", dims, stacked("probability"), "probability of the scenario", "1"),
        Variable("mc_se", dims, stacked("mc_se"), "Monte Carlo standard error of the probability", "1"),
        Variable("band", ("quantile", *dims), bands, "quantiles of the probability over judgement", "1"),
        Variable("judgement_variance", dims, stacked("judgement_variance"), "variance due to judgement", "1"),
        Variable("path_variance", dims, stacked("path_variance"), "variance between paths, mean over draws", "1"),
        Variable(
            "first_entry",
            ("assessment", "scenario"),
            forecast.first_entry,
            "probability of first entering the scenario at the assessment",
            "1",
        ),
    ]


def _levels(forecast: Forecast) -> list[Variable]:
    fan, dims = forecast.drivers, ("time", "driver")
    names = [scenario.name for scenario in forecast.model.scenarios]
    fans = [forecast.drivers_by_scenario.get(name, _empty_fan(fan)) for name in names]
    final, points = "of the paths that end in the scenario", "index points (0-100)"
    return [
        Variable("index_mean", dims, fan.mean, "mean level", points),
        Variable("index_sd", dims, fan.sd, "standard deviation of the level", points),
        Variable("index_quantile", ("quantile", *dims), fan.quantiles, "quantiles of the level", points),
        Variable("paths_by_end", ("scenario",), np.array([f.paths for f in fans]), f"number {final}", "1"),
        Variable("index_mean_by_end", ("scenario", *dims), _stack(fans, "mean"), f"mean level {final}", points),
        Variable("index_sd_by_end", ("scenario", *dims), _stack(fans, "sd"), f"standard deviation {final}", points),
        Variable(
            "index_quantile_by_end",
            ("scenario", "quantile", *dims),
            _stack(fans, "quantiles"),
            f"quantiles of the level {final}",
            points,
        ),
    ]


def _events(forecast: Forecast) -> list[Variable]:
    table, yearly = forecast.events, ("year", "trigger")
    shares = {f"{event}.{name}": share for event, shares in table.branches.items() for name, share in shares.items()}
    return [
        Variable("events_expected", ("trigger",), table.expected, "expected events by the horizon", "1"),
        Variable("events_expected_se", ("trigger",), table.expected_se, "its Monte Carlo standard error", "1"),
        Variable("events_at_least_one", ("trigger",), table.at_least_one, "probability of at least one event", "1"),
        Variable("events_at_least_one_se", ("trigger",), table.at_least_one_se, "its Monte Carlo standard error", "1"),
        Variable("events_expected_by_year", yearly, table.year_expected, "expected events in the year", "1"),
        Variable("events_expected_by_year_se", yearly, table.year_expected_se, "its Monte Carlo standard error", "1"),
        Variable("events_at_least_one_by_year", yearly, table.year_at_least_one, "probability of one in the year", "1"),
        Variable(
            "events_at_least_one_by_year_se", yearly, table.year_at_least_one_se, "its Monte Carlo standard error", "1"
        ),
        Variable("events_ever", ("assessment", "trigger"), table.ever, "probability of at least one event so far", "1"),
        Variable("branch", ("branch",), texts(shares), "calendar event and branch"),
        Variable("branch_share", ("branch",), np.array(list(shares.values()), dtype=np.float64), "share of paths", "1"),
    ]


def _phase(forecast: Forecast) -> list[Variable]:
    phase, points = forecast.phase, "index points (0-100)"
    dims = ("assessment", "path")
    sample = [
        Variable("path", ("path",), phase.sample_paths, "number of the sampled path, for replay"),
        Variable("sample_index", ("time", "driver", "path"), phase.sample_index, "level along a sampled path", points),
        Variable("sample_scenario", dims, phase.sample_scenario, "position of the scenario of a sampled path"),
    ]
    middles = np.arange(phase.density.shape[1]) + 0.5
    return [
        *sample,
        Variable("first_level", ("first_level",), middles, "first driver, middle of the cell", points),
        Variable("second_level", ("second_level",), middles, "second driver, middle of the cell", points),
        Variable(
            "density",
            ("scenario", "first_level", "second_level"),
            phase.density,
            "share of paths in the cell at the end, by scenario",
            "1",
        ),
    ]


def _draws(forecast: Forecast) -> list[Variable]:
    """The outer draws one by one; nothing at the medians."""
    raw = forecast.raw_draws
    if raw is None:
        return []
    first = forecast.dates[0]
    since, days = f"days since {first} 00:00:00", (forecast.dates[1:][[*raw.ticks]] - first).astype(np.int64)
    odds = np.stack([raw.odds[reading] for reading in READINGS], axis=1)
    dims = ("draw", "reading", "report_date", "scenario")
    return [
        Variable("draw", ("draw",), np.arange(len(raw.values)), "number of the draw", "1"),
        Variable("number", ("number",), texts(raw.numbers), "number that differs from draw to draw, by dotted key"),
        Variable("number_units", ("number",), texts(map(_units, raw.numbers)), "unit of the number"),
        Variable("report_date", ("report_date",), days, "assessment at which odds are reported", since),
        Variable("drawn_value", ("draw", "number"), raw.values, "value of the number in the draw", "as number_units"),
        Variable("probability_by_draw", dims, odds, "probability of the scenario in the draw, over its paths", "1"),
    ]


def _units(key: str) -> str:
    quantity = quantity_at(key)
    return "days" if quantity.timed else quantity.unit


def _stack(fans: list[DriverFan], name: str) -> NDArray[np.float64]:
    return np.stack([getattr(fan, name) for fan in fans])


def _empty_fan(like: DriverFan) -> DriverFan:
    """The fan of a scenario in which no path ends."""
    blank = np.full_like(like.mean, np.nan)
    return DriverFan(paths=0, mean=blank, sd=blank, quantiles=np.full_like(like.quantiles, np.nan))
