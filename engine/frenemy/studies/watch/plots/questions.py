"""The most informative questions: the odds of a scenario given yes and no, and the share of uncertainty resolved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.present.labels import draw_note, heading
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.row_names import left_margin, name_rows
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, legible, text_width
from frenemy.present.time_axis import day
from frenemy.studies.watch.findings import Question, WatchFindings
from frenemy.studies.watch.plots.share_axis import share_axis
from frenemy.studies.watch.wording import as_of, gain_text, question_text, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["most_informative"]

MAX_QUESTIONS = 14


def _shown(found: WatchFindings, j: int) -> list[Question]:
    """The most informative questions about a scenario, the first on top."""
    return sorted(found.questions, key=lambda question: -float(question.value.gain[j]))[:MAX_QUESTIONS]


def _answers(ax: Axes, question: Question, j: int, row: int, colour: str) -> None:
    odds, error = question.value.odds[:, j], 1.96 * question.value.shift_se[:, j]
    shade = colour if question.value.significant[j] else MUTED
    ax.plot(odds, [row, row], color=shade, lw=2.2, alpha=0.45, zorder=2, solid_capstyle="butt")
    for a, marker in ((1, "v"), (0, "o")):
        if np.isfinite(odds[a]):
            ax.errorbar(odds[a], row, xerr=error[a], fmt="none", ecolor=INK, elinewidth=0.8, capsize=0, zorder=3)
            ax.plot(odds[a], row, marker, mfc=shade, mec=PAPER, ms=7, mew=0.7, zorder=4)


def _bar(ax: Axes, found: WatchFindings, question: Question, j: int, row: int) -> None:
    now = float(found.brier_now[j])
    share = max(float(question.value.gain[j]), 0.0) / now if now else 0.0
    shade = legible(found.model.scenarios[j].colour) if question.value.significant[j] else HAIR
    ax.barh(row, share, height=0.6, color=shade, lw=0, zorder=2)
    if now:
        floor = float(question.value.floor[j]) / now
        ax.plot([floor, floor], [row - 0.4, row + 0.4], color=INK, lw=0.9, zorder=3)
        draw_note(
            ax, gain_text(question, found, j), (max(share, floor), row), (4, 0), coords="data", va="center", color=INK
        )


def _odds_axis(ax: Axes, found: WatchFindings, rows: Sequence[Question], j: int) -> None:
    ends = [float(found.odds[j]), 0.0]
    for question in rows:
        value, error = question.value.odds[:, j], question.value.shift_se[:, j]
        ends += [float(end) for end in value + 1.96 * error if np.isfinite(end)]
    share_axis(ax, 1.04 * max(ends))


def _resolved_axis(ax: Axes, found: WatchFindings, rows: Sequence[Question], j: int) -> None:
    now = max(float(found.brier_now[j]), 1e-12)
    longest = max(
        (max(float(question.value.gain[j]), float(question.value.floor[j])) for question in rows), default=0.0
    )
    ax.set_xlim(0.0, max(1.35 * longest / now, 1e-4))
    ax.set_xticks([])


def _layout(across: float, found: WatchFindings, j: int) -> Layout:
    rows = max(len(_shown(found, j)), 1)
    if across > 6:
        longest = max((text_width(question_text(question), SMALL) for question in _shown(found, j)), default=1.0)
        left = left_margin(longest, 3.0)
        row = 0.34 if longest > left - 0.1 else 0.26
        return Layout(heights=(row * rows + 0.2,), columns=(1.6, 1.0), left=left, right=0.3, top=0.34, across=0.3)
    return Layout(heights=(0.42 * rows + 0.25, 0.3 * rows + 0.2), left=0.1, right=0.3, top=0.34, down=(0.62,))


def _picture_text(found: WatchFindings, j: int) -> PictureText:
    label, rows = found.model.scenarios[j].label, _shown(found, j)
    now, when = percent(float(found.odds[j])), "on" if found.reading == "at" else "by"
    title = f"No event by {day(found.by)} is informative about {brief(label)}"
    if rows[0].value.significant[j]:
        title = sentence(found, rows[0], j, label=brief(label), chance=False).removesuffix(".")
    listed = and_list(
        f"{question_text(question)}: {percent(float(question.value.odds[0, j]))} if yes, "
        f"{percent(float(question.value.odds[1, j]))} if no"
        for question in rows
    )
    return PictureText(
        title=title,
        subtitle=f"Odds of being in {label} {when} {day(found.at)}, {now} now, once the events until "
        f"{day(found.by)} are known",
        caption=f"Left: the line is the odds {as_of(found)}; each row shows the odds among the futures in which it "
        "happens (dot) and in which it does not (triangle); bars: Monte Carlo error of the difference, at 95 %. "
        f"Right: the expected fall of the Brier score of {label} alone, as a share of its expected value now; the "
        "black mark is exceeded by chance alone in 1 of 100 cases, and what does not pass it is grey.",
        source=source_line(found.model, found.experiment),
        alt=f"Dots and bars. {title}. {listed}.",
    )


@plot(name=lambda found, j: f"watch_{found.model.scenarios[j].name}", layout=_layout, text=_picture_text)
def most_informative(axes: Sequence[Axes], found: WatchFindings, j: int) -> None:
    """Left: odds if yes (dot) and if no (triangle), from the odds as of now; right: share of uncertainty resolved."""
    left, right = axes
    rows = _shown(found, j)
    colour = legible(found.model.scenarios[j].colour)
    for row, question in enumerate(rows):
        _answers(left, question, j, row, colour)
        _bar(right, found, question, j, row)
    left.axvline(found.odds[j], color=INK, lw=0.9, zorder=1.5)
    _odds_axis(left, found, rows, j)
    _resolved_axis(right, found, rows, j)
    for ax, text in ((left, "Odds if yes (dot), if no (triangle)"), (right, "Uncertainty resolved")):
        ax.set_ylim(len(rows) - 0.4, -0.7)
        ax.spines["left"].set_visible(False)
        heading(ax, text)
        if ax is left:
            name_rows(ax, [question_text(question) for question in rows])
        else:
            ax.set_yticks([])
