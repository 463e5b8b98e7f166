"""The odds under each expert's view beside those under the pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.present.labels import heading
from frenemy.present.number_text import NBSP
from frenemy.present.percentage_points import points, significant
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, display_order, legible, text_width
from frenemy.studies.elicit.expert_odds import ViewOdds
from frenemy.studies.elicit.findings import ElicitationFindings
from frenemy.studies.elicit.wording import asked_odds, by_odds, percent, short_name, spread_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["expert_odds"]

ROW = 0.27
"""Inches for an expert."""
VIEW, POOL, BEFORE = "o", "D", "s"


@dataclass(frozen=True, slots=True)
class _Row:
    """One view: its row, and its odds in one scenario, in per cent."""

    place: float
    label: str
    value: float
    band: tuple[float, float]  # 90 % of the draws; NaN without
    clear: bool  # whether it is distinguishable from the pool
    marker: str


def _rows(found: ElicitationFindings, j: int) -> list[_Row]:
    """Experts, then the pool, then the world before."""
    rows = []
    for place, name in enumerate(by_odds(found)):
        view = found.by_expert[name]
        change = view.change[found.reading]
        clear = significant(change.change[found.tick, j], change.mc_se[found.tick, j])
        value, band = _odds(view.odds[found.reading], found.tick, j)
        rows.append(_Row(place, short_name(found, name), value, band, clear, VIEW))
    pool, before = (_odds(odds[found.reading], found.tick, j) for odds in (found.odds, found.prior.odds))
    last = len(rows) + 0.3
    rows.append(_Row(last, "Pool", *pool, clear=True, marker=POOL))
    return [*rows, _Row(last + 1, "Before", *before, clear=False, marker=BEFORE)]


def _odds(world: ViewOdds, tick: int, j: int) -> tuple[float, tuple[float, float]]:
    low, high = (100 * float(world.quantiles[end, tick, j]) for end in (0, -1))
    return 100 * float(world.probability[tick, j]), (low, high)


def _draw(ax: Axes, row: _Row, pool: float, colour: str) -> None:
    ink = INK if row.marker == POOL else colour if row.clear else MUTED
    if np.isfinite(row.band[0]):
        ax.plot(row.band, [row.place] * 2, color=ink, lw=0.9, alpha=0.9, zorder=2.5)
    if row.marker == VIEW:
        ax.plot([pool, row.value], [row.place] * 2, color=ink, lw=3, alpha=0.5, solid_capstyle="butt", zorder=3)
    ax.plot([row.value], [row.place], row.marker, color=ink if row.clear else PAPER, mec=ink, mew=1.1, ms=5.6, zorder=5)


def _axes(ax: Axes, rows: Sequence[_Row], *, named: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    labels = [row.label if named else "" for row in rows]
    ax.set_yticks([row.place for row in rows], labels, size=SMALL, color=INK)
    ax.get_yticklabels()[-2].set_fontweight("bold")
    ax.set_ylim(rows[-1].place + 0.6, -0.7)
    low, high = ax.get_xlim()
    ax.set_xlim(max(low, 0.0) if low > 4 else -0.02 * high, min(high, 101.0))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    ax.spines["left"].set_visible(False)
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)


def _layout(wide: float, found: ElicitationFindings) -> Layout:
    count = len(found.model.scenarios)
    across = min(count, 3) if wide > 6 else 1
    tall = (len(found.by_expert) + 2.9) * ROW
    longest = max(text_width(short_name(found, name), SMALL) for name in found.by_expert)
    return Layout(
        heights=(tall,) * -(-count // across), columns=(1.0,) * across, left=max(0.55, longest + 0.12),
        right=0.2, top=0.3, bottom=0.32, across=0.5, down=(0.62,),
    )  # fmt: skip


def _picture_text(found: ElicitationFindings) -> PictureText:
    j, tick, reading = found.scenario, found.tick, found.reading
    low, high = spread_of(found, j)
    pool, before = (float(odds[reading].probability[tick, j]) for odds in (found.odds, found.prior.odds))
    moving = max(found.by_expert, key=lambda name: abs(found.by_expert[name].change[reading].change[tick, j]))
    change = float(found.by_expert[moving].change[reading].change[tick, j])
    size = (
        f"{counted(found.draws, 'draw')} × {counted(found.paths, 'future')}"
        if found.draws
        else f"{counted(found.paths, 'future')} at the medians"
    )
    bands = f"Thin lines: 90{NBSP}% of the draws under that view. " if found.draws > 1 else ""
    label = found.model.scenarios[j].label
    return PictureText(
        title=f"{label}: {percent(low)} to {percent(high)} by expert, {percent(pool)} under the pool",
        subtitle=f"Odds under each expert's view alone, in the order of {asked_odds(found)}",
        caption="Dots: the odds with one expert's last views, linked to those under the pool (vertical line). Hollow: "
        f"not distinguishable from the pool at 95 %. {bands}Before: the odds with the experiment's own numbers. All "
        f"worlds have the same noise, {size} each.",
        source=source_line(found.model, found.experiment, f"views of “{found.panel.title}”"),
        alt=f"One row for each of {counted(len(found.by_expert), 'expert')}. {found.names[moving]} is furthest "
        "from the pool, by "
        f"{points(change)} points. Before the panel: {percent(before)}.",
    )


@plot(name="odds_by_expert", layout=_layout, text=_picture_text)
def expert_odds(axes: Sequence[Axes], found: ElicitationFindings) -> None:
    """One panel for each scenario: a dot for each expert's odds, linked to the pool's, with its band."""
    chosen = display_order(found.model)
    alone = len({round(ax.get_position().x0, 3) for ax in axes}) == 1
    for ax, (j, scenario) in zip(axes, chosen, strict=False):
        rows = _rows(found, j)
        pool = next(row.value for row in rows if row.marker == POOL)
        ax.axvline(pool, color=INK, lw=0.9, zorder=2)
        for row in rows:
            _draw(ax, row, pool, legible(scenario.colour))
        _axes(ax, rows, named=alone or ax is axes[0])
        heading(ax, scenario.label, legible(scenario.colour), reach=0.3)
    for spare in axes[len(chosen) :]:
        spare.set_axis_off()
