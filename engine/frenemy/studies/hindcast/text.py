"""A rolling hindcast in a few lines, as tables, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.section import Section
from frenemy.present.sheet import Picture
from frenemy.studies.hindcast.findings import HindcastFindings
from frenemy.studies.hindcast.plots import picture
from frenemy.studies.score import text as scoring
from frenemy.studies.score.plots import pictures as reliability_pictures

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]


def _words(found: HindcastFindings) -> str:
    return (
        f"From {found.stands[0]} on, at the first assessment of each month, the model knew what "
        f"{' and '.join(found.ledgers)} told up to the day before, and said of each trigger whether it would happen "
        "within so many months. Scored are windows throughout which the ledger is complete for the trigger. No news: "
        "the same model as it stood at the start. Counting: who counts events since the start and knows nothing else. "
        "Where the model's numbers were judged with some of these events in view, its skill is an upper bound; what "
        "the news adds (skill over no news) is the fairer figure."
    )


def as_text(found: HindcastFindings) -> RenderableType:
    """The score card, and how to read it."""
    size = f"{found.draws} draws × {found.paths} particles, seed {found.experiment.seed}"
    return Group(scoring.as_text(found.card), Text(), Text(_words(found), "dim"), Text(size, "dim"))


def tables(found: HindcastFindings) -> Mapping[str, str]:
    """hindcast.csv: each forecast beside what others said; scores.csv and reliability.csv."""
    names = list(found.said[0].references)
    rows = (
        (
            said.cluster, str(said.made), str(said.due), said.series.rpartition("/")[2].removesuffix("m"),
            fixed(said.forecast["yes"], 6), *(fixed(said.references[name], 6) for name in names), f"{said.outcome:.0f}",
        )
        for said in found.said
    )  # fmt: skip
    header = ("trigger", "made", "until", "months", "probability", *names, "outcome")
    written = scoring.tables(found.card)
    kept = {name: text for name, text in written.items() if name != "forecasts.csv"}
    return {"hindcast.csv": csv_text(header, rows), **kept}


def as_data(found: HindcastFindings) -> dict[str, Any]:
    """Scores, and each forecast with its outcome, ready for JSON."""
    return {
        **scoring.as_data(found.card),
        "experiment": found.experiment.name,
        "ledgers": list(found.ledgers),
        "draws": found.draws,
        "paths": found.paths,
        "forecasts": [
            {
                "trigger": said.cluster, "made": str(said.made), "until": str(said.due),
                "probability": said.forecast["yes"], **said.references, "happened": bool(said.outcome),
            }
            for said in found.said
        ],
    }  # fmt: skip


def section(found: HindcastFindings) -> Section:
    """The section of a report."""
    whole = scoring.section(found.card)
    return Section(
        name="hindcast",
        title="What the model would have said",
        paragraphs=(_words(found), scoring.reading_note(found.card)),
        pictures=pictures(found),
        tables=whole.tables,
    )


def footer(found: HindcastFindings) -> str:
    """Sizes and seed."""
    return f"Frenemy · {found.draws} draws × {found.paths} particles · seed {found.experiment.seed}"


def pictures(found: HindcastFindings) -> tuple[Picture, ...]:
    """What was said month by month, and how reliable it was."""
    return (picture(found), *reliability_pictures(found.card)[:1])
