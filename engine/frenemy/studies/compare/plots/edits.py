"""The change in the odds at the end, split over the edits of one variant: one panel for each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.resolved import Model
from frenemy.present.key_labels import key_label
from frenemy.present.labels import heading
from frenemy.present.number_text import and_list, brief
from frenemy.present.percentage_points import points, points_axis, reach, significant, with_error
from frenemy.present.row_names import name_rows, named_beside
from frenemy.present.sheet import Layout, PictureText, averaged, futures_text, plot, source_line
from frenemy.present.style import INK, MUTED, PAPER, display_order, legible
from frenemy.present.time_axis import month
from frenemy.studies.compare.edits import Edit
from frenemy.studies.compare.findings import ComparisonFindings, VariantFindings
from frenemy.studies.compare.shapley import Split

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["edit_name", "parts", "sum_text"]


def edit_name(edit: Edit, model: Model) -> str:
    """An edit in the words of the model; the number of its keys, if it changes several."""
    label = key_label(edit.key, model)
    return label if len(edit.changes) == 1 else f"{label} ({len(edit.changes)} keys)"


def _split(variant: VariantFindings) -> Split:
    if variant.split is None:
        raise ValueError(f"{variant.name} was not split")
    return variant.split


def _layout(width: float, comparison: ComparisonFindings, variant: VariantFindings) -> Layout:
    rows = len(_split(variant).edits) + 1
    kinds = len(comparison.model.scenarios)
    if width > 6 and kinds <= 4:
        return Layout(heights=(0.36 * rows + 0.2,), columns=(1.0,) * kinds, left=2.4, right=0.2, top=0.3)
    return Layout(heights=(0.42 * rows + 0.25,) * kinds, left=0.1, right=0.2, top=0.3, down=(0.6,))


def sum_text(split: Split, comparison: ComparisonFindings) -> str:
    """How the change was split."""
    how = (
        "the part of an edit is the mean of what it adds, over all orders in which the edits could be made (Shapley)"
        if split.shapley
        else "edits are made in the order of the file, and the part of an edit is what it adds to those before"
    )
    size = f"{averaged(comparison.split_size)} Split on {futures_text(comparison.split_size)}"
    return f"{size}; {how}. The parts sum to the whole."


def _picture_text(comparison: ComparisonFindings, variant: VariantFindings) -> PictureText:
    split, until = _split(variant), month(comparison.dates[-1])
    j = int(np.argmax(np.abs(split.whole[-1])))
    top = int(np.argmax(np.abs(split.part[:, -1, j])))
    label, whole, part = comparison.model.scenarios[j].label, split.whole[-1, j], split.part[top, -1, j]
    listed = and_list(
        f"{edit_name(edit, comparison.model)} {with_error(float(split.part[n, -1, j]), float(split.part_se[n, -1, j]))}"
        for n, edit in enumerate(split.edits)
    )
    title = f"{brief(label)} {points(float(whole))} points by {until}"
    if significant(float(part), float(split.part_se[top, -1, j])):
        title += (
            f"; the largest part, {points(float(part))}, comes from {edit_name(split.edits[top], comparison.model)}"
        )
    if not significant(float(whole), float(variant.differences["at"].mc_se[-1, j])):
        title = f"No change in the odds by {until} is distinguishable from chance"
    return PictureText(
        title=title,
        subtitle=f"Part of each edit of “{variant.label}” in the change at the end, percentage points",
        caption=f"{sum_text(split, comparison)} Bars: Monte Carlo error at 95 %.",
        source=source_line(comparison.model, comparison.experiment),
        alt=f"Dot plot of the change in the odds split over edits. {label}, in points: {listed}.",
    )


@plot(name=lambda _, variant: f"compare_split_{variant.name}", layout=_layout, text=_picture_text)
def parts(axes: Sequence[Axes], comparison: ComparisonFindings, variant: VariantFindings) -> None:
    """Dots: the part of each edit, with its error; the last row is their sum. One panel for each scenario."""
    split = _split(variant)
    names = [*(edit_name(edit, comparison.model) for edit in split.edits), "All together"]
    values = np.concatenate([split.part[:, -1], split.whole[None, -1]])
    errors = 1.96 * np.concatenate([split.part_se[:, -1], split.whole_se[None, -1]])
    half = reach(np.abs(values) + errors)
    rows = np.arange(len(names))
    for n, (ax, (j, scenario)) in enumerate(zip(axes, display_order(comparison.model), strict=True)):
        shade = legible(scenario.colour)
        ax.hlines(rows, 0, values[:, j], color=shade, lw=2.2, alpha=0.5, zorder=2)
        ax.errorbar(
            values[:, j], rows, xerr=errors[:, j], fmt="none", ecolor=INK, elinewidth=0.9, capsize=2.0, zorder=3
        )
        ax.plot(values[:, j], rows, "o", color=shade, ms=6, mec=PAPER, mew=0.8, zorder=4, clip_on=False)
        points_axis(ax, half, along="x")
        ax.set_ylim(len(names) - 0.4, -0.7)
        ax.axhline(len(names) - 1.5, color=MUTED, lw=0.6)
        heading(ax, scenario.label, shade)
        if n == 0 or not named_beside(ax):
            name_rows(ax, names)
        else:
            ax.set_yticks([])
