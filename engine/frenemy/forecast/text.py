"""A forecast in a few lines: for a terminal, for a notebook, and as plain data."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.forecast.forecast import QUANTILES, READINGS, Forecast
from frenemy.forecast.rough_odds import scarce, scarce_notes
from frenemy.forecast.sentences import has_bands, in_words, monte_carlo
from frenemy.present.number_text import percent, range_text
from frenemy.present.style import display_order

__all__ = ["as_data", "as_html", "as_text", "heading", "one_line"]


def heading(forecast: Forecast) -> tuple[str, str]:
    """What was run, and how."""
    run = forecast.experiment
    futures = f"{forecast.paths:,} futures"
    if has_bands(forecast):
        futures = f"{forecast.draws:,} draws of the uncertain numbers × {futures}"
    step = {7: "weekly", 1: "daily"}.get(run.tick, f"every {run.tick} days")
    return f"{forecast.model.title}: {run.title}", f"{run.start} to {run.end}, {step}; {futures}; seed {run.seed}"


def one_line(forecast: Forecast) -> str:
    """`Baseline, 2030-01-22: Status quo 62 %, Total rift 21 %, Renewed cooperation 17 %`."""
    odds = forecast.odds["at"].probability[-1]
    parts = (f"{scenario.label} {percent(odds[j])}" for j, scenario in display_order(forecast.model))
    return f"{forecast.experiment.title}, {forecast.dates[-1]}: {', '.join(parts)}"


def as_text(forecast: Forecast) -> RenderableType:
    """The odds at the horizon, as a table for a terminal."""
    title, subtitle = heading(forecast)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    first, *middle, last = _columns(forecast)
    table.add_column(first)
    for column in middle:
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column(last)
    for (_, scenario), row in zip(display_order(forecast.model), _rows(forecast), strict=True):
        table.add_row(Text.assemble(("■ ", scenario.colour), row[0]), *row[1:])
    notes = [Text(note) for note in scarce_notes(forecast)]
    head = (Text(title, "bold"), Text(subtitle, "dim"), Text(), table, Text())
    return Group(*head, Text(_footnote(forecast), "dim"), *notes)


def as_html(forecast: Forecast) -> str:
    """The same for a notebook."""
    title, subtitle = (html.escape(text) for text in heading(forecast))
    head = "".join(f"<th>{html.escape(column)}</th>" for column in _columns(forecast))
    body = "".join(
        f'<tr><td style="text-align:left"><span style="color:{scenario.colour}">■</span> {html.escape(row[0])}</td>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for (_, scenario), row in zip(display_order(forecast.model), _rows(forecast), strict=True)
    )
    return (
        f"<div><strong>{title}</strong><br><small>{subtitle}</small>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<small>{html.escape(' '.join([_footnote(forecast), *scarce_notes(forecast)]))}</small></div>"
    )


def as_data(forecast: Forecast) -> dict[str, Any]:
    """The odds at the report's dates as plain data, ready for JSON; what was not assessed is absent."""
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
        "scarce": {forecast.model.scenarios[j].name: round(hits) for j, hits in scarce(forecast)},
        "odds": [_datum(forecast, *place) for place in _places(forecast)],
    }


def _places(forecast: Forecast) -> Iterator[tuple[int, str, int]]:
    for j, _ in enumerate(forecast.model.scenarios):
        for reading in READINGS:
            for tick in forecast.report_ticks:
                yield j, reading, tick


def _datum(forecast: Forecast, j: int, reading: Any, tick: int) -> dict[str, Any]:
    odds = forecast.odds[reading]
    datum = {
        "scenario": forecast.model.scenarios[j].name,
        "reading": reading,
        "date": str(forecast.dates[tick + 1]),
        "probability": float(odds.probability[tick, j]),
        "mc_se": float(odds.mc_se[tick, j]),
    }
    if has_bands(forecast):
        bands = zip(QUANTILES, odds.quantiles[:, tick, j], strict=True)
        datum |= {f"q{round(100 * q):02d}": float(value) for q, value in bands}
    return datum


def _columns(forecast: Forecast) -> Sequence[str]:
    band = ("band",) if has_bands(forecast) else ()
    return ("", str(forecast.dates[-1]), *band, "ever", "of time", "in words")


def _rows(forecast: Forecast) -> Iterator[Sequence[str]]:
    at, ever, share = (forecast.odds[reading] for reading in READINGS)
    for j, scenario in display_order(forecast.model):
        band = (range_text(at.quantiles[0, -1, j], at.quantiles[-1, -1, j]),) if has_bands(forecast) else ()
        numbers = (percent(odds.probability[-1, j]) for odds in (ever, share))
        yield scenario.label, percent(at.probability[-1, j]), *band, *numbers, in_words(at, -1, j)


def _footnote(forecast: Forecast) -> str:
    band = (
        "Band: where the odds lie in 90 % of the draws, that is, what judgement about the numbers leaves open. "
        if has_bands(forecast)
        else "Every uncertain number stands at its median. "
    )
    return (
        f"{band}Ever: entered at least once by then; of time: share of all assessments. Words: ICD 203. "
        f"Monte Carlo error (95 %): at most {monte_carlo(forecast.odds['at'])}."
    )
