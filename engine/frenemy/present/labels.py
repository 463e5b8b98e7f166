"""Text labels placed beside what they name, without overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from frenemy.present.style import INK, MUTED, PAPER, SMALL, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "MARGIN",
    "draw_note",
    "end_labels",
    "end_labels_height",
    "heading",
    "height",
    "room_left",
    "room_right",
    "spread_labels",
    "width",
]

MARGIN = 0.22
"""Inches around a sheet."""


def width(ax: Axes) -> float:
    """Width of a panel in inches."""
    return float(ax.get_window_extent().width / ax.figure.dpi)


def height(ax: Axes) -> float:
    """Height of a panel in inches."""
    return float(ax.get_window_extent().height / ax.figure.dpi)


def room_right(ax: Axes) -> float:
    """Inches between the panel and the right margin of its figure."""
    figure = ax.figure.get_figure(root=True)
    assert figure is not None
    return float(figure.get_size_inches()[0] * (1 - ax.get_position().x1) - MARGIN)


def room_left(ax: Axes) -> float:
    """Inches between the left margin of the figure and the panel."""
    figure = ax.figure.get_figure(root=True)
    assert figure is not None
    return float(figure.get_size_inches()[0] * ax.get_position().x0 - MARGIN)


def draw_note(
    ax: Axes,
    text: str,
    at: tuple[Any, Any],
    shift: tuple[float, float] = (0, 0),
    *,
    coords: Any = "axes fraction",
    **how: Any,
) -> None:
    """Text at a place of the panel, shifted by points; it may lie outside the panel."""
    ax.annotate(
        text, at, xytext=shift, xycoords=coords, textcoords="offset points", annotation_clip=False,
        **{"size": SMALL, "color": MUTED, **how},
    )  # fmt: skip


def heading(ax: Axes, text: str, colour: str = INK, reach: float = 0.0) -> None:
    """A panel's name above its left end; shortened if it would extend more than `reach` inches beyond the panel."""
    line = wrap(text, width(ax) + reach, 10, "bold", lines=1)[0]
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
    draw_note(ax, line, (0, 1), (0, 4), size=10, weight="bold", color=colour, va="bottom", bbox=box)


def spread_labels(targets: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centres for items of the given sizes, as near as possible to their targets without overlapping.

    Neighbours that would overlap are pooled and placed around their mean (pool adjacent violators).
    """
    order = sorted(range(len(targets)), key=lambda i: targets[i])
    groups: list[tuple[float, float, list[int]]] = []  # centre, size, members
    for i in order:
        centre, size, members = targets[i], sizes[i], [i]
        centre = _within(centre, size, low, high)
        while groups and groups[-1][0] + groups[-1][1] / 2 > centre - size / 2 + 1e-12:
            other_centre, other_size, others = groups.pop()
            mean = (other_centre * len(others) + centre * len(members)) / (len(others) + len(members))
            size, members = size + other_size, others + members
            centre = _within(mean, size, low, high)
        groups.append((centre, size, members))
    placed = [0.0] * len(targets)
    for centre, size, members in groups:
        edge = centre - size / 2
        for i in members:
            placed[i] = edge + sizes[i] / 2
            edge += sizes[i]
    return placed


def _within(centre: float, size: float, low: float, high: float) -> float:
    return min(max(centre, low + size / 2), max(high - size / 2, low + size / 2))


def end_labels(
    ax: Axes, values: Sequence[float], labels: Sequence[tuple[str, str, str]], *, leaders: bool = True
) -> None:
    """Direct labels at the right end of lines: (bold first line, further text, colour) at values 0-1 of the panel.

    Text wraps within the right margin; thin leaders connect labels to their lines.
    """
    blocks = _blocks(labels, room_right(ax))
    points = [_tall(first, more) for first, more, _ in blocks]
    tall = 72 * height(ax)
    centres = spread_labels([value * tall for value in values], points, -12.0, tall + 4.0)
    for value, centre, size, (first, more, colour) in zip(values, centres, points, blocks, strict=True):
        top = centre + size / 2 - 2.5
        if leaders:
            _leader(ax, value, centre - value * tall, colour)
        draw_note(
            ax, "\n".join(first), (1, 0), (15, top), size=9, weight="bold", color=colour, va="top", linespacing=1.1
        )
        if more:
            draw_note(ax, "\n".join(more), (1, 0), (15, top - 11.6 * len(first)), va="top", linespacing=1.12)


def _blocks(labels: Sequence[tuple[str, str, str]], room: float) -> list[tuple[list[str], list[str], str]]:
    across = max(room - 0.2, 0.6)
    return [
        (wrap(head, across, 9, "bold", lines=3), wrap(rest, across, SMALL, lines=5) if rest else [], c)
        for head, rest, c in labels
    ]


def _tall(first: Sequence[str], more: Sequence[str]) -> float:
    """Points that a label needs."""
    return 11.6 * len(first) + 10.4 * len(more) + 5


def end_labels_height(labels: Sequence[tuple[str, str, str]], room: float) -> float:
    """Height in inches that a panel needs for its end labels, in a right margin of `room` inches."""
    return sum(_tall(first, more) for first, more, _ in _blocks(labels, room)) / 72


def _leader(ax: Axes, value: float, rise: float, colour: str) -> None:
    line = {"arrowstyle": "-", "color": colour, "lw": 0.7, "shrinkA": 0, "shrinkB": 0}
    draw_note(ax, "", (1.0, value), (12.0, rise), arrowprops=line)
