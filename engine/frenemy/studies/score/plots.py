"""The reliability diagram: what happened when so much was said, and how often so much was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frenemy.present.labels import draw_note, heading
from frenemy.present.number_text import counted
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, INK, MUTED, SMALL, styled
from frenemy.studies.score.findings import ScoredForecast, ScoreFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["pictures", "reliable"]

BLUE = "#0072b2"
SIDE = 4.3
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@styled()
def reliable(scored: ScoredForecast, ax: Axes | None = None) -> Axes:
    """Recalibrated forecasts over forecasts, bins with their counts, and where a calibrated forecaster would be."""
    ax = panels(_layout(WIDE), WIDE)[0] if ax is None else ax
    curve, bins = scored.corps[0], scored.reliability[0]
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
    heading(ax, "It happened in …")
    draw_note(ax, "of those of which so much was said", (1, 0), (0, -22), ha="right", va="top")
    return ax


def _layout(width: float) -> Layout:
    left = 0.55
    side = min(width - left - 0.6, SIDE)
    return Layout(heights=(side,), left=left, right=max(width - 0.44 - left - 1.35 * side, 0.1), top=0.3, bottom=0.45)


def pictures(card: ScoreFindings) -> tuple[Picture, ...]:
    """One where there are probabilities."""
    return tuple(_picture(card, scored) for scored in card.scored if scored.kind == "probability")


def _picture(card: ScoreFindings, scored: ScoredForecast) -> Picture:
    figures = {figure.name: figure for figure in scored.figures}
    brier, skill = figures["brier"], figures.get("brier_skill_over_base_rate")
    parts, bins = scored.corps[0], scored.reliability[0]
    over = f", skill {skill.value:.2f} over the base rate" if skill is not None else ""
    text = PictureText(
        title=f"Brier score {brier.value:.3f}{over}",
        subtitle=f"What happened when so much was said: {counted(len(scored.said), 'forecast')}, "
        f"{counted(scored.rows.clusters, 'cluster')}",
        caption="Dots: ten equal bins, with how many forecasts each holds and the 90 % range of its frequency. Line: "
        "forecasts recalibrated by isotonic regression. Grey: where that line would lie nine times in ten, were every "
        f"forecast right. Brier = miscalibration {parts.miscalibration:.3f} − discrimination "
        f"{parts.discrimination:.3f} + uncertainty {parts.uncertainty:.3f}.",
        source=f"Source: {card.source}.",
        alt="Frequency of the outcome over the probability forecast: "
        + "; ".join(
            f"{y:.2f} of {n} at {x:.2f}" for x, y, n in zip(bins.forecast, bins.frequency, bins.count, strict=True)
        )
        + ".",
    )
    return Picture(name="reliability", text=text, layout=_layout, draw=lambda axes: reliable(scored, axes[0]))
