"""The tornado: bars in percentage points, the longest on top; those within Monte Carlo error in grey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.present.key_labels import key_label, key_phrase, with_unit
from frenemy.present.labels import draw_note
from frenemy.present.number_text import from_to, percent
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, SMALL, wrap
from frenemy.studies.sensitivity.findings import SensitivityFindings
from frenemy.studies.sensitivity.tornado import LONGEST
from frenemy.studies.sensitivity.wording import odds_words, other_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["tornado_bars"]

LABELS = 3.7
"""Inches for the labels of the bars."""
ROW = 0.3
"""Inches for a bar."""


def _longest(found: SensitivityFindings) -> list[int]:
    return found.tornado.order(found.tick, found.scenario)[:LONGEST]


def _label(found: SensitivityFindings, place: int) -> str:
    return "\n".join(wrap(key_label(found.tornado.keys[place], found.model), LABELS - 0.15, SMALL, lines=2))


def _bar(ax: Axes, found: SensitivityFindings, place: int, *, side: int, row: int, reach: float) -> None:
    """One end of a number's range: solid for the upper end, pale for the lower, grey within Monte Carlo error."""
    bars, tick, j = found.tornado, found.tick, found.scenario
    colour = found.model.scenarios[j].colour
    change = 100 * float(bars.change[place, side, tick, j])
    significant = bool(bars.significant[place, side, tick, j])
    fill, alpha = (colour if significant else HAIR), (0.5 if significant and not side else 1.0)
    # two ends on the same side would hide one another: each has half the height
    high, low = (float(bars.change[place, end, tick, j]) for end in (1, 0))
    same = high * low > 0
    offset, height = ((0.18 if side else -0.18), 0.36) if same else (0.0, 0.72)
    ax.barh(row + offset, change, height=height, color=fill, alpha=alpha, lw=0, zorder=2)
    if significant and abs(change) > 2 * reach:
        value = with_unit(bars.keys[place], float(bars.values[place, 2 * side]), found.model)
        side_of = "left" if change > 0 else "right"
        draw_note(
            ax, value, (change, row + offset), (3 if change > 0 else -3, 0), coords="data", size=SMALL - 1,
            ha=side_of, va="center", color=MUTED,
        )  # fmt: skip


def _layout(across: float, found: SensitivityFindings) -> Layout:
    rows = max(len(_longest(found)), 1)
    return Layout(heights=(rows * ROW,), left=LABELS if across > 6 else 2.0, right=0.25, top=0.1, bottom=0.5)


def _picture_text(found: SensitivityFindings) -> PictureText:
    bars, tick, j = found.tornado, found.tick, found.scenario
    order = bars.order(tick, j)
    odds = odds_words(found)
    significant = int(bars.significant[:, :, tick, j].any(axis=1).sum())
    if not significant:
        title = f"No number alone moves {odds} beyond Monte Carlo error"
        alt = title
    else:
        first = key_phrase(bars.keys[order[0]], found.model)
        ends = bars.odds[tick, j] + bars.change[order[0], :, tick, j]
        matters = "is among those that matter most" if bars.rivals(tick, j) else "matters most"
        title = f"{first} {matters} ({from_to(float(ends.min()), float(ends.max()))})"
        alt = (
            f"Horizontal bars, the longest on top. {title}. {significant} of {counted(len(order), 'number')} "
            "are significant."
        )
    return PictureText(
        title=title,
        subtitle=f"What each uncertain number alone does to {odds}",
        caption="Each bar: one number is known to be at its 10 % point (pale) or its 90 % point (full colour), whose "
        f"values stand beside it; {other_numbers(found)}. Grey: not distinguishable from "
        f"Monte Carlo error, at three standard errors. {len(_longest(found))} of {len(order)} numbers are shown.",
        source=source_line(found.model, found.experiment),
        alt=alt,
    )


@plot(name="tornado", layout=_layout, text=_picture_text)
def tornado_bars(axes: Sequence[Axes], found: SensitivityFindings) -> None:
    """What each number alone does to the odds, if it is known to be at its 10 % or its 90 % point."""
    (ax,) = axes
    bars, tick, j = found.tornado, found.tick, found.scenario
    longest = _longest(found)
    reach = max((float(np.abs(bars.change[:, :, tick, j]).max(initial=0.0))), 0.005)
    for row, place in enumerate(longest):
        for side in (0, 1):
            _bar(ax, found, place, side=side, row=row, reach=reach)
    ax.set_ylim(max(len(longest), 1) - 0.5, -0.5)
    ax.set_xlim(-125 * reach, 125 * reach)
    ax.set_yticks(range(len(longest)))
    ax.set_yticklabels([_label(found, place) for place in longest], size=SMALL, color=INK)
    ax.spines["left"].set_visible(False)
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
    ax.set_xlabel(f"change of the odds in percentage points, from {percent(float(bars.odds[tick, j]))}", size=SMALL)
    ax.axvline(0, color=INK, lw=0.8, zorder=4)
