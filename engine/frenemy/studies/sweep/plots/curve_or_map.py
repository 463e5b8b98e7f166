"""A sweep as a picture: a curve of the odds over one number, or maps over two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.model.experiment import Axis
from frenemy.model.resolved import Scenario
from frenemy.present.contours import label_contours
from frenemy.present.key_labels import key_label, key_phrase, lower_the, with_unit
from frenemy.present.labels import draw_note, end_labels, heading, height, width
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.sheet import Layout, PictureText, other_numbers, plot, source_line
from frenemy.present.style import DASHES, HAIR, INK, MARKERS, MUTED, PAPER, legible, text_width, wrap
from frenemy.studies.sweep.grid import SweepFindings
from frenemy.studies.sweep.plots.axis import along, number_axis
from frenemy.studies.sweep.wording import main_scenarios, most_sensitive, odds_words, scenarios_shown, sentence_case

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curve_or_map"]

VEIL = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
TALL = 3.3
"""Inches of the panel of a curve."""


def _curve(ax: Axes, found: SweepFindings) -> None:
    axis, odds, errors = found.axes[0], found.odds, found.errors
    x = np.array([along(axis, value) for value in axis.values])
    bands = found.quantiles[:, found.reading, found.tick]
    banded, pairs = bool(np.isfinite(bands).all()), scenarios_shown(found)
    top = _top(max(float(np.max(bands[-1, j] if banded else odds[j] + 1.96 * errors[j])) for j, _ in pairs))
    for n, (j, scenario) in enumerate(pairs):
        colour = scenario.colour
        if banded:
            ax.fill_between(x, bands[0, j], bands[-1, j], color=colour, alpha=0.13, lw=0, zorder=1.4)
        ax.plot(x, odds[j], color=colour, lw=1.8, ls=DASHES[n % len(DASHES)], zorder=3)
        marker: dict[str, Any] = {"fmt": MARKERS[n % len(MARKERS)], "ms": 4, "mec": PAPER, "mew": 0.5}
        ax.errorbar(x, odds[j], 1.96 * errors[j], color=colour, elinewidth=0.9, zorder=4, **marker)
    _levels(ax, found, top)
    _number_here(ax, found, axis)
    number_axis(ax, axis, side="x")
    ax.set_ylim(0, top)
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if top / step <= 5.5)
    ticks = np.arange(0, top + step / 2, step)
    ax.set_yticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    ax.set_xlabel(wrap(key_label(axis.key, found.model), width(ax), 9, lines=1)[0], color=INK, size=9, loc="right")
    labels = [(s.label, percent(float(odds[j, -1])), legible(s.colour)) for j, s in pairs]
    end_labels(ax, [float(odds[j, -1]) / top for j, _ in pairs], labels)


def _top(largest: float) -> float:
    return next((top for top in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if largest <= top), 1.0)


def _levels(ax: Axes, found: SweepFindings, top: float) -> None:
    """A mark where the odds of a scenario pass a contour level."""
    axis, pairs = found.axes[0], main_scenarios(found)
    for j, scenario in pairs:
        for level in found.experiment.sweep.contours:
            for value in found.crossings(j, level) if level < top else ():
                place = along(axis, value)
                ax.plot(place, level, "o", ms=7, mfc="none", mec=legible(scenario.colour), mew=1.2, zorder=5)
                if len(pairs) == 1:
                    text = f"{percent(level)} at {with_unit(axis.key, value, found.model)}"
                    draw_note(
                        ax, text, (place, level), (-5, 6), coords="data", ha="right", color=INK, bbox=VEIL, zorder=6
                    )


def _number_here(ax: Axes, found: SweepFindings, axis: Axis) -> None:
    """The number in the model: a line at its median, a bar over the middle 90 % of its range."""
    median, low, high = found.here()[0]
    ends = axis.values[0], axis.values[-1]
    if high > low:
        inside = [along(axis, min(max(end, ends[0]), ends[1])) for end in (low, high)]
        how: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "clip_on": False, "solid_capstyle": "butt"}
        ax.plot(inside, [0.0, 0.0], color=MUTED, lw=4, zorder=4.5, **how)
    if ends[0] <= median <= ends[1]:
        place = along(axis, median)
        ax.axvline(place, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1.6)
        text = f"in the model: {with_unit(axis.key, median, found.model)}"
        late = place > (along(axis, ends[0]) + along(axis, ends[1])) / 2
        where = {"coords": ax.get_xaxis_transform(), "ha": "right" if late else "left", "va": "top"}
        draw_note(ax, text, (place, 1), (-4 if late else 4, -2), bbox=VEIL, zorder=6, **where)


def _leading_words(found: SweepFindings) -> str:
    default = [s.label for j, s in enumerate(found.model.scenarios) if j not in found.contenders]
    return f"The most probable{f' apart from {default[0]}' if default else ''}"


def _places(found: SweepFindings) -> tuple[list[float], list[float]]:
    first, second = ([along(axis, value) for value in axis.values] for axis in found.axes)
    return first, second


def _map(ax: Axes, found: SweepFindings, j: int, scenario: Scenario) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    across, up, surface = found.surface()
    shades = LinearSegmentedColormap.from_list("odds", [PAPER, scenario.colour])
    extent = (across[0], across[-1], up[0], up[-1])
    ax.imshow(
        surface[j].T, origin="lower", extent=extent, cmap=shades, vmin=0, vmax=1.15, interpolation="bilinear",
        aspect="auto", zorder=0.6,
    )  # fmt: skip
    odds = found.odds[j].T
    levels = [level for level in found.experiment.sweep.contours if odds.min() < level < odds.max()]
    if levels:
        lines = ax.contour(*_places(found), odds, levels=levels, colors=[INK], linewidths=0.9, zorder=2)
        label_contours(ax, lines)


def _regions(ax: Axes, found: SweepFindings) -> None:
    """The regions in which each scenario is the most probable one, with its name inside."""
    from matplotlib.colors import ListedColormap

    leaders, centres = found.regions()
    count = len(found.model.scenarios)
    colours = ListedColormap([scenario.colour for scenario in found.model.scenarios])
    (left, *_, right), (low, *_, high) = _places(found)
    ax.imshow(
        leaders.T, origin="lower", extent=(left, right, low, high), cmap=colours, vmin=-0.5, vmax=count - 0.5,
        interpolation="nearest", aspect="auto", alpha=0.35, zorder=0.6,
    )  # fmt: skip
    for j, centre in centres.items():
        scenario = found.model.scenarios[j]
        if len(centres) > 1:
            ax.contour(*_places(found), found.leads(j).T, levels=[0.0], colors=[INK], linewidths=1.1, zorder=2)
        text = "\n".join(wrap(scenario.label, 0.4 * width(ax), 9, "bold", lines=2))
        how: dict[str, Any] = {"ha": "center", "va": "center", "size": 9, "weight": "bold", "bbox": VEIL, "zorder": 4}
        half = max(text_width(line, 9, "bold") for line in text.split("\n")) / 2 / width(ax) * (right - left)
        x = float(np.clip(centre[0], left + half, right - half))
        draw_note(ax, text, (x, centre[1]), coords="data", color=legible(scenario.colour), **how)


def _frame(ax: Axes, found: SweepFindings) -> None:
    first, second = found.axes
    number_axis(ax, first, side="x")
    number_axis(ax, second, side="y")
    ax.set_xlabel(
        wrap(f"{key_label(first.key, found.model)} →", width(ax), 9, lines=1)[0], color=INK, size=9, loc="right"
    )
    lines = wrap(f"{key_label(second.key, found.model)} →", height(ax), 9, lines=2)
    ax.set_ylabel("\n".join(lines), color=INK, size=9, loc="top")
    inside = [axis.values[0] <= at[0] <= axis.values[-1] for axis, at in zip(found.axes, found.here(), strict=True)]
    if all(inside):
        x, y = (along(axis, at[0]) for axis, at in zip(found.axes, found.here(), strict=True))
        ax.plot(x, y, "*", color=INK, ms=12, mec=PAPER, mew=0.9, zorder=5)


def _layout(across: float, found: SweepFindings) -> Layout:
    if len(found.axes) == 1:
        return Layout(heights=(TALL,), left=0.5, right=1.7 if across > 6 else 1.2, top=0.15, bottom=0.55)
    count = len(scenarios_shown(found)) + 1
    columns = 1 if across < 6 else 2
    rows = -(-count // columns)
    return Layout(
        heights=(3.0,) * rows, columns=(1.0,) * columns, left=0.75, right=0.12, across=0.92, top=0.32, bottom=0.52,
        down=(0.88,),
    )  # fmt: skip


def _picture_text(found: SweepFindings) -> PictureText:
    j, scenario = most_sensitive(found)
    names = and_list(key_label(axis.key, found.model) for axis in found.axes)
    low, high = float(found.odds[j].min()), float(found.odds[j].max())
    error = 196 * float(found.errors.max())
    others = other_numbers(found.experiment)
    if len(found.axes) == 1:
        ends = (with_unit(found.axes[0].key, found.axes[0].values[n], found.model) for n in (0, -1))
        odds = (percent(float(found.odds[j, n])) for n in (0, -1))
        what = lower_the(key_phrase(found.axes[0].key, found.model))
        title = f"{brief(scenario.label)}: {' to '.join(odds)} as {what} goes from {' to '.join(ends)}"
    else:
        title = f"{brief(scenario.label)}: {percent(low)} to {percent(high)}, by {names}"
    return PictureText(
        title=title,
        subtitle=f"{sentence_case(odds_words(found))}; {others}",
        caption=f"{_how_to_read(found)} Every point has the same noise, so lines are smooth; all of them may be off "
        f"together by up to ±{max(error, 0.1):.1f} points.",
        source=source_line(found.model, found.experiment),
        alt=f"{sentence_case(odds_words(found))} by {names}: {scenario.label} from {percent(low)} to {percent(high)}.",
    )


def _how_to_read(found: SweepFindings) -> str:
    """What the marks mean."""
    if len(found.axes) > 1:
        return "Lines: odds; star: the numbers in the model. Between the points the odds are interpolated."
    contours = found.experiment.sweep.contours
    crossed = any(found.crossings(j, level) for j, _ in main_scenarios(found) for level in contours)
    circles = f"Circles: odds of {and_list(f'{100 * level:g}' for level in contours)} %. " if crossed else ""
    how = (
        f"{circles}Bars: 95 % Monte Carlo error. Dashed: the number in the model; grey bar: the "
        "middle 90 % of its range."
    )
    if found.experiment.uncertainty.draws:
        how += " Bands: plausible range (90 %) of the odds given the other uncertain numbers."
    return how


@plot(name="sweep", layout=_layout, text=_picture_text)
def curve_or_map(axes: Sequence[Axes], found: SweepFindings) -> None:
    """The curve of the odds over one number, or the maps over two."""
    if len(found.axes) == 1:
        _curve(axes[0], found)
        used = 1
    else:
        pairs = scenarios_shown(found)
        for ax, (j, scenario) in zip(axes, pairs, strict=False):
            _map(ax, found, j, scenario)
            _frame(ax, found)
            heading(ax, scenario.label, legible(scenario.colour))
        used = len(pairs) + 1
        if used <= len(axes):
            ax = axes[used - 1]
            _regions(ax, found)
            _frame(ax, found)
            heading(ax, _leading_words(found))
    for ax in axes[used:]:
        ax.set_axis_off()
