"""Which events of one storyline were but-for causes of its end: for a terminal, as a table, as plain data."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.story_text import entry_sentence, storyline_title
from frenemy.present.section import table_html
from frenemy.present.table import COUNT, TEXT, YES_NO, Columns, Grid
from frenemy.present.time_axis import day
from frenemy.studies.causes.storyline_causes import StoryCausesFindings

__all__ = ["as_data", "as_html", "as_text", "tables"]

EVENTS = Columns(
    date=TEXT, trigger=TEXT, kind=TEXT, ends_in=TEXT, without_it=TEXT, cause=YES_NO, events_fewer=COUNT
)  # fmt: skip


def _rows(found: StoryCausesFindings, ends_in: str | None) -> Iterator[Sequence[Any]]:
    """One for each event, in the order of time; `ends_in` is the scenario at the end."""
    for verdict in found.verdicts:
        entry, without = verdict.entry, found.model.scenarios[verdict.outcome].name
        cause = verdict.is_cause_of(found.outcome)
        yield str(entry.date), entry.name, entry.kind, ends_in, without, cause, verdict.events


def tables(found: StoryCausesFindings) -> dict[str, str]:
    """The verdicts by file name."""
    return {"events.csv": EVENTS.csv(_rows(found, found.model.scenarios[found.outcome].name))}


def as_data(found: StoryCausesFindings, chosen: str) -> dict[str, Any]:
    """The same as plain data, ready for JSON."""
    return {
        "title": storyline_title(found.storyline, found.model),
        "path": found.storyline.path,
        "seed": found.storyline.seed,
        "chosen": chosen,
        "ends_in": found.model.scenarios[found.outcome].name,
        "events": EVENTS.records(_rows(found, None)),
    }


def as_text(found: StoryCausesFindings, chosen: str) -> RenderableType:
    """Title, and one line for each event that was a cause."""
    title, which = _heading(found, chosen)
    table: list[RenderableType] = [_grid(found).rich(), Text()] if found.causes else []
    return Group(Text(title, "bold"), Text(which, "dim"), Text(), *table, Text(_summary(found)))


def as_html(found: StoryCausesFindings, chosen: str) -> str:
    """The same for a notebook."""
    title, which, summary = map(html.escape, (*_heading(found, chosen), _summary(found)))
    table = table_html(_grid(found)) if found.causes else ""
    return f"<div><strong>{title}</strong><br><small>{which}</small>{table}<p>{summary}</p></div>"


def _heading(found: StoryCausesFindings, chosen: str) -> tuple[str, str]:
    """What kind of future it is, and which path."""
    story = found.storyline
    return storyline_title(story, found.model), f"Path {story.path} of seed {story.seed}. {chosen}".strip()


def _grid(found: StoryCausesFindings) -> Grid:
    rows = []
    for verdict in found.causes:
        end = found.model.scenarios[verdict.outcome]
        event = entry_sentence(verdict.entry, found.model)
        rows.append((day(verdict.entry.date), event, Text(end.label, end.colour), _fewer(verdict.events)))
    header = ("", "Without this event …", "… it would end in", "other events")
    return Grid(caption="But-for causes", header=header, rows=tuple(rows), left=frozenset({1, 2}))


def _fewer(events: int) -> str:
    return "as many" if events == 0 else f"{abs(events)} {'fewer' if events > 0 else 'more'}"


def _summary(found: StoryCausesFindings) -> str:
    count, total, label = len(found.causes), len(found.verdicts), found.model.scenarios[found.outcome].label
    if total == 0:
        return f"No trigger happened: the drivers and the calendar alone lead to {label}."
    if count == 0:
        return (
            f"No single event was a but-for cause: without any one of its {total} events the path would still end in "
            f"{label}. Either the drivers and the calendar lead there, or several events were each enough."
        )
    rest = total - count
    others = f"; without any one of the other {rest} it would still end in {label}" if rest else ""
    were = "was a but-for cause" if count == 1 else "were but-for causes"
    return f"{count} of {total} events {were}{others}."
