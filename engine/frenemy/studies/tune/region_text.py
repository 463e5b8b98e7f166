"""PRIM boxes: terminal, CSV, plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.key_labels import value_text
from frenemy.present.number_text import and_list, percent
from frenemy.present.time_axis import day
from frenemy.studies.tune.findings import TuningFindings
from frenemy.studies.tune.prim import Box
from frenemy.studies.tune.region import Restriction, restrictions

__all__ = ["MEASURES", "as_data", "as_text", "boxes_said", "footnote", "grids", "tables", "targets_met", "within"]


def boxes_said(found: TuningFindings) -> Iterator[tuple[int, Box, tuple[Restriction, ...]]]:
    for n, box in enumerate(found.region.boxes, 1):
        yield n, box, restrictions(box, found.region.knobs)


def targets_met(found: TuningFindings) -> str:
    """`Total rift on 22 Jan 2030 at least 25 %`."""
    parts = []
    for target, at_least in zip(found.targets, found.region.at_least, strict=True):
        label = next(s.label for s in found.model.scenarios if s.name == target.scenario)
        date = day(min(target.date, found.experiment.end))
        when = {"at": f"on {date}", "ever": f"by {date}"}.get(target.reading, f"of the time up to {date}")
        parts.append(f"{label} {when} at {'least' if at_least else 'most'} {100 * target.probability:g} %")
    return and_list(parts)


def within(one: Restriction) -> str:
    """`at least 0.08`, `at most 3`, `0.1 to 0.2`."""
    low, high = (value_text(one.knob.key, value) for value in (one.least, one.most))
    if np.isnan(one.most):
        return f"at least {low}"
    return f"at most {high}" if np.isnan(one.least) else f"{low} to {high}"


def as_text(found: TuningFindings) -> list[RenderableType]:
    """The boxes, for a terminal."""
    parts: list[RenderableType] = [Text(f"Where in the ranges: {targets_met(found)}", "bold"), Text()]
    for caption, table in grids(found):
        parts += [Text(caption), table, Text()]
    return [*parts, Text(footnote(found), "dim")]


def grids(found: TuningFindings) -> Iterator[tuple[str, Table]]:
    """A caption and a table for each box."""
    for n, box, said in boxes_said(found):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("where", "is", "of its range", "quasi-p"):
            table.add_column(name, justify="left" if name in ("where", "is") else "right", no_wrap=True)
        for one in said:
            shares = f"{100 * one.low:.0f}–{100 * one.high:.0f} %"
            table.add_row(one.knob.key, within(one), shares, _small(one.quasi_p))
        error = 196 * box.density_se
        caption = (
            f"Box {n}: {percent(box.density)} ±{error:.0f} of its draws meet it, {percent(box.coverage)} of all that do"
        )
        yield caption, table


def _small(chance: float) -> str:
    return "<0.0001" if chance < 1e-4 else f"{chance:.2g}"


def footnote(found: TuningFindings) -> str:
    """How much was looked at, and what the words mean."""
    area = found.region
    base = (
        f"{area.cases:,} of {area.draws:,} draws of all uncertain numbers meet it ({percent(area.cases / area.draws)})"
    )
    if not area.boxes:
        return f"{base}. There is no region to report: {area.why_none}."
    return (
        f"{base}, {area.paths:,} futures each. Boxes were found on one half of the draws by peeling (PRIM), and "
        "measured on the other. Quasi-p: the chance that the box would be as dense if this restriction told nothing."
    )


def tables(found: TuningFindings) -> Mapping[str, str]:
    """region.csv, boxes.csv and trajectory.csv; nothing if no region was asked for."""
    if not found.region.draws:
        return {}
    sides = (
        (
            str(n),
            one.knob.key,
            fixed(one.low, 4),
            fixed(one.high, 4),
            _plain(one.least),
            _plain(one.most),
            f"{one.quasi_p:.3g}",
        )
        for n, _, said in boxes_said(found)
        for one in said
    )
    measures = ((str(n), *(fixed(value, 6) for value in _measures(box).values())) for n, box, _ in boxes_said(found))
    peeled = (
        (str(n), str(step), fixed(coverage, 6), fixed(density, 6), f"{restricted:.0f}")
        for n, box, _ in boxes_said(found)
        for step, (coverage, density, restricted) in enumerate(box.trajectory)
    )
    header = ("box", "key", "from_share", "to_share", "from", "to", "quasi_p")
    return {
        "region.csv": csv_text(header, sides),
        "boxes.csv": csv_text(("box", *MEASURES), measures),
        "trajectory.csv": csv_text(("box", "step", "coverage", "density", "restricted"), peeled),
    }


MEASURES = ("coverage", "density", "density_se", "support", "found_coverage", "found_density")


def _measures(box: Box) -> dict[str, float]:
    return {name: float(getattr(box, name)) for name in MEASURES}


def _plain(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"


def as_data(found: TuningFindings) -> dict[str, Any]:
    """The same as plain data, ready for JSON; a free end is absent."""
    area = found.region
    return {
        "draws": area.draws,
        "paths": area.paths,
        "cases": area.cases,
        "why_none": area.why_none,
        "boxes": [
            {
                **_measures(box),
                "limits": [
                    {"key": one.knob.key, "quasi_p": one.quasi_p,
                     **({} if np.isnan(one.least) else {"from": one.least, "from_share": one.low}),
                     **({} if np.isnan(one.most) else {"to": one.most, "to_share": one.high})}
                    for one in said
                ],
            }
            for _, box, said in boxes_said(found)
        ],
    }  # fmt: skip
