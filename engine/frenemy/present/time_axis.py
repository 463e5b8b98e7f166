"""Time axes: ticks at round dates, and flags that mark the start and the calendar without overlapping."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.present.labels import draw_note, room_right, width
from frenemy.present.style import HAIR, INK, MUTED, SMALL, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Flag",
    "PlacedFlag",
    "arrange",
    "as_date",
    "calendar_flags",
    "calendar_room",
    "day",
    "draw_calendar",
    "draw_flags",
    "flag_room",
    "month",
    "time_axis",
]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LINE = SMALL * 1.25 / 72
GAP = 0.05
HEADING = 0.26
"""Inches above a panel kept for its heading."""
WIDEST, NARROWEST = 2.3, 0.8
"""Inches for a flag's text, at most and at least; with less room it is placed to the left of its pole."""
PAD = 0.015
"""Share of the span that stays empty before the start."""


def as_date(date: np.datetime64 | dt.date) -> dt.date:
    """A plain date."""
    if isinstance(date, dt.date):
        return date
    plain = date.astype("datetime64[D]").item()
    assert isinstance(plain, dt.date)
    return plain


def day(date: np.datetime64 | dt.date) -> str:
    """`1 Jul 2026`, whatever the machine's language."""
    plain = as_date(date)
    return f"{plain.day} {MONTHS[plain.month - 1]} {plain.year}"


def month(date: np.datetime64 | dt.date) -> str:
    """`Jul 2026`."""
    plain = as_date(date)
    return f"{MONTHS[plain.month - 1]} {plain.year}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A date to mark, and what to write at it."""

    date: dt.date
    text: str
    start: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFlag:
    """A flag with its place: inches from the left end of the axis and above its top."""

    flag: Flag
    x: float
    y: float
    lines: tuple[str, ...]
    leftward: bool  # the text ends at the pole

    @property
    def box(self) -> tuple[float, float]:
        """Left and right end of the text in inches."""
        width = max(text_width(line, SMALL) for line in self.lines) + 0.08
        return (self.x - width, self.x) if self.leftward else (self.x, self.x + width)

    @property
    def top(self) -> float:
        """Upper end of the text in inches above the axis."""
        return self.y + LINE * len(self.lines)


def calendar_flags(model: Model, run: Experiment) -> tuple[Flag, ...]:
    """The start of the forecast and the calendar events within it, in the order of time."""
    inside = sorted((e for e in model.calendar if run.start <= e.date < run.end), key=lambda e: e.date)
    start = Flag(date=run.start, text=f"Forecast starts {_unbroken(run.start)}", start=True)
    return (start, *(Flag(date=e.date, text=f"{e.label}, {_unbroken(e.date)}") for e in inside))


def _unbroken(date: dt.date) -> str:
    return day(date).replace(" ", "\u00a0")


def arrange(
    flags: Sequence[Flag], ends: tuple[dt.date, dt.date], across: float, *, overhang: float, base: float = HEADING
) -> tuple[PlacedFlag, ...]:
    """Place flags above an axis of `across` inches so that no text overlaps another text or another flag's pole.

    Text is at least `base` inches above the axis and may extend `overhang` inches beyond its right end. The latest flag
    is placed first and lowest.
    """
    first = ends[0].toordinal() - PAD * _span(ends)
    placed: list[PlacedFlag] = []
    for flag in sorted(flags, key=lambda f: f.date, reverse=True):
        x = (flag.date.toordinal() - first) / (_span(ends) * (1 + PAD)) * across
        room = across + overhang - x - 0.1
        leftward = room < min(NARROWEST, text_width(flag.text, SMALL))
        lines = tuple(wrap(flag.text, min(WIDEST, x if leftward else room), SMALL, lines=3))
        placed.append(_raised(PlacedFlag(flag=flag, x=x, y=base, lines=lines, leftward=leftward), placed))
    return tuple(placed)


def _span(ends: tuple[dt.date, dt.date]) -> int:
    return max((ends[1] - ends[0]).days, 1)


def _raised(option: PlacedFlag, placed: Sequence[PlacedFlag]) -> PlacedFlag:
    low, high = option.box
    below = [
        other.top + GAP
        for other in placed
        if low < other.x < high or (low < other.box[1] + GAP and other.box[0] < high + GAP)
    ]
    return PlacedFlag(
        flag=option.flag, x=option.x, y=max([option.y, *below]), lines=option.lines, leftward=option.leftward
    )


def flag_room(placed: Sequence[PlacedFlag]) -> float:
    """Inches that the flags need above the axis."""
    return max((flag.top for flag in placed), default=0.0) + 0.05


def draw_flags(
    axes: Sequence[Axes], flags: Sequence[Flag], ends: tuple[dt.date, dt.date], *, base: float = HEADING
) -> None:
    """Poles through every panel, texts above the first one."""
    top = axes[0]
    for placed in arrange(flags, ends, width(top), overhang=room_right(top), base=base):
        colour, dash = (INK, (0, (4, 2))) if placed.flag.start else (MUTED, (0, (1, 2)))
        at: Any = np.datetime64(placed.flag.date)
        for ax in axes:
            ax.axvline(at, color=colour, lw=0.8, ls=dash, zorder=1.2)
        foot, coords = (at, 1.0), ("data", "axes fraction")
        pole = {"arrowstyle": "-", "color": colour, "lw": 0.8, "ls": dash, "shrinkA": 0, "shrinkB": 0}
        draw_note(top, "", foot, (0, 72 * placed.top), coords=coords, arrowprops=pole, zorder=1)
        shift = (-3 if placed.leftward else 3, 72 * placed.y)
        colour = INK if placed.flag.start else MUTED
        side = "right" if placed.leftward else "left"
        draw_note(
            top,
            "\n".join(placed.lines),
            foot,
            shift,
            coords=coords,
            color=colour,
            ha=side,
            va="bottom",
            linespacing=1.15,
        )


def calendar_room(model: Model, run: Experiment, across: float, *, overhang: float, base: float = HEADING) -> float:
    """Inches that the flags of the calendar need above an axis of `across` inches."""
    return flag_room(arrange(calendar_flags(model, run), (run.start, run.end), across, overhang=overhang, base=base))


def draw_calendar(axes: Sequence[Axes], model: Model, run: Experiment, *, base: float = HEADING) -> None:
    """The start and the calendar events as flags."""
    draw_flags(axes, calendar_flags(model, run), (run.start, run.end), base=base)


def time_axis(ax: Axes, ends: tuple[dt.date, dt.date], *, labelled: bool = True) -> None:
    """Limits and ticks at round dates: years, quarters, months or weeks, as many as fit."""
    start, end = ends
    pad = np.timedelta64(max(round(PAD * _span(ends)), 0), "D")
    ax.set_xlim(np.datetime64(start) - pad, np.datetime64(end))  # type: ignore[arg-type]
    ticks = _ticks(start, end, width(ax))
    ax.set_xticks([np.datetime64(date) for date, _ in ticks])
    ax.set_xticklabels([text for _, text in ticks] if labelled else [])
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)


def _ticks(start: dt.date, end: dt.date, across: float) -> list[tuple[dt.date, str]]:
    """Round dates with their labels, at most as many as fit into `across` inches."""
    years = [date for year in range(start.year, end.year + 1) if start <= (date := dt.date(year, 1, 1)) <= end]
    if len(years) > 2:
        step = -(-len(years) // max(int(across / 0.42), 1))
        return [(date, str(date.year)) for date in years[::step]]
    firsts = [dt.date(year, n, 1) for year in range(start.year, end.year + 1) for n in range(1, 13)]
    most = max(int(across / 0.72), 1)
    for step in (1, 2, 3, 6):
        chosen = [date for date in firsts[::step] if start <= date <= end]
        if min(most, 3) <= len(chosen) <= most:
            return [(date, month(date)) for date in chosen]
    step = next((n for n in (1, 2, 7, 14, 28, 56) if _span((start, end)) < n * most), 112)
    days = range(0, _span((start, end)) + 1, step)
    return [(date := start + dt.timedelta(days=n), f"{date.day} {MONTHS[date.month - 1]}") for n in days]
