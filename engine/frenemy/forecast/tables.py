"""The tables of a run: the same forecast gives the same bytes.

Every table is tidy: one row per thing and date, in the order of the model. What was not assessed is an empty cell. Only
the tables of raw draws, which are large, have a column for each number and for each scenario.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from frenemy.forecast.forecast import QUANTILES, READINGS, Forecast, Odds, RawDraws
from frenemy.present.table import COUNT, EXACT, INDEX, PROBABILITY, TEXT, Columns

__all__ = ["BANDS", "odds_records", "tables"]

BANDS = tuple(f"q{round(100 * q):02d}" for q in QUANTILES)

Row = Sequence[Any]
PROBABILITIES = Columns(dict.fromkeys(("probability", "mc_se", *BANDS), PROBABILITY))
ODDS = Columns(scenario=TEXT, reading=TEXT, date=TEXT) | PROBABILITIES
FAN = Columns(date=TEXT, scenario=TEXT) | PROBABILITIES
FIRST_ENTRY = Columns(date=TEXT, scenario=TEXT, first_entry=PROBABILITY) | PROBABILITIES
DRIVERS = Columns(date=TEXT, driver=TEXT) | Columns(dict.fromkeys(("mean", "sd", *BANDS), INDEX))
DRAWS = Columns(draw=COUNT)
DRAWS_ODDS = DRAWS | Columns(reading=TEXT, date=TEXT)
EVENTS = Columns(trigger=TEXT, period=TEXT) | Columns(
    dict.fromkeys(("expected", "expected_se", "at_least_one", "at_least_one_se"), PROBABILITY)
)


def tables(forecast: Forecast) -> Mapping[str, str]:
    """All tables by file name; those of raw draws only where there are draws."""
    found = {
        "odds.csv": ODDS.csv(_odds(forecast)),
        "fan.csv": FAN.csv(_fan(forecast)),
        "first_entry.csv": FIRST_ENTRY.csv(_first_entry(forecast)),
        "drivers.csv": DRIVERS.csv(_drivers(forecast)),
        "events.csv": EVENTS.csv(_events(forecast)),
    }
    return found if forecast.raw_draws is None else found | _raw_tables(forecast, forecast.raw_draws)


def odds_records(forecast: Forecast) -> list[dict[str, Any]]:
    """The rows of odds.csv as plain data; what was not assessed is absent."""
    return ODDS.records(_odds(forecast))


def _odds(forecast: Forecast) -> Iterator[Row]:
    """Odds by scenario, reading and report date; a date stands for the assessment on it or the next one."""
    for j, scenario in enumerate(forecast.model.scenarios):
        for reading in READINGS:
            for tick in forecast.report_ticks:
                odds = _probabilities(forecast.odds[reading], tick, j)
                yield scenario.name, reading, forecast.dates[tick + 1], *odds


def _fan(forecast: Forecast) -> Iterator[Row]:
    """Odds at each assessment (reading `at`) by scenario."""
    for tick, date in enumerate(forecast.dates[1:]):
        for j, scenario in enumerate(forecast.model.scenarios):
            yield date, scenario.name, *_probabilities(forecast.odds["at"], tick, j)


def _first_entry(forecast: Forecast) -> Iterator[Row]:
    """The probability of first entering each scenario at each assessment, and of having entered it by then."""
    for tick, date in enumerate(forecast.dates[1:]):
        for j, scenario in enumerate(forecast.model.scenarios):
            ever = _probabilities(forecast.odds["ever"], tick, j)
            yield date, scenario.name, forecast.first_entry[tick, j], *ever


def _drivers(forecast: Forecast) -> Iterator[Row]:
    """Levels of the drivers at each tick, the start included, over all paths: index points."""
    fan = forecast.drivers
    for tick, date in enumerate(forecast.dates):
        for i, driver in enumerate(forecast.model.drivers):
            yield date, driver.name, fan.mean[tick, i], fan.sd[tick, i], *fan.quantiles[:, tick, i]


def _events(forecast: Forecast) -> Iterator[Row]:
    """Events by trigger and period: `all` up to the horizon, then each year by its first day."""
    table = forecast.events
    whole = (table.expected, table.expected_se, table.at_least_one, table.at_least_one_se)
    years = (
        table.year_expected, table.year_expected_se, table.year_at_least_one, table.year_at_least_one_se,
    )  # fmt: skip
    for k, trigger in enumerate(forecast.model.triggers):
        yield trigger.name, "all", *(values[k] for values in whole)
        for year, first_day in enumerate(table.years):
            yield trigger.name, first_day, *(values[year, k] for values in years)


def _raw_tables(forecast: Forecast, raw: RawDraws) -> dict[str, str]:
    """draws.csv, one row for each draw; draws_odds.csv, one for each draw, reading and report date."""
    odds = DRAWS_ODDS | Columns({f"odds_{scenario.name}": PROBABILITY for scenario in forecast.model.scenarios})
    return {
        "draws.csv": (DRAWS | Columns(dict.fromkeys(raw.numbers, EXACT))).csv(
            (draw, *values.tolist()) for draw, values in enumerate(raw.values)
        ),
        "draws_odds.csv": odds.csv(_odds_by_draw(forecast, raw)),
    }


def _odds_by_draw(forecast: Forecast, raw: RawDraws) -> Iterator[Row]:
    dates = [str(forecast.dates[tick + 1]) for tick in raw.ticks]
    for draw in range(len(raw.values)):
        for reading in READINGS:
            for date, odds in zip(dates, raw.odds[reading][draw].tolist(), strict=True):
                yield draw, reading, date, *odds


def _probabilities(odds: Odds, tick: int, j: int) -> Row:
    """Probability, mc_se and the quantiles at one assessment."""
    return odds.probability[tick, j], odds.mc_se[tick, j], *odds.quantiles[:, tick, j]
