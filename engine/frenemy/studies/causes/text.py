"""What scenarios owe to triggers: in a few lines, as a table, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.number_text import NBSP, percent
from frenemy.present.percentage_points import significant, with_error
from frenemy.present.section import Grid, Section
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.time_axis import day
from frenemy.studies.causes.counterfactuals import FEW_HITS, READINGS, CausesFindings, Effects
from frenemy.studies.causes.plots import forced_how, order
from frenemy.studies.causes.plots import picture as picture_of

__all__ = ["as_data", "as_text", "causes_csv", "footer", "pictures", "section"]

MEASURES = ("necessity", "removal", "sufficiency", "lift")


def pictures(causes: CausesFindings) -> tuple[Picture, ...]:
    """One for each scenario with a rule that any path ends in."""
    hits = causes.effects["at"].hits[-1]
    return tuple(
        picture_of(causes, causes.model.scenarios[j].name) for j in causes.model.ruled_scenarios if hits[j] > 0
    )


def footer(causes: CausesFindings) -> str:
    """Paths, worlds, seed and span."""
    worlds = 1 + 2 * len(causes.triggers)
    return run_footer(causes.experiment, f"{causes.paths:,} paths in {worlds} worlds on the same noise")


def as_text(causes: CausesFindings) -> RenderableType:
    """One table for each scenario with a rule."""
    run = causes.experiment
    about = f"{run.start} to {run.end}; {causes.paths:,} futures in each world, on the same noise; seed {run.seed}"
    parts: list[RenderableType] = [Text(f"{causes.model.title}: {run.title}", "bold"), Text(about, "dim"), Text()]
    for j in causes.model.ruled_scenarios:
        grid = _grid(causes, j)
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for n, head in enumerate(grid.header):
            table.add_column(head, justify="left" if n == 0 else "right")
        for row in grid.rows:
            table.add_row(*(Text(cell) for cell in row))
        parts += [Text(grid.caption, f"bold {causes.model.scenarios[j].colour}"), table, Text()]
    return Group(*parts, Text(_reading(causes), "dim"))


def _reading(causes: CausesFindings) -> str:
    return (
        "Necessary: of the futures in the scenario, the share that would not be there had the trigger been impossible. "
        "Impossible: the change in the odds then. Enough: of the futures elsewhere, the share that would be there were "
        f"it forced once, {forced_how(causes)}. Forced: the change in the odds then. Changes in percentage points, "
        "± Monte Carlo error (95 %); in brackets: could be chance. Every uncertain number stands at its median."
    )


def _grid(causes: CausesFindings, j: int) -> Grid:
    found, scenario = causes.effects["at"], causes.model.scenarios[j]
    hits = int(found.hits[-1, j])
    few = f"; only {hits} paths, so that shares of them are rough" if hits < FEW_HITS else ""
    odds = percent(float(found.probability[-1, j]))
    rows = tuple(
        (
            causes.model.triggers[causes.triggers[n]].label,
            percent(float(causes.happens[n])),
            _share(found.necessity[n, -1, j], found.necessity_se[n, -1, j]),
            _points(found.removal[n, -1, j], found.removal_se[n, -1, j]),
            _share(found.sufficiency[n, -1, j], found.sufficiency_se[n, -1, j]),
            _points(found.lift[n, -1, j], found.lift_se[n, -1, j]),
        )
        for n in order(causes, j)
    )
    header = ("", "happens", "necessary", "impossible", "enough", "forced")
    return Grid(caption=f"{scenario.label} on {day(causes.dates[-1])}: {odds}{few}", header=header, rows=rows)


def _share(share: float, error: float) -> str:
    if np.isnan(share):
        return ""
    text = f"{100 * share:.0f} ± {max(196 * error, 1):.0f}{NBSP}%"
    return text if significant(share, error) else f"({text})"


def _points(change: float, error: float) -> str:
    text = with_error(float(change), float(error))
    return text if significant(change, error) else f"({text})"


def section(causes: CausesFindings) -> Section:
    """The causes as a section of a report."""
    overlap = (
        "Shares need not sum to 100 %: where two triggers are needed together each counts in full, and where either "
        "would have done none does. A trigger can also be necessary by what it leads to."
    )
    return Section(
        name="causes",
        title="What do the scenarios owe to each trigger?",
        paragraphs=(_reading(causes), overlap),
        pictures=pictures(causes),
        tables=tuple(_grid(causes, j) for j in causes.model.ruled_scenarios),
    )


def causes_csv(causes: CausesFindings) -> str:
    """One row for each reading, date, scenario and trigger."""
    columns = tuple(name for measure in MEASURES for name in (measure, f"{measure}_se"))
    header = ("reading", "date", "scenario", "probability", "paths", "trigger", "happens", "could_be_forced", *columns)
    return csv_text(header, _rows(causes))


def _rows(causes: CausesFindings) -> Iterator[tuple[str, ...]]:
    for reading in READINGS:
        found = causes.effects[reading]
        for r, date in enumerate(causes.dates):
            for j, scenario in enumerate(causes.model.scenarios):
                at = (reading, str(date), scenario.name, fixed(found.probability[r, j], 6), str(found.hits[r, j]))
                for n, k in enumerate(causes.triggers):
                    shares = (fixed(causes.happens[n], 6), fixed(causes.took[n], 6))
                    measures = (fixed(value, 6) for value in _measures(found, n, r, j).values())
                    yield (*at, causes.model.triggers[k].name, *shares, *measures)


def _measures(found: Effects, n: int, r: int, j: int) -> dict[str, float]:
    names = (name for measure in MEASURES for name in (measure, f"{measure}_se"))
    return {name: float(getattr(found, name)[n, r, j]) for name in names}


def as_data(causes: CausesFindings) -> dict[str, Any]:
    """The same as plain data, ready for JSON; what was not assessed is absent."""
    run = causes.experiment
    return {
        "model": causes.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "end": str(run.end),
        "seed": run.seed,
        "paths": causes.paths,
        "forced": causes.force_on or "first chance",
        "causes": [
            {"reading": reading, "date": str(date), "scenario": scenario.name, "trigger": causes.model.triggers[k].name,
             "probability": float(causes.effects[reading].probability[r, j]), "happens": float(causes.happens[n]),
             **{name: x for name, x in _measures(causes.effects[reading], n, r, j).items() if not np.isnan(x)}}
            for reading in READINGS
            for r, date in enumerate(causes.dates)
            for j, scenario in enumerate(causes.model.scenarios)
            for n, k in enumerate(causes.triggers)
        ],
    }  # fmt: skip
