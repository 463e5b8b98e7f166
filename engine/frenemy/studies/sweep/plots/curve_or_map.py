"""A sweep as a picture: a curve of the odds over one number, or maps over two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.model.experiment import Axis
from frenemy.model.resolved import Scenario
from frenemy.present.key_labels import key_label, value_text
from frenemy.present.labels import draw_note, end_labels, heading, height, width
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import DASHES, HAIR, INK, MARKERS, MUTED, PAPER, legible, styled, wrap
from frenemy.present.time_axis import day
from frenemy.studies.sweep.grid import SweepFindings
from frenemy.studies.sweep.plots.axis import along, number_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["most_moved", "odds_words", "picture", "scenarios_to_show", "swept", "watched"]

VEIL = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
TALL = 3.3
"""Inches of the panel of a curve."""


def scenarios_to_show(found: SweepFindings) -> list[tuple[int, Scenario]]:
    """The scenarios asked about, the default one last; of all, only those that contend."""
    asked = [j for j in found.scenarios if j in found.contenders] or found.scenarios
    pairs = [(j, found.model.scenarios[j]) for j in asked]
    return sorted(pairs, key=lambda pair: pair[1].default)


def odds_words(found: SweepFindings) -> str:
    """`odds of being in it on 22 Jan 2030`."""
    run = found.experiment
    date = day(run.start + dt.timedelta(days=(found.ticks[found.tick] + 1) * run.tick))
    match found.experiment.sweep.reading:
        case "at":
            return f"odds of being in it on {date}"
        case "ever":
            return f"odds of having been in it by {date}"
        case _:
            return f"share of time in it up to {date}"


def most_moved(found: SweepFindings) -> tuple[int, Scenario]:
    """The scenario asked about whose odds vary most; not the default one if there is another."""
    return max(watched(found), key=lambda pair: float(np.ptp(found.odds[pair[0]])))


def watched(found: SweepFindings) -> list[tuple[int, Scenario]]:
    """The scenarios asked about without the default one, which takes what the others leave; it alone if asked for."""
    return [pair for pair in scenarios_to_show(found) if not pair[1].default] or scenarios_to_show(found)


@styled()
def swept(found: SweepFindings, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """The curve of the odds over one number, or the maps over two."""
    if axes is None:
        axes = panels(_layout(found, WIDE), WIDE)
    if len(found.axes) == 1:
        _curve(axes[0], found)
        spare = axes[1:]
    else:
        for ax, (j, scenario) in zip(axes, scenarios_to_show(found), strict=False):
            _map(ax, found, j, scenario)
            _frame(ax, found)
            heading(ax, scenario.label, legible(scenario.colour))
        last = len(scenarios_to_show(found))
        if last < len(axes):
            _regions(axes[last], found)
            _frame(axes[last], found)
            heading(axes[last], _leading_words(found))
        spare = axes[last + 1 :]
    for ax in spare:
        ax.set_axis_off()
    return axes


# --- one number ----------------------------------------------------------------------------------------------------


def _curve(ax: Axes, found: SweepFindings) -> None:
    axis, odds, errors = found.axes[0], found.odds, found.errors
    x = np.array([along(axis, value) for value in axis.values])
    bands = found.quantiles[:, found.reading, found.tick]
    judged = bool(np.isfinite(bands).all())
    top = _top(
        max(float(np.max(bands[-1, j] if judged else odds[j] + 1.96 * errors[j])) for j, _ in scenarios_to_show(found))
    )
    for n, (j, scenario) in enumerate(scenarios_to_show(found)):
        colour = scenario.colour
        if judged:
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
    labels = [(s.label, percent(float(odds[j, -1])), legible(s.colour)) for j, s in scenarios_to_show(found)]
    end_labels(ax, [float(odds[j, -1]) / top for j, _ in scenarios_to_show(found)], labels)


def _top(largest: float) -> float:
    return next((top for top in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8) if largest <= top), 1.0)


def _levels(ax: Axes, found: SweepFindings, top: float) -> None:
    """A mark where the odds of the scenario asked about pass through a level asked for."""
    axis, pairs = found.axes[0], watched(found)
    for j, scenario in pairs:
        for level in found.experiment.sweep.contours:
            for value in found.crossings(j, level) if level < top else ():
                place = along(axis, value)
                ax.plot(place, level, "o", ms=7, mfc="none", mec=legible(scenario.colour), mew=1.2, zorder=5)
                if len(pairs) == 1:
                    text = f"{percent(level)} at {value_text(axis.key, value)}"
                    draw_note(
                        ax, text, (place, level), (-5, 6), coords="data", ha="right", color=INK, bbox=VEIL, zorder=6
                    )


def _number_here(ax: Axes, found: SweepFindings, axis: Axis) -> None:
    """Where the number is in the model as it stands: a line at its median, a bar over the middle 90 % of its range."""
    median, low, high = found.here()[0]
    ends = axis.values[0], axis.values[-1]
    if high > low:
        inside = [along(axis, min(max(end, ends[0]), ends[1])) for end in (low, high)]
        how: dict[str, Any] = {"transform": ax.get_xaxis_transform(), "clip_on": False, "solid_capstyle": "butt"}
        ax.plot(inside, [0.0, 0.0], color=MUTED, lw=4, zorder=4.5, **how)
    if ends[0] <= median <= ends[1]:
        place = along(axis, median)
        ax.axvline(place, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1.6)
        text = f"in the model: {value_text(axis.key, median)}"
        late = place > (along(axis, ends[0]) + along(axis, ends[1])) / 2
        where = {"coords": ax.get_xaxis_transform(), "ha": "right" if late else "left", "va": "top"}
        draw_note(ax, text, (place, 1), (-4 if late else 4, -2), bbox=VEIL, zorder=6, **where)


# --- two numbers ---------------------------------------------------------------------------------------------------


def _leading_words(found: SweepFindings) -> str:
    default = [s.label for j, s in enumerate(found.model.scenarios) if j not in found.contenders]
    return f"The most probable{f', but for {default[0]}' if default else ''}"


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
        ax.clabel(lines, fmt={level: percent(level) for level in lines.levels}, fontsize=8)


def _regions(ax: Axes, found: SweepFindings) -> None:
    """Where each scenario is the most probable one, named on the spot."""
    from matplotlib.colors import ListedColormap

    leaders, hearts = found.regions()
    count = len(found.model.scenarios)
    colours = ListedColormap([scenario.colour for scenario in found.model.scenarios])
    (left, *_, right), (low, *_, high) = _places(found)
    ax.imshow(
        leaders.T, origin="lower", extent=(left, right, low, high), cmap=colours, vmin=-0.5, vmax=count - 0.5,
        interpolation="nearest", aspect="auto", alpha=0.35, zorder=0.6,
    )  # fmt: skip
    for j, heart in hearts.items():
        scenario = found.model.scenarios[j]
        if len(hearts) > 1:
            ax.contour(*_places(found), found.leads(j).T, levels=[0.0], colors=[INK], linewidths=1.1, zorder=2)
        text = "\n".join(wrap(scenario.label, 0.4 * width(ax), 9, "bold", lines=2))
        how: dict[str, Any] = {"ha": "center", "va": "center", "size": 9, "weight": "bold", "bbox": VEIL, "zorder": 4}
        draw_note(ax, text, heart, coords="data", color=legible(scenario.colour), **how)


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


def _layout(found: SweepFindings, width: float) -> Layout:
    if len(found.axes) == 1:
        return Layout(heights=(TALL,), left=0.5, right=1.7 if width > 6 else 1.2, top=0.15, bottom=0.55)
    count = len(scenarios_to_show(found)) + 1
    columns = 1 if width < 6 else 2
    rows = -(-count // columns)
    return Layout(
        heights=(3.0,) * rows, columns=(1.0,) * columns, left=0.75, right=0.12, across=0.92, top=0.32, bottom=0.52,
        down=(0.88,),
    )  # fmt: skip


def picture(found: SweepFindings) -> Picture:
    """The sweep as a picture."""
    return Picture(
        name="sweep",
        text=_picture_text(found),
        layout=lambda width: _layout(found, width),
        draw=lambda axes: swept(found, axes),
    )


def _picture_text(found: SweepFindings) -> PictureText:
    j, scenario = most_moved(found)
    names = and_list(key_label(axis.key, found.model) for axis in found.axes)
    low, high = float(found.odds[j].min()), float(found.odds[j].max())
    error = 196 * float(found.errors.max())
    others = (
        f"{found.experiment.uncertainty.draws:,} outer draws of all other uncertain numbers at each point"
        if found.experiment.uncertainty.draws
        else "all other uncertain numbers at their medians"
    )
    if len(found.axes) == 1:
        ends = (value_text(found.axes[0].key, found.axes[0].values[n]) for n in (0, -1))
        title = f"{brief(scenario.label)}: {_between(found, j)} as {names} goes from {' to '.join(ends)}"
    else:
        title = f"{brief(scenario.label)}: {percent(low)} to {percent(high)}, by {names}"
    subtitle = odds_words(found)
    return PictureText(
        title=title,
        subtitle=f"{subtitle[0].upper()}{subtitle[1:]}; {others}",
        caption=f"{_how(found)} Every point has the same noise: what is drawn is smooth, and may be off as a whole "
        f"by up to ±{max(error, 0.1):.1f} points.",
        source=f"Source: simulation of the model “{found.model.title}”, experiment “{found.experiment.title}”.",
        alt=f"{subtitle} by {names}: {scenario.label} from {percent(low)} to {percent(high)}.",
    )


def _between(found: SweepFindings, j: int) -> str:
    return f"{percent(float(found.odds[j, 0]))} to {percent(float(found.odds[j, -1]))}"


def _how(found: SweepFindings) -> str:
    """What the marks mean."""
    if len(found.axes) > 1:
        return "Lines: odds; star: the numbers as the model has them. Between the points the odds are interpolated."
    contours = found.experiment.sweep.contours
    crossed = any(found.crossings(j, level) for j, _ in watched(found) for level in contours)
    circles = f"Circles: odds of {and_list(f'{100 * level:g}' for level in contours)} %. " if crossed else ""
    how = (
        f"{circles}Bars: 95 % Monte Carlo error. Dashed: the number in the model; grey bar: the "
        "middle 90 % of its range."
    )
    if found.experiment.uncertainty.draws:
        how += " Bands: the middle 90 % of what judgement about the other numbers leaves open."
    return how
