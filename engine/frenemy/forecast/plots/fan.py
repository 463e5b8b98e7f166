"""The scenario-probability fan: one panel for each scenario, always 0-100 %, with bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import Forecast, Odds
from frenemy.forecast.sentences import BANDS_EXPLAINED, has_bands, headline, in_words, monte_carlo, shares
from frenemy.model.resolved import Scenario
from frenemy.present.labels import draw_note, heading, height, room_right
from frenemy.present.number_text import and_list, percent, range_text
from frenemy.present.sheet import Layout, PictureText, panel_width, plot, source_line
from frenemy.present.style import BANDS, HAIR, INK, SMALL, display_order, legible, text_width, wrap
from frenemy.present.time_axis import calendar_room, day, draw_calendar, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_bands", "odds_axis", "odds_fan"]

SMALL_ODDS = 0.2
"""Odds that stay below this, band included, are drawn a second time, enlarged."""
ENLARGED = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Ends of the enlarged scale."""
PALE = "#f3f5f7"
"""Ground of the enlarged scale."""
THIN = 0.006
"""Half-width below which a Monte Carlo error is hidden by the line."""


def odds_axis(ax: Axes) -> None:
    """0-100 %, the same in every picture and every what-if."""
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "", "50", "", "100 %"])
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)


def draw_bands(ax: Axes, dates: np.ndarray, quantiles: np.ndarray, colour: str) -> None:
    """Bands of 90, 60 and 30 % in one hue; `quantiles` is (7, ticks). Nothing where they are NaN."""
    if np.isfinite(quantiles).all():
        for low, high, opacity in BANDS:
            ax.fill_between(dates, quantiles[low], quantiles[high], color=colour, alpha=opacity, lw=0, zorder=2)


def _panel(ax: Axes, forecast: Forecast, scenario: Scenario, j: int) -> None:
    """The odds of one scenario at each date, with its bands, and its end value in words at the right."""
    odds, dates = forecast.odds["at"], forecast.dates[1:]
    draw_bands(ax, dates, odds.quantiles[:, :, j], scenario.colour)
    ax.plot(dates, odds.probability[:, j], color=legible(scenario.colour), lw=1.6, solid_capstyle="butt", zorder=3)
    _monte_carlo_bars(ax, forecast, odds, j)
    odds_axis(ax)
    heading(ax, scenario.label, legible(scenario.colour), room_right(ax))
    _end_label(ax, scenario, odds, j)
    highest = float(np.nanmax([odds.probability[:, j].max(), *odds.quantiles[:, :, j].max(axis=1)]))
    if 0 < highest < SMALL_ODDS:
        _enlarged(ax, forecast, scenario, j, highest)


def _enlarged(ax: Axes, forecast: Forecast, scenario: Scenario, j: int, highest: float) -> None:
    """The same odds on a scale of their own, in the space that small odds leave free."""
    odds, dates = forecast.odds["at"], forecast.dates[1:]
    inset = ax.inset_axes((0, 0.42, 1, 0.52), zorder=4)
    draw_bands(inset, dates, odds.quantiles[:, :, j], scenario.colour)
    inset.plot(dates, odds.probability[:, j], color=legible(scenario.colour), lw=1.6, solid_capstyle="butt", zorder=3)
    top = next(mark for mark in ENLARGED if mark >= highest)
    inset.set(xlim=ax.get_xlim(), ylim=(0, top), xticks=[], yticks=[], facecolor=PALE)
    for side in ("top", "right", "left", "bottom"):
        inset.spines[side].set_visible(False)
    draw_note(inset, f"enlarged: 0 to {100 * top:g} %", (0, 1), (8, -4), va="top")


def _monte_carlo_bars(ax: Axes, forecast: Forecast, odds: Odds, j: int) -> None:
    """Brackets at the report dates, if the Monte Carlo error is wider than the line."""
    ticks = np.array(forecast.report_ticks)
    half = 1.96 * odds.mc_se[ticks, j]
    if half.max() > THIN:
        centre = odds.probability[ticks, j]
        ax.errorbar(
            forecast.dates[1:][ticks], centre, half, fmt="none", ecolor=INK, elinewidth=0.8, capsize=2.5, zorder=4,
            clip_on=False,
        )  # fmt: skip


def _end_label(ax: Axes, scenario: Scenario, odds: Odds, j: int) -> None:
    """Value, word and band at the right end, kept within the panel's height."""
    lines = wrap(in_words(odds, -1, j), max(room_right(ax) - 0.1, 0.8), SMALL)
    low, high = odds.quantiles[0, -1, j], odds.quantiles[-1, -1, j]
    if np.isfinite(low):
        lines += [f"90 %: {range_text(low, high)}"]
    need = (14 + 10.5 * len(lines)) / 72 / height(ax)
    centre = float(np.clip(odds.probability[-1, j], min(need / 2, 0.5), max(1 - need / 2, 0.5)))
    top = 36 * need * height(ax)
    value = percent(odds.probability[-1, j])
    draw_note(ax, value, (1, centre), (7, top), size=13, weight="bold", va="top", color=legible(scenario.colour))
    draw_note(ax, "\n".join(lines), (1, centre), (7, top - 17), va="top", linespacing=1.15)


def _right_margin(forecast: Forecast, width: float) -> float:
    """Inches for the labels of the ends: the widest number, and words that may wrap."""
    odds = forecast.odds["at"]
    band = has_bands(forecast)
    words = [in_words(odds, -1, j) for j in range(len(forecast.model.scenarios))]
    widest = max(text_width(word, SMALL) for text in words for word in text.split())
    return max(widest, text_width("90 %: <1–99 %", SMALL) if band else 0.0, min(1.35, width * 0.15)) + 0.15


def _layout(width: float, forecast: Forecast) -> Layout:
    count, right = len(forecast.model.scenarios), _right_margin(forecast, width)
    heights = (1.5 if count <= 3 else 1.25 if count <= 4 else 1.1,) * count
    across = panel_width(Layout(heights=heights, right=right), width)
    top = calendar_room(forecast.model, forecast.experiment, across, overhang=right)
    return Layout(heights=heights, right=right, top=top, down=(0.36,))


def _picture_text(forecast: Forecast) -> PictureText:
    odds, end = forecast.odds["at"], day(forecast.dates[-1])
    ends = [
        f"{s.label} {percent(odds.probability[-1, j])} ({in_words(odds, -1, j)})"
        for j, s in display_order(forecast.model)
    ]
    reading = f"Of 100 simulated futures, {shares(forecast)} on {end}."
    bands = (
        BANDS_EXPLAINED if has_bands(forecast) else "Every uncertain number is at its median, so there are no bands."
    )
    error = monte_carlo(odds)
    wide = 1.96 * float(np.nanmax(odds.mc_se)) > THIN
    shown = "drawn as brackets" if wide else "thinner than the line, so not drawn"
    return PictureText(
        title=headline(forecast),
        subtitle="Odds of being in each scenario at each date, per cent of simulated futures",
        caption=f"{reading} {bands} Monte Carlo error (95 %): at most {error}, {shown}.",
        source=source_line(forecast.model, forecast.experiment),
        alt=f"Fan chart, one panel for each scenario, of its odds from {day(forecast.dates[0])} to {end}. "
        f"At the end: {and_list(ends)}.",
    )


@plot(name="fan", layout=_layout, text=_picture_text)
def odds_fan(axes: Sequence[Axes], forecast: Forecast) -> None:
    """One panel for each scenario, the default one first, with the calendar above them."""
    for ax, (j, scenario) in zip(axes, display_order(forecast.model), strict=True):
        time_axis(ax, (forecast.experiment.start, forecast.experiment.end), labelled=ax is axes[-1])
        _panel(ax, forecast, scenario, j)
    draw_calendar(axes, forecast.model, forecast.experiment)
