"""A forecast in a few lines: for a terminal, for a notebook, and as plain data."""

from __future__ import annotations

import html
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.forecast import READINGS, Forecast
from frenemy.forecast.rough_odds import rough_notes, rough_scenarios
from frenemy.forecast.sentences import WORDS_EXPLAINED, has_bands, in_words, monte_carlo
from frenemy.forecast.tables import odds_records
from frenemy.model.describe.wording import counted
from frenemy.present.number_text import percent, range_text
from frenemy.present.section import table_html
from frenemy.present.style import display_order
from frenemy.present.table import Grid

__all__ = ["as_data", "as_html", "as_text", "one_line"]


def _heading(forecast: Forecast) -> tuple[str, str]:
    """What was run, and how."""
    run = forecast.experiment
    futures = counted(forecast.paths, "future")
    if has_bands(forecast):
        futures = f"{counted(forecast.draws, 'draw')} of the uncertain numbers × {futures}"
    step = {7: "weekly", 1: "daily"}.get(run.tick, f"every {counted(run.tick, 'day')}")
    return f"{forecast.model.title} · {run.title}", f"{run.start} to {run.end}, {step}; {futures}; seed {run.seed}"


def one_line(forecast: Forecast) -> str:
    """`Baseline, 2030-01-22: Status quo 62 %, Total rift 21 %, Renewed cooperation 17 %`."""
    odds = forecast.odds["at"].probability[-1]
    parts = (f"{scenario.label} {percent(odds[j])}" for j, scenario in display_order(forecast.model))
    return f"{forecast.experiment.title}, {forecast.dates[-1]}: {', '.join(parts)}"


def as_text(forecast: Forecast) -> RenderableType:
    """The odds at the horizon, as a table for a terminal."""
    title, subtitle = _heading(forecast)
    head = (Text(title, "bold"), Text(subtitle, "dim"), Text(), _grid(forecast).rich(), Text())
    return Group(*head, Text(_footnote(forecast), "dim"), *(Text(note) for note in rough_notes(forecast)))


def as_html(forecast: Forecast) -> str:
    """The same for a notebook."""
    title, subtitle = (html.escape(text) for text in _heading(forecast))
    notes = html.escape(" ".join([_footnote(forecast), *rough_notes(forecast)]))
    table = table_html(_grid(forecast))
    return f"<div><strong>{title}</strong><br><small>{subtitle}</small>{table}<small>{notes}</small></div>"


def as_data(forecast: Forecast) -> dict[str, Any]:
    """The odds at the report dates as plain data, ready for JSON; what was not assessed is absent."""
    run = forecast.experiment
    return {
        "model": forecast.model.title,
        "experiment": run.name,
        "title": run.title,
        "start": str(run.start),
        "end": str(run.end),
        "seed": run.seed,
        "paths": forecast.paths,
        "draws": forecast.draws,
        "scarce": {forecast.model.scenarios[j].name: round(hits) for j, hits in rough_scenarios(forecast)},
        "odds": odds_records(forecast),
    }


def _grid(forecast: Forecast) -> Grid:
    """A row for each scenario: its odds at the horizon in all readings, and in words."""
    at, ever, share = (forecast.odds[reading] for reading in READINGS)
    rows = []
    for j, scenario in display_order(forecast.model):
        band = (range_text(at.quantiles[0, -1, j], at.quantiles[-1, -1, j]),) if has_bands(forecast) else ()
        numbers = (percent(odds.probability[-1, j]) for odds in (ever, share))
        name = Text.assemble(("■ ", scenario.colour), scenario.label)
        rows.append((name, percent(at.probability[-1, j]), *band, *numbers, in_words(at, -1, j)))
    band = ("band",) if has_bands(forecast) else ()
    header = ("", str(forecast.dates[-1]), *band, "ever", "time share", "in words")
    return Grid(caption="", header=header, rows=tuple(rows), left=frozenset({0, len(header) - 1}))


def _footnote(forecast: Forecast) -> str:
    band = (
        "Band: plausible range of the odds given the uncertain numbers (90 %). "
        if has_bands(forecast)
        else "Every uncertain number is at its median. "
    )
    return (
        f"{band}Ever: entered at least once by then; time share: share of all assessments. {WORDS_EXPLAINED} "
        f"Monte Carlo error (95 %): at most {monte_carlo(forecast.odds['at'])}."
    )
