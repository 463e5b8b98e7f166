"""Where the uncertainty comes from: judgement about the numbers and chance in any one future, by lead time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import Forecast, Odds
from frenemy.forecast.plots.drivers import POOLED
from frenemy.forecast.plots.fan import odds_axis
from frenemy.forecast.sentences import has_bands, monte_carlo
from frenemy.present.labels import draw_note, heading, room_right
from frenemy.present.number_text import and_list, brief, from_to, percent, range_text
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import INK, PAPER, display_order, legible
from frenemy.present.time_axis import day, month, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["can_draw", "variance_shares"]

TINT = POOLED
"""Judgement in full colour, chance in a pale shade of it."""


def can_draw(forecast: Forecast) -> bool:
    """Whether the uncertain numbers were varied."""
    return has_bands(forecast)


def _panel(ax: Axes, forecast: Forecast, j: int) -> None:
    odds, dates = forecast.odds["at"], forecast.dates[1:]
    judgement, chance = odds.judgement_variance[:, j], odds.path_variance[:, j]
    known = judgement + chance > 0
    share = np.divide(judgement, judgement + chance, out=np.zeros_like(judgement), where=known)
    ax.fill_between(dates, 0, share, where=known, color=TINT, lw=0, zorder=1)
    ax.fill_between(dates, share, 1, where=known, color=TINT, alpha=0.28, lw=0, zorder=1)
    ax.plot(dates, np.where(known, share, np.nan), color=PAPER, lw=1.0, zorder=1.1)
    if not known[-1]:
        draw_note(ax, "All futures agree", (0.5, 0.5), size=9, ha="center", va="center")
        return
    last = float(share[-1])
    draw_note(ax, "Chance", (0.5, min(last + 0.5, 0.75)), color=INK, size=9, ha="center", va="center")
    inside = last > 0.2
    draw_note(
        ax, f"Judgement {percent(last)} at the end", (0.5, last / 2 if inside else last), (0, 0 if inside else 4),
        color=PAPER if inside else INK, size=9, ha="center", va="center" if inside else "bottom",
    )  # fmt: skip
    draw_note(ax, _odds(odds, j), (0.5, 1), (0, -4), color=INK, size=9, ha="center", va="top")


def _odds(odds: Odds, j: int) -> str:
    """`Odds 8 %, range 3–18 %`: at the end."""
    low, high = float(odds.quantiles[0, -1, j]), float(odds.quantiles[-1, -1, j])
    return f"Odds {percent(float(odds.probability[-1, j]))}, range {range_text(low, high)}"


def _widest(odds: Odds) -> int | None:
    """Of the scenarios whose odds the numbers move threefold or more, that with the widest range; None if none is."""
    low, high = odds.quantiles[0, -1], odds.quantiles[-1, -1]
    width = np.where(high >= 3 * low, high - low, 0.0)
    return int(np.argmax(width)) if width.max() >= 0.01 else None


def _layout(width: float, forecast: Forecast) -> Layout:
    count = len(forecast.model.scenarios)
    across = min(count, 3) if width > 6 else 1
    rows = -(-count // across)
    return Layout(heights=(1.3,) * rows, columns=(1.0,) * across, top=0.3, across=0.55, down=(0.62,), left=0.42)


def _picture_text(forecast: Forecast) -> PictureText:
    odds = forecast.odds["at"]
    judgement, chance = odds.judgement_variance[-1], odds.path_variance[-1]
    share = judgement / np.maximum(judgement + chance, 1e-300)
    parts = and_list(f"{s.label} {percent(share[j])}" for j, s in display_order(forecast.model))
    end = month(forecast.dates[-1])
    title = f"Judgement and chance both contribute to the uncertainty about {end}"
    large = ""
    if share.max() < 0.5 or share.min() > 0.5:
        large, small = ("Chance", "judgement") if share.max() < 0.5 else ("Judgement", "chance")
        title = f"{large} contributes more to the uncertainty about {end} than {small}"
    widest = _widest(odds)
    if large == "Chance" and widest is not None:
        moved = from_to(*(float(odds.quantiles[end, -1, widest]) for end in (0, -1)))
        title += f", yet judgement alone moves {brief(forecast.model.scenarios[widest].label)} {moved}"
    error = float((odds.mc_se[-1] ** 2 / np.maximum(judgement + chance, 1e-300)).max())
    small_share = "less than 1 %" if error < 0.01 else f"at most {percent(error)}"
    return PictureText(
        title=title,
        subtitle="Share of the variance of whether a future is in each scenario at each date, per cent",
        caption="Judgement: the model's numbers are not known, and better evidence would reduce this part. Chance: "
        "even if all were known, the future could take different courses. A small share of a rare scenario's variance "
        "can still be a wide range of its odds (in each panel: the odds at the end, and 90 % of the draws). Monte "
        f"Carlo error, which more draws with more futures each would reduce, is {small_share} of the variance and not "
        f"drawn; it moves the odds by at most {monte_carlo(odds)}.",
        source=source_line(forecast.model, forecast.experiment),
        alt=f"Shares of variance over time. Judgement's on {day(forecast.dates[-1])}: {parts}; the rest is chance.",
    )


@plot(name="uncertainty", layout=_layout, text=_picture_text)
def variance_shares(axes: Sequence[Axes], forecast: Forecast) -> None:
    """One panel for each scenario: shares of the variance of `it is in the scenario at t`, over lead time."""
    scenarios = display_order(forecast.model)
    for ax, (j, scenario) in zip(axes, scenarios, strict=False):
        _panel(ax, forecast, j)
        odds_axis(ax)
        time_axis(ax, (forecast.experiment.start, forecast.experiment.end))
        heading(ax, scenario.label, legible(scenario.colour), reach=min(0.3, room_right(ax)))
    for spare in axes[len(scenarios) :]:
        spare.set_axis_off()
