"""A risk map for a terminal, as tables and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.number_text import percent, range_text
from frenemy.present.percentage_points import with_error
from frenemy.present.section import Section, grid
from frenemy.present.sheet import Picture, run_footer
from frenemy.studies.risk_map.findings import READINGS, STEP, RiskMapFindings
from frenemy.studies.risk_map.plots import picture

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

Cells = Sequence[str]
HERE = ("scenario", "reading", "place", "probability", "mc_se", "change", "change_se", "q05", "q95")


def _names(found: RiskMapFindings) -> tuple[str, str]:
    across, up = (found.model.drivers[i].name for i in found.drivers)
    return across, up


NOTE = (
    "Odds of being in the scenario at some time within the window. By position: where they lie in nine of ten "
    "cases of where the drivers may stand. Steps: change in percentage points, ± Monte Carlo error (95 %)."
)


def tables(found: RiskMapFindings) -> Mapping[str, str]:
    """map.csv: odds at each place; here.csv: those of the present position, and a step of each driver from it."""
    header = (*_names(found), "scenario", "reading", "probability", "mc_se")
    return {"map.csv": csv_text(header, _places(found)), "here.csv": csv_text(HERE, _here(found))}


def _places(found: RiskMapFindings) -> Iterator[Cells]:
    for a, across in enumerate(found.levels):
        for b, up in enumerate(found.levels):
            for j, scenario in enumerate(found.model.scenarios):
                for r, reading in enumerate(READINGS):
                    numbers = fixed(found.odds[r, j, a, b], 6), fixed(found.mc_se[r, j, a, b], 6)
                    yield fixed(across, 3), fixed(up, 3), scenario.name, reading, *numbers


def _here(found: RiskMapFindings) -> Iterator[Cells]:
    """The position as judged (median), over its spread (with its 5 % and 95 % points), and a step down and up."""
    here = found.here
    for j, scenario in enumerate(found.model.scenarios):
        for r, reading in enumerate(READINGS):
            odds = float(here.odds[r, j])
            yield scenario.name, reading, "median", fixed(odds, 6), fixed(here.mc_se[r, j], 6), "", "", "", ""
            ends = fixed(here.q05[r, j], 6), fixed(here.q95[r, j], 6)
            yield scenario.name, reading, "over its spread", fixed(here.mean[r, j], 6), "", "", "", *ends
            for step in here.steps:
                for side, sign in enumerate("-+"):
                    change = float(step.change[side, r, j])
                    error = fixed(step.change_se[side, r, j], 6)
                    place = f"{step.driver} {sign}{STEP:g}"
                    yield scenario.name, reading, place, fixed(odds + change, 6), "", fixed(change, 6), error, "", ""


def as_text(found: RiskMapFindings) -> RenderableType:
    """What holds from here, and what a step of each driver would change."""
    run, here = found.experiment, found.here
    where = ", ".join(
        f"{found.model.drivers[i].label} {at.median:.0f}" + (f" ({at.q05:.0f}–{at.q95:.0f})" if at.q95 > at.q05 else "")
        for i, at in zip(found.drivers, found.positions, strict=True)
    )
    cells = len(found.levels)
    places = f"{cells} × {cells} places, {found.paths:,} futures from each, {here.paths:,} from here; seed {run.seed}"
    return Group(
        Text(f"{found.model.title}: {run.title}", "bold"),
        Text(f"{run.start} to {run.end}; {places}", "dim"),
        Text(f"Today: {where}"),
        Text(),
        _table(found),
        Text(),
        Text(NOTE, "dim"),
    )


def section(found: RiskMapFindings) -> Section:
    """The map as a section of a report."""
    from frenemy.studies.risk_map.plots import picture

    return Section(
        name="map",
        title="How much rests on where the drivers stand today?",
        paragraphs=(NOTE,),
        pictures=(picture(found),),
        tables=(grid(_table(found), f"From the present position, {found.here.paths:,} futures"),),
    )


def _table(found: RiskMapFindings) -> Table:
    here = found.here
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    headings = ["from here", "±", "by position"]
    headings += [f"{step.driver} {sign}{STEP:g}" for step in here.steps for sign in "−+"]
    for name in headings:
        table.add_column(name, justify="right", no_wrap=True)
    for j, scenario in enumerate(found.model.scenarios):
        if not scenario.default:
            table.add_row(
                Text.assemble(("■ ", scenario.colour), scenario.label),
                percent(float(here.odds[0, j])),
                f"{196 * here.mc_se[0, j]:.1f}",
                range_text(float(here.q05[0, j]), float(here.q95[0, j])),
                *(_change(step.change[s, 0, j], step.change_se[s, 0, j]) for step in here.steps for s in (0, 1)),
            )
    return table


def _change(change: float, error: float) -> str:
    return with_error(change, error)


def as_data(found: RiskMapFindings) -> dict[str, Any]:
    """Plane, present position and steps from it, ready for JSON; `odds` is [across][up]."""
    here = found.here
    return {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "start": str(found.experiment.start),
        "end": str(found.experiment.end),
        "seed": found.experiment.seed,
        "paths": found.paths,
        "paths_here": here.paths,
        "drivers": list(_names(found)),
        "positions": [{"q05": at.q05, "median": at.median, "q95": at.q95} for at in found.positions],
        "levels": found.levels.tolist(),
        "scenarios": [
            {
                "scenario": scenario.name,
                "reading": reading,
                "here": float(here.odds[r, j]),
                "here_se": float(here.mc_se[r, j]),
                "over_position": [float(part[r, j]) for part in (here.q05, here.mean, here.q95)],
                "steps": [
                    {"driver": step.driver, "points": points, "change": float(step.change[side, r, j]),
                     "change_se": float(step.change_se[side, r, j])}
                    for step in here.steps
                    for side, points in enumerate((-STEP, STEP))
                ],
                "odds": found.odds[r, j].tolist(),
                "mc_se": found.mc_se[r, j].tolist(),
            }
            for j, scenario in enumerate(found.model.scenarios)
            for r, reading in enumerate(READINGS)
        ],
    }  # fmt: skip


def footer(found: RiskMapFindings) -> str:
    """Places and paths, seed and span."""
    return run_footer(found.experiment, f"{len(found.levels)}² places × {found.paths:,} paths")


def pictures(found: RiskMapFindings) -> tuple[Picture, ...]:
    """The odds over the plane of the two drivers."""
    return (picture(found),)
