"""How often triggers happen: a table drawn as dots, one row for each trigger, the most frequent first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import Forecast
from frenemy.model.resolved import Trigger
from frenemy.present.labels import draw_note, room_right
from frenemy.present.number_text import brief, percent, range_text
from frenemy.present.row_names import left_margin, name_rows, named_beside
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, text_width
from frenemy.present.time_axis import month

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["can_draw", "count_text", "event_counts"]

COLUMN = 0.72
"""Inches between the columns of numbers."""
COLUMNS = ("at least\none", "in a year", "expected\nnumber")


def can_draw(forecast: Forecast) -> bool:
    """Whether the model has any trigger."""
    return bool(forecast.model.triggers)


def _order(forecast: Forecast) -> list[tuple[int, Trigger]]:
    expected = forecast.events.expected
    return sorted(enumerate(forecast.model.triggers), key=lambda pair: (-expected[pair[0]], pair[0]))


def count_text(count: float) -> str:
    """An expected number: `16`, `2.0`, `0.31`, `<0.01`."""
    if count < 0.01:
        return "<0.01"
    return f"{count:.0f}" if count >= 9.95 else f"{count:.1f}" if count >= 0.995 else f"{count:.2f}"


def _cell(ax: Axes, column: int, row: float, text: str, **how: object) -> None:
    draw_note(ax, text, (1, row), (72 * COLUMN * (column + 1), 0), coords=("axes fraction", "data"), ha="right", **how)


def _frame(ax: Axes, rows: int) -> None:
    top = -0.6 if named_beside(ax) else -0.85
    ax.set(xlim=(0, 1), ylim=(rows - 0.4, top))
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100 %"])
    ax.grid(visible=True, color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
    for column, text in enumerate(COLUMNS):
        draw_note(ax, text, (1, 1), (72 * COLUMN * (column + 1), 3), ha="right", va="bottom", linespacing=1.05)


def _layout(width: float, forecast: Forecast) -> Layout:
    longest = max(text_width(trigger.label, SMALL) for trigger in forecast.model.triggers)
    beside = width > 6
    left = left_margin(longest, 2.7) if beside else 0.0
    row = 0.4 if not beside else 0.32 if longest > left - 0.1 else 0.25
    right = COLUMN * len(COLUMNS) + 0.05
    return Layout(heights=(row * len(forecast.model.triggers) + 0.1,), left=left, right=right, top=0.42)


def _picture_text(forecast: Forecast) -> PictureText:
    events, rows, end = forecast.events, _order(forecast), month(forecast.dates[-1])
    first, often = rows[0]
    k = int(np.argmin(np.abs(events.at_least_one - 0.5)))
    close = forecast.model.triggers[k]
    count = count_text(events.expected[first])
    title = f"“{brief(often.label)}” is the most frequent trigger: about {count} by {end}"
    if events.expected[first] < 1:
        title = f"{brief(often.label)}: {percent(events.at_least_one[first])} chance of at least one by {end}"
    elif k != first and 0.2 < events.at_least_one[k] < 0.8:
        title += f"; {brief(close.label)}: {percent(events.at_least_one[k])} chance of at least one"
    listed = "; ".join(f"{t.label} {percent(events.at_least_one[k])}" for k, t in rows)
    return PictureText(
        title=title,
        subtitle=f"Chance that each trigger happens at least once by {end}, per cent of simulated futures",
        caption="Dot: at least once by the end. Grey bar: from the lowest to the highest chance of at least one in any "
        "single year. Numbers include events that follow from other triggers.",
        source=source_line(forecast.model, forecast.experiment),
        alt=f"Dot plot of the chance of at least one event by {end}: {listed}.",
    )


@plot(name="triggers", layout=_layout, text=_picture_text)
def event_counts(axes: Sequence[Axes], forecast: Forecast) -> None:
    """Dots: chance of at least one by the end; bars: range of the chances in single years; numbers at the right."""
    (ax,) = axes
    events, rows = forecast.events, _order(forecast)
    for n, (k, _) in enumerate(rows):
        years = events.year_at_least_one[:, k]
        ax.plot([years.min(), years.max()], [n, n], color=MUTED, lw=3.5, alpha=0.55, solid_capstyle="round", zorder=2)
        ax.plot([years.max(), events.at_least_one[k]], [n, n], color=HAIR, lw=1.2, zorder=1.5)
        ax.plot([events.at_least_one[k]], [n], "o", color=INK, ms=7, mec=PAPER, mew=0.8, zorder=3, clip_on=False)
        numbers = (
            percent(events.at_least_one[k]), range_text(years.min(), years.max()), count_text(events.expected[k])
        )  # fmt: skip
        for column, text in enumerate(numbers):
            weight = "bold" if column == 0 else "normal"
            _cell(ax, column, n, text, color=INK, weight=weight, va="center")
    name_rows(ax, [trigger.label for _, trigger in rows], beyond=room_right(ax), above=6)
    _frame(ax, len(rows))
