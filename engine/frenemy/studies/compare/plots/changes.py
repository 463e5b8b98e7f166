"""What a variant changes: the difference in the odds of each scenario over time, one panel each, one line a variant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.paired.differences import Difference
from frenemy.present.key_labels import key_label
from frenemy.present.labels import end_labels, end_labels_height, heading, room_right
from frenemy.present.number_text import and_list, brief
from frenemy.present.percentage_points import points, points_axis, reach, significant, with_error
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import DASHES, display_order, legible, styled
from frenemy.present.time_axis import day, month, time_axis
from frenemy.studies.compare.findings import ComparisonFindings, VariantFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["changes", "headline", "picture", "source"]

COLOURS = ("#1c2127", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#7f3c8d")


def colour(number: int) -> str:
    """Of the variant with this number."""
    return COLOURS[number % len(COLOURS)]


@styled()
def changes(comparison: ComparisonFindings, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Variant less base with its band: of judgement (90 %), or of Monte Carlo error (95 %) at the medians."""
    chosen = display_order(comparison.model)
    if axes is None:
        axes = panels(_layout(comparison, WIDE), WIDE)
    half = reach(*(edge for versus in comparison.versus for edge in _band(versus.differences["at"])))
    ends = comparison.experiment.start, comparison.experiment.end
    for ax, (j, scenario) in zip(axes, chosen, strict=True):
        for n, versus in enumerate(comparison.versus):
            found = versus.differences["at"]
            low, high = (edge[:, j] for edge in _band(found))
            shade = colour(n)
            ax.fill_between(comparison.dates[1:], low, high, color=shade, alpha=0.18, lw=0, zorder=2)
            ax.plot(comparison.dates[1:], found.change[:, j], color=shade, lw=1.6, ls=DASHES[n % len(DASHES)], zorder=3)
        points_axis(ax, half, along="y")
        time_axis(ax, ends, labelled=True)
        heading(ax, scenario.label, legible(scenario.colour), room_right(ax))
        finals = [float(versus.differences["at"].change[-1, j]) for versus in comparison.versus]
        end_labels(ax, [(final + half) / (2 * half) for final in finals], _labels(comparison, j))
        if ax is not axes[-1]:
            ax.set_xticklabels([])
    return axes


def _band(found: Difference) -> tuple[np.ndarray, np.ndarray]:
    low, high = found.quantiles[0], found.quantiles[-1]
    if np.isfinite(low).all():
        return low, high
    return found.change - 1.96 * found.mc_se, found.change + 1.96 * found.mc_se


def _labels(comparison: ComparisonFindings, j: int) -> list[tuple[str, str, str]]:
    return [
        (points(float(versus.differences["at"].change[-1, j])), _named(versus, comparison), legible(colour(n)))
        for n, versus in enumerate(comparison.versus)
    ]


def _layout(comparison: ComparisonFindings, width: float) -> Layout:
    right = max(0.2 * width, 1.15)
    tall = max(1.5, end_labels_height(_labels(comparison, 0), right))
    return Layout(heights=(tall,) * len(comparison.model.scenarios), right=right, top=0.3, down=(0.36,))


def picture(comparison: ComparisonFindings) -> Picture:
    """The changes as a picture."""
    return Picture(
        name="compare_changes",
        text=_picture_text(comparison),
        layout=lambda width: _layout(comparison, width),
        draw=lambda axes: changes(comparison, axes),
    )


def largest(versus: VariantFindings) -> tuple[int, float]:
    """The scenario whose odds the variant changes most at the end, and the change."""
    change = versus.differences["at"].change[-1]
    j = int(np.argmax(np.abs(change)))
    return j, float(change[j])


def headline(comparison: ComparisonFindings) -> str:
    """`A strike in 2026 raises Total rift by 22.5 points by Jan 2031`: the variant that changes most."""
    versus = max(comparison.versus, key=lambda one: abs(largest(one)[1]))
    j, change = largest(versus)
    label, until = comparison.model.scenarios[j].label, month(comparison.dates[-1])
    if not significant(change, float(versus.differences["at"].mc_se[-1, j])):
        return f"No variant changes the odds by more than chance could by {until}"
    verb = "raises" if change > 0 else "lowers"
    return f"{_named(versus, comparison)} {verb} {brief(label)} by {abs(100 * change):.1f} points by {until}"


def _named(versus: VariantFindings, comparison: ComparisonFindings) -> str:
    """The variant's label; where that is one value set at a key, the key in the words of the model."""
    key, equals, value = versus.label.partition(" = ")
    told = key_label(key, comparison.model)
    return f"{told} = {value}" if equals and told != key and " = " not in value else brief(versus.label)


def source(comparison: ComparisonFindings) -> str:
    """Where the numbers come from."""
    return f"Source: simulation of the model “{comparison.model.title}”, against “{comparison.label}”."


def _picture_text(comparison: ComparisonFindings) -> PictureText:
    band = (
        "Band: where the change lies in 90 % of the draws of the uncertain numbers"
        if comparison.draws
        else "Band: Monte Carlo error of the change at 95 %, every uncertain number at its median"
    )
    said = []
    for versus in comparison.versus:
        found = versus.differences["at"]
        parts = and_list(
            f"{s.label} {with_error(float(found.change[-1, j]), float(found.mc_se[-1, j]))}"
            for j, s in display_order(comparison.model)
        )
        said.append(f"{versus.label}: {parts}")
    return PictureText(
        title=headline(comparison),
        subtitle=f"Change in the odds of being in each scenario against “{comparison.label}”, percentage points",
        caption=f"{band}. Both worlds see the same luck, path by path, so that little of it is left in the change.",
        source=source(comparison),
        alt=f"Lines of the change in the odds of each scenario. On {day(comparison.dates[-1])}, in points: "
        f"{'; '.join(said)}.",
    )
