"""What would tell most: the odds of a scenario if it is seen and if not, and the share of the doubt that resolves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.present.labels import draw_note, heading
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.row_names import left_margin, name_rows
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, legible, styled, text_width
from frenemy.present.time_axis import day
from frenemy.studies.watch.findings import Question, WatchFindings
from frenemy.studies.watch.wording import as_of, gain_text, named, question_text, share_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["picture", "questions_to_show", "telling_most"]

MAX_QUESTIONS = 14


def questions_to_show(found: WatchFindings, j: int) -> list[Question]:
    """The questions that tell most about a scenario, the first on top."""
    return sorted(found.questions, key=lambda asked: -float(asked.learnt.gain[j]))[:MAX_QUESTIONS]


@styled()
def telling_most(found: WatchFindings, j: int, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Left: odds if so (full) and if not (hollow), from the odds as of now; right: share of the doubt resolved."""
    axes = panels(_layout(found, j, WIDE), WIDE) if axes is None else axes
    left, right = axes
    rows = questions_to_show(found, j)
    colour = legible(found.model.scenarios[j].colour)
    for row, asked in enumerate(rows):
        _answers(left, asked, j, row, colour)
        _bar(right, found, asked, j, row)
    left.axvline(found.odds[j], color=INK, lw=0.9, zorder=1.5)
    _odds_axis(left, found, rows, j)
    _doubt_axis(right, found, rows, j)
    for ax, text in ((left, "Odds if so (full), if not (hollow)"), (right, "Doubt resolved")):
        ax.set_ylim(len(rows) - 0.4, -0.7)
        ax.spines["left"].set_visible(False)
        heading(ax, text)
        if ax is left:
            name_rows(ax, [question_text(asked) for asked in rows])
        else:
            ax.set_yticks([])
    return axes


def _answers(ax: Axes, asked: Question, j: int, row: int, colour: str) -> None:
    odds, error = asked.learnt.odds[:, j], 1.96 * asked.learnt.shift_se[:, j]
    shade = colour if asked.learnt.told[j] else MUTED
    ax.plot(odds, [row, row], color=shade, lw=2.2, alpha=0.45, zorder=2, solid_capstyle="butt")
    for a, fill in ((1, PAPER), (0, shade)):
        if np.isfinite(odds[a]):
            ax.errorbar(odds[a], row, xerr=error[a], fmt="none", ecolor=INK, elinewidth=0.8, capsize=0, zorder=3)
            ax.plot(odds[a], row, "o", mfc=fill, mec=shade, ms=6, mew=1.1, zorder=4)


def _bar(ax: Axes, found: WatchFindings, asked: Question, j: int, row: int) -> None:
    told, doubt = bool(asked.learnt.told[j]), float(found.doubt[j])
    share = max(float(asked.learnt.gain[j]), 0.0) / doubt if doubt else 0.0
    shade = legible(found.model.scenarios[j].colour) if told else HAIR
    ax.barh(row, share, height=0.6, color=shade, lw=0, zorder=2)
    if doubt:
        floor = float(asked.learnt.floor[j]) / doubt
        ax.plot([floor, floor], [row - 0.4, row + 0.4], color=INK, lw=0.9, zorder=3)
        draw_note(
            ax, gain_text(asked, found, j), (max(share, floor), row), (4, 0), coords="data", va="center", color=INK
        )


def _odds_axis(ax: Axes, found: WatchFindings, rows: Sequence[Question], j: int) -> None:
    ends = [float(found.odds[j]), 0.0]
    for asked in rows:
        value, error = asked.learnt.odds[:, j], asked.learnt.shift_se[:, j]
        ends += [float(end) for end in value + 1.96 * error if np.isfinite(end)]
    share_axis(ax, 1.04 * max(ends))


def _doubt_axis(ax: Axes, found: WatchFindings, rows: Sequence[Question], j: int) -> None:
    doubt = max(float(found.doubt[j]), 1e-12)
    longest = max((max(float(asked.learnt.gain[j]), float(asked.learnt.floor[j])) for asked in rows), default=0.0)
    ax.set_xlim(0.0, max(1.35 * longest / doubt, 1e-4))
    ax.set_xticks([])


def _layout(found: WatchFindings, j: int, across: float) -> Layout:
    rows = max(len(questions_to_show(found, j)), 1)
    if across > 6:
        longest = max((text_width(question_text(asked), SMALL) for asked in questions_to_show(found, j)), default=1.0)
        left = left_margin(longest, 3.0)
        row = 0.34 if longest > left - 0.1 else 0.26
        return Layout(heights=(row * rows + 0.2,), columns=(1.6, 1.0), left=left, right=0.3, top=0.34, across=0.3)
    return Layout(heights=(0.42 * rows + 0.25, 0.3 * rows + 0.2), left=0.1, right=0.3, top=0.34, down=(0.62,))


def picture(found: WatchFindings, j: int) -> Picture:
    """The questions that tell most about one scenario, as a picture."""
    return Picture(
        name=f"watch_{found.model.scenarios[j].name}",
        text=_picture_text(found, j),
        layout=lambda across: _layout(found, j, across),
        draw=lambda axes: telling_most(found, j, axes),
    )


def _picture_text(found: WatchFindings, j: int) -> PictureText:
    label, rows = found.model.scenarios[j].label, questions_to_show(found, j)
    now = percent(float(found.odds[j]))
    reading = f"in {label} on {day(found.at)}" if found.reading == "at" else f"in {label} by {day(found.at)}"
    first = rows[0]
    title = f"Nothing that may come by {day(found.by)} tells much about {brief(label)}"
    if first.learnt.told[j]:
        yes, no = (percent(float(first.learnt.odds[a, j])) for a in (0, 1))
        otherwise = "it stays there" if no == now else f"to {no}"
        title = f"If {named(first)} by {day(found.by)}, {brief(label)} goes from {now} to {yes}; if not, {otherwise}"
    listed = and_list(
        f"{question_text(asked)}: {percent(float(asked.learnt.odds[0, j]))} if so, "
        f"{percent(float(asked.learnt.odds[1, j]))} if not"
        for asked in rows
    )
    return PictureText(
        title=title,
        subtitle=f"Odds of being {reading}, {now} today, once it is known what came by {day(found.by)}",
        caption=f"Left: the line is the odds {as_of(found)}; each row the odds among the futures in which it comes "
        "(full) and in which it does not (hollow); bars: Monte Carlo error of the difference, at 95 %. Right: by how "
        f"much the Brier score of {label} alone would be expected to fall, as a share of the doubt there is today; the "
        "black mark is what chance alone reaches in 1 of 100, and what does not pass it is grey.",
        source=f"Source: simulation of the model “{found.model.title}”, experiment “{found.experiment.title}”.",
        alt=f"Dots and bars. {title}. {listed}.",
    )
