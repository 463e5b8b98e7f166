"""A rolling hindcast: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted
from frenemy.present.number_text import NBSP
from frenemy.present.section import Section
from frenemy.present.sheet import Picture
from frenemy.present.table import COUNT, PROBABILITY, TEXT, Columns, decimals
from frenemy.studies.hindcast.findings import HindcastFindings
from frenemy.studies.hindcast.plots import month_by_month
from frenemy.studies.score import text as score_text
from frenemy.studies.update.smc2 import ISLANDS

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]


def tables(found: HindcastFindings) -> Mapping[str, str]:
    """hindcast.csv: each forecast beside the references; scores.csv and reliability.csv."""
    names = list(found.forecasts[0].references)
    columns = (
        Columns(trigger=TEXT, made=TEXT, until=TEXT, months=COUNT, probability=PROBABILITY, mc_se=PROBABILITY)
        | Columns(dict.fromkeys(names, PROBABILITY))
        | Columns(outcome=decimals(0))
    )
    rows = (
        (
            one.cluster, one.made, one.due, one.series.rpartition("/")[2].removesuffix("m"), one.forecast["yes"],
            one.errors["yes"], *(one.references[name] for name in names), one.outcome,
        )
        for one in found.forecasts
    )  # fmt: skip
    scores = {name: text for name, text in score_text.tables(found.card).items() if name != "forecasts.csv"}
    return {"hindcast.csv": columns.csv(rows), **scores}


def as_data(found: HindcastFindings) -> dict[str, Any]:
    """Scores, and each forecast with its outcome, ready for JSON."""
    return {
        **score_text.as_data(found.card),
        "experiment": found.experiment.name,
        "ledgers": list(found.ledgers),
        "draws": found.draws,
        "paths": found.paths,
        "forecasts": [
            {
                "trigger": one.cluster, "made": str(one.made), "until": str(one.due),
                "probability": one.forecast["yes"], "mc_se": one.errors["yes"], **one.references,
                "happened": bool(one.outcome),
            }
            for one in found.forecasts
        ],
    }  # fmt: skip


def pictures(found: HindcastFindings) -> tuple[Picture, ...]:
    """The forecasts month by month, and how reliable they were."""
    return (month_by_month.picture(found), *score_text.pictures(found.card)[:1])


def footer(found: HindcastFindings) -> str:
    """Sizes and seed."""
    return f"Frenemy · {_size(found)} · seed {found.experiment.seed}"


def _size(found: HindcastFindings) -> str:
    """`32 draws × 128 particles`; at the medians the filter is repeated."""
    groups = counted(found.draws, "draw") if found.draws else counted(ISLANDS, "repetition")
    return f"{groups} × {counted(found.paths, 'particle')}"


def as_text(found: HindcastFindings) -> RenderableType:
    """The score card, and how to read it."""
    size = f"{_size(found)}, seed {found.experiment.seed}"
    return Group(score_text.as_text(found.card), Text(), Text(_how_to_read(found), "dim"), Text(size, "dim"))


def section(found: HindcastFindings) -> Section:
    """The hindcast as a section of a report."""
    return Section(
        name="hindcast",
        title="What would the model have forecast month by month?",
        paragraphs=(_how_to_read(found), score_text.reading_note(found.card)),
        pictures=pictures(found),
        tables=tuple(score_text.grids(found.card)),
    )


def _errors(found: HindcastFindings) -> str:
    """`± 3 points in the median, at most ± 8`."""
    errors = 196 * np.array([one.errors["yes"] for one in found.forecasts])
    return f"±{NBSP}{np.median(errors):.1f} points in the median, at most ±{NBSP}{errors.max():.1f}"


def _how_to_read(found: HindcastFindings) -> str:
    if found.draws:
        over = f"Forecasts are means over {found.draws:,} draws of the uncertain numbers and over chance"
    else:
        over = "Every uncertain number is at its median: another question than that of a run"
    return (
        f"From {found.origins[0]} on, at the first assessment of each month, the model was updated with what "
        f"{' and '.join(found.ledgers)} held up to the day before, and forecast for each trigger whether it would "
        f"happen within so many months. {over}; their Monte Carlo error (95{NBSP}%) is {_errors(found)}. Windows are "
        "scored if the ledger is complete for the trigger throughout. No evidence: the same model as at the start, on "
        "as many draws and paths. Counting: the rate estimated from the number of events since the start, and nothing "
        "else. If the model's numbers were judged with some of these events in view, its skill is an upper bound; the "
        "value of the evidence (skill over no evidence) is the fairer figure."
    )
