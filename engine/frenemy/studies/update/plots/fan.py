"""Past and future in one fan: drivers and scenarios so far, given all that is known, and where they may go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.forecast.plots.fan import draw_bands, odds_axis
from frenemy.model.describe.wording import counted
from frenemy.model.resolved import Scenario
from frenemy.present.labels import draw_note, heading, room_right
from frenemy.present.number_text import NBSP, and_list, brief, from_to, percent, range_text
from frenemy.present.percentage_points import significant
from frenemy.present.sheet import Layout, PictureText, panel_width, plot, source_line
from frenemy.present.style import HAIR, INK, PAPER, SMALL, display_order, legible, wrap
from frenemy.present.time_axis import Flag, arrange, day, draw_flags, flag_room, time_axis
from frenemy.studies.update.findings import Posterior, UpdateFindings
from frenemy.studies.update.wording import evidence_through

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["past_and_future"]

LEVEL = "#4a5866"
"""The colour of drivers: no scenario's."""
RIGHT = 1.35


def _shade(ax: Axes, after: Posterior) -> None:
    past: list[Any] = [after.dates[0], after.dates[after.now]]
    ax.axvspan(past[0], past[1], color=HAIR, alpha=0.35, lw=0, zorder=0.5)


def _flags(after: Posterior) -> tuple[Flag, ...]:
    known = evidence_through(after).replace(" ", NBSP)
    known = f"{known[0].upper()}{known[1:]}"
    dates = [Flag(date=after.ledger.until, text=known, start=True)]
    ahead = (event for event in after.model.calendar if after.ledger.until <= event.date < after.experiment.end)
    dates += [Flag(date=event.date, text=f"{event.label}, {day(event.date)}") for event in ahead]
    return tuple(sorted(dates, key=lambda flag: flag.date))


def _driver(ax: Axes, found: UpdateFindings, i: int) -> None:
    after, driver = found.after, found.after.model.drivers[i]
    fan = after.drivers
    draw_bands(ax, after.dates, fan.quantiles[:, :, i], LEVEL)
    ax.plot(after.dates, fan.quantiles[3, :, i], color=legible(LEVEL), lw=1.6, zorder=3)
    ax.plot(after.dates, found.before.drivers.quantiles[3, :, i], color=INK, lw=0.9, ls=(0, (4, 2)), zorder=2.5)
    for reading in after.ledger.readings:
        if reading.driver == driver.name:
            at: Any = np.datetime64(reading.date)
            ax.errorbar(
                at, reading.value, 1.645 * reading.sd, fmt="o", color=INK, mfc=PAPER, ms=4.5, lw=0.9, capsize=2.5
            )
    ax.set_ylim(0.0, 100.0)
    ax.set_yticks([0, 25, 50, 75, 100], ["0", "", "50", "", "100"])
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
    heading(ax, driver.label, legible(LEVEL), room_right(ax))
    now, end = (float(fan.quantiles[3, n, i]) for n in (after.now, -1))
    lines = wrap(f"{now:.0f} on {day(after.dates[after.now])}", room_right(ax) - 0.1, SMALL)
    draw_note(ax, f"{end:.0f}", (1, 0.5), (7, 12), size=13, weight="bold", va="center", color=legible(LEVEL))
    draw_note(ax, "\n".join(lines), (1, 0.5), (7, 2), va="top", linespacing=1.15)


def _scenario(ax: Axes, found: UpdateFindings, j: int, scenario: Scenario) -> None:
    odds, dates = found.after.odds["at"], found.after.dates[1:]
    draw_bands(ax, dates, odds.quantiles[:, :, j], scenario.colour)
    ax.plot(dates, odds.probability[:, j], color=legible(scenario.colour), lw=1.6, solid_capstyle="butt", zorder=3)
    ax.plot(dates, found.before.odds["at"].probability[:, j], color=INK, lw=0.9, ls=(0, (4, 2)), zorder=2.5)
    odds_axis(ax)
    heading(ax, scenario.label, legible(scenario.colour), room_right(ax))
    value, was = float(odds.probability[-1, j]), float(found.before.odds["at"].probability[-1, j])
    lines = [f"before {percent(was)}"]
    low, high = odds.quantiles[0, -1, j], odds.quantiles[-1, -1, j]
    if np.isfinite(low):
        lines.append(f"90 %: {range_text(low, high)}")
    draw_note(
        ax, percent(value), (1, 0.5), (7, 20), size=13, weight="bold", va="center", color=legible(scenario.colour)
    )
    draw_note(ax, "\n".join(lines), (1, 0.5), (7, 10), va="top", linespacing=1.15)


def _layout(width: float, found: UpdateFindings) -> Layout:
    count = len(found.after.model.drivers) + len(found.after.model.scenarios)
    trial = Layout(heights=(1.15,) * count, right=RIGHT, down=(0.36,))
    ends = found.after.experiment.start, found.after.experiment.end
    flags = arrange(_flags(found.after), ends, panel_width(trial, width), overhang=RIGHT)
    return Layout(heights=trial.heights, right=RIGHT, top=flag_room(flags), down=(0.36,))


def _picture_text(found: UpdateFindings) -> PictureText:
    after = found.after
    now, was = after.odds["at"].probability[-1], found.before.odds["at"].probability[-1]
    errors = np.hypot(after.odds["at"].mc_se[-1], found.before.odds["at"].mc_se[-1])
    known, end, entries = evidence_through(after), day(after.dates[-1]), len(after.ledger.entries)
    clear = [j for j in after.model.ruled_scenarios if significant(float(now[j] - was[j]), float(errors[j]))]
    moved = f"changes no odds on {end} significantly" if entries else f"changes the odds on {end}"
    if clear:
        j = max(clear, key=lambda j: abs(float(now[j] - was[j])))
        label = brief(after.model.scenarios[j].label)
        moved = f"moves {label} {from_to(float(was[j]), float(now[j]))}"
    readings = " Circles: readings of a driver, with their 90 % error." if after.ledger.readings else ""
    ends = and_list(
        f"{item.label} {percent(float(now[n]))}, before {percent(float(was[n]))}"
        for n, item in display_order(after.model)
    )
    return PictureText(
        title=f"{known[0].upper()}{known[1:]} {moved}",
        subtitle="Levels of the drivers (index) and odds of being in each scenario (per cent): past and future",
        caption=f"Grey background: the past, given {counted(entries, 'entry', 'entries')}; it was "
        "not measured directly, so it has bands too. Dashed: the forecast before the evidence. Bands of drivers hold "
        "30, 60 and 90 of 100 futures at a date; bands of odds are plausible ranges given the uncertain "
        f"numbers.{readings}",
        source=source_line(after.model, after.experiment, f"ledger, {known}"),
        alt=f"Fans of each driver and each scenario from {day(after.dates[0])} to {end}, the past up to "
        f"{day(after.ledger.until)} shaded. At the end: {ends}.",
    )


@plot(name="past_and_future", layout=_layout, text=_picture_text)
def past_and_future(axes: Sequence[Axes], found: UpdateFindings) -> None:
    """A panel for each driver, then one for each scenario, the default one first; a pole where the past ends."""
    after = found.after
    count = len(after.model.drivers)
    for i, ax in enumerate(axes[:count]):
        _driver(ax, found, i)
    for ax, (j, scenario) in zip(axes[count:], display_order(after.model), strict=True):
        _scenario(ax, found, j, scenario)
    ends = after.experiment.start, after.experiment.end
    for ax in axes:
        time_axis(ax, ends, labelled=ax is axes[-1])
        _shade(ax, after)
    draw_flags(axes, _flags(after), ends)
