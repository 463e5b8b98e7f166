"""Changes of odds in percentage points, in words and on axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from frenemy.present.number_text import signed
from frenemy.present.style import HAIR, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["points", "points_axis", "reach", "significant", "with_error"]


def points(change: float) -> str:
    """`+5.2`, `−0.3`, `0.0`: percentage points."""
    return signed(f"{100 * change:+.1f}")


def with_error(change: float, se: float) -> str:
    """`+5.2 ± 0.4`: percentage points with their Monte Carlo error at 95 %; `?` if there are too few paths."""
    error = f"{max(196 * se, 0.1):.1f}" if math.isfinite(se) else "?"
    return f"{points(change)} ± {error}"


def significant(change: float, se: float) -> bool:
    """Whether a change is distinguishable from noise, by its Monte Carlo error at 95 %."""
    return bool(abs(change) > 1.96 * se)


def reach(*changes: np.ndarray) -> float:
    """The half-width, a round number, of an axis that holds all changes."""
    largest = max((float(np.nanmax(np.abs(change))) for change in changes if change.size), default=0.0)
    largest = max(1.08 * largest, 0.01)
    step = 10.0 ** math.floor(math.log10(largest))
    return next(step * nice for nice in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * nice >= largest)


def points_axis(ax: Axes, half: float, *, along: str) -> None:
    """An axis from -half to +half, marked in percentage points, with a line at zero; `along` is x or y."""
    ticks = [-half, -half / 2, 0.0, half / 2, half]
    labels = [f"{100 * tick:+.3g}".replace("-", "−") if tick else "0" for tick in ticks]
    if along == "x":
        ax.set_xlim(-half, half)
        ax.set_xticks(ticks, labels)
        ax.axvline(0.0, color=MUTED, lw=0.8, zorder=1.5)
    else:
        ax.set_ylim(-half, half)
        ax.set_yticks(ticks, labels)
        ax.axhline(0.0, color=MUTED, lw=0.8, zorder=1.5)
    ax.grid(visible=True, axis="x" if along == "x" else "y", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
