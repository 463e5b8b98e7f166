"""The region in which the targets are met, as a picture: the boxes, and how they were peeled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.present.key_labels import key_label, with_unit
from frenemy.present.labels import draw_note, heading
from frenemy.present.number_text import and_list, percent
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, wrap
from frenemy.studies.tune.findings import TuningFindings
from frenemy.studies.tune.wording import numbered_boxes, region_note, targets_met, within

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["region_boxes"]

VEIL = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
COLOURS = ("#0072b2", "#d55e00", "#009e73")
ROW, LABELS = 0.42, 2.6
"""Inches for a restriction, and for its label."""
TALL = 2.6
"""Inches of the panel with the trajectory."""


def _boxes(ax: Axes, found: TuningFindings) -> None:
    """Each restriction as a bar within its number's range, in shares of it, with the values at its ends."""
    rows = [(n, one) for n, _, limits in numbered_boxes(found) for one in limits]
    for row, (n, one) in enumerate(rows):
        colour = COLOURS[n - 1]
        ax.plot([0, 1], [row, row], color=HAIR, lw=7, solid_capstyle="butt", zorder=1.5)
        ax.plot([one.low, one.high], [row, row], color=colour, lw=7, solid_capstyle="butt", zorder=2)
        ax.plot([0.5, 0.5], [row - 0.2, row + 0.2], color=INK, lw=1, zorder=3)
        for value, share, side in ((one.least, one.low, "left"), (one.most, one.high, "right")):
            if np.isfinite(value):
                text = with_unit(one.knob.key, value, found.model)
                draw_note(
                    ax, text, (share, row), (0, 5), coords="data", ha=side, va="bottom", color=colour, weight="bold"
                )
    ax.set_ylim(len(rows) - 0.4, -0.75)
    ax.set_xlim(-0.01, 1.01)
    ax.set_yticks(range(len(rows)))
    labels = [wrap(key_label(one.knob.key, found.model), LABELS - 0.3, SMALL, lines=2) for _, one in rows]
    several = len(found.region.boxes) > 1
    lines = ["\n".join(label) for label in labels]
    ax.set_yticklabels(
        [f"{n}: {line}" if several else line for (n, _), line in zip(rows, lines, strict=True)], color=INK
    )
    ax.set_xticks([0, 0.05, 0.5, 0.95, 1], ["", "5 %", "median", "95 %", ""])
    ax.spines["left"].set_visible(False)
    heading(ax, "Where the numbers have to lie", reach=LABELS)


def _trajectory(ax: Axes, found: TuningFindings) -> None:
    """Coverage against density of all boxes of the trajectory; those chosen as measured on the other draws."""
    for n, box, _ in numbered_boxes(found):
        coverage, density, _ = box.trajectory.T
        ax.plot(coverage, density, "-o", color=COLOURS[n - 1], ms=2.5, lw=0.8, alpha=0.6, zorder=2)
        ax.errorbar(
            [box.coverage], [box.density], [1.96 * box.density_se], fmt="D", color=COLOURS[n - 1], ms=7, mec=PAPER,
            elinewidth=1, zorder=4,
        )  # fmt: skip
        name = f"box {n}" if len(found.region.boxes) > 1 else "the box"
        how: dict[str, Any] = {"color": COLOURS[n - 1], "va": "center", "weight": "bold", "bbox": VEIL, "zorder": 6}
        draw_note(ax, name, (box.coverage, box.density), (8, 0), coords="data", **how)
    base = found.region.cases / found.region.draws
    ax.axhline(base, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1.6)
    draw_note(ax, f"all draws: {percent(base)}", (0, base), (4, -4), coords="data", va="top", bbox=VEIL)
    ax.set(xlim=(0, 1.02), ylim=(0, 1.04))
    shares = [0, 0.25, 0.5, 0.75, 1]
    ax.set_xticks(shares, [f"{100 * share:.0f} %" for share in shares])
    ax.set_yticks(shares, [f"{100 * share:.0f} %" for share in shares])
    ax.grid(visible=True, color=HAIR, lw=0.5)
    ax.set_xlabel("share of all that meet it (coverage)", color=INK, size=SMALL, loc="right")
    heading(ax, "Share that meets it")


def _layout(across: float, found: TuningFindings) -> Layout:
    rows = sum(len(box.limits) for box in found.region.boxes)
    wide = across > 6
    tall = max(rows * ROW + 0.3, TALL if wide else 0.8)
    room = (1.15, 1.0)
    if wide:
        return Layout(heights=(tall,), columns=room, left=LABELS, right=0.3, across=0.75, top=0.3, bottom=0.5)
    return Layout(heights=(tall, TALL), left=1.7, right=0.2, top=0.3, bottom=0.5, down=(0.7,))


def _picture_text(found: TuningFindings) -> PictureText:
    _, box, limits = next(numbered_boxes(found))
    where = and_list(f"{key_label(one.knob.key, found.model)} {within(one, found.model)}" for one in limits[:2])
    more = f" and {len(limits) - 2} more" if len(limits) > 2 else ""
    return PictureText(
        title=f"{targets_met(found)}: {percent(box.density)} of the draws with {where}{more}",
        subtitle="Which part of its elicited range each number has to lie in",
        caption="Left: bars within each number's elicited range, by share; grey: excluded; tick: the median. Right: "
        "the boxes of the peeling, on the draws they were found on; diamonds: those chosen, on the other draws, with "
        f"the 95 % error. {region_note(found)}",
        source=source_line(found.model, found.experiment),
        alt=f"Box: {where}{more}. Coverage {percent(box.coverage)}, density {percent(box.density)}.",
    )


@plot(name="region", layout=_layout, text=_picture_text)
def region_boxes(axes: Sequence[Axes], found: TuningFindings) -> None:
    """Two panels: the boxes within the elicited ranges, and the trajectory of the peeling."""
    _boxes(axes[0], found)
    _trajectory(axes[1], found)
