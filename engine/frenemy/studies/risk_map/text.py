"""A risk map: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted
from frenemy.present.number_text import percent, range_text
from frenemy.present.percentage_points import with_error
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, other_numbers, run_footer
from frenemy.present.table import INDEX, PROBABILITY, TEXT, Cell, Columns, Grid, Row
from frenemy.studies.risk_map.findings import READINGS, STEP, RiskMapFindings
from frenemy.studies.risk_map.plots import maps

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

ODDS = Columns(scenario=TEXT, reading=TEXT, probability=PROBABILITY, mc_se=PROBABILITY)
HERE = Columns(
    scenario=TEXT, reading=TEXT, place=TEXT, probability=PROBABILITY, mc_se=PROBABILITY, change=PROBABILITY,
    change_se=PROBABILITY, q05=PROBABILITY, q95=PROBABILITY,
)  # fmt: skip
NOTE = (
    "Odds of being in the scenario at some time within the window. Over the range: the middle 90 % of the odds as "
    "the levels at the start vary over theirs. Steps: change in percentage points, ± Monte Carlo error (95 %)."
)


def _names(found: RiskMapFindings) -> tuple[str, str]:
    across, up = (found.model.drivers[i].name for i in found.drivers)
    return across, up


def tables(found: RiskMapFindings) -> Mapping[str, str]:
    """map.csv: odds from each cell; here.csv: from the levels at the start, and a step of each driver from them."""
    odds = Columns(dict.fromkeys(_names(found), INDEX)) | ODDS
    return {"map.csv": odds.csv(_places(found)), "here.csv": HERE.csv(_here(found))}


def _places(found: RiskMapFindings) -> Iterator[Row]:
    for a, across in enumerate(found.levels):
        for b, up in enumerate(found.levels):
            for j, scenario in enumerate(found.model.scenarios):
                for r, reading in enumerate(READINGS):
                    yield across, up, scenario.name, reading, found.odds[r, j, a, b], found.mc_se[r, j, a, b]


def _here(found: RiskMapFindings) -> Iterator[Row]:
    """The medians of the levels, their range (with 5 % and 95 % points of the odds), and a step down and up."""
    here = found.here
    for j, scenario in enumerate(found.model.scenarios):
        for r, reading in enumerate(READINGS):
            odds, ends = here.odds[r, j], (here.q05[r, j], here.q95[r, j])
            yield scenario.name, reading, "median", odds, here.mc_se[r, j], None, None, None, None
            yield scenario.name, reading, "over its spread", here.mean[r, j], None, None, None, *ends
            for step in here.steps:
                for side, sign in enumerate("-+"):
                    change, error = step.change[side, r, j], step.change_se[side, r, j]
                    place = f"{step.driver} {sign}{STEP:g}"
                    yield scenario.name, reading, place, odds + change, None, change, error, None, None


def as_text(found: RiskMapFindings) -> RenderableType:
    """The odds from the levels at the start, and how a step of each driver would change them."""
    run, here = found.experiment, found.here
    where = ", ".join(
        f"{found.model.drivers[i].label} {at.median:.0f}" + (f" ({at.q05:.0f}–{at.q95:.0f})" if at.q95 > at.q05 else "")
        for i, at in zip(found.drivers, found.positions, strict=True)
    )
    cells = len(found.levels)
    places = (
        f"{cells} × {counted(cells, 'cell')}, {counted(found.paths, 'future')} from each, {here.paths:,} "
        "from the levels at the start"
    )
    return Group(
        Text(f"{found.model.title} · {run.title}", "bold"),
        Text(f"{run.start} to {run.end}; {places}; seed {run.seed}", "dim"),
        Text(f"At the start: {where}"),
        Text(),
        _grid(found).rich(),
        Text(),
        Text(f"{NOTE} {_others(found)}", "dim"),
    )


def _others(found: RiskMapFindings) -> str:
    words = other_numbers(found.experiment)
    return f"{words[0].upper()}{words[1:]}."


def section(found: RiskMapFindings) -> Section:
    """The map as a section of a report."""
    return Section(
        name="map",
        title="How do the odds depend on the levels at the start?",
        paragraphs=(f"{NOTE} {_others(found)}",),
        pictures=pictures(found),
        tables=(_grid(found),),
    )


def _grid(found: RiskMapFindings) -> Grid:
    here, scenarios = found.here, found.model.scenarios

    def row(j: int) -> tuple[Cell, ...]:
        return (
            Text.assemble(("■ ", scenarios[j].colour), scenarios[j].label),
            percent(float(here.odds[0, j])),
            f"{196 * here.mc_se[0, j]:.1f}",
            range_text(float(here.q05[0, j]), float(here.q95[0, j])),
            *(with_error(step.change[s, 0, j], step.change_se[s, 0, j]) for step in here.steps for s in (0, 1)),
        )

    steps = (f"{step.driver} {sign}{STEP:g}" for step in here.steps for sign in "−+")
    return Grid(
        caption=f"From the levels at the start, {counted(here.paths, 'future')}",
        header=("", "odds", "±", "over the range", *steps),
        rows=tuple(row(j) for j in found.model.ruled),
    )


def as_data(found: RiskMapFindings) -> dict[str, Any]:
    """The odds from each cell and from the levels at the start, ready for JSON; `odds` is [across][up]."""
    here = found.here
    return {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "start": str(found.experiment.start),
        "end": str(found.experiment.end),
        "seed": found.experiment.seed,
        "draws": found.experiment.uncertainty.draws,
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
    """Cells and paths, seed and span."""
    return run_footer(found.experiment, f"{len(found.levels)}² cells × {counted(found.paths, 'path')}")


def pictures(found: RiskMapFindings) -> tuple[Picture, ...]:
    """The odds over the plane of the two drivers."""
    return (maps.picture(found),)
