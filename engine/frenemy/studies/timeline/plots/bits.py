"""The effect of each entry on the odds of one scenario, in bits: when it became known, and given all that is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.present.labels import heading
from frenemy.present.number_text import NBSP, and_list, brief
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, SMALL, legible, text_width, wrap
from frenemy.present.time_axis import day
from frenemy.studies.timeline.findings import SILENCE, Bits, TimelineFindings
from frenemy.studies.timeline.wording import Row, bits_text, change_text, over_what, remark, rows, rows_to_show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["entry_effects"]

ROW = 0.235
WIDEST, NARROW = 4.2, 1.6
"""Inches for labels: at most, and where the page is narrow."""
RIGHT = " Right: the odds given everything known, against the odds if this entry were unknown."


def _rows(found: TimelineFindings, j: int) -> tuple[list[Row], int]:
    """The rows to show, and how many more there are."""
    listed = rows(found, j)
    places = rows_to_show([listed])
    return [listed[place] for place in places], len(listed) - len(places)


def _bars(ax: Axes, side: Sequence[Bits | None], colour: str) -> None:
    for row, bits in enumerate(side):
        if bits is not None:
            ax.barh(row, bits.change, height=0.62, color=colour if bits.significant else HAIR, lw=0, zorder=2)
            ax.errorbar(bits.change, row, xerr=bits.half, fmt="none", ecolor=INK, elinewidth=0.8, zorder=4)


def _layout(width: float, found: TimelineFindings, j: int) -> Layout:
    listed, _ = _rows(found, j)
    height = ROW * len(listed) + 0.1
    columns = (1.0, 1.0) if found.left_out else (1.0,)
    left = min(max(text_width(str(row), SMALL) for row in listed) + 0.2, WIDEST) if width > 6 else NARROW
    return Layout(heights=(height,), columns=columns, left=left, right=0.2, top=0.36, bottom=0.45, across=0.3)


def _picture_text(found: TimelineFindings, j: int) -> PictureText:
    label, (listed, hidden) = found.model.scenarios[j].label, _rows(found, j)
    moved = [(row, row.arrival) for row in listed if row.arrival is not None and row.arrival.significant]
    title = f"No single entry moves the odds of {brief(label)} significantly"
    if moved:
        row, bits = max(moved, key=lambda pair: abs(pair[1].change))
        what = row.label if row.name == SILENCE else f"“{brief(row.label)}”"
        factor = next((text for digits in (2, 3) if (text := f"{2**bits.change:.{digits}g}") != "1"), "")
        title = f"{what} multiplied the odds of {brief(label)} by {factor}"
        if not factor:
            title = f"No single entry moves the odds of {brief(label)} by as much as 1{NBSP}%"
    effects = and_list(f"{row} {bits_text(row.arrival)}" for row in listed if row.arrival is not None)
    below = remark(listed, hidden)
    return PictureText(
        title=title,
        subtitle=f"Effect of each entry on the odds of {label} on {day(found.experiment.end)}, which "
        f"{change_text(found, j)}",
        caption=f"One bit doubles the odds p / (1 − p), a tenth of a bit raises them by 7{NBSP}%. Left: each entry in "
        f"the order in which it became known, given what was known before.{RIGHT if found.left_out else ''} Thin "
        f"bars: Monte Carlo error at 95{NBSP}%; grey: not distinguishable from chance. {over_what(found)} "
        f"{below}".rstrip(),
        source=source_line(found.model, found.experiment, "with its ledgers of evidence"),
        alt=f"Bars in rows. {title}. In sequence, in bits: {effects}.",
    )


@plot(name=lambda found, j: f"entries_{found.model.scenarios[j].name}", layout=_layout, text=_picture_text)
def entry_effects(axes: Sequence[Axes], found: TimelineFindings, j: int) -> None:
    """Left: the effect of each entry when it became known, from the top down; right: given all that is known."""
    listed, _ = _rows(found, j)
    sides = [[row.arrival for row in listed], [row.removal for row in listed]]
    reach = max((abs(bits.change) + bits.half for side in sides for bits in side if bits), default=0.1)
    colour = legible(found.model.scenarios[j].colour)
    for ax, side, text in zip(axes, sides, ("When it became known", "Given everything known"), strict=False):
        _bars(ax, side, colour)
        ax.set_xlim(-1.05 * reach, 1.05 * reach)
        ax.locator_params(axis="x", nbins=5)
        ax.set_ylim(len(listed) - 0.4, -0.6)
        ax.set_yticks([])
        ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
        ax.spines["left"].set_visible(False)
        ax.axvline(0, color=INK, lw=0.8, zorder=3)
        heading(ax, text)
        ax.set_xlabel("bits", color=MUTED, size=SMALL)
    names = [wrap(str(row), WIDEST - 0.15, SMALL, lines=1)[0] for row in listed]
    axes[0].set_yticks(range(len(listed)), names, color=INK)
