"""A rolling hindcast as a picture: for each trigger, the forecasts month by month, and when it happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.present.labels import draw_note
from frenemy.present.sheet import Layout, PictureText, all_numbers, plot
from frenemy.present.style import HAIR, INK, MUTED, SMALL, wrap
from frenemy.present.time_axis import month, time_axis
from frenemy.studies.hindcast.findings import HindcastFindings
from frenemy.studies.score.findings import ForecastRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["month_by_month"]

BLUE = "#0072b2"
ORANGE = "#d55e00"
LABELS = 1.75
ROW = 0.5


def _rows(found: HindcastFindings) -> list[str]:
    """Triggers with a forecast, those that happened first."""
    happened = {one.cluster for one in found.forecasts if one.outcome}
    names = list(dict.fromkeys(one.cluster for one in found.forecasts))
    return sorted(names, key=lambda name: name not in happened)


def _span(found: HindcastFindings) -> tuple[dt.date, dt.date]:
    return found.origins[0], max(one.due for one in found.forecasts)


def _row(ax: Axes, found: HindcastFindings, name: str, forecasts: Sequence[ForecastRecord]) -> None:
    made: Any = np.array([one.made for one in forecasts], dtype="datetime64[D]")
    forecast = np.array([one.forecast["yes"] for one in forecasts])
    reference = np.array([one.references["no_news"] for one in forecasts])
    happened = np.array([one.outcome > 0 for one in forecasts], dtype=bool)
    for trigger, first, last in found.events:
        if trigger == name:
            middle: Any = np.datetime64(first + (last - first) / 2)
            ax.axvline(middle, color=ORANGE, lw=1.1, zorder=1.5)
    ax.plot(made, reference, color=MUTED, lw=1.0, ls=(0, (4, 2)), zorder=2)
    ax.plot(made, forecast, color=BLUE, lw=1.3, zorder=3)
    ax.plot(made[happened], forecast[happened], "o", color=BLUE, ms=5, zorder=4)
    ax.plot(made[~happened], forecast[~happened], "x", color=BLUE, ms=4, zorder=4)
    ax.set_ylim(-0.08, 1.08)
    ax.set_yticks([0, 1], ["0 %", "100 %"])
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.5)


def _layout(across: float, found: HindcastFindings) -> Layout:
    return Layout(heights=(ROW,) * len(_rows(found)), left=LABELS if across > 6 else 1.2, down=(0.16,), bottom=0.35)


def _picture_text(found: HindcastFindings) -> PictureText:
    figures = {figure.name: figure for figure in found.card.groups[0].figures}
    skill = figures.get("brier_skill_over_no_news")
    added = "" if skill is None else f"; skill {skill.value:+.2f} ± {1.645 * skill.se:.2f} over the model without it"
    title = f"Month by month with the evidence of the day: Brier score {figures['brier'].value:.3f}{added}"
    counts = (
        f"{name} {sum(one.outcome for one in found.forecasts if one.cluster == name):.0f} of "
        f"{sum(one.cluster == name for one in found.forecasts)} windows"
        for name in _rows(found)
    )
    return PictureText(
        title=title.replace("-", "−"),
        subtitle=f"Probability that each trigger happens within {counted(found.months[0], 'month')}, from "
        f"{month(found.origins[0])} on",
        caption="Blue: with the evidence of the day; dashed: the model at the start, without evidence. Dots: it "
        "happened within the window; crosses: it did not. Orange: when it happened. Where dots are missing, the ledger "
        "does not say. The score is over all windows; ± is the 90 % interval, over triggers.",
        source=f"Source: {', '.join(found.ledgers)}; simulation of the model “{found.model.title}”; "
        f"{all_numbers(found.draws)}.",
        alt=f"A row for each trigger with forecasts over time: {'; '.join(counts)}.",
    )


@plot(name="hindcast", layout=_layout, text=_picture_text)
def month_by_month(axes: Sequence[Axes], found: HindcastFindings) -> None:
    """One row for each trigger: the odds of the shortest window with and without evidence, and the outcomes."""
    rows = _rows(found)
    labels = {trigger.name: trigger.label for trigger in found.model.triggers}
    for n, (ax, name) in enumerate(zip(axes, rows, strict=False)):
        shortest = [one for one in found.forecasts if one.series == f"{name}/{found.months[0]}m"]
        _row(ax, found, name, shortest)
        time_axis(ax, _span(found), labelled=n == len(rows) - 1)
        text = wrap(labels[name], LABELS - 0.5, SMALL, lines=3)
        draw_note(ax, "\n".join(text), (0, 0.5), (-30, 0), ha="right", va="center", color=INK)
