"""Which triggers drive which scenario: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted
from frenemy.present.number_text import NBSP, and_list, percent
from frenemy.present.percentage_points import significant, with_error
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, averaged, futures_text, run_footer
from frenemy.present.table import COUNT, PROBABILITY, TEXT, Columns, Grid
from frenemy.present.time_axis import day
from frenemy.studies.causes.counterfactuals import FEW_HITS, READINGS, CausesFindings
from frenemy.studies.causes.plots import causes_of, forced_how, order

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

MEASURES = tuple(f"{name}{error}" for name in ("necessity", "removal", "sufficiency", "lift") for error in ("", "_se"))
CAUSES = Columns(
    reading=TEXT, date=TEXT, scenario=TEXT, probability=PROBABILITY, paths=COUNT, trigger=TEXT, happens=PROBABILITY,
    could_be_forced=PROBABILITY, **dict.fromkeys(MEASURES, PROBABILITY),
)  # fmt: skip


def _rows(causes: CausesFindings) -> Iterator[Sequence[Any]]:
    """One row for each reading, date, scenario and trigger."""
    for reading in READINGS:
        found = causes.effects[reading]
        for r, date in enumerate(causes.dates):
            for j, scenario in enumerate(causes.model.scenarios):
                for n, k in enumerate(causes.triggers):
                    measures = (getattr(found, name)[n, r, j] for name in MEASURES)
                    yield (
                        reading, date, scenario.name, found.probability[r, j], found.hits[r, j],
                        causes.model.triggers[k].name, causes.happens[n], causes.could_be_forced[n], *measures,
                    )  # fmt: skip


def tables(causes: CausesFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {"causes.csv": CAUSES.csv(_rows(causes))}


def as_data(causes: CausesFindings) -> dict[str, Any]:
    """Everything as plain data, ready for JSON; what was not assessed is absent."""
    run = causes.experiment
    return {
        "model": causes.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "end": str(run.end),
        "seed": run.seed,
        "draws": causes.experiment.uncertainty.draws,
        "paths": causes.paths,
        "forced": causes.force_on or "first chance",
        "not_forced": [causes.model.triggers[causes.triggers[n]].name for n in causes.closed],
        "causes": CAUSES.records(_rows(causes)),
    }


def pictures(causes: CausesFindings) -> tuple[Picture, ...]:
    """One for each scenario with a rule that any path ends in."""
    model, hits = causes.model, causes.effects["at"].hits[-1]
    return tuple(causes_of.picture(causes, model.scenarios[j].name) for j in model.ruled_scenarios if hits[j] > 0)


def footer(causes: CausesFindings) -> str:
    """Paths, worlds, seed and span."""
    worlds, size = 1 + 2 * len(causes.triggers), futures_text(causes.experiment, "path")
    return run_footer(causes.experiment, f"{size} in {counted(worlds, 'world')} on the same noise")


def as_text(causes: CausesFindings) -> RenderableType:
    """One table for each scenario with a rule."""
    run = causes.experiment
    about = f"{run.start} to {run.end}; {futures_text(run)} in each world, on the same noise; seed {run.seed}"
    parts: list[RenderableType] = [Text(f"{causes.model.title} · {run.title}", "bold"), Text(about, "dim"), Text()]
    for j in causes.model.ruled_scenarios:
        grid = _grid(causes, j)
        parts += [Text(grid.caption, f"bold {causes.model.scenarios[j].colour}"), grid.rich(), Text()]
    return Group(*parts, Text(_how_to_read(causes), "dim"))


def section(causes: CausesFindings) -> Section:
    """The causes as a section of a report."""
    overlap = (
        "Shares need not sum to 100 %: where a scenario needs two triggers together, each counts in full; where either "
        "would have been enough, neither counts. A trigger can also be necessary through what it leads to."
    )
    return Section(
        name="causes",
        title="Which triggers drive which scenario?",
        paragraphs=(_how_to_read(causes), overlap),
        pictures=pictures(causes),
        tables=tuple(_grid(causes, j) for j in causes.model.ruled_scenarios),
    )


def _how_to_read(causes: CausesFindings) -> str:
    closed = and_list(causes.model.triggers[causes.triggers[n]].label for n in causes.closed)
    closed = f" Closed {forced_how(causes)}, and so not forced: {closed}." if closed else ""
    return (
        "Necessary: of the futures in the scenario, the share that would not be in it if the trigger could not happen. "
        "Impossible: the change in the odds if it could not. Enough: of the futures elsewhere, the share that would be "
        f"in it if the trigger were forced once, {forced_how(causes)}. Forced: the change in the odds if it were. "
        "Changes in percentage points, ± Monte Carlo error (95 %); in brackets: not distinguishable from chance. "
        f"{averaged(causes.experiment)}{closed}"
    )


def _grid(causes: CausesFindings, j: int) -> Grid:
    found, scenario = causes.effects["at"], causes.model.scenarios[j]
    hits = int(found.hits[-1, j])
    few = f"; only {counted(hits, 'future')}, so the shares are rough" if hits < FEW_HITS else ""
    odds = percent(float(found.probability[-1, j]))
    rows = tuple(
        (
            causes.model.triggers[causes.triggers[n]].label,
            percent(float(causes.happens[n])),
            _share(found.necessity[n, -1, j], found.necessity_se[n, -1, j]),
            _points(found.removal[n, -1, j], found.removal_se[n, -1, j]),
            *(
                ("closed", "closed")
                if n in causes.closed
                else (
                    _share(found.sufficiency[n, -1, j], found.sufficiency_se[n, -1, j]),
                    _points(found.lift[n, -1, j], found.lift_se[n, -1, j]),
                )
            ),
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
