"""What was learnt of the uncertain numbers: where each was held to lie before the evidence, and where after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frenemy.present.key_labels import key_label, value_text
from frenemy.present.labels import draw_note
from frenemy.present.number_text import and_list
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, INK, MUTED, SMALL, styled, wrap
from frenemy.present.time_axis import day
from frenemy.studies.update.findings import PosteriorNumber, UpdateFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["numbers_learnt", "numbers_to_show", "picture"]

MOST, ROW, LABELS = 14, 0.36, 3.5
AFTER = "#0072b2"
QUANTILE_MARKS = ((-1.6449, "5 %"), (-0.8416, "20 %"), (0.0, "median"), (0.8416, "80 %"), (1.6449, "95 %"))


def numbers_to_show(found: UpdateFindings) -> tuple[PosteriorNumber, ...]:
    """The numbers of which most was learnt."""
    return found.learnt[:MOST]


@styled()
def numbers_learnt(found: UpdateFindings, ax: Axes | None = None) -> Axes:
    """Rows of numbers: the middle 90 % before (grey) and after (blue), on the scale of what was held before."""
    ax = panels(_layout(found, WIDE), WIDE)[0] if ax is None else ax
    rows = numbers_to_show(found)
    for n, of in enumerate(rows):
        half, colour = 1.6449 * of.narrowing, AFTER if found.told(of) else MUTED
        ax.plot([-1.6449, 1.6449], [n, n], color=HAIR, lw=7, solid_capstyle="butt", zorder=2)
        ax.plot([of.shift - half, of.shift + half], [n, n], color=colour, lw=2.4, solid_capstyle="butt", zorder=3)
        ax.plot(of.shift, n, "o", color=colour, ms=6, zorder=4)
        before, after = (value_text(of.key, float(q[3])) for q in (of.prior_quantiles, of.posterior_quantiles))
        text = f"{before} → {after}"
        draw_note(ax, text, (1, n), (8, 0), coords=("axes fraction", "data"), va="center", color=INK)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    labels = ["\n".join(wrap(key_label(of.key, found.after.model), LABELS - 0.15, SMALL, lines=2)) for of in rows]
    ax.set_yticks(range(len(rows)), labels, color=INK, linespacing=1.05)
    ax.set_xlim(-2.4, 2.4)
    ax.set_xticks([at for at, _ in QUANTILE_MARKS], [text for _, text in QUANTILE_MARKS], color=MUTED)
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=MUTED, lw=0.8, zorder=1.5)
    return ax


def _layout(found: UpdateFindings, width: float) -> Layout:
    rows = max(len(numbers_to_show(found)), 1)
    return Layout(heights=(ROW * rows + 0.1,), left=LABELS if width > 6 else 1.8, right=1.15, top=0.1)


def picture(found: UpdateFindings) -> Picture:
    """The numbers as a picture."""
    return Picture(
        name="numbers",
        text=_picture_text(found),
        layout=lambda width: _layout(found, width),
        draw=lambda axes: numbers_learnt(found, axes[0]),
    )


def _picture_text(found: UpdateFindings) -> PictureText:
    rows, after = numbers_to_show(found), found.after
    first = rows[0]
    ends = [value_text(first.key, float(q[3])) for q in (first.prior_quantiles, first.posterior_quantiles)]
    label, told = key_label(first.key, after.model), found.told(first)
    listed = and_list(
        f"{key_label(of.key, after.model)} {value_text(of.key, float(of.prior_quantiles[3]))} to "
        f"{value_text(of.key, float(of.posterior_quantiles[3]))}"
        for of in rows
    )
    return PictureText(
        title=f"Most was learnt of “{label}”: median from {ends[0]} to {ends[1]}"
        if told
        else "Of no single number is anything learnt that stands out from chance",
        subtitle=f"Where uncertain numbers lie before and after the evidence until {day(after.ledger.until)}",
        caption="Grey: the middle 90 % of what was held before; blue: the same after, with its median. Across: points "
        "of what was held before, so that all rows have one scale. Right: medians. Dark grey: not told from the "
        f"luck of the draws, at about three standard errors. {len(rows)} of {len(found.learnt)} numbers, those that "
        "moved or narrowed most.",
        source=f"Source: simulation of the model “{after.model.title}”, experiment “{after.experiment.title}”.",
        alt=f"Intervals in rows. Medians before and after: {listed}.",
    )
