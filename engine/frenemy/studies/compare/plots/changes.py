"""The change in the odds over time: one panel for each scenario, one line for each variant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import Reading
from frenemy.forecast.paired.differences import Difference
from frenemy.present.key_labels import key_label
from frenemy.present.labels import end_labels, end_labels_height, heading, room_right
from frenemy.present.number_text import NBSP, and_list, brief, percent
from frenemy.present.percentage_points import points, points_axis, reach, significant, with_error
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import DASHES, display_order, legible
from frenemy.present.time_axis import day, month, time_axis
from frenemy.studies.compare.findings import ComparisonFindings, VariantFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["changes", "headline"]

COLOURS = ("#1c2127", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#7f3c8d")


def colour(number: int) -> str:
    """The colour of the variant with this number."""
    return COLOURS[number % len(COLOURS)]


def _band(found: Difference) -> tuple[np.ndarray, np.ndarray]:
    low, high = found.quantiles[0], found.quantiles[-1]
    if np.isfinite(low).all():
        return low, high
    return found.change - 1.96 * found.mc_se, found.change + 1.96 * found.mc_se


def _labels(comparison: ComparisonFindings, j: int) -> list[tuple[str, str, str]]:
    labels = []
    for n, variant in enumerate(comparison.variants):
        at, ever = (_before_after(variant, reading, j) for reading in ("at", "ever"))
        change = points(float(variant.differences["at"].change[-1, j]))
        labels.append((change, f"{at}; ever {ever}. {_named(variant, comparison)}", legible(colour(n))))
    return labels


def _before_after(variant: VariantFindings, reading: Reading, j: int) -> str:
    """`21 → 34 %`: odds at the end in the base and in the variant."""
    found = variant.differences[reading]
    base, changed = (percent(float(odds[-1, j])) for odds in (found.base, found.variant))
    return f"{base.removesuffix(f'{NBSP}%')} → {changed}"


def _layout(width: float, comparison: ComparisonFindings) -> Layout:
    right = max(0.24 * width, 1.3)
    labels = [_labels(comparison, j) for j in range(len(comparison.model.scenarios))]
    tall = max(1.5, *(end_labels_height(each, right) for each in labels))
    return Layout(heights=(tall,) * len(comparison.model.scenarios), right=right, top=0.3, down=(0.36,))


def largest(variant: VariantFindings) -> tuple[int, float]:
    """The scenario whose odds the variant changes most at the end, and the change."""
    change = variant.differences["at"].change[-1]
    j = int(np.argmax(np.abs(change)))
    return j, float(change[j])


def headline(comparison: ComparisonFindings) -> str:
    """`A strike in 2026 raises Total rift by 22.5 points by Jan 2031`: the variant that changes most."""
    variant = max(comparison.variants, key=lambda one: abs(largest(one)[1]))
    j, change = largest(variant)
    label, until = comparison.model.scenarios[j].label, month(comparison.dates[-1])
    if not significant(change, float(variant.differences["at"].mc_se[-1, j])):
        return f"No change in the odds by {until} is distinguishable from chance"
    verb = "raises" if change > 0 else "lowers"
    size = f"{abs(100 * change):.1f}" if abs(change) >= 0.0005 else "less than 0.1"
    return f"{_named(variant, comparison)} {verb} {brief(label)} by {size} points by {until}"


def _named(variant: VariantFindings, comparison: ComparisonFindings) -> str:
    """The variant's label; for a single value set at a key, the key in the words of the model."""
    key, equals, value = variant.label.partition(" = ")
    label = key_label(key, comparison.model)
    return f"{label} = {value}" if equals and label != key and " = " not in value else brief(variant.label)


def _picture_text(comparison: ComparisonFindings) -> PictureText:
    band = (
        "Band: the change in 90 % of the draws of the uncertain numbers"
        if comparison.draws
        else "Band: Monte Carlo error of the change at 95 %, every uncertain number at its median"
    )
    listed = []
    for variant in comparison.variants:
        found = variant.differences["at"]
        parts = and_list(
            f"{s.label} {with_error(float(found.change[-1, j]), float(found.mc_se[-1, j]))}"
            for j, s in display_order(comparison.model)
        )
        listed.append(f"{variant.label}: {parts}")
    return PictureText(
        title=headline(comparison),
        subtitle=f"Change in the odds of being in each scenario against “{comparison.label}”, percentage points",
        caption=f"{band}. Base and variants run on the same noise, path by path, so most of it cancels in the change. "
        f"At the right: the change, and the odds in the base → in the variant, at the end and ever by then. Each "
        "scenario has a scale of its own.",
        source=source_line(comparison.model, comparison.experiment),
        alt=f"Lines of the change in the odds of each scenario. On {day(comparison.dates[-1])}, in points: "
        f"{'; '.join(listed)}.",
    )


@plot(name="compare_changes", layout=_layout, text=_picture_text)
def changes(axes: Sequence[Axes], comparison: ComparisonFindings) -> None:
    """Variant less base. Band: 90 % of the draws, or Monte Carlo error (95 %) at the medians."""
    ends = comparison.experiment.start, comparison.experiment.end
    for ax, (j, scenario) in zip(axes, display_order(comparison.model), strict=True):
        half = reach(*(edge[:, j] for variant in comparison.variants for edge in _band(variant.differences["at"])))
        for n, variant in enumerate(comparison.variants):
            found = variant.differences["at"]
            low, high = (edge[:, j] for edge in _band(found))
            shade = colour(n)
            ax.fill_between(comparison.dates[1:], low, high, color=shade, alpha=0.18, lw=0, zorder=2)
            ax.plot(comparison.dates[1:], found.change[:, j], color=shade, lw=1.6, ls=DASHES[n % len(DASHES)], zorder=3)
        points_axis(ax, half, along="y")
        time_axis(ax, ends, labelled=True)
        heading(ax, scenario.label, legible(scenario.colour), room_right(ax))
        finals = [float(variant.differences["at"].change[-1, j]) for variant in comparison.variants]
        end_labels(ax, [(final + half) / (2 * half) for final in finals], _labels(comparison, j))
        if ax is not axes[-1]:
            ax.set_xticklabels([])
