"""How far each number moves on the scale of its own elicited range, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from frenemy.present.key_labels import key_label, with_unit
from frenemy.present.labels import draw_note
from frenemy.present.number_text import NBSP
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, wrap
from frenemy.studies.knobs import FARTHEST
from frenemy.studies.tune.findings import TuningFindings
from frenemy.studies.tune.wording import target_words, targets_with_odds, tenths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["moves"]

ROW = 0.5
"""Inches for a number."""
LABELS = 3.4
MOVED = "#0072b2"
QUANTILE_MARKS = ((-1.6449, "5 %"), (-0.8416, "20 %"), (0.0, "median"), (0.8416, "80 %"), (1.6449, "95 %"))


def _numbered(ax: Axes, z: float, row: int, number: int) -> None:
    """A further solution: a circle with its number, below the line."""
    how: dict[str, Any] = {"ms": 11, "mfc": PAPER, "mec": MOVED, "mew": 1.0, "zorder": 5 + number}
    ax.plot([z], [row + 0.27], "o", **how)
    draw_note(
        ax, str(number), (z, row + 0.27), (0, -0.5), coords="data", ha="center", va="center", size=7.5, color=MOVED,
        zorder=5.5 + number,
    )  # fmt: skip


def _layout(across: float, found: TuningFindings) -> Layout:
    tall = max(len(found.knobs) * ROW * (1.5 if found.further else 1), 0.7)
    return Layout(heights=(tall,), left=LABELS if across > 6 else 2.0, right=0.25, top=0.15, bottom=0.35)


def _picture_text(found: TuningFindings) -> PictureText:
    target = found.targets[0]
    odds = f"{target_words(found, target)} to be at {100 * target.probability:.3g}{NBSP}%"
    more = f" and {len(found.targets) - 1} more" if len(found.targets) > 1 else ""
    reached = "; ".join(
        f"{target_words(found, item)} {tenths(after)} ± {100 * 1.96 * error:.1f} (before: {tenths(before)})"
        for item, before, after, error in targets_with_odds(found)
    )
    further = "; numbered circles: other solutions" if found.further else ""
    changes = ", ".join(
        f"{knob.key} from {with_unit(knob.key, knob.spread.median, found.model)} to "
        f"{with_unit(knob.key, value, found.model)}"
        for knob, value in zip(found.knobs, found.values, strict=True)
    )
    return PictureText(
        title=f"What would have to be true for {odds}{more}",
        subtitle="Each number on the scale of its own elicited range",
        caption=f"Dot: the elicited median. Diamond: the value it would have to have{further}. Bars: the middle 60 and "
        f"90 % of its range. Odds that a run reports: {reached}; ± is the Monte Carlo error (95 %).",
        source=source_line(found.model, found.experiment),
        alt=f"One row for each number, with its median and the value it would have to have: {changes}.",
    )


@plot(name="tune", layout=_layout, text=_picture_text)
def moves(axes: Sequence[Axes], found: TuningFindings) -> None:
    """Each number on its own elicited scale: its median, and the value it would have to have."""
    (ax,) = axes
    for row, (knob, value, z) in enumerate(zip(found.knobs, found.values, found.least_change.z, strict=True)):
        ax.plot([-1.6449, 1.6449], [row, row], color=HAIR, lw=7, solid_capstyle="butt", zorder=1.5)
        ax.plot([-0.8416, 0.8416], [row, row], color="#b4bcc6", lw=7, solid_capstyle="butt", zorder=1.6)
        ax.plot([0, z], [row, row], color=MOVED, lw=2, zorder=3)
        ax.plot([0], [row], "o", color=INK, ms=5, zorder=4)
        ax.plot([z], [row], "D", color=MOVED, ms=7, zorder=5)
        side = 1 if z >= 0 else -1
        at: dict[str, Any] = {"coords": "data", "size": SMALL, "va": "bottom"}
        old = with_unit(knob.key, knob.spread.median, found.model)
        draw_note(ax, old, (0, row), (-6 * side, 5), ha="right" if side > 0 else "left", color=MUTED, **at)
        new = with_unit(knob.key, value, found.model)
        draw_note(ax, new, (float(z), row), (0, 7), ha="center", color=MOVED, weight="bold", **at)
        for n, solution in enumerate(found.further, 2):
            _numbered(ax, float(solution.z[row]), row, n)
    ax.set_xlim(-FARTHEST - 0.2, FARTHEST + 0.2)
    ax.set_ylim(len(found.knobs) - 0.5, -0.6)
    ax.set_yticks(range(len(found.knobs)))
    labels = [wrap(key_label(knob.key, found.model), LABELS - 0.15, SMALL, lines=1)[0] for knob in found.knobs]
    ax.set_yticklabels(labels, size=SMALL, color=INK)
    ax.set_xticks([place for place, _ in QUANTILE_MARKS], [text for _, text in QUANTILE_MARKS])
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
