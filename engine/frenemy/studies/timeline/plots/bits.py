"""What each entry did to the odds of one scenario, in bits: when it came, and by all that is known now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.present.labels import heading
from frenemy.present.number_text import NBSP, and_list, brief
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, INK, MUTED, SMALL, legible, styled, text_width, wrap
from frenemy.present.time_axis import day
from frenemy.studies.timeline.findings import SILENCE, Bits, TimelineFindings
from frenemy.studies.timeline.wording import Row, bits_text, remark, rows, rows_to_show, way

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["news_bars", "picture"]

ROW = 0.235
WIDEST, NARROW = 4.2, 1.6
"""Inches for labels: at most, and where the page is narrow."""
RIGHT = " Right: the odds by all that is known, compared with not knowing of this entry."


def _rows(found: TimelineFindings, j: int) -> tuple[list[Row], int]:
    """The rows to show, and how many there are more."""
    listed = rows(found, j)
    chosen = rows_to_show([listed])
    return [listed[place] for place in chosen], len(listed) - len(chosen)


@styled()
def news_bars(found: TimelineFindings, j: int, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Left: what each entry did when it came, from the top down; right: what it counts for by all that is known."""
    axes = panels(_layout(found, j, WIDE), WIDE) if axes is None else axes
    listed, _ = _rows(found, j)
    sides = [[row.came for row in listed], [row.counts for row in listed]]
    reach = max((abs(bits.change) + bits.half for side in sides for bits in side if bits), default=0.1)
    colour = legible(found.model.scenarios[j].colour)
    heads = ("When it came", "By all that is known")
    for ax, side, text in zip(axes, sides, heads, strict=False):
        _bars(ax, side, colour)
        ax.set_xlim(-1.05 * reach, 1.05 * reach)
        ax.set_ylim(len(listed) - 0.4, -0.6)
        ax.set_yticks([])
        ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
        ax.spines["left"].set_visible(False)
        ax.axvline(0, color=INK, lw=0.8, zorder=3)
        heading(ax, text)
        ax.set_xlabel("bits", color=MUTED, size=SMALL)
    names = [wrap(str(row), WIDEST - 0.15, SMALL, lines=1)[0] for row in listed]
    axes[0].set_yticks(range(len(listed)), names, color=INK)
    return axes


def _bars(ax: Axes, side: Sequence[Bits | None], colour: str) -> None:
    for row, bits in enumerate(side):
        if bits is not None:
            ax.barh(row, bits.change, height=0.62, color=colour if bits.told else HAIR, lw=0, zorder=2)
            ax.errorbar(bits.change, row, xerr=bits.half, fmt="none", ecolor=INK, elinewidth=0.8, zorder=4)


def _layout(found: TimelineFindings, j: int, width: float) -> Layout:
    listed, _ = _rows(found, j)
    height = ROW * len(listed) + 0.1
    columns = (1.0, 1.0) if found.left_out else (1.0,)
    left = min(max(text_width(str(row), SMALL) for row in listed) + 0.2, WIDEST) if width > 6 else NARROW
    return Layout(heights=(height,), columns=columns, left=left, right=0.2, top=0.36, bottom=0.45, across=0.3)


def picture(found: TimelineFindings, j: int) -> Picture:
    """The entries and one scenario, as a picture."""
    return Picture(
        name=f"entries_{found.model.scenarios[j].name}",
        text=_picture_text(found, j),
        layout=lambda width: _layout(found, j, width),
        draw=lambda axes: news_bars(found, j, axes),
    )


def _picture_text(found: TimelineFindings, j: int) -> PictureText:
    label, (listed, hidden) = found.model.scenarios[j].label, _rows(found, j)
    moved = [(row, row.came) for row in listed if row.came is not None and row.came.told]
    title = f"No single piece of news moves the odds of {brief(label)} beyond chance"
    if moved:
        row, bits = max(moved, key=lambda pair: abs(pair[1].change))
        what = row.label if row.name == SILENCE else f"“{brief(row.label)}”"
        title = f"{what} multiplied the odds of {brief(label)} by {2**bits.change:.2g}"
    told = and_list(f"{row} {bits_text(row.came)}" for row in listed if row.came is not None)
    below = remark(listed, hidden)
    return PictureText(
        title=title,
        subtitle=f"What each entry did to the odds of {label} on {day(found.experiment.end)}, which {way(found, j)}",
        caption=f"One bit doubles the odds p / (1 − p), a tenth of one raises them by 7{NBSP}%. Left: in the order in "
        f"which it became known, each on top of what was known before.{RIGHT if found.left_out else ''} Thin bars: "
        f"Monte Carlo error at 95{NBSP}%; grey: could be chance. {below}".rstrip(),
        source=f"Source: simulation of the model “{found.model.title}”, experiment “{found.experiment.title}”, and its "
        "ledgers of evidence.",
        alt=f"Bars in rows. {title}. In sequence, in bits: {told}.",
    )
