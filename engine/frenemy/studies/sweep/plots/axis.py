"""Axes for the numbers of a model, on a linear scale or on their own: positions and texts of the tick marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.experiment import Axis
from frenemy.model.specs.number_at import quantity_at
from frenemy.present.key_labels import value_text
from frenemy.studies.sweep.grid import to_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["along", "axis_marks", "number_axis"]

MAX_LABELLED_VALUES = 6
"""Listed values up to which each has a mark."""
MIN_ROUND_VALUES = 4
"""Round values that an axis needs on its own scale; with fewer the marks are evenly spaced."""
MIN_DISTANCE = 0.11
"""Share of the axis between marks."""
SHARES = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999,
)  # fmt: skip
WEEK = 7.0


def along(axis: Axis, value: float) -> float:
    """Position of a value on the axis as it is drawn."""
    return float(to_scale(axis, np.array([value]))[0])


def axis_marks(axis: Axis) -> tuple[list[float], list[str]]:
    """Positions and texts of the marks."""
    places, texts = list[float](), list[str]()
    ends = along(axis, axis.values[0]), along(axis, axis.values[-1])
    for value in _round_values(axis):
        place = along(axis, value)
        inside = ends[0] - 1e-9 <= place <= ends[1] + 1e-9
        if inside and (not places or place - places[-1] >= MIN_DISTANCE * (ends[1] - ends[0])):
            places.append(place)
            texts.append(value_text(axis.key, value))
    return places, texts


def _round_values(axis: Axis) -> Iterator[float]:
    """Values that are easy to read: round on the axis' own scale, if there are enough, or else evenly spaced."""
    if len(axis.values) <= MAX_LABELLED_VALUES:
        yield from axis.values
        return
    low, high = axis.values[0], axis.values[-1]
    unit = WEEK if quantity_at(axis.key).timed and high >= 10 * WEEK else 1.0
    own = [value for value in _own_values(axis, unit) if low <= value <= high] if axis.spacing == "own" else []
    if len(own) >= MIN_ROUND_VALUES:
        yield from own
        return
    from matplotlib.ticker import MaxNLocator

    yield from (float(value) * unit for value in MaxNLocator(6).tick_values(low / unit, high / unit))


def _own_values(axis: Axis, unit: float) -> Iterator[float]:
    domain = quantity_at(axis.key).domain
    if np.isfinite(domain.high):
        yield from (domain.low + share * (domain.high - domain.low) for share in SHARES)
    elif np.isfinite(domain.low):
        first, last = (int(np.floor(np.log10(max(axis.values[end] / unit, 1e-12)))) for end in (0, -1))
        yield from (unit * step * 10.0**power for power in range(first, last + 1) for step in (1, 2, 5))


def number_axis(ax: Axes, axis: Axis, *, side: str) -> None:
    """Limits and marks of one side (x or y) of a panel."""
    places, texts = axis_marks(axis)
    ends = along(axis, axis.values[0]), along(axis, axis.values[-1])
    if side == "x":
        ax.set_xlim(*ends)
        ax.set_xticks(places, texts)
    else:
        ax.set_ylim(*ends)
        ax.set_yticks(places, texts)
