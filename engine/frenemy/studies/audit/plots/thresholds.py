"""Definitions: the odds of a scenario against each number of its rule, one small panel each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.conditions import Comparison, Named, text, walk
from frenemy.model.resolved import Scenario
from frenemy.present.labels import draw_note, heading
from frenemy.present.labels import width as panel_wide
from frenemy.present.number_text import and_list, brief, range_text
from frenemy.present.sheet import Layout, PictureText, futures_text, other_numbers, plot, source_line
from frenemy.present.style import HAIR, MUTED, SMALL, legible, wrap
from frenemy.present.time_axis import day
from frenemy.studies.audit.findings import AuditFindings
from frenemy.studies.audit.thresholds import OddsCurve, Quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["definitions", "steepest"]

LINES = ((1.8, "-"), (1.2, (0, (5, 1.6))), (1.2, (0, (1.2, 1.4))))
"""Width and dashes of each reading, in the order of READINGS."""
UNITS = {"points": "index points", "days": "weeks", "events": "events"}
ROWS = 1.35
"""Inches of a panel's height."""


def _name(number: Quantity, scenario: Scenario) -> str:
    """`least duration`, `trust < floor`, `trust > 25`: a number of a rule by the comparison in which it stands."""
    if number.name == "for":
        return "least duration"
    for node in (*walk(scenario.enter), *walk(scenario.leave)):
        if isinstance(node, Comparison) and any(isinstance(it, Named) and it.name == number.name for it in walk(node)):
            return text(node).replace("_", " ")
    return number.name


def _columns(width: float) -> int:
    return 4 if width > 6 else 2


def _panel(ax: Axes, found: AuditFindings, curve: OddsCurve) -> None:
    number, j = curve.quantity, curve.quantity.scenario
    scenario = found.model.scenarios[j]
    scale = 7.0 if number.unit == "days" else 1.0
    x, colour = number.values / scale, legible(scenario.colour)
    same = (other for other in found.curves if other.quantity.scenario == j)
    top = max(float((other.odds[..., j] + 1.96 * other.mc_se[..., j]).max()) for other in same)
    if np.isfinite(number.low):
        ax.axvspan(number.low / scale, number.high / scale, color=HAIR, alpha=0.45, lw=0, zorder=0.5)
    ax.axvline(number.value / scale, color=MUTED, lw=0.9, zorder=1)
    for r, (thick, dash) in enumerate(LINES):
        middle, error = 100 * curve.odds[:, r, j], 196 * curve.mc_se[:, r, j]
        ax.fill_between(x, middle - error, middle + error, color=scenario.colour, alpha=0.18, lw=0, zorder=2)
        ax.plot(x, middle, color=colour, lw=thick, ls=dash, zorder=3)
    ax.set(xlim=(float(x[0]), float(x[-1])), ylim=(0, 105 * max(top, 0.001)))
    ax.locator_params(axis="both", nbins=4)
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    heading(ax, _name(number, scenario), colour, reach=0.1)
    draw_note(ax, wrap(brief(scenario.label), panel_wide(ax), SMALL, lines=1)[0], (0, 1), (0, 19), va="bottom")
    draw_note(ax, UNITS[number.unit], (1, 0), (0, -15), ha="right", va="top")


def _layout(width: float, found: AuditFindings) -> Layout:
    across = _columns(width)
    rows = max(-(-len(found.curves) // across), 1)
    return Layout(
        heights=(ROWS,) * rows, columns=(1.0,) * across, left=0.3, top=0.44, bottom=0.4, across=0.36, down=(0.84,)
    )


def steepest(found: AuditFindings) -> tuple[OddsCurve, float, float]:
    """The curve with the widest range of odds `at` for its own scenario, and the ends of that range.

    Uncertain numbers come first, each within its middle 90 %.
    """
    ranges = []
    for curve in found.curves:
        number = curve.quantity
        low, high = (number.values[0], number.values[-1]) if np.isnan(number.low) else (number.low, number.high)
        ends = np.interp([low, high], number.values, curve.odds[:, 0, number.scenario])
        ranges.append((curve, float(ends.min()), float(ends.max())))
    uncertain = [item for item in ranges if np.isfinite(item[0].quantity.low)]
    return max(uncertain or ranges, key=lambda item: item[2] - item[1])


def _picture_text(found: AuditFindings) -> PictureText:
    curve, low, high = steepest(found)
    number = curve.quantity
    scenario = found.model.scenarios[number.scenario]
    label, date = brief(scenario.label), day(found.dates[found.tick])
    names = and_list(item.quantity.key for item in found.curves)
    name = _name(number, scenario)
    what = f"the {name}" if number.name == "for" else f"“{number.name.replace('_', ' ')}” in “{name}”"
    span = f"Over the plausible range of {what}" if np.isfinite(number.low) else f"As {what} alone varies"
    return PictureText(
        title=f"{span}, the odds of {label} are {range_text(low, high)}",
        subtitle=f"Odds on {date}, per cent, against each number in the rules; all else unchanged, on the same futures",
        caption="Solid: in the scenario on that day; dashed: ever by then; dotted: time share. Vertical line: "
        "the current number, or its median; grey: its plausible range (90 %). Pale bands: Monte Carlo error at 95 %.",
        source=source_line(
            found.model, found.experiment, futures_text(found.experiment), other_numbers(found.experiment)
        ),
        alt=f"Curves of the odds against: {names}.",
    )


@plot(name="definitions", layout=_layout, text=_picture_text)
def definitions(axes: Sequence[Axes], found: AuditFindings) -> None:
    """A panel for each number in a rule: the odds (three readings) against its values."""
    for ax, curve in zip(axes, found.curves, strict=False):
        _panel(ax, found, curve)
    for ax in axes[len(found.curves) :]:
        ax.set_axis_off()
