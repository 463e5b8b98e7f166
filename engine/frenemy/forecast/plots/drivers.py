"""Driver fans: the level of each driver, in all futures and in the futures that end in each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import DriverFan, Forecast
from frenemy.forecast.plots.fan import draw_bands
from frenemy.forecast.sentences import source_line
from frenemy.present.labels import draw_note, room_right, width
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, INK, SMALL, display_order, legible, styled, wrap
from frenemy.present.time_axis import day, month, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["level_panel", "levels", "picture"]

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
    return f" ({paths} paths)" if paths < MIN_PATHS_UNSAID else ""


@styled()
def level_panel(forecast: Forecast, driver: str, scenario: str = "", ax: Axes | None = None) -> Axes:
    """One driver in all futures, or in those that end in a scenario: bands of 30, 60 and 90 %, the median."""
    if ax is None:
        ax = panels(Layout(heights=(2.2,), right=0.5, top=0.4), 5.0)[0]
    chosen = next((s for s in forecast.model.scenarios if s.name == scenario), None)
    fan = forecast.drivers_by_scenario[scenario] if chosen else forecast.drivers
    i = next(i for i, d in enumerate(forecast.model.drivers) if d.name == driver)
    _panel(ax, forecast, fan, i, chosen.colour if chosen else POOLED)
    return ax


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


@styled()
def levels(forecast: Forecast, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """A grid: a panel for all futures and for each scenario that some path ends in, for one driver after the other."""
    drivers, columns = forecast.model.drivers, _columns(forecast)
    if axes is None:
        axes = panels(_layout(forecast, WIDE), WIDE)
    grid = iter(axes)
    for i, driver in enumerate(drivers):
        for title, colour, fan in columns:
            ax = next(grid)
            _panel(ax, forecast, fan, i, colour)
            _titles(ax, title, legible(colour), driver.label if fan is forecast.drivers else "")
    for spare in grid:
        spare.set_axis_off()
    return axes


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


def _layout(forecast: Forecast, width: float) -> Layout:
    across = _across(forecast, width)
    rows = -(-len(_columns(forecast)) // across)
    tall = 1.45
    return Layout(
        heights=(tall,) * (rows * len(forecast.model.drivers)), columns=(1.0,) * across, left=0.32, right=0.25,
        top=0.72, across=0.5, down=(*(0.66,) * (rows - 1), 0.92),
    )  # fmt: skip


def _padded(forecast: Forecast, axes: Sequence[Axes], width: float) -> list[Axes]:
    """The axes in use: a driver begins a row, so that the last row of each may have panels to spare."""
    across, count = _across(forecast, width), len(_columns(forecast))
    block = across * -(-count // across)
    used: list[Axes] = []
    for i in range(len(forecast.model.drivers)):
        used += axes[i * block : i * block + count]
        for spare in axes[i * block + count : (i + 1) * block]:
            spare.set_axis_off()
    return used


def picture(forecast: Forecast) -> Picture:
    """The driver fans as a picture."""

    def draw(axes: Sequence[Axes]) -> object:
        figure = axes[0].figure.get_figure(root=True)
        assert figure is not None
        return levels(forecast, _padded(forecast, axes, float(figure.get_size_inches()[0])))

    return Picture(
        name="drivers", text=_picture_text(forecast), layout=lambda width: _layout(forecast, width), draw=draw
    )


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
            f"{brief(driver)} tells the scenarios apart most: in {end} near {medians[low][i]:.0f} in {brief(low)}, "
            f"{medians[high][i]:.0f} in {brief(high)}"
        )
    pooled = and_list(
        f"{d.label} {forecast.drivers.quantiles[3, -1, k]:.0f}" for k, d in enumerate(forecast.model.drivers)
    )
    return PictureText(
        title=title,
        subtitle="Level of each driver, index 0–100, in all futures and in those that end in each scenario",
        caption="Of 100 simulated futures of the kind named, 30 lie in the darkest band at any one date, 60 no further "
        "out than the middle one, 90 within the palest. The line and the number at its end are medians. These bands "
        "show how much futures differ, judgement and chance together; a single future is far more jagged than this.",
        source=source_line(forecast),
        alt=f"Fan charts of each driver. Medians over all futures on {day(forecast.dates[-1])}: {pooled}.",
    )


def _widest(medians: dict[str, np.ndarray]) -> tuple[int, str, str]:
    """The driver whose final medians differ most between scenarios, and the scenarios with the lowest and highest."""
    table = np.array(list(medians.values()))
    i = int(np.argmax(table.max(axis=0) - table.min(axis=0)))
    names = list(medians)
    return i, names[int(np.argmin(table[:, i]))], names[int(np.argmax(table[:, i]))]
