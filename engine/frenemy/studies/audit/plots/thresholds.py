"""Definitions: the odds of a scenario against each number of its rule, one small panel each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.present.labels import draw_note, heading
from frenemy.present.labels import width as panel_wide
from frenemy.present.number_text import and_list, brief, range_text
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, MUTED, SMALL, legible, styled, wrap
from frenemy.present.time_axis import day
from frenemy.studies.audit.findings import AuditFindings
from frenemy.studies.audit.thresholds import OddsCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["definitions", "picture", "steepest"]

LINES = ((1.8, "-"), (1.2, (0, (5, 1.6))), (1.2, (0, (1.2, 1.4))))
"""Width and dashes of each reading, in the order of READINGS."""
UNITS = {"points": "index points", "days": "weeks", "events": "events"}
ROWS = 1.35
"""Inches of a panel's height."""


def _columns(width: float) -> int:
    return 4 if width > 6 else 2


@styled()
def definitions(found: AuditFindings, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """A panel for each number in a rule: odds at the date asked about (three readings) against its values."""
    axes = panels(_layout(found, WIDE), WIDE) if axes is None else axes
    for ax, curve in zip(axes, found.curves, strict=False):
        _panel(ax, found, curve)
    for ax in axes[len(found.curves) :]:
        ax.set_axis_off()
    return axes


def _panel(ax: Axes, found: AuditFindings, curve: OddsCurve) -> None:
    asked, j = curve.quantity, curve.quantity.scenario
    scenario = found.model.scenarios[j]
    scale = 7.0 if asked.unit == "days" else 1.0
    x, colour = asked.values / scale, legible(scenario.colour)
    top = max(float(other.odds[..., j].max()) for other in found.curves if other.quantity.scenario == j)
    if np.isfinite(asked.low):
        ax.axvspan(asked.low / scale, asked.high / scale, color=HAIR, alpha=0.45, lw=0, zorder=0.5)
    ax.axvline(asked.value / scale, color=MUTED, lw=0.9, zorder=1)
    for r, (thick, dash) in enumerate(LINES):
        middle, error = 100 * curve.odds[:, r, j], 196 * curve.mc_se[:, r, j]
        ax.fill_between(x, middle - error, middle + error, color=scenario.colour, alpha=0.18, lw=0, zorder=2)
        ax.plot(x, middle, color=colour, lw=thick, ls=dash, zorder=3)
    ax.set(xlim=(float(x[0]), float(x[-1])), ylim=(0, 112 * max(top, 0.001)))
    ax.locator_params(axis="both", nbins=4)
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    heading(ax, asked.name, colour)
    draw_note(ax, wrap(brief(scenario.label), panel_wide(ax), SMALL, lines=1)[0], (0, 1), (0, 19), va="bottom")
    draw_note(ax, UNITS[asked.unit], (1, 0), (0, -15), ha="right", va="top")


def _layout(found: AuditFindings, width: float) -> Layout:
    across = _columns(width)
    rows = max(-(-len(found.curves) // across), 1)
    return Layout(
        heights=(ROWS,) * rows, columns=(1.0,) * across, left=0.3, top=0.44, bottom=0.4, across=0.36, down=(0.84,)
    )


def picture(found: AuditFindings) -> Picture:
    """The panels as a picture."""
    return Picture(
        name="definitions",
        text=_picture_text(found),
        layout=lambda width: _layout(found, width),
        draw=lambda axes: definitions(found, axes),
    )


def steepest(found: AuditFindings) -> tuple[OddsCurve, float, float]:
    """The curve with the widest range of odds `at` for its own scenario, and the ends of it.

    Numbers that were judged come first, each within its middle 90 %.
    """
    ranges = []
    for curve in found.curves:
        asked = curve.quantity
        low, high = (asked.values[0], asked.values[-1]) if np.isnan(asked.low) else (asked.low, asked.high)
        ends = np.interp([low, high], asked.values, curve.odds[:, 0, asked.scenario])
        ranges.append((curve, float(ends.min()), float(ends.max())))
    judged = [item for item in ranges if np.isfinite(item[0].quantity.low)]
    return max(judged or ranges, key=lambda item: item[2] - item[1])


def _picture_text(found: AuditFindings) -> PictureText:
    curve, low, high = steepest(found)
    asked = curve.quantity
    label, date = found.model.scenarios[asked.scenario].label, day(found.dates[found.tick])
    names = and_list(item.quantity.key for item in found.curves)
    judged = f"within the range judged for {asked.name}" if np.isfinite(asked.low) else f"by {asked.name} alone"
    return PictureText(
        title=f"How much is definition: {judged}, {brief(label)} has odds of {range_text(low, high)}",
        subtitle=f"Odds on {date}, per cent, against each number in the rules; all else as it is, same futures",
        caption="Solid: in the scenario on that day; dashed: ever by then; dotted: share of the time. Upright line: "
        "the number as it is; grey: the middle 90 % of what was judged about it. Pale bands: 95 % Monte Carlo error.",
        source=f"Source: {found.paths:,} simulated futures of “{found.model.title}”, experiment "
        f"“{found.experiment.title}”, every other uncertain number at its median.",
        alt=f"Curves of the odds against: {names}.",
    )
