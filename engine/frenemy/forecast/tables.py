"""The tables of a run as CSV text: the same forecast gives the same bytes.

Every table is tidy: one row per thing and date, in the order of the model. Lines end in a line feed, numbers have
a fixed number of decimals (probabilities and events 6, index points 3), what was not assessed is an empty cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from frenemy.forecast.forecast import QUANTILES, READINGS, Forecast, Odds
from frenemy.model.resolved import Scenario
from frenemy.present.csv_text import Cells, csv_text, fixed

__all__ = ["BANDS", "drivers_csv", "events_csv", "fan_csv", "first_entry_csv", "odds_csv", "tables"]

BANDS = tuple(f"q{round(100 * q):02d}" for q in QUANTILES)


def tables(forecast: Forecast) -> Mapping[str, str]:
    """All tables by file name."""
    writers: dict[str, Callable[[Forecast], str]] = {
        "odds.csv": odds_csv,
        "fan.csv": fan_csv,
        "first_entry.csv": first_entry_csv,
        "drivers.csv": drivers_csv,
        "events.csv": events_csv,
    }
    return {name: write(forecast) for name, write in writers.items()}


def odds_csv(forecast: Forecast) -> str:
    """Odds by scenario, reading and report date; each date is its assessment's, on the date asked for or the next."""
    rows = (
        (scenario.name, reading, _date(forecast, tick + 1), *_odds(forecast.odds[reading], tick, j))
        for j, scenario in enumerate(forecast.model.scenarios)
        for reading in READINGS
        for tick in forecast.report_ticks
    )
    return csv_text(("scenario", "reading", "date", "probability", "mc_se", *BANDS), rows)


def fan_csv(forecast: Forecast) -> str:
    """Odds at each assessment (reading `at`) by scenario."""
    rows = (
        (_date(forecast, tick + 1), scenario.name, *_odds(forecast.odds["at"], tick, j))
        for tick, j, scenario in _assessments(forecast)
    )
    return csv_text(("date", "scenario", "probability", "mc_se", *BANDS), rows)


def first_entry_csv(forecast: Forecast) -> str:
    """The probability of first entering each scenario at each assessment, and of having entered it by then."""
    rows = (
        (
            _date(forecast, tick + 1),
            scenario.name,
            fixed(forecast.first_entry[tick, j], 6),
            *_odds(forecast.odds["ever"], tick, j),
        )
        for tick, j, scenario in _assessments(forecast)
    )
    return csv_text(("date", "scenario", "first_entry", "probability", "mc_se", *BANDS), rows)


def drivers_csv(forecast: Forecast) -> str:
    """Levels of the drivers at each tick, the start included, over all paths: index points."""
    fan = forecast.drivers
    rows = (
        (
            _date(forecast, tick),
            driver.name,
            fixed(fan.mean[tick, i], 3),
            fixed(fan.sd[tick, i], 3),
            *(fixed(value, 3) for value in fan.quantiles[:, tick, i]),
        )
        for tick in range(len(forecast.dates))
        for i, driver in enumerate(forecast.model.drivers)
    )
    return csv_text(("date", "driver", "mean", "sd", *BANDS), rows)


def events_csv(forecast: Forecast) -> str:
    """Events by trigger and period: `all` up to the horizon, then each year by its first day."""
    header = ("trigger", "period", "expected", "expected_se", "at_least_one", "at_least_one_se")
    return csv_text(header, _event_rows(forecast))


def _event_rows(forecast: Forecast) -> Iterator[Cells]:
    table = forecast.events
    for k, trigger in enumerate(forecast.model.triggers):
        whole = (table.expected[k], table.expected_se[k], table.at_least_one[k], table.at_least_one_se[k])
        yield (trigger.name, "all", *(fixed(value, 6) for value in whole))
        for year, first_day in enumerate(table.years):
            one = (
                table.year_expected[year, k],
                table.year_expected_se[year, k],
                table.year_at_least_one[year, k],
                table.year_at_least_one_se[year, k],
            )
            yield (trigger.name, str(first_day), *(fixed(value, 6) for value in one))


def _assessments(forecast: Forecast) -> Iterator[tuple[int, int, Scenario]]:
    for tick in range(len(forecast.dates) - 1):
        for j, scenario in enumerate(forecast.model.scenarios):
            yield tick, j, scenario


def _odds(odds: Odds, tick: int, scenario: int) -> Cells:
    """Probability, mc_se and the quantiles at one assessment."""
    values = (odds.probability[tick, scenario], odds.mc_se[tick, scenario], *odds.quantiles[:, tick, scenario])
    return [fixed(value, 6) for value in values]


def _date(forecast: Forecast, tick: int) -> str:
    return str(forecast.dates[tick])
