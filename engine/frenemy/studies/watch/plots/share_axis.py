"""The axis of odds that both pictures share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frenemy.present.style import HAIR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["share_axis"]


def share_axis(ax: Axes, top: float) -> None:
    """Odds across, from 0 to `top`, with ticks at round shares."""
    top = min(top, 1.0)
    step = next(step for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.25) if top / step <= 6 or step == 0.25)
    ticks = [n * step for n in range(int(top / step) + 1)]
    ax.set_xlim(0.0, max(top, step))
    ax.set_xticks(ticks, [f"{100 * tick:g}" + (" %" if tick == ticks[-1] else "") for tick in ticks])
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
