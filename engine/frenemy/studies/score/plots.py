"""The reliability diagram: how often it happened, by the probability that had been forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.model.describe.wording import counted
from frenemy.present.labels import draw_note, heading
from frenemy.present.sheet import Layout, PictureText, plot
from frenemy.present.style import HAIR, INK, MUTED, SMALL
from frenemy.studies.score.findings import ScoreFindings, ScoreGroup

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["reliability_diagram"]

BLUE = "#0072b2"
SIDE = 4.3
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def _layout(room: float, card: ScoreFindings, group: ScoreGroup) -> Layout:  # noqa: ARG001 the same for each
    left = 0.55
    side = min(room - left - 0.6, SIDE)
    return Layout(heights=(side,), left=left, right=max(room - 0.44 - left - 1.35 * side, 0.1), top=0.3, bottom=0.45)


def _picture_text(card: ScoreFindings, group: ScoreGroup) -> PictureText:
    figures = {figure.name: figure for figure in group.figures}
    brier, skill = figures["brier"], figures.get("brier_skill_over_base_rate")
    parts, bins = group.corps[0], group.reliability[0]
    over = f", skill {skill.value:.2f} over the base rate" if skill is not None else ""
    frequencies = zip(bins.forecast, bins.frequency, bins.count, strict=True)
    return PictureText(
        title=f"Brier score {brier.value:.3f}{over}",
        subtitle="How often it happened, by the probability forecast: "
        f"{counted(len(group.forecasts), 'forecast')}, {counted(group.rows.clusters, 'cluster')}",
        caption="Dots: ten equal bins, with the number of forecasts in each and the 90 % interval of the frequency. "
        "Line: forecasts recalibrated by isotonic regression. Grey: where that line would lie nine times in ten if "
        f"every forecast were right. Brier = miscalibration {parts.miscalibration:.3f} − discrimination "
        f"{parts.discrimination:.3f} + uncertainty {parts.uncertainty:.3f}.",
        source=f"Source: {card.source}.",
        alt="Frequency of the outcome by the probability forecast: "
        + "; ".join(f"{frequency:.2f} of {count} at {forecast:.2f}" for forecast, frequency, count in frequencies)
        + ".",
    )


@plot(name="reliability", layout=_layout, text=_picture_text)
def reliability_diagram(axes: Sequence[Axes], card: ScoreFindings, group: ScoreGroup) -> None:  # noqa: ARG001
    """Recalibrated forecasts over forecasts, bins with their counts, and where a calibrated forecaster would be."""
    ax = axes[0]
    curve, bins = group.corps[0], group.reliability[0]
    ax.fill_between(bins.grid, bins.band[0], bins.band[1], color=MUTED, alpha=0.14, lw=0, zorder=1)
    ax.plot([0, 1], [0, 1], color=MUTED, lw=0.8, ls=(0, (5, 2)), zorder=1.5)
    ax.plot(curve.forecast, curve.recalibrated, color=BLUE, lw=1.6, zorder=3, marker="o", ms=2.5)
    for x, y, low, high, count in zip(bins.forecast, bins.frequency, bins.q05, bins.q95, bins.count, strict=True):
        ax.plot([x, x], [low, high], color=INK, lw=1.0, zorder=3.5)
        ax.plot([x], [y], "o", color=INK, ms=4.5, zorder=4)
        draw_note(ax, f"{count}", (x, y), (5, 4), coords="data", color=INK, size=SMALL, zorder=5)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.04))
    labels = [f"{100 * tick:.0f} %" for tick in TICKS]
    ax.set_xticks(TICKS, labels)
    ax.set_yticks(TICKS, labels)
    ax.grid(visible=True, axis="both", color=HAIR, lw=0.5)
    heading(ax, "Share of forecasts after which it happened")
    draw_note(ax, "probability forecast", (1, 0), (0, -22), ha="right", va="top")
