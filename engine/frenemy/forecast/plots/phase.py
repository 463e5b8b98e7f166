"""The phase map: the plane of two drivers, the scenario most frequent in each part, and a few paths through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.forecast import Forecast
from frenemy.present.labels import MARGIN, draw_note, end_labels, end_labels_height, height
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MARKERS, MUTED, PAPER, display_order, legible, wrap
from frenemy.present.time_axis import day, month

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["can_draw", "phase_map"]

CELLS = 25
"""Cells along each side: 4 index points each."""
LEVELS = (0.5, 0.9)
"""Shares of futures inside the contours."""
GLYPHS = "●▲■◆▼⬟"
"""The markers of `MARKERS` as characters."""
TRAILS = 1
"""Sample paths drawn in full for each scenario."""
STRIDE = 182
"""Days between the points of a trail."""
MIN_PATHS_PER_CELL = 4
"""Paths in a cell from which it is coloured."""

VEIL = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8}


def can_draw(forecast: Forecast) -> bool:
    """Whether there are two drivers and the plane was kept."""
    return len(forecast.model.drivers) >= 2 and forecast.phase.density.size > 0


def _axes_of(forecast: Forecast, drivers: tuple[str, str] | None) -> tuple[int, int]:
    """The numbers of two drivers by name, by default of the first two."""
    names = [driver.name for driver in forecast.model.drivers]
    return (names.index(drivers[0]), names.index(drivers[1])) if drivers else (0, 1)


def _coarse(density: Floats) -> Floats:
    """Shares of futures in cells of 4 x 4 points: (scenarios, 25, 25)."""
    scenarios, bins, _ = density.shape
    step = bins // CELLS
    return np.asarray(density.reshape(scenarios, CELLS, step, CELLS, step).sum(axis=(2, 4)))


def _regions(ax: Axes, forecast: Forecast) -> None:
    """Cells in the colour of the scenario that most futures there are in, paler if the majority is smaller."""
    from matplotlib.colors import to_rgb

    cells = _coarse(forecast.phase.density)
    total = cells.sum(axis=0)
    shares = cells / np.where(total > 0, total, 1.0)
    image = np.ones((CELLS, CELLS, 4))
    for j, scenario in enumerate(forecast.model.scenarios):
        mine = shares.argmax(axis=0) == j
        image[mine, :3] = to_rgb(scenario.colour)
        image[mine, 3] = 0.10 + 0.32 * np.clip((shares[j][mine] - 0.4) / 0.6, 0, 1)
    image[..., 3] *= total * forecast.paths * max(forecast.draws, 1) >= MIN_PATHS_PER_CELL
    ax.imshow(image.transpose(1, 0, 2), origin="lower", extent=(0, 100, 0, 100), interpolation="nearest", zorder=0.6)
    _contours(ax, total)


def _contours(ax: Axes, total: Floats) -> None:
    """Lines around the densest parts that hold half and nine tenths of all futures."""
    smooth = total
    for axis in (0, 1):
        smooth = np.apply_along_axis(lambda row: np.convolve(row, (0.25, 0.5, 0.25), mode="same"), axis, smooth)
    ranked = np.sort(smooth.ravel())[::-1]
    inside = np.cumsum(ranked) / ranked.sum()
    heights = [float(ranked[np.searchsorted(inside, share)]) for share in LEVELS]
    if heights[0] <= heights[1]:
        return
    centres = (np.arange(CELLS) + 0.5) * 100 / CELLS
    lines = ax.contour(
        centres, centres, smooth.T, levels=heights[::-1], colors=[MUTED, INK], linewidths=[0.9, 1.1], zorder=2
    )
    for segments, name in zip(lines.allsegs, ("90 % of futures", "50 % of futures"), strict=True):
        points = np.concatenate([segment for segment in segments if len(segment)])
        top = points[np.argmax(points[:, 1])]
        draw_note(
            ax, name, (top[0], top[1]), (0, 2), coords="data", color=INK, ha="center", va="bottom", zorder=5, bbox=VEIL
        )


def _paths(ax: Axes, forecast: Forecast, x: int, y: int) -> None:
    """Every sample path by its end, and the first few of each scenario in full, a point every half year."""
    sample = forecast.phase
    final = sample.sample_scenario[-1]
    stride = max(STRIDE // forecast.experiment.tick, 1)
    for n, (j, scenario) in enumerate(display_order(forecast.model)):
        mine = np.flatnonzero(final == j)
        colour = legible(scenario.colour)
        for path in mine[:TRAILS]:
            steps = np.r_[0 : len(sample.sample_index) - 1 : stride, len(sample.sample_index) - 1]
            trail = sample.sample_index[steps, :, path]
            ax.plot(trail[:, x], trail[:, y], color=colour, lw=1.1, alpha=0.9, zorder=3, solid_joinstyle="round")
        ends = sample.sample_index[-1][:, mine]
        how: dict[str, Any] = {"ms": 6, "mec": PAPER, "mew": 0.7, "zorder": 4, "clip_on": False}
        ax.plot(ends[x], ends[y], MARKERS[n % len(MARKERS)], color=colour, ls="none", **how)
    start = sample.sample_index[0].mean(axis=1)
    ax.plot(start[x], start[y], "*", color=INK, ms=13, mec=PAPER, mew=0.9, zorder=6)
    text, bold = f"Start, {month(forecast.dates[0])}", {"color": INK, "weight": "bold", "zorder": 6, "bbox": VEIL}
    draw_note(ax, text, (start[x], start[y]), (8, -3), coords="data", va="top", **bold)


def _frame(ax: Axes, forecast: Forecast, x: int, y: int) -> None:
    ax.set(xlim=(0, 100), ylim=(0, 100), aspect="equal", xticks=[0, 25, 50, 75, 100], yticks=[0, 25, 50, 75, 100])
    ax.grid(visible=True, color=HAIR, lw=0.6)
    across, up = (wrap(forecast.model.drivers[i].label, height(ax) - 0.2, 9, lines=1)[0] for i in (x, y))
    ax.set_xlabel(f"{across} →", color=INK, size=9, loc="right")
    ax.set_ylabel(f"{up} →", color=INK, size=9, loc="top")


def _key(ax: Axes, forecast: Forecast) -> None:
    """Name, share and marker of each scenario at the right, at the height of its futures."""
    cells = _coarse(forecast.phase.density)
    middles = (np.arange(cells.shape[2]) + 0.5) / cells.shape[2]
    masses = [cells[j].sum(axis=0) for j, _ in display_order(forecast.model)]
    heights = [float((mass * middles).sum() / mass.sum()) if mass.sum() > 0 else 0.02 for mass in masses]
    end_labels(ax, heights, _labels(forecast), leaders=False)


def _labels(forecast: Forecast) -> list[tuple[str, str, str]]:
    final = forecast.odds["at"].probability[-1]
    return [
        (f"{GLYPHS[n % len(GLYPHS)]} {s.label}", f"{percent(final[j])} of futures end here", legible(s.colour))
        for n, (j, s) in enumerate(display_order(forecast.model))
    ]


def _layout(width: float, forecast: Forecast, drivers: tuple[str, str] | None = None) -> Layout:  # noqa: ARG001
    """A square; its labels stand at the right and may make the row taller than the square."""
    left, labels = 0.6, 1.2
    side = min(width - 2 * MARGIN - left - labels, 4.6)
    right = width - 2 * MARGIN - left - side
    over = max(end_labels_height(_labels(forecast), right) - side, 0.0)
    return Layout(heights=(side,), left=left, right=right, bottom=0.5, top=0.1 + over)


def _picture_text(forecast: Forecast, drivers: tuple[str, str] | None = None) -> PictureText:
    first, second = (forecast.model.drivers[i].label for i in _axes_of(forecast, drivers))
    cells = _coarse(forecast.phase.density)
    middles = (np.arange(CELLS) + 0.5) * 100 / CELLS
    shares = {s.label: cells[j] / cells[j].sum() for j, s in display_order(forecast.model) if cells[j].sum() > 0}
    where = and_list(
        f"{label} near {share.sum(axis=1) @ middles:.0f} and {share.sum(axis=0) @ middles:.0f}"
        for label, share in shares.items()
    )
    return PictureText(
        title=f"Where futures are in {month(forecast.dates[-1])}: {brief(first)} (across), {brief(second)} (up)",
        subtitle="Index 0–100 of two drivers; colour: the scenario that most futures at that place are in",
        caption="The paler the colour, the smaller the majority: rules may depend on how long a state has lasted, so "
        "two futures at one place can be in different scenarios. Contours hold 50 and 90 % of all futures. Marks: "
        "where sample futures end; lines: one of them for each scenario, a point every half year.",
        source=source_line(forecast.model, forecast.experiment),
        alt=f"Map of {first} against {second} on {day(forecast.dates[-1])}. Mean places: {where}.",
    )


@plot(name="phase", layout=_layout, text=_picture_text)
def phase_map(axes: Sequence[Axes], forecast: Forecast, drivers: tuple[str, str] | None = None) -> None:
    """Regions and contours of the futures at the end, and sample paths with their ends; two drivers by name.

    Regions are known only for the first two drivers of the model, the default; for others the paths are drawn alone.
    """
    (ax,) = axes
    x, y = _axes_of(forecast, drivers)
    if (x, y) == (0, 1):
        _regions(ax, forecast)
    _paths(ax, forecast, x, y)
    _frame(ax, forecast, x, y)
    _key(ax, forecast)
