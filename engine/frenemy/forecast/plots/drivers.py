"""Driver fans: the level of each driver, in all futures and in the futures that end in each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import DriverFan, Forecast
from frenemy.forecast.plots.fan import draw_bands
from frenemy.model.describe.wording import counted
from frenemy.present.labels import draw_note, room_right, width
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, SMALL, display_order, legible, wrap
from frenemy.present.time_axis import day, month, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["POOLED", "driver_levels"]

POOLED = "#4a5866"
"""The colour of all futures together: no scenario's."""
MIN_PATHS_UNSAID = 200
"""Paths below which the heading of a panel says how many there are."""


def _columns(forecast: Forecast) -> list[tuple[str, str, DriverFan]]:
    """Heading, colour and levels: all futures first, then those that end in each scenario that some path ends in."""
    fans = forecast.drivers_by_scenario
    final = forecast.odds["at"].probability[-1]
    return [
        ("All futures", POOLED, forecast.drivers),
        *(
            (f"{s.label}, {percent(final[j])}{_few(fans[s.name].paths)}", s.colour, fans[s.name])
            for j, s in display_order(forecast.model)
            if s.name in fans
        ),
    ]


def _few(paths: int) -> str:
    return f" ({counted(paths, 'future')})" if paths < MIN_PATHS_UNSAID else ""


def _panel(ax: Axes, forecast: Forecast, fan: DriverFan, i: int, colour: str) -> None:
    draw_bands(ax, forecast.dates, fan.quantiles[:, :, i], colour)
    middle = fan.quantiles[3, :, i]
    ax.plot(forecast.dates, middle, color=legible(colour), lw=1.6, zorder=3)
    ax.set_ylim(0.0, 100.0)
    ax.set_yticks([0, 25, 50, 75, 100], ["0", "", "50", "", "100"])
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
    time_axis(ax, (forecast.experiment.start, forecast.experiment.end))
    end = float(middle[-1])
    if np.isfinite(end):
        draw_note(ax, f"{end:.0f}", (1, end / 100), (3, 0), size=9, weight="bold", color=legible(colour), va="center")


def _titles(ax: Axes, title: str, colour: str, driver: str) -> None:
    """The driver's name once, above its first panel; the futures' name above each."""
    lines = wrap(title, width(ax) + 0.2, SMALL, "bold", lines=2)
    draw_note(ax, "\n".join(lines), (0, 1), (0, 4), weight="bold", color=colour, va="bottom", linespacing=1.1)
    if driver:
        name = wrap(driver, width(ax) + room_right(ax), 10.5, "bold", lines=1)[0]
        draw_note(ax, name, (0, 1), (-18, 32), size=10.5, weight="bold", color=INK, va="bottom")


def _across(forecast: Forecast, width: float) -> int:
    """Panels in a row."""
    count = len(_columns(forecast))
    rows = -(-count // max(int((width - 0.9) / 1.5), 1))
    return -(-count // rows)


def _layout(width: float, forecast: Forecast) -> Layout:
    across = _across(forecast, width)
    rows = -(-len(_columns(forecast)) // across)
    tall = 1.45
    return Layout(
        heights=(tall,) * (rows * len(forecast.model.drivers)), columns=(1.0,) * across, left=0.32, right=0.25,
        top=0.72, across=0.5, down=(*(0.66,) * (rows - 1), 0.92),
    )  # fmt: skip


def _used(axes: Sequence[Axes], forecast: Forecast) -> list[Axes]:
    """The axes in use: each driver begins a row, so that its last row may have panels to spare."""
    drivers, count = len(forecast.model.drivers), len(_columns(forecast))
    block = len(axes) // drivers
    for n, ax in enumerate(axes):
        if n % block >= count or n >= drivers * block:
            ax.set_axis_off()
    return [axes[i * block + n] for i in range(drivers) for n in range(count)]


def _picture_text(forecast: Forecast) -> PictureText:
    medians = {
        s.label: forecast.drivers_by_scenario[s.name].quantiles[3, -1]
        for _, s in display_order(forecast.model)
        if s.name in forecast.drivers_by_scenario
    }
    i, low, high = _widest(medians)
    driver, end = forecast.model.drivers[i].label, month(forecast.dates[-1])
    if low == high:
        title = f"{brief(driver)} is near {medians[low][i]:.0f} in {end}"
    else:
        title = (
            f"{brief(driver)} differs most between scenarios: in {end} near {medians[low][i]:.0f} in {brief(low)}, "
            f"{medians[high][i]:.0f} in {brief(high)}"
        )
    pooled = and_list(
        f"{d.label} {forecast.drivers.quantiles[3, -1, k]:.0f}" for k, d in enumerate(forecast.model.drivers)
    )
    return PictureText(
        title=title,
        subtitle="Level of each driver, index 0–100, in all futures and in those that end in each scenario",
        caption="Of 100 simulated futures of the kind named, 30 lie in the darkest band at any one date, 60 no further "
        "out than the middle one, 90 within the palest. The line and the number at its end are medians. The bands "
        "include both judgement and chance; a single future is far more jagged than this.",
        source=source_line(forecast.model, forecast.experiment),
        alt=f"Fan charts of each driver. Medians over all futures on {day(forecast.dates[-1])}: {pooled}.",
    )


def _widest(medians: dict[str, np.ndarray]) -> tuple[int, str, str]:
    """The driver whose final medians differ most between scenarios, and the scenarios with the lowest and highest."""
    table = np.array(list(medians.values()))
    i = int(np.argmax(table.max(axis=0) - table.min(axis=0)))
    names = list(medians)
    return i, names[int(np.argmin(table[:, i]))], names[int(np.argmax(table[:, i]))]


@plot(name="drivers", layout=_layout, text=_picture_text)
def driver_levels(axes: Sequence[Axes], forecast: Forecast) -> None:
    """For one driver after the other, a panel for all futures and for each scenario that some path ends in."""
    grid = iter(_used(axes, forecast))
    for i, driver in enumerate(forecast.model.drivers):
        for title, colour, fan in _columns(forecast):
            ax = next(grid)
            _panel(ax, forecast, fan, i, colour)
            _titles(ax, title, legible(colour), driver.label if fan is forecast.drivers else "")
