"""Names of rows: at their left, or above each of them where the left margin is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.present.labels import draw_note, room_left, width
from frenemy.present.style import INK, SMALL, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["left_margin", "name_rows", "named_beside"]

BESIDE = 0.8
"""Inches of left margin from which names are beside the rows, not above them."""


def named_beside(ax: Axes) -> bool:
    """Whether the left margin is wide enough for names."""
    return room_left(ax) > BESIDE


def left_margin(longest: float, most: float) -> float:
    """Inches of left margin for names beside the rows, given the length of the longest."""
    return min(max(longest + 0.15, BESIDE + 0.1), most)


def name_rows(ax: Axes, names: Sequence[str], *, beyond: float = 0.0, above: float = 5.0) -> None:
    """Name the rows 0, 1, 2, ...; a name above its row may reach so many inches beyond the axis."""
    if named_beside(ax):
        labels = ["\n".join(wrap(name, room_left(ax) - 0.1, SMALL, lines=2)) for name in names]
        ax.set_yticks(range(len(names)), labels, color=INK, linespacing=1.05)
        return
    ax.set_yticks([])
    for n, name in enumerate(names):
        line = wrap(name, width(ax) + beyond, SMALL, lines=1)[0]
        draw_note(ax, line, (0, n), (0, above), coords=("axes fraction", "data"), color=INK, va="bottom")
