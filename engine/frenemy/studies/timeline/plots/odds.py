"""The odds at the horizon as evidence came in: a panel for each scenario, flags at the most influential entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.model.resolved import Scenario
from frenemy.present.labels import draw_note, heading, room_right
from frenemy.present.number_text import NBSP, and_list, brief, percent
from frenemy.present.sheet import Layout, PictureText, panel_width, plot, source_line
from frenemy.present.style import HAIR, display_order, legible
from frenemy.present.time_axis import Flag, arrange, day, draw_flags, flag_room, time_axis
from frenemy.studies.timeline.findings import SILENCE, TimelineFindings
from frenemy.studies.timeline.wording import DAGGER, MARK, change_text, over_what, vague

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["by_influence", "odds_over_time"]

FLAGS = 9
"""Entries with a flag: those with the largest effect on a scenario with a rule."""
RIGHT = 1.2


def by_influence(found: TimelineFindings) -> list[int]:
    """The steps that are entries, the largest effect first."""

    def largest(step: int) -> float:
        changes = (found.arrival(step, 0, j) for j in found.model.ruled_scenarios)
        return max(abs(bits.change) if bits.significant else 0.0 for bits in changes)

    entries = [n for n, step in enumerate(found.steps) if step.entry != SILENCE]
    return sorted(entries, key=lambda n: (-largest(n), n))


def _flags(found: TimelineFindings) -> tuple[Flag, ...]:
    notes = (found.evidence.notes[found.steps[n].entry] for n in sorted(by_influence(found)[:FLAGS]))
    return tuple(Flag(date=note.last, text=note.label + MARK * vague(found, note.name)) for note in notes)


def _marked(found: TimelineFindings) -> str:
    return DAGGER if any(flag.text.endswith(MARK) for flag in _flags(found)) else ""


def _ends(found: TimelineFindings) -> tuple[dt.date, dt.date]:
    return found.experiment.start, max(found.steps[-1].date, found.experiment.start + dt.timedelta(days=7))


def _panel(ax: Axes, found: TimelineFindings, j: int, scenario: Scenario) -> None:
    last = [
        n for n, step in enumerate(found.steps) if n + 1 == len(found.steps) or found.steps[n + 1].date != step.date
    ]
    dates: Any = np.array([found.experiment.start, *(found.steps[n].date for n in last)], dtype="datetime64[D]")
    odds = [found.odds(n) for n in (-1, *last)]
    colour = legible(scenario.colour)
    at, error = (np.array([each[part][0, j] for each in odds]) for part in (0, 1))
    ever = np.array([each[0][1, j] for each in odds])
    error = found.width * error
    ax.fill_between(dates, at - error, at + error, color=scenario.colour, alpha=0.22, lw=0, zorder=2)
    ax.plot(dates, at, color=colour, lw=1.6, marker="o", ms=3, zorder=3)
    if not scenario.default:
        ax.plot(dates, ever, color=colour, lw=1.1, ls=(0, (4, 2)), zorder=2.5)
    _axis(ax, np.concatenate([at - error, at + error, [] if scenario.default else ever]))
    heading(ax, scenario.label, colour, room_right(ax))
    draw_note(ax, percent(float(at[-1])), (1, 0.5), (7, 10), size=13, weight="bold", va="center", color=colour)
    lines = [f"{percent(float(at[0]))} at the start"]
    lines += [] if scenario.default else [f"ever: {percent(float(ever[-1]))}"]
    draw_note(ax, "\n".join(lines), (1, 0.5), (7, 1), va="top", linespacing=1.2)


def _axis(ax: Axes, values: np.ndarray) -> None:
    """As much of 0-100 % as is needed, with ticks at round values."""
    low, high = max(float(values.min()), 0.0), min(float(values.max()), 1.0)
    room = max(0.08 * (high - low), 0.004)
    low, high = max(low - room, 0.0), min(high + room, 1.0)
    step = next(step for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.25) if (high - low) / step <= 5 or step == 0.25)
    ticks = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    ax.set_ylim(low, high)
    ax.set_yticks(
        ticks, [f"{100 * tick:g}" + (f"{NBSP}%" if n == len(ticks) - 1 else "") for n, tick in enumerate(ticks)]
    )
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)


def _layout(width: float, found: TimelineFindings) -> Layout:
    count = len(found.model.scenarios)
    trial = Layout(heights=(1.5,) * count, right=RIGHT, left=0.55, down=(0.42,))
    flags = arrange(_flags(found), _ends(found), panel_width(trial, width), overhang=RIGHT)
    return Layout(heights=trial.heights, right=RIGHT, left=0.55, top=flag_room(flags), down=(0.42,))


def _picture_text(found: TimelineFindings) -> PictureText:
    (start, _), (end, _) = found.odds(-1), found.odds(len(found.steps) - 1)
    j = max(found.model.ruled_scenarios, key=lambda j: abs(float(end[0, j] - start[0, j])))
    label, horizon = brief(found.model.scenarios[j].label), day(found.experiment.end)
    listed = and_list(
        f"{item.label} {percent(float(start[0, n]))} to {percent(float(end[0, n]))}"
        for n, item in display_order(found.model)
    )
    flags = min(FLAGS, len(by_influence(found)))
    return PictureText(
        title=f"As evidence came in, the odds of {label} on {horizon} {change_text(found, j)}",
        subtitle=f"Odds of each scenario on {horizon}, per cent, given what was known at each date; each panel has its "
        "own scale",
        caption=f"Line: odds of being in the scenario on {horizon}; dashed: of having been in it by then. Each dot is "
        f"a day on which something became known. Band: Monte Carlo error at 95{NBSP}%, {found.repeats} "
        f"passes. {over_what(found)} Flags: the {counted(flags, 'entry', 'entries')} with the largest effect on a "
        "scenario with a rule; between "
        f"them, the odds move because of what did not happen. {_marked(found)}".rstrip(),
        source=source_line(found.model, found.experiment, "with its ledgers of evidence"),
        alt=f"Lines, one panel for each scenario, from {day(found.experiment.start)} to {day(found.steps[-1].date)}: "
        f"{listed}.",
    )


@plot(name="timeline", layout=_layout, text=_picture_text)
def odds_over_time(axes: Sequence[Axes], found: TimelineFindings) -> None:
    """A panel for each scenario, the default one first: its odds at the horizon given what was known at each date."""
    for ax, (j, scenario) in zip(axes, display_order(found.model), strict=True):
        _panel(ax, found, j, scenario)
        time_axis(ax, _ends(found), labelled=ax is axes[-1])
    draw_flags(axes, _flags(found), _ends(found))
