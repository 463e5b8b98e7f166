"""A rare scenario as a picture: the odds of ever being in it, on a scale of powers of ten, and the ladder climbed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.present.labels import draw_note, heading
from frenemy.present.number_text import brief, of_futures, one_in, small_percent
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels, run_footer
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, legible, styled
from frenemy.present.time_axis import day, month, time_axis
from frenemy.studies.rare.findings import RareFindings
from frenemy.studies.rare.wording import answer, how_near, way, worth

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["footer", "picture", "rare"]

WIDE_OPEN = 10.0
"""Times the odds that the interval may reach for them to be drawn."""
DECADES = 9
"""Powers of ten that the scale shows at most."""


@styled()
def rare(found: RareFindings, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Odds of having been in the scenario by each date, with their 95 % interval, and of reaching each level."""
    curve, ladder = panels(_layout(found, WIDE), WIDE) if axes is None else axes
    floor = _floor(found)
    _curve(curve, found, floor)
    _ladder(ladder, found, floor)
    return (curve, ladder)


def _floor(found: RareFindings) -> float:
    """The power of ten at which the scale begins."""
    estimate = found.estimate
    least = float(estimate.low[-1] if estimate.probability[-1] > 0 else estimate.high[-1])
    return 10.0 ** min(math.floor(math.log10(max(least, 1e-290))) - 1, -2)


def _curve(ax: Axes, found: RareFindings, floor: float) -> None:
    estimate, colour = found.estimate, found.model.scenarios[found.scenario].colour
    shown = (estimate.probability > 0) & (estimate.high < WIDE_OPEN * estimate.probability)
    dates = found.dates[shown]
    ax.fill_between(dates, estimate.low[shown], estimate.high[shown], color=colour, alpha=0.22, lw=0, zorder=2)
    ax.plot(dates, estimate.probability[shown], color=legible(colour), lw=1.8, zorder=3)
    _scale(ax, floor, 10.0 ** min(math.ceil(math.log10(float(estimate.high[-1]))), 0))
    time_axis(ax, (found.experiment.start, found.experiment.end))
    heading(ax, "Ever by then", legible(colour))


def _ladder(ax: Axes, found: RareFindings, floor: float) -> None:
    estimate, scenario = found.estimate, found.model.scenarios[found.scenario]
    steps = [*estimate.reaching, float(estimate.probability[-1])]
    names = [how_near(score) for score in found.method.ladder.at] + [brief(scenario.label)]
    rows = np.arange(len(steps))[::-1]
    colours = [HAIR] * len(estimate.reaching) + [legible(scenario.colour)]
    ax.barh(rows, np.maximum(steps, floor), height=0.62, left=0, color=colours, lw=0, zorder=2)
    for row, chance, name in zip(rows, steps, names, strict=True):
        ax.axhline(row, color=PAPER, lw=0)
        draw_note(
            ax,
            one_in(chance),
            (1.0, row),
            (0, 0),
            coords=("axes fraction", "data"),
            ha="right",
            va="center",
            size=SMALL,
        )
        draw_note(ax, name, (0.0, row), (-5, 0), coords=("axes fraction", "data"), ha="right", va="center", color=INK)
    _scale(ax, floor, across=True)
    ax.set(ylim=(-0.6, len(steps) - 0.4), yticks=[])
    heading(ax, "Levels on the way, and how many futures reach them", MUTED)


def _scale(ax: Axes, floor: float, top: float = 1.0, *, across: bool = False) -> None:
    """Powers of ten, as one in so many."""
    low, high = round(math.log10(floor)), round(math.log10(top))
    powers = range(low, high + 1, max(-(-(high + 1 - low) // DECADES), 1))
    ticks, names = (
        [10.0**power for power in powers],
        ["all" if not power else f"1 in {10**-power:,}" for power in powers],
    )
    if across:
        ax.set(xscale="log", xlim=(floor, top), xticks=ticks, xticklabels=[])
    else:
        ax.set(yscale="log", ylim=(floor, top), yticks=ticks)
        ax.set_yticklabels(names)
    ax.minorticks_off()
    ax.grid(visible=True, axis="x" if across else "y", color=HAIR, lw=0.6)


def _layout(found: RareFindings, width: float) -> Layout:
    rows = len(found.method.ladder.at) + 1
    return Layout(heights=(2.3, 0.24 * rows + 0.1), left=1.45 if width > 6 else 1.3, top=0.3, bottom=0.15, down=(0.7,))


def picture(found: RareFindings) -> Picture:
    """Curve and ladder as a picture."""
    return Picture(
        name="rare", text=_picture_text(found), layout=lambda width: _layout(found, width),
        draw=lambda axes: rare(found, axes),
    )  # fmt: skip


def footer(found: RareFindings) -> str:
    """Roots, seed and span."""
    draws = found.experiment.uncertainty.draws
    roots = f"{found.estimate.roots:,} roots" + (f" over {draws:,} draws" if draws else "")
    return run_footer(found.experiment, roots)


def _picture_text(found: RareFindings) -> PictureText:
    estimate, scenario = found.estimate, found.model.scenarios[found.scenario]
    p, until = float(estimate.probability[-1]), found.experiment.end
    if p > 0:
        title = f"{brief(scenario.label)} occurs by {month(until)} in {of_futures(p)}"
    else:
        title = f"{brief(scenario.label)} by {month(until)}: rarer than {of_futures(float(estimate.high[-1]))}"
    return PictureText(
        title=title,
        subtitle=f"Odds of having been in {scenario.label} at some time from {day(found.experiment.start)} on; "
        "each line of the grid is ten times rarer",
        caption=f"{answer(found)}. {way(found)} {worth(found)}",
        source=f"Source: simulation of the model “{found.model.title}”, experiment “{found.experiment.title}”.",
        alt=f"A rising curve on a logarithmic scale, to {small_percent(p)} on {day(until)}, and the levels on the way.",
    )
