"""The risk map as a picture: odds over the plane of two drivers, contours, and the levels at the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.model.resolved import Scenario
from frenemy.present.contours import label_contours
from frenemy.present.labels import draw_note, heading, height
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.sheet import Layout, PictureText, other_numbers, plot, source_line
from frenemy.present.style import HAIR, INK, PAPER, legible, wrap
from frenemy.present.time_axis import day, month
from frenemy.studies.risk_map.findings import RiskMapFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["maps"]

CONTOURS = (0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.95)
MAX_SIDE = 4.4
"""Inches of a panel."""
VEIL = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8}


def _plane(ax: Axes, found: RiskMapFindings, j: int, scenario: Scenario) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    odds = found.odds[0, j].T
    shades = LinearSegmentedColormap.from_list("odds", [PAPER, scenario.colour])
    ax.imshow(
        odds, origin="lower", extent=(0, 100, 0, 100), cmap=shades, vmin=0, vmax=1.15, interpolation="bilinear",
        zorder=0.6,
    )  # fmt: skip
    contours = [level for level in CONTOURS if odds.min() < level < odds.max()]
    if contours:
        lines = ax.contour(found.levels, found.levels, odds, levels=contours, colors=[INK], linewidths=0.9, zorder=2)
        label_contours(ax, lines)


def _here(ax: Axes, found: RiskMapFindings, j: int) -> None:
    """A star at the levels at the start, bars over the middle 90 % of their ranges, and the odds from there."""
    across, up = found.positions
    bars: dict[str, Any] = {"color": INK, "lw": 1.6, "zorder": 4, "solid_capstyle": "butt"}
    ax.plot([across.q05, across.q95], [up.median, up.median], **bars)
    ax.plot([across.median, across.median], [up.q05, up.q95], **bars)
    ax.plot(across.median, up.median, "*", color=INK, ms=12, mec=PAPER, mew=0.9, zorder=5)
    text = f"{month(found.experiment.start)}: {percent(float(found.here.odds[0, j]))}"
    right = across.median < 60
    draw_note(
        ax, text, (across.median, up.median), (9 if right else -9, -9), coords="data", color=INK, weight="bold",
        ha="left" if right else "right", va="top", zorder=6, bbox=VEIL,
    )  # fmt: skip


def _frame(ax: Axes, found: RiskMapFindings) -> None:
    ax.set(xlim=(0, 100), ylim=(0, 100), aspect="equal", xticks=[0, 25, 50, 75, 100], yticks=[0, 25, 50, 75, 100])
    ax.grid(visible=True, color=HAIR, lw=0.5)
    across, up = (wrap(found.model.drivers[i].label, height(ax) - 0.2, 9, lines=1)[0] for i in found.drivers)
    ax.set_xlabel(f"{across} at the start →", color=INK, size=9, loc="right")
    ax.set_ylabel(f"{up} at the start →", color=INK, size=9, loc="top")


def _layout(room: float, found: RiskMapFindings) -> Layout:
    """Squares, two in a row where there is room."""
    columns = 1 if room < 6 or len(found.model.ruled) < 2 else 2
    rows = max(-(-len(found.model.ruled) // columns), 1)
    left, across, margins = 0.55, 0.7, 0.44
    inner = room - left - margins - 0.1 - across * (columns - 1)
    side = min(inner / columns, MAX_SIDE)
    right = 0.1 + inner - columns * side
    return Layout(
        heights=(side,) * rows, columns=(1.0,) * columns, left=left, right=right, across=across, top=0.3, bottom=0.5,
        down=(0.85,),
    )  # fmt: skip


def _picture_text(found: RiskMapFindings) -> PictureText:
    scenarios, run = found.model.scenarios, found.experiment
    first, second = (found.model.drivers[i].label for i in found.drivers)
    here = found.here.odds[0]
    odds = and_list(f"{scenarios[j].label} {percent(float(here[j]))}" for j in found.model.ruled)
    top = max(found.model.ruled, key=lambda j: float(here[j]), default=0)
    error = 196 * float(np.max(found.mc_se[0]))
    highest = f"{brief(scenarios[top].label)} by {month(run.end)}: {percent(float(here[top]))}"
    return PictureText(
        title=f"From the levels at the start, {highest}",
        subtitle=f"Odds of being in each scenario at some time from {day(run.start)} to {day(run.end)}, by the levels "
        f"of {first} and {second} at the start",
        caption="Star: the levels at the start, with the odds from there; bars: their middle 90 %. Every cell is "
        "simulated on the same noise, so the lines are smooth; all of them may be off together by up to "
        f"±{error:.1f} points (95 % Monte Carlo error). Scars and running episodes at the start are as in the "
        "experiment.",
        source=source_line(found.model, run, other_numbers(run)),
        alt=f"Map of {first} against {second}. From the levels at the start: {odds}.",
    )


@plot(name="map", layout=_layout, text=_picture_text)
def maps(axes: Sequence[Axes], found: RiskMapFindings) -> None:
    """Odds of being in each scenario at some time within the window, by the levels of two drivers at its start."""
    for ax, j in zip(axes, found.model.ruled, strict=False):
        scenario = found.model.scenarios[j]
        _plane(ax, found, j, scenario)
        _here(ax, found, j)
        _frame(ax, found)
        heading(ax, scenario.label, legible(scenario.colour))
    for ax in axes[len(found.model.ruled) :]:
        ax.set_axis_off()
