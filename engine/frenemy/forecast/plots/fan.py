"""The scenario-probability fan: one panel for each scenario, always 0-100 %, with bands of judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import Forecast, Odds
from frenemy.forecast.sentences import JUDGEMENT_BANDS, has_bands, headline, in_words, monte_carlo, shares, source_line
from frenemy.model.resolved import Scenario
from frenemy.present.labels import draw_note, heading, height, room_right
from frenemy.present.number_text import and_list, percent, range_text
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panel_width, panels
from frenemy.present.style import BANDS, HAIR, INK, SMALL, display_order, legible, styled, text_width, wrap
from frenemy.present.time_axis import arrange, calendar_flags, day, draw_flags, flag_room, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_bands", "fan", "fan_panel", "odds_axis", "picture"]

THIN = 0.006
"""Half-width of a Monte Carlo error that disappears in the line."""


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


@styled()
def fan_panel(forecast: Forecast, scenario: str, ax: Axes | None = None) -> Axes:
    """The odds of one scenario at each date, with its bands, and its end value in words at the right."""
    if ax is None:
        ax = panels(_layout(forecast, 1, WIDE), WIDE)[0]
    j = next(i for i, s in enumerate(forecast.model.scenarios) if s.name == scenario)
    chosen, odds, dates = forecast.model.scenarios[j], forecast.odds["at"], forecast.dates[1:]
    draw_bands(ax, dates, odds.quantiles[:, :, j], chosen.colour)
    ax.plot(dates, odds.probability[:, j], color=legible(chosen.colour), lw=1.6, solid_capstyle="butt", zorder=3)
    _monte_carlo_bars(ax, forecast, odds, j)
    odds_axis(ax)
    time_axis(ax, (forecast.experiment.start, forecast.experiment.end), labelled=True)
    heading(ax, chosen.label, legible(chosen.colour), room_right(ax))
    _end_label(ax, chosen, odds, j)
    return ax


def _monte_carlo_bars(ax: Axes, forecast: Forecast, odds: Odds, j: int) -> None:
    """Brackets at the dates of the report, where the Monte Carlo error would show beside the line."""
    ticks = np.array(forecast.report_ticks)
    half = 1.96 * odds.mc_se[ticks, j]
    if half.max() > THIN:
        centre = odds.probability[ticks, j]
        ax.errorbar(
            forecast.dates[1:][ticks],
            centre,
            half,
            fmt="none",
            ecolor=INK,
            elinewidth=0.8,
            capsize=2.5,
            zorder=4,
            clip_on=False,
        )


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


@styled()
def fan(forecast: Forecast, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """One panel for each scenario, the default one first, with the calendar above them. Takes one axes a scenario."""
    chosen = display_order(forecast.model)
    if axes is None:
        axes = panels(_layout(forecast, len(chosen), WIDE), WIDE)
    for ax, (_, scenario) in zip(axes, chosen, strict=True):
        fan_panel(forecast, scenario.name, ax)
        if ax is not axes[-1]:
            ax.set_xticklabels([])
    ends = forecast.experiment.start, forecast.experiment.end
    draw_flags(axes, calendar_flags(forecast.model, forecast.experiment), ends)
    return axes


def _right_margin(forecast: Forecast, width: float) -> float:
    """Inches for the labels of the ends: the widest number, and words that may wrap."""
    odds = forecast.odds["at"]
    band = has_bands(forecast)
    words = [in_words(odds, -1, j) for j in range(len(forecast.model.scenarios))]
    widest = max(text_width(word, SMALL) for text in words for word in text.split())
    return max(widest, text_width("90 %: <1–99 %", SMALL) if band else 0.0, min(1.35, width * 0.15)) + 0.15


def _layout(forecast: Forecast, count: int, width: float) -> Layout:
    right = _right_margin(forecast, width)
    height = 1.5 if count <= 3 else 1.25 if count <= 4 else 1.1
    trial = Layout(heights=(height,) * count, right=right, down=(0.36,))
    ends = forecast.experiment.start, forecast.experiment.end
    flags = arrange(
        calendar_flags(forecast.model, forecast.experiment), ends, panel_width(trial, width), overhang=right
    )
    return Layout(heights=trial.heights, right=right, top=flag_room(flags), down=(0.36,))


def picture(forecast: Forecast) -> Picture:
    """The fan as a picture."""
    return Picture(
        name="fan", text=_picture_text(forecast), draw=lambda axes: fan(forecast, axes),
        layout=lambda width: _layout(forecast, len(forecast.model.scenarios), width),
    )  # fmt: skip


def _picture_text(forecast: Forecast) -> PictureText:
    odds, end = forecast.odds["at"], day(forecast.dates[-1])
    ends = [
        f"{s.label} {percent(odds.probability[-1, j])} ({in_words(odds, -1, j)})"
        for j, s in display_order(forecast.model)
    ]
    reading = f"Of 100 simulated futures, {shares(forecast)} on {end}."
    bands = (
        JUDGEMENT_BANDS
        if has_bands(forecast)
        else "Judgement about the model's numbers was not varied, so there are no bands."
    )
    error = monte_carlo(odds)
    wide = 1.96 * float(np.nanmax(odds.mc_se)) > THIN
    shown = "drawn as brackets" if wide else "thinner than the line, so not drawn"
    return PictureText(
        title=headline(forecast),
        subtitle="Odds of being in each scenario at each date, per cent of simulated futures",
        caption=f"{reading} {bands} Monte Carlo error (95 %): at most {error}, {shown}.",
        source=source_line(forecast),
        alt=f"Fan chart, one panel for each scenario, of its odds from {day(forecast.dates[0])} to {end}. "
        f"At the end: {and_list(ends)}.",
    )
