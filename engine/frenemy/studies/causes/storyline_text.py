"""Which events of one storyline were but-for causes of how it ends: for a terminal, as a table, as plain data."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.forecast.story_text import entry_sentence, storyline_title
from frenemy.present.csv_text import csv_text
from frenemy.present.time_axis import day
from frenemy.studies.causes.storyline_causes import StoryCausesFindings

__all__ = ["as_data", "as_text", "turning_csv"]


def as_text(found: StoryCausesFindings, chosen: str) -> RenderableType:
    """Title, and one line for each event that was a cause."""
    scenarios, story = found.model.scenarios, found.storyline
    which = f"Path {story.path} of seed {story.seed}. {chosen}".strip()
    ending = scenarios[found.outcome]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("", "But for this event …", "… it would end in", "and other events"):
        table.add_column(head, justify="right" if head in ("", "and other events") else "left")
    for verdict in found.causes:
        label = scenarios[verdict.outcome]
        table.add_row(
            day(verdict.entry.date),
            entry_sentence(verdict.entry, found.model),
            Text(label.label, label.colour),
            _fewer(verdict.events),
        )
    title, summary = Text(storyline_title(story, found.model), "bold"), Text(_summary(found, ending.label))
    body: list[RenderableType] = [table, Text()] if found.causes else []
    return Group(title, Text(which, "dim"), Text(), *body, summary)


def _fewer(events: int) -> str:
    return "as many" if events == 0 else f"{abs(events)} {'fewer' if events > 0 else 'more'}"


def _summary(found: StoryCausesFindings, label: str) -> str:
    count, total = len(found.causes), len(found.verdicts)
    if total == 0:
        return f"No trigger happened: that it ends in {label} owes to the drivers and the calendar."
    if count == 0:
        return (
            f"Without any single one of its {total} events it would end in {label} all the same: it owes to the "
            "drivers and the calendar, or several events were each enough."
        )
    rest = total - count
    others = f"; without any one of the other {rest} it would still end in {label}" if rest else ""
    were = "was a but-for cause" if count == 1 else "were but-for causes"
    return f"{count} of {total} events {were}{others}."


def turning_csv(found: StoryCausesFindings) -> str:
    """One row for each event, in the order of time."""
    names = [scenario.name for scenario in found.model.scenarios]
    return csv_text(
        ("date", "trigger", "kind", "ends_in", "without_it", "cause", "events_fewer"),
        (
            (str(v.entry.date), v.entry.name, v.entry.kind, names[found.outcome], names[v.outcome],
             "yes" if v.caused(found.outcome) else "no", str(v.events))
            for v in found.verdicts
        ),
    )  # fmt: skip


def as_data(found: StoryCausesFindings, chosen: str) -> dict[str, Any]:
    """The same as plain data, ready for JSON."""
    names = [scenario.name for scenario in found.model.scenarios]
    return {
        "title": storyline_title(found.storyline, found.model),
        "path": found.storyline.path,
        "seed": found.storyline.seed,
        "chosen": chosen,
        "ends_in": names[found.outcome],
        "events": [
            {"date": str(v.entry.date), "trigger": v.entry.name, "kind": v.entry.kind, "without_it": names[v.outcome],
             "cause": v.caused(found.outcome), "events_fewer": v.events}
            for v in found.verdicts
        ],
    }  # fmt: skip
