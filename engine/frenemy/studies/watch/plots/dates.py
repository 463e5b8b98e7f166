"""The coming dates: what each branch would do to the odds of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from frenemy.present.labels import draw_note
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import INK, MUTED, PAPER, SMALL, legible, styled, text_width, wrap
from frenemy.present.time_axis import day
from frenemy.studies.watch.findings import Question, WatchFindings
from frenemy.studies.watch.wording import answer_text, as_of, share_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["coming", "picture"]

ROW = 0.24
CHANCE = 0.5
"""Inches for the chance of a branch."""


@styled()
def coming(found: WatchFindings, j: int, ax: Axes | None = None) -> Axes:
    """One row for each branch of each date: the odds of a scenario given it, from the odds as of now."""
    ax = panels(_layout(found, WIDE), WIDE)[0] if ax is None else ax
    now, row = float(found.odds[j]), 0.0
    top = now
    for asked in found.calendar:
        _head(ax, f"{day(asked.date)}  {asked.label}", row, found)
        for a in range(len(asked.answers)):
            row += 1
            top = max(top, _outcome(ax, found, asked, (a, j), row))
        row += 1.6
    ax.axvline(now, color=INK, lw=0.9, zorder=1.5)
    ax.set_ylim(row - 0.9, -0.9)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    share_axis(ax, 1.05 * top)
    return ax


def _head(ax: Axes, text: str, row: float, found: WatchFindings) -> None:
    line = wrap(text, _left(found) + 3.0, SMALL, "bold", lines=1)[0]
    left = (-72 * _left(found) + 4, 0)
    draw_note(ax, line, (0, row), left, coords=("axes fraction", "data"), va="center", color=INK, weight="bold")


def _outcome(ax: Axes, found: WatchFindings, asked: Question, place: tuple[int, int], row: float) -> float:
    """One branch: its name, its chance, the odds given it. Returns how far to the right it reaches."""
    a, j = place
    now, chance, odds = float(found.odds[j]), float(asked.learnt.chance[a]), float(asked.learnt.odds[a, j])
    line = wrap(answer_text(found, asked, asked.answers[a]), _left(found) - CHANCE - 0.2, SMALL, lines=1)[0]
    beside = ("axes fraction", "data")
    draw_note(ax, line, (0, row), (-72 * _left(found) + 14, 0), coords=beside, va="center", color=INK)
    draw_note(ax, percent(chance), (0, row), (-8, 0), coords=beside, va="center", ha="right")
    if not np.isfinite(odds):
        return now
    error = 1.96 * float(asked.learnt.shift_se[a, j])
    shade = legible(found.model.scenarios[j].colour) if asked.learnt.told[j] else MUTED
    ax.plot([now, odds], [row, row], color=shade, lw=2.2, alpha=0.45, zorder=2, solid_capstyle="butt")
    ax.errorbar(odds, row, xerr=error, fmt="none", ecolor=INK, elinewidth=0.8, zorder=3)
    ax.plot(odds, row, "o", mfc=shade, mec=PAPER, ms=3 + 7 * chance**0.5, mew=0.8, zorder=4)
    return odds + error


def _left(found: WatchFindings) -> float:
    longest = max(
        text_width(answer_text(found, asked, answer), SMALL) for asked in found.calendar for answer in asked.answers
    )
    return min(longest + CHANCE + 0.35, 3.6)


def _layout(found: WatchFindings, across: float) -> Layout:
    rows = sum(len(asked.answers) + 1.6 for asked in found.calendar)
    left = _left(found) if across > 6 else min(_left(found), 2.0)
    return Layout(heights=(ROW * rows,), left=left, right=0.3, top=0.1)


def picture(found: WatchFindings, j: int) -> Picture:
    """The coming dates and one scenario, as a picture."""
    return Picture(
        name=f"coming_{found.model.scenarios[j].name}",
        text=_picture_text(found, j),
        layout=lambda across: _layout(found, across),
        draw=lambda axes: coming(found, j, axes[0]),
    )


def _picture_text(found: WatchFindings, j: int) -> PictureText:
    label, now = found.model.scenarios[j].label, percent(float(found.odds[j]))
    told = [asked for asked in found.calendar if asked.learnt.told[j]]
    title = f"No coming date moves the odds of {brief(label)} beyond chance"
    if told:
        first = max(told, key=lambda asked: float(asked.learnt.gain[j]))
        odds = first.learnt.odds[:, j]
        ends = f"{percent(float(np.nanmin(odds)))} or {percent(float(np.nanmax(odds)))}"
        title = f"{brief(label)}: {now} now, {ends} after “{brief(first.label)}” of {day(first.date)}"
    listed = and_list(
        f"{answer_text(found, asked, answer)} {percent(float(asked.learnt.odds[a, j]))}"
        for asked in found.calendar
        for a, answer in enumerate(asked.answers)
        if asked.learnt.chance[a]
    )
    when = f"on {day(found.at)}" if found.reading == "at" else f"by {day(found.at)}"
    return PictureText(
        title=title,
        subtitle=f"Odds of being in {label} {when} given each outcome of the dates ahead",
        caption=f"The line is the odds {as_of(found)}. Each dot: the odds among the futures with that outcome, the "
        "larger the likelier it is; its chance stands beside its name. Bars: Monte Carlo error of the difference, at "
        "95 %. Grey: the date as a whole is not told from chance.",
        source=f"Source: simulation of the model “{found.model.title}”, experiment “{found.experiment.title}”.",
        alt=f"Dots in rows, one for each outcome. {title}. {listed}.",
    )
