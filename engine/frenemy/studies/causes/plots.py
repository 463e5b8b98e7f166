"""Which triggers drive a scenario: the share of its futures that need the trigger, and the effect of one more event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.present.labels import heading
from frenemy.present.number_text import NBSP, and_list, brief, percent
from frenemy.present.percentage_points import points, points_axis, reach, significant
from frenemy.present.row_names import left_margin, name_rows, named_beside
from frenemy.present.sheet import Layout, PictureText, averaged, plot, source_line
from frenemy.present.style import HAIR, INK, PAPER, SMALL, legible, text_width
from frenemy.present.time_axis import day, month
from frenemy.studies.causes.counterfactuals import FEW_HITS, CausesFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["causes_of", "chosen", "forced_how", "order"]

NECESSARY, FORCED = "Would not occur without it", "Forced once, points"


def chosen(causes: CausesFindings, scenario: str = "") -> int:
    """The scenario named, or the likeliest at the end of those with a rule (of all, if none has one)."""
    scenarios = causes.model.scenarios
    for j, item in enumerate(scenarios):
        if item.name == scenario:
            return j
    odds = causes.effects["at"].probability[-1]
    return max(causes.model.ruled_scenarios, key=lambda j: float(odds[j]))


def order(causes: CausesFindings, j: int) -> list[int]:
    """Positions among `causes.triggers`, the most necessary first; ties by the largest lift."""
    found = causes.effects["at"]
    need, lift = np.nan_to_num(found.necessity[:, -1, j]), found.lift[:, -1, j]
    return sorted(range(len(causes.triggers)), key=lambda n: (-round(float(need[n]), 3), -float(lift[n])))


def forced_how(causes: CausesFindings) -> str:
    """`on 1 Jun 2028`: when each trigger was forced."""
    return f"on {day(np.datetime64(causes.force_on))}" if causes.force_on else "at its first chance"


def _dots(ax: Axes, values: np.ndarray, errors: np.ndarray, colour: str) -> None:
    rows = np.arange(len(values))
    clear = np.abs(values) > 1.96 * errors
    ax.hlines(rows, 0, values, color=colour, lw=2.2, alpha=0.5, zorder=2)
    ax.errorbar(values, rows, xerr=1.96 * errors, fmt="none", ecolor=INK, elinewidth=0.9, capsize=2.0, zorder=3)
    for mask, fill in ((clear, colour), (~clear, PAPER)):
        ax.plot(values[mask], rows[mask], "o", mfc=fill, mec=colour, ms=6, mew=1.0, zorder=4, clip_on=False)


def _layout(across: float, causes: CausesFindings, scenario: str) -> Layout:  # noqa: ARG001 the same for each
    rows = len(causes.triggers)
    if across > 6:
        longest = max(text_width(causes.model.triggers[k].label, SMALL) for k in causes.triggers)
        left = left_margin(longest, 2.7)
        row = 0.32 if longest > left - 0.1 else 0.25
        return Layout(heights=(row * rows + 0.2,), columns=(1.0, 1.0), left=left, right=0.2, top=0.34, across=0.5)
    return Layout(heights=(0.42 * rows + 0.25,) * 2, left=0.1, right=0.2, top=0.34, down=(0.62,))


def _picture_text(causes: CausesFindings, scenario: str) -> PictureText:
    j = chosen(causes, scenario)
    label, found, rows = causes.model.scenarios[j].label, causes.effects["at"], order(causes, j)
    end, hits = causes.dates[-1], int(found.hits[-1, j])
    first = rows[0]
    top = causes.model.triggers[causes.triggers[first]].label
    need, error = float(found.necessity[first, -1, j]), float(found.necessity_se[first, -1, j])
    listed = and_list(
        f"{causes.model.triggers[causes.triggers[n]].label} {percent(float(np.nan_to_num(found.necessity[n, -1, j])))}"
        f" and {points(float(found.lift[n, -1, j]))}"
        for n in rows
    )
    few = (
        f" Only {counted(hits, 'future')} {'ends' if hits == 1 else 'end'} in the scenario: the shares on the "
        "left are rough."
        if hits < FEW_HITS
        else ""
    )
    title = f"{brief(label)}: no trigger stands out as necessary"
    if np.isfinite(need) and significant(need, error):
        title = f"Without {brief(f'“{top}”')}, {percent(need)} of {brief(label)} outcomes would not occur"
    return PictureText(
        title=title,
        subtitle=f"{label} on {day(end)} ({percent(float(found.probability[-1, j]))} of futures): left, the share of "
        "these that would not occur if the trigger could not happen; right, change in the odds if it is forced once",
        caption=f"The same {counted(causes.paths, 'future')} on the same noise in each world. "
        f"{averaged(causes.experiment)} Forced {forced_how(causes)}. Shares need not sum to 100{NBSP}%: two events "
        "that are needed together "
        f"both count in full, two that are each enough do not count. Bars: Monte Carlo error at 95{NBSP}%; hollow: not "
        f"distinguishable from chance.{few}",
        source=source_line(causes.model, causes.experiment),
        alt=f"Dot plot of the triggers behind {label} by {month(end)}: share necessary, and points if forced once: "
        f"{listed}.",
    )


@plot(name=lambda _, scenario: f"causes_{scenario}", layout=_layout, text=_picture_text)
def causes_of(axes: Sequence[Axes], causes: CausesFindings, scenario: str) -> None:
    """Left: necessity of each trigger; right: lift when it is forced once. Bars: Monte Carlo error at 95 %."""
    j = chosen(causes, scenario)
    found, rows = causes.effects["at"], order(causes, j)
    shade = legible(causes.model.scenarios[j].colour)
    need, need_se = found.necessity[rows, -1, j], found.necessity_se[rows, -1, j]
    lift, lift_se = found.lift[rows, -1, j], found.lift_se[rows, -1, j]
    left, right = axes
    _dots(left, need, need_se, shade)
    left.set_xlim(-0.03, 1.03)
    left.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "", "50", "", "100 %"])
    left.grid(visible=True, axis="x", color=HAIR, lw=0.6)
    _dots(right, lift, lift_se, shade)
    points_axis(right, reach(np.abs(lift) + 1.96 * lift_se), along="x")
    names = [causes.model.triggers[causes.triggers[n]].label for n in rows]
    for ax, text in ((left, NECESSARY), (right, FORCED)):
        ax.set_ylim(len(rows) - 0.4, -0.7)
        ax.spines["left"].set_visible(False)
        heading(ax, text)
        if ax is left or not named_beside(ax):
            name_rows(ax, names)
        else:
            ax.set_yticks([])
