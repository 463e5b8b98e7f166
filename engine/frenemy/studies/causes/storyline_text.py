"""Which events of one storyline were but-for causes of its end: for a terminal, as a table, as plain data."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.story_text import entry_sentence, storyline_title
from frenemy.model.describe.wording import counted
from frenemy.present.section import table_html
from frenemy.present.table import COUNT, INDEX, TEXT, YES_NO, Columns, Grid
from frenemy.present.time_axis import day
from frenemy.studies.causes.storyline_causes import StoryCausesFindings

__all__ = ["as_data", "as_html", "as_text", "tables"]

EVENTS = Columns(
    date=TEXT, trigger=TEXT, kind=TEXT, ends_in=TEXT, without_it=TEXT, cause=YES_NO, events_fewer=COUNT,
    assessments_changed=COUNT, contribution=INDEX, suffices=COUNT,
)  # fmt: skip

STRONGEST = 8
"""But-for causes that are listed; the table in the file has all."""


def _rows(found: StoryCausesFindings, ends_in: str | None) -> Iterator[Sequence[Any]]:
    """One for each event, in the order of time; `ends_in` is the scenario at the end.

    `suffices` is the rank among the few that suffice to enter the scenario; others have none.
    """
    rank = {place: n for n, place in enumerate(found.enough, 1)}
    for place, verdict in enumerate(found.verdicts):
        entry, without = verdict.entry, found.model.scenarios[verdict.outcome].name
        cause = verdict.is_cause_of(found.outcome)
        ranked = (verdict.changed, verdict.contribution, rank.get(place))
        yield str(entry.date), entry.name, entry.kind, ends_in, without, cause, verdict.events, *ranked


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
    """Title, the few events that suffice, and the strongest but-for causes."""
    title, which = _heading(found, chosen)
    grids = (item for grid in _grids(found) for item in (Text(f"{grid.caption}:"), grid.rich(), Text()))
    return Group(Text(title, "bold"), Text(which, "dim"), Text(), *grids, Text(_summary(found)))


def as_html(found: StoryCausesFindings, chosen: str) -> str:
    """The same for a notebook."""
    title, which, summary = map(html.escape, (*_heading(found, chosen), _summary(found)))
    tables = "".join(map(table_html, _grids(found)))
    return f"<div><strong>{title}</strong><br><small>{which}</small>{tables}<p>{summary}</p></div>"


def _heading(found: StoryCausesFindings, chosen: str) -> tuple[str, str]:
    """What kind of future it is, and which path."""
    story = found.storyline
    return storyline_title(story, found.model), f"Path {story.path} of seed {story.seed}. {chosen}".strip()


def _grids(found: StoryCausesFindings) -> Iterator[Grid]:
    if found.enough:
        label = found.model.scenarios[found.outcome].label
        chosen = sorted((found.verdicts[place] for place in found.enough), key=lambda verdict: verdict.entry.time)
        rows = tuple((day(one.entry.date), entry_sentence(one.entry, found.model)) for one in chosen)
        yield Grid(
            caption=f"With these events alone the path enters {label}", header=("", ""), rows=rows, left=frozenset({1})
        )
    if found.causes:
        causes = sorted(found.causes, key=lambda verdict: -verdict.contribution)
        lines = []
        for verdict in causes[:STRONGEST]:
            end = found.model.scenarios[verdict.outcome]
            event = entry_sentence(verdict.entry, found.model)
            lines.append((day(verdict.entry.date), event, Text(end.label, end.colour), _fewer(verdict.events)))
        few = len(causes) <= STRONGEST
        caption = "But-for causes of its end" if few else f"The {STRONGEST} strongest but-for causes of its end"
        header = ("", "Without this event …", "… it would end in", "other events")
        yield Grid(caption=caption, header=header, rows=tuple(lines), left=frozenset({1, 2}))


def _fewer(events: int) -> str:
    return "as many" if events == 0 else f"{abs(events)} {'fewer' if events > 0 else 'more'}"


def _summary(found: StoryCausesFindings) -> str:
    count, total, label = len(found.causes), len(found.verdicts), found.model.scenarios[found.outcome].label
    if total == 0:
        return f"No trigger happened: the drivers and the calendar alone lead to {label}."
    if count == 0:
        return (
            f"No single event was a but-for cause: without any one of its {counted(total, 'event')} the path "
            "would still end in "
            f"{label}. Either the drivers and the calendar lead there, or several events were each enough."
        )
    rest = total - count
    others = f"; without any one of the other {rest} it would still end in {label}" if rest else ""
    were = "was a but-for cause" if count == 1 else "were but-for causes"
    return f"{count} of {counted(total, 'event')} {were}{others}."
