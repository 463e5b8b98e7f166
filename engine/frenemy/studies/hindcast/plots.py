"""A rolling hindcast as a picture: for each trigger, what was said from month to month, and when it happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.present.labels import draw_note
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, INK, MUTED, SMALL, styled, wrap
from frenemy.present.time_axis import month, time_axis
from frenemy.studies.hindcast.findings import HindcastFindings
from frenemy.studies.score.findings import ForecastMade

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["hindcast", "picture"]

BLUE = "#0072b2"
LABELS = 1.75
ROW = 0.5


def _rows(found: HindcastFindings) -> list[str]:
    """Triggers with a forecast, those that happened first."""
    happened = {said.cluster for said in found.said if said.outcome}
    names = list(dict.fromkeys(said.cluster for said in found.said))
    return sorted(names, key=lambda name: name not in happened)


@styled()
def hindcast(found: HindcastFindings, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """One row for each trigger: the chance of the shortest window with and without news, dots where it came about."""
    axes = panels(_layout(found, WIDE), WIDE) if axes is None else axes
    rows = _rows(found)
    labels = {trigger.name: trigger.label for trigger in found.model.triggers}
    for n, (ax, name) in enumerate(zip(axes, rows, strict=False)):
        mine = [said for said in found.said if said.series == f"{name}/{found.months[0]}m"]
        _row(ax, found, name, mine)
        last = n == len(rows) - 1
        time_axis(ax, _ends(found), labelled=last)
        text = wrap(labels[name], LABELS - 0.5, SMALL, lines=3)
        draw_note(ax, "\n".join(text), (0, 0.5), (-30, 0), ha="right", va="center", color=INK)
    return axes


def _ends(found: HindcastFindings) -> tuple[dt.date, dt.date]:
    return found.stands[0], max(said.due for said in found.said)


def _row(ax: Axes, found: HindcastFindings, name: str, mine: Sequence[ForecastMade]) -> None:
    made: Any = np.array([said.made for said in mine], dtype="datetime64[D]")
    forecast = np.array([said.forecast["yes"] for said in mine])
    plain = np.array([said.references["no_news"] for said in mine])
    came = np.array([said.outcome > 0 for said in mine], dtype=bool)
    for trigger, first, last in found.events:
        if trigger == name:
            middle: Any = np.datetime64(first + (last - first) / 2)
            ax.axvline(middle, color="#d55e00", lw=1.1, zorder=1.5)
    ax.plot(made, plain, color=MUTED, lw=1.0, ls=(0, (4, 2)), zorder=2)
    ax.plot(made, forecast, color=BLUE, lw=1.3, zorder=3)
    ax.plot(made[came], forecast[came], "o", color=BLUE, ms=5, zorder=4)
    ax.plot(made[~came], forecast[~came], "o", color=BLUE, mfc="white", ms=4, zorder=4)
    ax.set_ylim(-0.08, 1.08)
    ax.set_yticks([0, 1], ["0 %", "100 %"])
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.5)


def _layout(found: HindcastFindings, width: float) -> Layout:
    return Layout(heights=(ROW,) * len(_rows(found)), left=LABELS if width > 6 else 1.2, down=(0.16,), bottom=0.35)


def picture(found: HindcastFindings) -> Picture:
    """The hindcast as a picture."""
    scored = found.card.scored[0]
    figures = {figure.name: figure for figure in scored.figures}
    skill = figures.get("brier_skill_over_no_news")
    added = "" if skill is None else f"; skill {skill.value:+.2f} ± {1.645 * skill.se:.2f} over the same without news"
    first = found.months[0]
    text = PictureText(
        title=f"Month by month, knowing only that day’s news: Brier score {figures['brier'].value:.3f}{added}".replace(
            "-", "−"
        ),
        subtitle=f"Chance that each trigger happens within {first} months, from {month(found.stands[0])} on",
        caption="Blue: with what was known on the day; dashed: the model of the start, without news. Filled dots: it "
        "happened within the window; hollow: it did not. Orange: when it happened. Missing dots: the ledger does "
        "not tell. The score is over all windows; ± is nine times in ten, over triggers.",
        source=f"Source: {', '.join(found.ledgers)}; simulation of the model “{found.model.title}”.",
        alt="A row for each trigger with forecasts over time: "
        + "; ".join(f"{name} {sum(s.outcome for s in found.said if s.cluster == name):.0f} of "
                    f"{sum(s.cluster == name for s in found.said)} windows" for name in _rows(found))
        + ".",
    )  # fmt: skip
    return Picture(
        name="hindcast", text=text, layout=lambda width: _layout(found, width),
        draw=lambda axes: hindcast(found, axes),
    )  # fmt: skip
