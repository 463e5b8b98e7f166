"""A score card in a few lines, as tables, as plain data and as a section of a report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.number_text import counted
from frenemy.present.section import Grid, Section
from frenemy.studies.score.findings import Kind, ScoredForecast, ScoreFindings
from frenemy.studies.score.plots import pictures
from frenemy.studies.score.proper_scores import FEW_CLUSTERS, MIN_CLUSTERS, Figure

__all__ = ["as_data", "as_text", "figure_name", "footer", "pictures", "reading_note", "section", "tables"]

KINDS: Mapping[Kind, str] = {
    "probability": "Probabilities", "categories": "Ordered categories", "quantiles": "Quantiles",
}  # fmt: skip
NAMES = {"brier": "Brier score", "log": "log score", "ranked_probability": "ranked probability score", "crps": "CRPS"}
OPEN = 5


def figure_name(figure: Figure) -> str:
    """`Brier score`, `skill over base rate (Brier score)`, `miscalibration`."""
    score, _, reference = figure.name.partition("_skill_over_")
    if reference:
        return f"skill over {reference.replace('_', ' ')} ({NAMES[score]})"
    return NAMES.get(figure.name, figure.name)


def _cells(figure: Figure) -> tuple[str, ...]:
    if math.isinf(figure.value):
        return figure_name(figure), "∞" if figure.value > 0 else "−∞", "", "", str(figure.count)
    error = "" if math.isnan(figure.se) else f"{figure.se:.4f}"
    ends = "" if math.isnan(figure.q05) else f"{figure.q05:.3f} to {figure.q95:.3f}"
    return figure_name(figure), f"{figure.value:.4f}", error, ends, str(figure.count)


def _grids(card: ScoreFindings) -> Iterator[Grid]:
    for scored in card.scored:
        kinds = KINDS[scored.kind]
        if scored.kind == "categories":
            kinds = f"{kinds}: {', '.join(scored.said[0].forecast)}"
        if scored.label:
            kinds = f"{kinds}: {scored.label}"
        yield Grid(
            caption=f"{kinds} ({counted(len(scored.said), 'forecast')} in {counted(scored.rows.clusters, 'cluster')})",
            header=("", "score", "s.e.", "90 %", "forecasts"),
            rows=tuple(_cells(figure) for figure in scored.figures),
        )


def reading_note(card: ScoreFindings) -> str:
    """How to read the scores."""
    text = (
        "Scores are losses: 0 is perfect. Skill: 1 is perfect, 0 no better than the reference. Brier = miscalibration "
        f"− discrimination + uncertainty. Errors by resampling clusters (forecasts of the same {card.cluster})."
    )
    few = [scored.rows.clusters for scored in card.scored if scored.rows.clusters < FEW_CLUSTERS]
    if few and min(few) < MIN_CLUSTERS:
        text += f" From fewer than {MIN_CLUSTERS} of them no error can be told."
    elif few:
        text += f" With {min(few)} of them the errors are themselves rough, and probably too small."
    if any(math.isinf(figure.value) for scored in card.scored for figure in scored.figures):
        text += " ∞: something happened that was said to be impossible, or the reverse."
    return text


def as_text(card: ScoreFindings) -> RenderableType:
    """A table for each kind of forecast, and what is due next."""
    parts: list[RenderableType] = [Text(f"Score card: {card.title}", "bold")]
    for grid in _grids(card):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for n, head in enumerate(grid.header):
            table.add_column(head, justify="left" if n == 0 else "right")
        for row in grid.rows:
            table.add_row(*row)
        parts += [Text(), Text(grid.caption), table]
    parts += [Text(), Text(reading_note(card), "dim")]
    if card.open:
        first = "; ".join(f"{question} (due {due})" for question, due in card.open[:OPEN])
        more = f" and {len(card.open) - OPEN} more" if len(card.open) > OPEN else ""
        parts += [Text(f"Still open: {first}{more}", "dim")]
    return Group(*parts)


def tables(card: ScoreFindings) -> Mapping[str, str]:
    """scores.csv, forecasts.csv with the scores of each, reliability.csv (of probabilities)."""
    scores = (
        (scored.kind, scored.label, *_score(figure), str(scored.rows.clusters))
        for scored in card.scored
        for figure in scored.figures
    )
    header = ("kind", "label", "figure", "value", "se", "q05", "q95", "forecasts", "clusters")
    written = {
        "scores.csv": csv_text(header, scores),
        "forecasts.csv": csv_text(
            ("kind", "question", "made", "due", "forecast", "outcome", "score", "value"), _forecasts(card)
        ),
    }
    bins = [
        (fixed(low, 1), fixed(high, 1), str(count), *(fixed(v, 6) for v in row))
        for scored in card.scored
        for found in scored.reliability
        for low, high, count, *row in zip(
            found.low, found.high, found.count, found.forecast, found.frequency, found.q05, found.q95, strict=True
        )
    ]
    if bins:
        columns = ("from", "to", "forecasts", "mean_forecast", "frequency", "q05", "q95")
        written["reliability.csv"] = csv_text(columns, bins)
    return written


def _score(figure: Figure) -> tuple[str, ...]:
    numbers = (figure.value, figure.se, figure.q05, figure.q95)
    return figure.name, *(_number(value) for value in numbers), str(figure.count)


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6f}"


def _forecasts(card: ScoreFindings) -> Iterator[tuple[str, ...]]:
    for scored in card.scored:
        for n, said in enumerate(scored.said):
            forecast = " ".join(f"{name}={value:.6g}" for name, value in said.forecast.items())
            names = [*said.forecast]
            outcome = names[int(said.outcome)] if scored.kind == "categories" else f"{said.outcome:g}"
            for name, values in scored.rows.scores.items():
                days = (str(said.made) if said.made.year > 1 else "", str(said.due) if said.due.year > 1 else "")
                yield scored.kind, said.question, *days, forecast, outcome, name, _number(float(values[n]))


def as_data(card: ScoreFindings) -> dict[str, Any]:
    """Scores with their errors and reliability, ready for JSON."""
    return {
        "title": card.title,
        "cluster": card.cluster,
        "scored": [_scored(scored) for scored in card.scored],
        "open": [{"question": question, "due": str(due)} for question, due in card.open],
    }


def _scored(scored: ScoredForecast) -> dict[str, Any]:
    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "kind": scored.kind,
        "label": scored.label,
        "forecasts": len(scored.said),
        "clusters": scored.rows.clusters,
        "figures": {
            figure.name: {
                "value": str(figure.value) if math.isinf(figure.value) else plain(figure.value), "se": plain(figure.se),
                "q05": plain(figure.q05), "q95": plain(figure.q95), "forecasts": figure.count,
            }
            for figure in scored.figures
        },
        "reliability": [
            {
                "from": float(found.low[n]), "to": float(found.high[n]), "forecasts": int(found.count[n]),
                "mean_forecast": float(found.forecast[n]), "frequency": float(found.frequency[n]),
            }
            for found in scored.reliability
            for n in range(len(found.count))
        ],
    }  # fmt: skip


def section(card: ScoreFindings) -> Section:
    """The section of a report."""
    from frenemy.studies.score.plots import pictures

    return Section(
        name="score", title="How good the forecasts were", paragraphs=(f"{card.title}.", reading_note(card)),
        pictures=pictures(card), tables=tuple(_grids(card)),
    )  # fmt: skip


def footer(card: ScoreFindings) -> str:
    """How much was scored."""
    return f"Frenemy · {counted(sum(len(scored.said) for scored in card.scored), 'forecast')} scored"
