"""The coming dates: the odds of a scenario given each branch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.present.labels import draw_note
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import INK, MUTED, PAPER, SMALL, legible, text_width, wrap
from frenemy.present.time_axis import day
from frenemy.studies.watch.findings import Question, WatchFindings
from frenemy.studies.watch.plots.share_axis import share_axis
from frenemy.studies.watch.wording import answer_text, as_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["coming_dates"]

ROW = 0.24
CHANCE = 0.5
"""Inches for the chance of a branch."""


def _head(ax: Axes, text: str, row: float, found: WatchFindings) -> None:
    line = wrap(text, _left(found) + 3.0, SMALL, "bold", lines=1)[0]
    left = (-72 * _left(found) + 4, 0)
    draw_note(ax, line, (0, row), left, coords=("axes fraction", "data"), va="center", color=INK, weight="bold")


def _outcome(ax: Axes, found: WatchFindings, question: Question, place: tuple[int, int], row: float) -> float:
    """One branch: its name, its chance, the odds given it. Returns how far to the right it reaches."""
    a, j = place
    now, chance, odds = float(found.odds[j]), float(question.value.chance[a]), float(question.value.odds[a, j])
    line = wrap(answer_text(found, question, question.answers[a]), _left(found) - CHANCE - 0.2, SMALL, lines=1)[0]
    beside = ("axes fraction", "data")
    draw_note(ax, line, (0, row), (-72 * _left(found) + 14, 0), coords=beside, va="center", color=INK)
    draw_note(ax, percent(chance), (0, row), (-8, 0), coords=beside, va="center", ha="right")
    if not np.isfinite(odds):
        return now
    error = 1.96 * float(question.value.shift_se[a, j])
    shade = legible(found.model.scenarios[j].colour) if question.value.significant[j] else MUTED
    ax.plot([now, odds], [row, row], color=shade, lw=2.2, alpha=0.45, zorder=2, solid_capstyle="butt")
    ax.errorbar(odds, row, xerr=error, fmt="none", ecolor=INK, elinewidth=0.8, zorder=3)
    ax.plot(odds, row, "o", mfc=shade, mec=PAPER, ms=3 + 7 * chance**0.5, mew=0.8, zorder=4)
    return odds + error


def _left(found: WatchFindings) -> float:
    longest = max(
        text_width(answer_text(found, question, answer), SMALL)
        for question in found.calendar
        for answer in question.answers
    )
    return min(longest + CHANCE + 0.35, 3.6)


def _layout(across: float, found: WatchFindings, j: int) -> Layout:  # noqa: ARG001 the same for each
    rows = sum(len(question.answers) + 1.6 for question in found.calendar)
    left = _left(found) if across > 6 else min(_left(found), 2.0)
    return Layout(heights=(ROW * rows,), left=left, right=0.3, top=0.1)


def _picture_text(found: WatchFindings, j: int) -> PictureText:
    label, now = found.model.scenarios[j].label, percent(float(found.odds[j]))
    significant = [question for question in found.calendar if question.value.significant[j]]
    title = f"No coming date moves the odds of {brief(label)} significantly"
    if significant:
        first = max(significant, key=lambda question: float(question.value.gain[j]))
        odds = first.value.odds[:, j]
        ends = f"{percent(float(np.nanmin(odds)))} or {percent(float(np.nanmax(odds)))}"
        title = f"{brief(label)}: {now} now, {ends} after “{brief(first.label)}” of {day(first.date)}"
    listed = and_list(
        f"{answer_text(found, question, answer)} {percent(float(question.value.odds[a, j]))}"
        for question in found.calendar
        for a, answer in enumerate(question.answers)
        if question.value.chance[a]
    )
    when = f"on {day(found.at)}" if found.reading == "at" else f"by {day(found.at)}"
    return PictureText(
        title=title,
        subtitle=f"Odds of being in {label} {when} given each outcome of the dates ahead",
        caption=f"The line is the odds {as_of(found)}. Each dot: the odds among the futures with that outcome, larger "
        "if the outcome is more likely; its chance is beside its name. Bars: Monte Carlo error of the difference, at "
        "95 %. Grey: the date as a whole is not distinguishable from chance.",
        source=source_line(found.model, found.experiment),
        alt=f"Dots in rows, one for each outcome. {title}. {listed}.",
    )


@plot(name=lambda found, j: f"coming_{found.model.scenarios[j].name}", layout=_layout, text=_picture_text)
def coming_dates(axes: Sequence[Axes], found: WatchFindings, j: int) -> None:
    """One row for each branch of each date: the odds of a scenario given it, from the odds as of now."""
    (ax,) = axes
    now, row = float(found.odds[j]), 0.0
    top = now
    for question in found.calendar:
        _head(ax, f"{day(question.date)}  {question.label}", row, found)
        for a in range(len(question.answers)):
            row += 1
            top = max(top, _outcome(ax, found, question, (a, j), row))
        row += 1.6
    ax.axvline(now, color=INK, lw=0.9, zorder=1.5)
    ax.set_ylim(row - 0.9, -0.9)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    share_axis(ax, 1.05 * top)
