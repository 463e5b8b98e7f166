"""The boxes of a region: for a terminal, as files and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from frenemy.present.number_text import percent
from frenemy.present.table import (
    COUNT,
    PROBABILITY,
    SIGNIFICANT,
    TEXT,
    Columns,
    Grid,
    Row,
    decimals,
    significant_digits,
)
from frenemy.studies.tune.findings import TuningFindings
from frenemy.studies.tune.prim import Box
from frenemy.studies.tune.region import Restriction
from frenemy.studies.tune.wording import numbered_boxes, region_note, targets_met, within

__all__ = ["as_data", "as_text", "grids", "tables"]

BOX = Columns(box=COUNT)
SHARE = decimals(4)
LIMITS = Columns(
    {
        "key": TEXT, "from_share": SHARE, "to_share": SHARE, "from": SIGNIFICANT, "to": SIGNIFICANT,
        "quasi_p": significant_digits(3),
    }
)  # fmt: skip
MEASURES = ("coverage", "density", "density_se", "support", "found_coverage", "found_density")
BOXES = BOX | Columns(dict.fromkeys(MEASURES, PROBABILITY))
TRAJECTORY = BOX | Columns(step=COUNT, coverage=PROBABILITY, density=PROBABILITY, restricted=decimals(0))


def _limits(one: Restriction) -> Row:
    return one.knob.key, one.low, one.high, one.least, one.most, one.quasi_p


def _measures(box: Box) -> dict[str, float]:
    return {name: float(getattr(box, name)) for name in MEASURES}


def tables(found: TuningFindings) -> Mapping[str, str]:
    """region.csv, boxes.csv and trajectory.csv; nothing without a region."""
    if not found.region.draws:
        return {}
    boxes = [*numbered_boxes(found)]
    steps = ((n, step, *row) for n, box, _ in boxes for step, row in enumerate(box.trajectory))
    return {
        "region.csv": (BOX | LIMITS).csv((n, *_limits(one)) for n, _, limits in boxes for one in limits),
        "boxes.csv": BOXES.csv((n, *_measures(box).values()) for n, box, _ in boxes),
        "trajectory.csv": TRAJECTORY.csv(steps),
    }


def as_data(found: TuningFindings) -> dict[str, Any]:
    """The same as plain data, ready for JSON; a free end is absent."""
    region = found.region

    def limits(one: Restriction) -> Row:
        key, low, high, least, most, quasi_p = _limits(one)
        return key, None if np.isnan(least) else low, None if np.isnan(most) else high, least, most, quasi_p

    return {
        "draws": region.draws,
        "paths": region.paths,
        "cases": region.cases,
        "why_none": region.why_none,
        "boxes": [
            {**_measures(box), "limits": LIMITS.records(limits(one) for one in restrictions)}
            for _, box, restrictions in numbered_boxes(found)
        ],
    }


def as_text(found: TuningFindings) -> list[RenderableType]:
    """The boxes, for a terminal."""
    parts: list[RenderableType] = [Text(f"Where in the ranges: {targets_met(found)}", "bold"), Text()]
    for grid in grids(found):
        parts += [Text(grid.caption), grid.rich(), Text()]
    return [*parts, Text(region_note(found), "dim")]


def grids(found: TuningFindings) -> Iterator[Grid]:
    """A table for each box."""
    for n, box, limits in numbered_boxes(found):
        density = f"{percent(box.density)} ±{196 * box.density_se:.0f}"
        yield Grid(
            caption=f"Box {n}: {density} of its draws meet it, {percent(box.coverage)} of all that do",
            header=("number", "is", "of its range", "quasi-p"),
            rows=tuple(
                (
                    one.knob.key,
                    within(one, found.model),
                    f"{100 * one.low:.0f}–{100 * one.high:.0f} %",
                    _small(one.quasi_p),
                )
                for one in limits
            ),
            left=frozenset({0, 1}),
        )


def _small(p: float) -> str:
    return "<0.0001" if p < 1e-4 else f"{p:.2g}"
