"""The uncertain numbers: the plausible range of each before and after the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.model.describe.wording import counted
from frenemy.present.key_labels import key_label, with_unit
from frenemy.present.labels import draw_note
from frenemy.present.number_text import and_list
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, SMALL, wrap
from frenemy.studies.update.findings import UpdateFindings
from frenemy.studies.update.wording import evidence_through

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["number_changes"]

MAX_NUMBERS, ROW, LABELS, MEDIANS = 14, 0.36, 3.5, 1.15
AFTER = "#0072b2"
QUANTILE_MARKS = ((-1.6449, "5 %"), (-0.8416, "20 %"), (0.0, "median"), (0.8416, "80 %"), (1.6449, "95 %"))


def _layout(width: float, found: UpdateFindings) -> Layout:
    rows = max(len(found.numbers[:MAX_NUMBERS]), 1)
    return Layout(heights=(ROW * rows + 0.1,), left=LABELS if width > 6 else 1.8, right=MEDIANS, top=0.1)


def _picture_text(found: UpdateFindings) -> PictureText:
    rows, after = found.numbers[:MAX_NUMBERS], found.after
    first = rows[0]
    ends = [with_unit(first.key, float(q[3]), after.model) for q in (first.prior_quantiles, first.posterior_quantiles)]
    listed = and_list(
        f"{key_label(of.key, after.model)} {with_unit(of.key, float(of.prior_quantiles[3]), after.model)} to "
        f"{with_unit(of.key, float(of.posterior_quantiles[3]), after.model)}"
        for of in rows
    )
    title = "No uncertain number changes significantly"
    if found.is_significant(first):
        title = f"“{key_label(first.key, after.model)}” changes most: median from {ends[0]} to {ends[1]}"
    return PictureText(
        title=title,
        subtitle=f"Plausible ranges of uncertain numbers before and after the update ({evidence_through(after)})",
        caption="Grey: the middle 90 % before the evidence; blue: the middle 90 % after, with its median. Across: "
        "quantiles before the evidence, so that all rows share one scale. Right: medians. Dark grey: not "
        f"distinguishable from noise, at about three standard errors. {len(rows)} of "
        f"{counted(len(found.numbers), 'number')}, "
        "those that changed most.",
        source=source_line(after.model, after.experiment),
        alt=f"Intervals in rows. Medians before and after: {listed}.",
    )


@plot(name="numbers", layout=_layout, text=_picture_text)
def number_changes(axes: Sequence[Axes], found: UpdateFindings) -> None:
    """Rows of numbers: the middle 90 % before (grey) and after (blue), on the scale of the range before."""
    (ax,) = axes
    rows = found.numbers[:MAX_NUMBERS]
    for n, of in enumerate(rows):
        half, colour = 1.6449 * of.narrowing, AFTER if found.is_significant(of) else MUTED
        ax.plot([-1.6449, 1.6449], [n, n], color=HAIR, lw=7, solid_capstyle="butt", zorder=2)
        ax.plot([of.shift - half, of.shift + half], [n, n], color=colour, lw=2.4, solid_capstyle="butt", zorder=3)
        ax.plot(of.shift, n, "o", color=colour, ms=6, zorder=4)
        before, after = (
            with_unit(of.key, float(q[3]), found.model) for q in (of.prior_quantiles, of.posterior_quantiles)
        )
        text = "\n".join(wrap(f"{before} → {after}", MEDIANS - 0.15, SMALL, lines=2))
        draw_note(ax, text, (1, n), (8, 0), coords=("axes fraction", "data"), va="center", color=INK)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    labels = ["\n".join(wrap(key_label(of.key, found.after.model), LABELS - 0.15, SMALL, lines=2)) for of in rows]
    ax.set_yticks(range(len(rows)), labels, color=INK, linespacing=1.05)
    ax.set_xlim(-2.4, 2.4)
    ax.set_xticks([at for at, _ in QUANTILE_MARKS], [text for _, text in QUANTILE_MARKS], color=MUTED)
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=MUTED, lw=0.8, zorder=1.5)
