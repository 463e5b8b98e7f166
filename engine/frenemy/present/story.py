"""A storyline as text for a terminal, and as plain data."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.model.resolved import Model
from frenemy.present.telling import log, spells, storyline_title
from frenemy.simulate.log import Storyline

__all__ = ["story_data", "story_text"]


def story_text(storyline: Storyline, model: Model, chosen: str) -> RenderableType:
    """Title, why this path was chosen, and one line for each entry of the log."""
    colours = {scenario.name: scenario.colour for scenario in model.scenarios}
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(style="dim")
    for line in log(storyline, model):
        style = f"bold {colours[line.scenario]}" if line.scenario else ""
        table.add_row(line.date, Text(line.text, style), line.effects)
    which = f"Path {storyline.path} of seed {storyline.seed}. {chosen}".strip()
    return Group(Text(storyline_title(storyline, model), "bold"), Text(which, "dim"), Text(), table)


def story_data(storyline: Storyline, model: Model, chosen: str) -> dict[str, Any]:
    """The storyline as plain data, ready for JSON: the log, the spells in each scenario and the levels by tick."""
    dates = [str(date) for date in storyline.dates]
    return {
        "title": storyline_title(storyline, model),
        "path": storyline.path,
        "seed": storyline.seed,
        "chosen": chosen,
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
