"""A storyline in sentences: what happened in one path, when and why."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import Names
from frenemy.model.resolved import Model, Scenario
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.section import table_html
from frenemy.present.table import Grid
from frenemy.present.time_axis import day, month
from frenemy.simulation.storyline.log import Cause, Entry, Storyline

__all__ = [
    "Line",
    "effects",
    "entry_sentence",
    "log",
    "spells",
    "story_data",
    "story_html",
    "story_text",
    "storyline_title",
]

NOTABLE = 0.2
"""Contagion is mentioned from this share of the rate on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a log for people: a date, a sentence, the effect on the drivers, and the scenario if it changed."""

    date: str
    kind: str
    text: str
    effects: str
    scenario: str  # name of the scenario that begins or ends, else empty


def log(storyline: Storyline, model: Model) -> tuple[Line, ...]:
    """The entries of a storyline as lines, without those in which the default scenario ends."""
    return tuple(
        Line(
            date=day(entry.date),
            kind=entry.kind,
            text=text,
            effects=effects(entry.effects, model),
            scenario=entry.name if entry.kind in ("enter", "leave") else "",
        )
        for entry in storyline.entries
        if (text := entry_sentence(entry, model))
    )


def entry_sentence(entry: Entry, model: Model) -> str:
    """One entry as a sentence; empty for the end of the default scenario, which the next entry implies."""
    labels = _labels(model)
    label = labels.get(entry.name, entry.name)
    match entry.kind:
        case "calendar":
            return _sentence(f"{label}: {_branch(entry, model)}")
        case "enter":
            return _sentence(f"Back to {label}") if _is_default(entry.name, model) else f"{label} begins."
        case "leave":
            return "" if _is_default(entry.name, model) else f"{label} ends."
        case "episode_end":
            return f"{label} ends."
        case "lost":
            why = _why(entry.causes, labels)
            return _sentence(f"{label}{why}{',' if why else ''} {entry.text or 'has no effect'}")
        case _:
            return _sentence(f"{label}{_why(entry.causes, labels)}")


def _sentence(text: str) -> str:
    """With a full stop at its end, unless an abbreviation has one."""
    return text if text.endswith(".") else f"{text}."


def _labels(model: Model) -> Mapping[str, str]:
    return Names.of(model).labels


def _branch(entry: Entry, model: Model) -> str:
    branches = (b for event in model.calendar if event.name == entry.name for b in event.branches)
    return next((b.label for b in branches if b.name == entry.branch), entry.branch)


def _is_default(name: str, model: Model) -> bool:
    return any(s.default and s.name == name for s in model.scenarios)


def _why(causes: tuple[Cause, ...], labels: Mapping[str, str]) -> str:
    """The cause as a clause; empty if it happened by the trigger's own rate."""
    followed = [f"“{labels.get(c.name, c.name)}”" for c in causes if c.kind == "followed" and c.name]
    if followed:
        return f", following {and_list(followed)}"
    if any(c.kind == "imposed" for c in causes):
        return ", imposed by the experiment"
    raised = [c for c in causes if c.kind == "contagion" and c.share >= NOTABLE]
    if raised:
        named = and_list(f"“{labels.get(c.name, c.name)}” ({percent(c.share)} of its rate)" for c in raised)
        return f", made more likely by {named}"
    return ""


def effects(points: Mapping[str, float], model: Model) -> str:
    """`Trust −8, Security alignment −3`: index points at mid-scale."""
    whole = {driver.label: round(points.get(driver.name, 0.0)) for driver in model.drivers}
    return ", ".join(f"{label} {change:+d}".replace("-", "−") for label, change in whole.items() if change)


def spells(storyline: Storyline) -> Iterator[tuple[int, int, int]]:
    """Runs of assessments in one scenario: (scenario number, first, one past the last)."""
    changes = np.flatnonzero(np.diff(storyline.scenario)) + 1
    bounds = [0, *(int(n) for n in changes), len(storyline.scenario)]
    for first, last in pairwise(bounds):
        yield int(storyline.scenario[first]), first, last


def storyline_title(storyline: Storyline, model: Model) -> str:
    """What kind of future it is: `A future that ends in Total rift, which begins in Mar 2027`."""
    runs = list(spells(storyline))
    final, since, _ = runs[-1]
    visited = dict.fromkeys(j for j, _, _ in runs if not model.scenarios[j].default)
    end: Scenario = model.scenarios[final]
    if not end.default:
        return f"A future that ends in {brief(end.label)}, which begins in {month(storyline.dates[since + 1])}"
    if not visited:
        return f"A future that stays in {brief(end.label)} throughout"
    places = and_list(brief(model.scenarios[j].label) for j in visited)
    back = month(storyline.dates[since + 1])
    return f"A future that passes through {places} and returns to {brief(end.label)} in {back}"


def story_text(storyline: Storyline, model: Model, reason: str) -> RenderableType:
    """Title, why this path was chosen, and one line for each entry of the log."""
    title, which = Text(storyline_title(storyline, model), "bold"), Text(_which(storyline, reason), "dim")
    return Group(title, which, Text(), _grid(storyline, model).rich())


def story_html(storyline: Storyline, model: Model, reason: str) -> str:
    """The same for a notebook."""
    title, which = html.escape(storyline_title(storyline, model)), html.escape(_which(storyline, reason))
    return f"<div><strong>{title}</strong><br><small>{which}</small>{table_html(_grid(storyline, model))}</div>"


def _grid(storyline: Storyline, model: Model) -> Grid:
    """One line for each entry of the log: date, sentence and effects."""
    colours = {scenario.name: f"bold {scenario.colour}" for scenario in model.scenarios}
    rows = tuple(
        (Text(line.date, "dim"), Text(line.text, colours.get(line.scenario, "")), Text(line.effects, "dim"))
        for line in log(storyline, model)
    )
    return Grid(caption="", header=("", "", ""), rows=rows, left=frozenset({1, 2}))


def _which(storyline: Storyline, reason: str) -> str:
    return f"Path {storyline.path} of seed {storyline.seed}. {reason}".strip()


def story_data(storyline: Storyline, model: Model, reason: str) -> dict[str, Any]:
    """The storyline as plain data, ready for JSON: the log, the time spans in each scenario and the levels by tick."""
    dates = [str(date) for date in storyline.dates]
    return {
        "title": storyline_title(storyline, model),
        "path": storyline.path,
        "seed": storyline.seed,
        "chosen": reason,
        "entries": [
            {
                "date": str(entry.date),
                "days": entry.time,
                "kind": entry.kind,
                "name": entry.name,
                **({"branch": entry.branch} if entry.branch else {}),
                "causes": [{"kind": c.kind, "name": c.name, "share": c.share} for c in entry.causes],
                "effects": dict(entry.effects),
                **({"text": entry.text} if entry.text else {}),
            }
            for entry in storyline.entries
        ],
        "scenarios": [
            {"scenario": model.scenarios[j].name, "from": dates[first + 1], "to": dates[last]}
            for j, first, last in spells(storyline)
        ],
        "dates": dates,
        "drivers": {driver.name: storyline.index[:, i].tolist() for i, driver in enumerate(model.drivers)},
    }
