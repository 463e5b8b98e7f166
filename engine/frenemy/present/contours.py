"""The odds written on contour lines: on each line, inside the frame, where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.arrays import Floats
from frenemy.present.number_text import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["label_contours"]

MARGIN = 0.09
"""Share of the frame along each side in which no label has its middle, as it would lie on the frame."""
CANDIDATES = np.linspace(0.1, 0.9, 33)
"""Places along a line, as shares of its length."""


def label_contours(ax: Axes, lines: Any) -> None:
    """Write its odds on each line, on every next line further along, so that they stay legible where it is steep.

    `lines` is what `ax.contour` gave. A line that is nowhere inside the margin has no label.
    """
    shown, places = [], []
    for n, (level, segments) in enumerate(zip(lines.levels, lines.allsegs, strict=True)):
        place = _place(ax, segments, 0.15 + 0.7 * (n + 0.5) / len(lines.allsegs))
        if place is not None:
            shown.append(level)
            places.append(place)
    if shown:
        ax.clabel(lines, shown, fmt={level: percent(level) for level in shown}, fontsize=8, manual=places)


def _place(ax: Axes, segments: list[Floats], share: float) -> tuple[float, float] | None:
    """The point nearest to a share of the longest segment's length that is inside the margin; None if none is."""
    whole = [segment for segment in segments if len(segment) > 1]
    if not whole:
        return None
    longest = max(whole, key=len)
    upward = longest if longest[0, 1] <= longest[-1, 1] else longest[::-1]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(upward, axis=0).T))])
    points = np.stack([np.interp(CANDIDATES * along[-1], along, upward[:, axis]) for axis in (0, 1)], axis=1)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    parts = (points - (left, low)) / (right - left, high - low)
    inside = np.flatnonzero(((parts > MARGIN) & (parts < 1 - MARGIN)).all(axis=1))
    if not inside.size:
        return None
    best = inside[np.argmin(np.abs(CANDIDATES[inside] - share))]
    return float(points[best, 0]), float(points[best, 1])
