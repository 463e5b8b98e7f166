"""Which disagreement matters: the odds as each number goes from the lowest to the highest of the experts' medians."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frenemy.present.labels import draw_note
from frenemy.present.percentage_points import significant
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, INK, MUTED, SMALL, legible, styled, wrap
from frenemy.studies.elicit.findings import DisagreementRange, ElicitationFindings
from frenemy.studies.elicit.plots.densities import value_mark
from frenemy.studies.elicit.wording import asked_odds, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["by_width", "ends", "picture", "reach"]

ROW, LABELS = 0.46, 2.9


def ends(found: ElicitationFindings, one: DisagreementRange) -> tuple[float, float]:
    """The odds asked about with the number at the lowest and at the highest median."""
    low, high = (at[found.reading].variant[found.tick, found.scenario] for at in (one.at_lowest, one.at_highest))
    return float(low), float(high)


def by_width(found: ElicitationFindings) -> list[DisagreementRange]:
    """The questions by how far the odds go, the furthest first."""
    return sorted(found.reach, key=lambda one: -abs(ends(found, one)[1] - ends(found, one)[0]))


def _clear(found: ElicitationFindings, one: DisagreementRange) -> bool:
    """Whether either end is told from the odds with all numbers at the pool's medians."""
    sides = (at[found.reading] for at in (one.at_lowest, one.at_highest))
    pairs = ((side.change[found.tick, found.scenario], side.mc_se[found.tick, found.scenario]) for side in sides)
    return any(significant(float(change), float(se)) for change, se in pairs)


@styled()
def reach(found: ElicitationFindings, ax: Axes | None = None) -> Axes:
    """One bar a question, between the odds at the two ends, whose values stand beside it."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if ax is None:
        ax = panels(_layout(found, WIDE), WIDE)[0]
    rows = by_width(found)
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
    return ax


def _left(wide: float) -> float:
    return LABELS if wide > 6 else 1.5


def _layout(found: ElicitationFindings, wide: float) -> Layout:
    return Layout(heights=(max(len(found.reach), 2) * ROW,), left=_left(wide), right=0.2, top=0.1, bottom=0.32)


def picture(found: ElicitationFindings) -> Picture:
    """The disagreements as a picture."""
    rows = by_width(found)
    low, high = sorted(ends(found, rows[0]))
    told = "; ".join(
        f"{one.question.label} {percent(ends(found, one)[0])} to {percent(ends(found, one)[1])}" for one in rows
    )
    paths = f"{found.experiment.paths:,}"
    text = PictureText(
        title=f"“{rows[0].question.label}” is the disagreement that matters most: {percent(low)} to {percent(high)}",
        subtitle=f"{asked_odds(found)}, as one number goes from the lowest to the highest of the experts' medians",
        caption="Beside each bar: the lowest and the highest median. All other numbers at their medians, those asked "
        f"about at the pool's; the line is where all are. Grey: not told from it at 95 %. {paths} paths each, on the "
        "same noise.",
        source=f"Source: simulation of the model “{found.model.title}” with the views of “{found.panel.title}”.",
        alt=f"One bar for each of {len(rows)} questions: {told}.",
    )
    return Picture(
        name="disagreements", text=text, layout=lambda wide: _layout(found, wide),
        draw=lambda axes: reach(found, axes[0]),
    )  # fmt: skip
