"""Which disagreement matters most: the odds from the lowest to the highest of the experts' medians of a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.model.describe.wording import counted
from frenemy.present.labels import draw_note
from frenemy.present.number_text import from_to
from frenemy.present.percentage_points import significant
from frenemy.present.sheet import WIDE, Layout, PictureText, other_numbers, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, SMALL, legible, wrap
from frenemy.studies.elicit.findings import DisagreementRange, ElicitationFindings
from frenemy.studies.elicit.plots.densities import value_mark
from frenemy.studies.elicit.wording import asked_odds, by_width, ends, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["disagreements"]

ROW, LABELS = 0.46, 2.9


def _clear(found: ElicitationFindings, one: DisagreementRange) -> bool:
    """Whether either end differs significantly from the odds under the pool."""
    sides = (at[found.reading] for at in (one.at_lowest, one.at_highest))
    pairs = ((side.change[found.tick, found.scenario], side.mc_se[found.tick, found.scenario]) for side in sides)
    return any(significant(float(change), float(se)) for change, se in pairs)


def _left(wide: float) -> float:
    return LABELS if wide > 6 else 1.5


def _layout(wide: float, found: ElicitationFindings) -> Layout:
    return Layout(heights=(max(len(found.disagreements), 2) * ROW,), left=_left(wide), right=0.2, top=0.1, bottom=0.32)


def _picture_text(found: ElicitationFindings) -> PictureText:
    rows = by_width(found)
    listed = "; ".join(f"{one.question.label} {' to '.join(map(percent, ends(found, one)))}" for one in rows)
    title = f"No disagreement alone moves {asked_odds(found)} significantly"
    if clear := [one for one in rows if _clear(found, one)]:
        low, high = sorted(ends(found, clear[0]))
        title = f"The disagreement on “{clear[0].question.label}” matters most: {from_to(low, high)}"
    return PictureText(
        title=title,
        subtitle=f"{asked_odds(found)}, as one number goes from the lowest to the highest of the experts' medians",
        caption=f"Beside each bar: the lowest and the highest median; {other_numbers(found.experiment)}, those in "
        "question under the pool; the line is where all are. Grey: not distinguishable from the line at 95 %. "
        f"{counted(found.experiment.paths, 'future')} each, on the same noise.",
        source=source_line(found.model, found.experiment, f"views of “{found.panel.title}”"),
        alt=f"One bar for each of {counted(len(rows), 'question')}: {listed}.",
    )


@plot(name="disagreements", layout=_layout, text=_picture_text)
def disagreements(axes: Sequence[Axes], found: ElicitationFindings) -> None:
    """One bar for each question, between the odds at the two ends, whose values are beside it."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax, rows = axes[0], by_width(found)
    colour = legible(found.model.scenarios[found.scenario].colour)
    for place, one in enumerate(rows):
        ink = colour if _clear(found, one) else MUTED
        odds = [100 * value for value in ends(found, one)]
        ax.plot(odds, [place, place], color=ink, lw=8, alpha=0.55, solid_capstyle="butt", zorder=2)
        domain = found.views.domains[one.question.name]
        right = odds[1] >= odds[0]
        for value, at, side in ((one.lowest, odds[0], not right), (one.highest, odds[1], right)):
            ax.plot([at], [place], "o", color=ink, ms=5, zorder=3)
            text = value_mark(domain, one.question.key, float(f"{value:.3g}"))
            how = {"coords": "data", "va": "center", "ha": "left" if side else "right", "color": INK}
            draw_note(ax, text, (at, place), (7 if side else -7, 0), **how)
    middle = 100 * float(rows[0].at_lowest[found.reading].base[found.tick, found.scenario])
    ax.axvline(middle, color=INK, lw=0.9, zorder=1.8)
    labels = [wrap(one.question.label, _left(WIDE) - 0.15, SMALL, lines=1)[0] for one in rows]
    ax.set_yticks(range(len(rows)), labels, size=SMALL, color=INK)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    low, high = ax.get_xlim()
    room = 0.12 * (high - low) + 0.5
    ax.set_xlim(max(low - room, -0.06 * high), high + room)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, min_n_ticks=3))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %" if value >= 0 else ""))
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
