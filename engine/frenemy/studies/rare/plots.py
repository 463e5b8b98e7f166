"""A rare scenario as a picture: its odds by date on a scale of powers of ten, and the levels of splitting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.present.labels import draw_note, heading
from frenemy.present.number_text import brief, of_futures, one_in, small_percent
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, SMALL, legible
from frenemy.present.time_axis import day, month, time_axis
from frenemy.studies.rare.findings import RareFindings
from frenemy.studies.rare.wording import answer, cost, level_meaning, method

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["rare_scenario"]

MAX_INTERVAL_FACTOR = 10.0
"""Odds are drawn where their interval reaches to less than this many times the odds."""
MAX_MARKS = 9
"""Powers of ten that the upright scale marks."""
MAX_MARKS_ACROSS = 4


def _floor(found: RareFindings) -> float:
    """The power of ten at which the scale begins."""
    estimate = found.estimate
    lowest = float(estimate.low[-1] if estimate.probability[-1] > 0 else estimate.high[-1])
    return 10.0 ** min(math.floor(math.log10(max(lowest, 1e-290))) - 1, -2)


def _curve(ax: Axes, found: RareFindings, floor: float) -> None:
    estimate, colour = found.estimate, found.scenario.colour
    precise = (estimate.probability > 0) & (estimate.high < MAX_INTERVAL_FACTOR * estimate.probability)
    dates = found.dates[precise]
    ax.fill_between(dates, estimate.low[precise], estimate.high[precise], color=colour, alpha=0.22, lw=0, zorder=2)
    ax.plot(dates, estimate.probability[precise], color=legible(colour), lw=1.8, zorder=3)
    _scale(ax, floor, 10.0 ** min(math.ceil(math.log10(float(estimate.high[-1]))), 0))
    time_axis(ax, (found.experiment.start, found.experiment.end))
    heading(ax, "Ever by then", legible(colour))


def _levels(ax: Axes, found: RareFindings, floor: float) -> None:
    estimate, scenario = found.estimate, found.scenario
    chances = [*estimate.level_probability, float(estimate.probability[-1])]
    names = [level_meaning(score) for score in found.method.levels.scores] + [brief(scenario.label)]
    rows = np.arange(len(chances))[::-1]
    colours = [HAIR] * len(estimate.level_probability) + [legible(scenario.colour)]
    ax.barh(rows, np.maximum(chances, floor), height=0.62, left=0, color=colours, lw=0, zorder=2)
    at: dict[str, Any] = {"coords": ("axes fraction", "data"), "ha": "right", "va": "center"}
    for row, chance, name in zip(rows, chances, names, strict=True):
        draw_note(ax, one_in(chance), (1.0, row), (0, 0), size=SMALL, **at)
        draw_note(ax, name, (0.0, row), (-5, 0), color=INK, **at)
    _scale(ax, floor, across=True)
    ax.set(ylim=(-0.6, len(chances) - 0.4), yticks=[])
    heading(ax, "Levels, and how many futures reach them", MUTED)


def _scale(ax: Axes, floor: float, top: float = 1.0, *, across: bool = False) -> None:
    """Powers of ten, as one in so many."""
    low, high = round(math.log10(floor)), round(math.log10(top))
    powers = range(low, high + 1, max(-(-(high + 1 - low) // (MAX_MARKS_ACROSS if across else MAX_MARKS)), 1))
    ticks = [10.0**power for power in powers]
    labels = ["all" if not power else f"1 in {10**-power:,}" for power in powers]
    if across:
        ax.set(xscale="log", xlim=(floor, top), xticks=ticks, xticklabels=labels)
    else:
        ax.set(yscale="log", ylim=(floor, top), yticks=ticks, yticklabels=labels)
    ax.minorticks_off()
    ax.grid(visible=True, axis="x" if across else "y", color=HAIR, lw=0.6)


def _layout(across: float, found: RareFindings) -> Layout:
    rows = len(found.method.levels.scores) + 1
    left = 1.45 if across > 6 else 1.3
    return Layout(heights=(2.3, 0.24 * rows + 0.1), left=left, top=0.3, bottom=0.32, down=(0.7,))


def _picture_text(found: RareFindings) -> PictureText:
    estimate, scenario = found.estimate, found.scenario
    p, until = float(estimate.probability[-1]), found.experiment.end
    if p > 0:
        title = f"{brief(scenario.label)} occurs by {month(until)} in {of_futures(p)}"
    else:
        title = f"{brief(scenario.label)} by {month(until)}: rarer than {of_futures(float(estimate.high[-1]))}"
    return PictureText(
        title=title,
        subtitle=f"Odds of having been in {scenario.label} at some time since {day(found.experiment.start)}; "
        "grid lines: factors of ten",
        caption=f"{answer(found)}. {method(found)} {cost(found)}",
        source=source_line(found.model, found.experiment),
        alt=f"A rising curve on a log scale, to {small_percent(p)} on {day(until)}, and the levels of splitting.",
    )


@plot(name="rare", layout=_layout, text=_picture_text)
def rare_scenario(axes: Sequence[Axes], found: RareFindings) -> None:
    """Odds of having been in the scenario by each date, with their 95 % interval, and of reaching each level."""
    curve, levels = axes
    floor = _floor(found)
    _curve(curve, found, floor)
    _levels(levels, found, floor)
