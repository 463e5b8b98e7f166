"""The storyline strip: one path at a glance, drivers, scenario, events and episodes on one time axis."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.forecast.story_text import effects, entry_sentence, spells, storyline_title
from frenemy.model.describe.wording import counted
from frenemy.model.resolved import Model, Scenario, Trigger
from frenemy.present.labels import draw_note, end_labels, end_labels_height, room_right, width
from frenemy.present.row_names import left_margin, name_rows, named_beside
from frenemy.present.sheet import Layout, PictureText, panel_width, plot
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, contrast, legible, text_width, wrap
from frenemy.present.time_axis import Flag, arrange, draw_flags, flag_room, time_axis
from frenemy.simulation.storyline.log import Storyline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["storyline_strip"]

DRIVER_INKS: tuple[tuple[str, Any], ...] = ((INK, "-"), ("#8a949e", "-"), (MUTED, (0, (1, 1.2))), (INK, (0, (4, 2))))
"""Colour and dash of the drivers: greys, because colours belong to the scenarios."""
MARKS = {"event": "o", "follow_up": "^", "imposed": "D", "lost": "x"}
KEY = "   ".join(
    item.replace(" ", "\u00a0")
    for item in ("● by its own rate", "▲ follow-up", "◆ imposed", "× without effect", "▬ episode running")
)
BASE = 0.08
RIBBON = 0.26


def _lanes(storyline: Storyline, model: Model) -> list[Trigger]:
    """The triggers that happened, with or without effect, by their first time in the path."""
    first: dict[str, float] = {episode.trigger: max(episode.begin, 0.0) for episode in storyline.episodes}
    for entry in storyline.entries:
        if entry.kind in MARKS:
            first[entry.name] = min(first.get(entry.name, np.inf), entry.time)
    return sorted((t for t in model.triggers if t.name in first), key=lambda t: first[t.name])


def _ends(storyline: Storyline) -> tuple[dt.date, dt.date]:
    first, last = storyline.dates[[0, -1]].astype("datetime64[D]").tolist()
    return first, last


def _flags(storyline: Storyline, model: Model) -> tuple[Flag, ...]:
    """Calendar events with the branch they took."""
    return tuple(
        Flag(date=entry.date, text=entry_sentence(entry, model).removesuffix("."))
        for entry in storyline.entries
        if entry.kind == "calendar"
    )


def _drivers(ax: Axes, storyline: Storyline, model: Model) -> None:
    for i in range(len(model.drivers)):
        colour, dash = DRIVER_INKS[i % len(DRIVER_INKS)]
        ax.plot(storyline.dates, storyline.index[:, i], color=colour, ls=dash, lw=1.3, zorder=3)
    ax.set_ylim(0, 100)
    ax.set_yticks([0, 25, 50, 75, 100], ["0", "", "50", "", "100"])
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
    end_labels(ax, list(storyline.index[-1] / 100), _driver_labels(storyline, model))


def _driver_labels(storyline: Storyline, model: Model) -> list[tuple[str, str, str]]:
    inks = [DRIVER_INKS[i % len(DRIVER_INKS)][0] for i in range(len(model.drivers))]
    return [
        (f"{driver.label} {level:.0f}", "", INK if ink == INK else MUTED)
        for driver, level, ink in zip(model.drivers, storyline.index[-1], inks, strict=True)
    ]


def _shade(ax: Axes, storyline: Storyline, model: Model) -> None:
    """A tint behind the panel while the path is outside the default scenario."""
    for j, first, last in spells(storyline):
        if not model.scenarios[j].default:
            start, end = storyline.dates[first], storyline.dates[last]
            ax.axvspan(start, end, color=model.scenarios[j].colour, alpha=0.10, lw=0, zorder=0.5)


def _names(storyline: Storyline, model: Model, room: float) -> list[tuple[Scenario, float, Any]]:
    """Each scenario of the path with the room (inches) and the middle of its longest spell."""
    span = (storyline.dates[-1] - storyline.dates[0]).astype(float)
    longest: dict[int, tuple[float, Any]] = {}
    for j, first, last in spells(storyline):
        start, length = storyline.dates[first], storyline.dates[last] - storyline.dates[first]
        if length.astype(float) > longest.get(j, (0.0, None))[0]:
            longest[j] = (float(length.astype(float)), start + length // 2)
    return [(model.scenarios[j], length / span * room - 0.08, middle) for j, (length, middle) in longest.items()]


def _fits(scenario: Scenario, room: float) -> bool:
    return room >= min(text_width(scenario.label, SMALL, "bold"), 1.2)


def _ribbon(ax: Axes, storyline: Storyline, model: Model) -> None:
    """A bar for each spell in a scenario; the longest has its name, or a legend below if it is too short for that."""
    for j, first, last in spells(storyline):
        scenario = model.scenarios[j]
        start, length = storyline.dates[first], storyline.dates[last] - storyline.dates[first]
        how: dict[str, Any] = {"facecolor": scenario.colour, "alpha": 0.3 if scenario.default else 1.0, "lw": 0}
        ax.axvspan(start, start + length, zorder=2, **how)
    legend = []
    for scenario, room, middle in _names(storyline, model, width(ax)):
        if not _fits(scenario, room):
            legend.append(scenario)
        else:
            dark = contrast("#111111", scenario.colour) > contrast("#fefefe", scenario.colour)
            colour = INK if scenario.default else "#111111" if dark else "#fefefe"
            text = wrap(scenario.label, room, SMALL, "bold", lines=1)[0]
            ax.text(middle, 0.46, text, size=SMALL, weight="bold", color=colour, ha="center", va="center", zorder=5)
    x, each = 0.0, width(ax) / max(len(legend), 1) - 0.2
    for scenario in legend:
        text = f"■ {wrap(scenario.label, each - text_width('■ ', SMALL, 'bold'), SMALL, 'bold', lines=1)[0]}"
        draw_note(ax, text, (0, 0), (72 * x, -3), weight="bold", color=legible(scenario.colour), va="top")
        x += text_width(text, SMALL, "bold") + 0.2
    ax.set_ylim(0, 1)
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    if named_beside(ax):
        draw_note(ax, "Scenario", (0, 0.46), (-6, 0), ha="right", va="center", color=INK)


def _events(ax: Axes, storyline: Storyline, model: Model) -> None:
    """One lane for each trigger, the earliest on top: marks for events, bars for episodes."""
    lanes = _lanes(storyline, model)
    row = {trigger.name: n for n, trigger in enumerate(lanes)}
    start, end = storyline.dates[0], storyline.dates[-1]
    for episode in storyline.episodes:
        begin = max(start + _days(episode.begin), start)
        ax.plot([begin, min(start + _days(episode.end), end)], [row[episode.trigger]] * 2, color=INK, alpha=0.35, lw=5,
                solid_capstyle="butt", zorder=2)  # fmt: skip
    for entry in storyline.entries:
        if entry.kind in MARKS:
            filled: dict[str, Any] = {} if entry.kind == "lost" else {"markeredgecolor": PAPER, "markeredgewidth": 0.6}
            at = start + _days(entry.time)
            ax.plot([at], [row[entry.name]], MARKS[entry.kind], color=INK, ms=5.5, zorder=4, clip_on=False, **filled)
    ax.set_ylim(max(len(lanes), 1) - 0.4, -0.6 if named_beside(ax) else -0.9)
    name_rows(ax, [trigger.label for trigger in lanes], beyond=room_right(ax))
    if not named_beside(ax):
        ax.set_yticks(range(len(lanes)), [""] * len(lanes))  # the grid goes by them
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)


def _days(time: float) -> np.timedelta64:
    return np.timedelta64(round(time * 24), "h")


def _layout(width: float, storyline: Storyline, model: Model, typical_of: str = "") -> Layout:  # noqa: ARG001
    lanes, beside = _lanes(storyline, model), width > 6
    longest = max((text_width(trigger.label, SMALL) for trigger in lanes), default=0.0)
    left = left_margin(longest, 2.3) if beside else 0.3
    names = [f"{driver.label} 100" for driver in model.drivers]
    word = max(text_width(word, 9, "bold") for name in names for word in name.split())
    right = max(min(max(text_width(name, 9, "bold") for name in names), 0.2 * width), min(word, 0.25 * width)) + 0.3
    two_lines = any(text_width(trigger.label, SMALL) > left - 0.1 for trigger in lanes)
    lane = 0.36 if not beside else 0.30 if two_lines else 0.22
    tall = max(1.5, end_labels_height(_driver_labels(storyline, model), right))
    trial = Layout(heights=(tall, RIBBON, max(lane * len(lanes), 0.3)), left=left, right=right, down=(0.08,))
    room = panel_width(trial, width)
    flags = arrange(_flags(storyline, model), _ends(storyline), room, overhang=right, base=BASE)
    legend = any(not _fits(scenario, inches) for scenario, inches, _ in _names(storyline, model, room))
    down = (0.08, 0.26 if legend else 0.08)
    return Layout(heights=trial.heights, left=left, right=right, down=down, top=flag_room(flags))


def _picture_text(storyline: Storyline, model: Model, typical_of: str = "") -> PictureText:  # noqa: ARG001
    events = storyline.events()
    largest = max(events, key=lambda event: sum(map(abs, event.effects.values())), default=None)
    shock = ""
    if largest:
        what = entry_sentence(largest, model).removesuffix(".")
        shock = f" The largest shock: {what} ({effects(largest.effects, model)})."
    title = storyline_title(storyline, model)
    return PictureText(
        title=title,
        subtitle=f"Path {storyline.path:,} of seed {storyline.seed}: one simulated future of many, not a prediction",
        caption=f"Top: drivers, index 0–100. Below: the scenario at each date, and each event. {KEY}",
        source=f"Source: simulation of the model “{model.title}”.",
        alt=f"{title}. Drivers, scenario and {counted(len(events), 'event')} on one time axis.{shock}",
    )


@plot(
    name=lambda storyline, model, typical_of="": f"storyline_{typical_of or storyline.path}",  # noqa: ARG005
    layout=_layout,
    text=_picture_text,
)
def storyline_strip(axes: Sequence[Axes], storyline: Storyline, model: Model, typical_of: str = "") -> None:  # noqa: ARG001
    """Three panels on one time axis: the drivers, the scenario ribbon, and a lane for each trigger that happened."""
    top, ribbon, lanes = axes
    _drivers(top, storyline, model)
    _ribbon(ribbon, storyline, model)
    _events(lanes, storyline, model)
    for ax in axes:
        time_axis(ax, _ends(storyline), labelled=ax is lanes)
        _shade(ax, storyline, model)
    ribbon.grid(visible=False)
    ribbon.tick_params(length=0)
    draw_flags([top, lanes], _flags(storyline, model), _ends(storyline), base=BASE)
