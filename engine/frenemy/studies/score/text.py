"""A score card: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted
from frenemy.present.section import Section
from frenemy.present.sheet import Picture
from frenemy.present.table import COUNT, PROBABILITY, TEXT, Columns, Grid, Row, decimals
from frenemy.studies.score.findings import Kind, ScoreFindings, ScoreGroup
from frenemy.studies.score.plots import reliability_diagram
from frenemy.studies.score.proper_scores import FEW_CLUSTERS, MIN_CLUSTERS, Figure

__all__ = [
    "as_data",
    "as_text",
    "excluded_note",
    "figure_name",
    "footer",
    "grids",
    "pictures",
    "reading_note",
    "section",
    "tables",
]

KINDS: Mapping[Kind, str] = {
    "probability": "Probabilities", "categories": "Categories", "quantiles": "Quantiles",
}  # fmt: skip
NAMES = {"brier": "Brier score", "log": "log score", "ranked_probability": "ranked probability score", "crps": "CRPS"}
REFERENCES = {"no_news": "no evidence"}
MAX_OPEN = 5
"""Open questions that a terminal lists."""

SCORES = Columns(
    kind=TEXT, label=TEXT, figure=TEXT, value=PROBABILITY, se=PROBABILITY, q05=PROBABILITY, q95=PROBABILITY,
    forecasts=COUNT, clusters=COUNT,
)  # fmt: skip
FORECASTS = Columns(
    kind=TEXT, question=TEXT, made=TEXT, due=TEXT, forecast=TEXT, outcome=TEXT, score=TEXT, value=PROBABILITY
)
EXCLUDED = Columns(question=TEXT, made=TEXT, known=TEXT, why=TEXT)
BINS = Columns(
    {"from": decimals(1), "to": decimals(1)}, forecasts=COUNT, mean_forecast=PROBABILITY, frequency=PROBABILITY
)
BINS_FILE = BINS | Columns(q05=PROBABILITY, q95=PROBABILITY)


def tables(card: ScoreFindings) -> Mapping[str, str]:
    """scores.csv, forecasts.csv with the scores of each, reliability.csv (of probabilities), excluded.csv (if any)."""
    scores = (
        (group.kind, group.label, f.name, f.value, f.se, f.q05, f.q95, f.count, group.rows.clusters)
        for group in card.groups
        for f in group.figures
    )
    bins = [row for group in card.groups for row in _bins(group)]
    written = {"scores.csv": SCORES.csv(scores), "forecasts.csv": FORECASTS.csv(_forecasts(card))}
    written |= {"reliability.csv": BINS_FILE.csv(bins)} if bins else {}
    excluded = ((one.question, one.made, one.known, one.why) for one in card.excluded)
    return written | ({"excluded.csv": EXCLUDED.csv(excluded)} if card.excluded else {})


def _forecasts(card: ScoreFindings) -> Iterator[Row]:
    for group in card.groups:
        for n, one in enumerate(group.forecasts):
            forecast = " ".join(f"{name}={value:.6g}" for name, value in one.forecast.items())
            names = [*one.forecast]
            outcome = names[int(one.outcome)] if group.kind == "categories" else f"{one.outcome:g}"
            made, due = (day if day.year > 1 else None for day in (one.made, one.due))
            for name, values in group.rows.scores.items():
                yield group.kind, one.question, made, due, forecast, outcome, name, values[n]


def _bins(group: ScoreGroup) -> Iterator[Row]:
    for r in group.reliability:
        yield from zip(r.low, r.high, r.count, r.forecast, r.frequency, r.q05, r.q95, strict=True)


def as_data(card: ScoreFindings) -> dict[str, Any]:
    """Scores with their errors and reliability, ready for JSON."""
    return {
        "title": card.title,
        "cluster": card.cluster,
        "scored": [_group_data(group) for group in card.groups],
        "open": [{"question": question, "due": str(due)} for question, due in card.open],
        "excluded": [
            {"question": one.question, "made": str(one.made), "known": str(one.known), "why": one.why}
            for one in card.excluded
        ],
    }


def _group_data(group: ScoreGroup) -> dict[str, Any]:
    def plain(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "kind": group.kind,
        "label": group.label,
        "forecasts": len(group.forecasts),
        "clusters": group.rows.clusters,
        "figures": {
            figure.name: {
                "value": str(figure.value) if math.isinf(figure.value) else plain(figure.value), "se": plain(figure.se),
                "q05": plain(figure.q05), "q95": plain(figure.q95), "forecasts": figure.count,
            }
            for figure in group.figures
        },
        "reliability": BINS.records(row[:-2] for row in _bins(group)),
    }  # fmt: skip


def pictures(card: ScoreFindings) -> tuple[Picture, ...]:
    """A reliability diagram where there are probabilities."""
    return tuple(reliability_diagram.picture(card, group) for group in card.groups if group.kind == "probability")


def footer(card: ScoreFindings) -> str:
    """How much was scored."""
    return f"Frenemy · {counted(sum(len(group.forecasts) for group in card.groups), 'forecast')} scored"


def as_text(card: ScoreFindings) -> RenderableType:
    """A table for each kind of forecast, and what is due next."""
    parts: list[RenderableType] = [Text(f"Score card: {card.title}", "bold")]
    for grid in grids(card):
        parts += [Text(), Text(grid.caption), grid.rich()]
    parts += [Text(), Text(reading_note(card), "dim")]
    if card.excluded:
        parts.append(Text(excluded_note(card)))
    if card.open:
        first = "; ".join(f"{question} (due {due})" for question, due in card.open[:MAX_OPEN])
        more = f" and {len(card.open) - MAX_OPEN} more" if len(card.open) > MAX_OPEN else ""
        parts += [Text(f"Still open: {first}{more}", "dim")]
    return Group(*parts)


def section(card: ScoreFindings) -> Section:
    """The scores as a section of a report."""
    paragraphs = (f"{card.title}.", reading_note(card), excluded_note(card))
    return Section(
        name="score", title="How good were the forecasts?", paragraphs=tuple(filter(None, paragraphs)),
        pictures=pictures(card), tables=tuple(grids(card)),
    )  # fmt: skip


def grids(card: ScoreFindings) -> Iterator[Grid]:
    """A table for each group."""
    for group in card.groups:
        kinds = KINDS[group.kind]
        if group.kind == "categories":
            kinds = f"{kinds}: {', '.join(group.forecasts[0].forecast)}"
        if group.label:
            kinds = f"{kinds}: {group.label}"
        size = f"{counted(len(group.forecasts), 'forecast')} in {counted(group.rows.clusters, 'cluster')}"
        yield Grid(
            caption=f"{kinds} ({size})",
            header=("", "score", "s.e.", "90 %", "forecasts"),
            rows=tuple(_cells(figure) for figure in group.figures),
        )


def figure_name(figure: Figure) -> str:
    """`Brier score`, `skill over base rate (Brier score)`, `miscalibration`."""
    score, _, reference = figure.name.partition("_skill_over_")
    if reference:
        return f"skill over {REFERENCES.get(reference, reference.replace('_', ' '))} ({NAMES[score]})"
    return NAMES.get(figure.name, figure.name)


def _cells(figure: Figure) -> tuple[str, ...]:
    if math.isinf(figure.value):
        return figure_name(figure), "∞" if figure.value > 0 else "−∞", "", "", str(figure.count)
    error = "" if math.isnan(figure.se) else f"{figure.se:.4f}"
    ends = "" if math.isnan(figure.q05) else f"{figure.q05:.3f} to {figure.q95:.3f}"
    return figure_name(figure), f"{figure.value:.4f}", error, ends, str(figure.count)


def excluded_note(card: ScoreFindings) -> str:
    """Which forecasts are not scored, and why; nothing if there are none."""
    if not card.excluded:
        return ""
    first = "; ".join(f"{one.question}: {one.why}" for one in card.excluded[:MAX_OPEN])
    more = f"; and {len(card.excluded) - MAX_OPEN} more" if len(card.excluded) > MAX_OPEN else ""
    return f"Not scored: {counted(len(card.excluded), 'forecast')}. {first}{more}."


def reading_note(card: ScoreFindings) -> str:
    """How to read the scores."""
    text = (
        "Scores are losses: 0 is perfect. Skill: 1 is perfect, 0 no better than the reference. Brier = miscalibration "
        f"− discrimination + uncertainty. Errors by resampling clusters (forecasts of the same {card.cluster})."
    )
    few = [group.rows.clusters for group in card.groups if group.rows.clusters < FEW_CLUSTERS]
    if few and min(few) < MIN_CLUSTERS:
        text += f" With fewer than {MIN_CLUSTERS} clusters no error can be estimated."
    elif few:
        text += f" With {counted(min(few), 'cluster')} the errors themselves are rough, and probably too small."
    if any(math.isinf(figure.value) for group in card.groups for figure in group.figures):
        text += " ∞: something happened that had been given probability 0, or did not happen at probability 1."
    return text
