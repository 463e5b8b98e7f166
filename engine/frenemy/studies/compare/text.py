"""A comparison for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.forecast import READINGS
from frenemy.forecast.tables import BANDS
from frenemy.model.describe.wording import counted
from frenemy.present.number_text import NBSP, percent
from frenemy.present.percentage_points import points, with_error
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, averaged, run_footer
from frenemy.present.style import display_order
from frenemy.present.table import PROBABILITY, TEXT, Columns, Grid
from frenemy.present.time_axis import day
from frenemy.studies.compare.edits import Change
from frenemy.studies.compare.findings import ComparisonFindings, VariantFindings
from frenemy.studies.compare.plots.changes import changes, headline
from frenemy.studies.compare.plots.edits import edit_name, parts, sum_text
from frenemy.studies.compare.shapley import Split

__all__ = ["as_data", "as_text", "footer", "one_line", "pictures", "section", "tables"]

SMALL_MOVE = 0.0005
"""Moves of a smaller share of the futures are not listed."""
DIFFERENCES = Columns(
    reading=TEXT, date=TEXT, scenario=TEXT,
    **dict.fromkeys(("base", "probability", "change", "mc_se", *BANDS), PROBABILITY),
)  # fmt: skip
MOVES = Columns({"date": TEXT, "from": TEXT, "to": TEXT, "share": PROBABILITY})
PARTS = Columns(date=TEXT, scenario=TEXT, edit=TEXT, part=PROBABILITY, mc_se=PROBABILITY)
EDITS = Columns(edit=TEXT, key=TEXT, before=TEXT, after=TEXT)
VARIANT = Columns(variant=TEXT)
Rows = Iterator[Sequence[Any]]


def pictures(comparison: ComparisonFindings) -> tuple[Picture, ...]:
    """The changes over time, and a split for each variant of several edits."""
    splits = (parts.picture(comparison, one) for one in comparison.variants if one.split and len(one.split.edits) > 1)
    return (changes.picture(comparison), *splits)


def footer(comparison: ComparisonFindings) -> str:
    """Paths, seed and span."""
    return run_footer(comparison.experiment, f"{_size(comparison)} on the same noise")


def _size(comparison: ComparisonFindings) -> str:
    paths = counted(comparison.paths, "path")
    return f"{counted(comparison.draws, 'draw')} × {paths}" if comparison.draws else paths


def one_line(comparison: ComparisonFindings) -> str:
    """`Outlook from January 2026 and 2 variants: A strike raises Total rift by 22.5 points by Jan 2031`."""
    return f"{comparison.label} and {counted(len(comparison.variants), 'variant')}: {headline(comparison)}"


def as_text(comparison: ComparisonFindings) -> RenderableType:
    """Title, odds and changes at the end, moves between scenarios, and the edits."""
    run = comparison.experiment
    about = f"{run.start} to {run.end}; {_size(comparison)} in each world, on the same noise; seed {run.seed}"
    lines: list[RenderableType] = [Text(headline(comparison), "bold"), Text(about, "dim"), Text()]
    for grid in _grids(comparison):
        lines += [grid.rich(title=True), Text()]
    return Group(*lines, Text(_how_to_read(comparison), "dim"))


def _how_to_read(comparison: ComparisonFindings) -> str:
    bands = " In brackets: the change in 90 % of the draws." if comparison.draws else ""
    return (
        f"Changes in percentage points, ± Monte Carlo error of the change (95 %).{bands} "
        f"{averaged(comparison.experiment)}"
    )


def _grids(comparison: ComparisonFindings) -> tuple[Grid, ...]:
    grids = (_odds_grid(comparison), _moves_grid(comparison), *_edit_grids(comparison))
    return tuple(grid for grid in grids if grid.rows)


def _odds_grid(comparison: ComparisonFindings) -> Grid:
    """Odds in the base, and the change in each variant, by scenario."""
    rows = []
    for j, scenario in display_order(comparison.model):
        base = comparison.variants[0].differences["at"].base[-1, j]
        rows.append((scenario.label, percent(base), *(_with_band(one, j) for one in comparison.variants)))
    header = ("", comparison.label, *(one.label for one in comparison.variants))
    return Grid(
        caption=f"Odds on {day(comparison.dates[-1])}, and the change in each variant", header=header, rows=tuple(rows)
    )


def _with_band(one: VariantFindings, j: int) -> str:
    found = one.differences["at"]
    text = with_error(float(found.change[-1, j]), float(found.mc_se[-1, j]))
    low, high = found.quantiles[0, -1, j], found.quantiles[-1, -1, j]
    return f"{text} ({points(low)} to {points(high)})" if np.isfinite(low) else text


def _moves_grid(comparison: ComparisonFindings) -> Grid:
    """The share of paths that end in a different scenario from the base, by pair of scenarios."""
    rows = []
    for one in comparison.variants:
        share = one.moves.share[-1]
        pairs = [(float(share[i, j]), i, j) for i in range(len(share)) for j in range(len(share)) if i != j]
        for part, i, j in sorted(pairs, reverse=True):
            if part >= SMALL_MOVE:
                labels = (comparison.model.scenarios[k].label for k in (i, j))
                rows.append((one.label, " to ".join(labels), _percent(part)))
        rows.append((one.label, "all moves", _percent(float(one.moves.moved[-1]))))
    caption = f"Futures in a different scenario from the base on {day(comparison.dates[-1])}"
    return Grid(caption=caption, header=("", "from, to", "of all"), rows=tuple(rows), left=frozenset({0, 1}))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}{NBSP}%"


def _edit_grids(comparison: ComparisonFindings) -> Iterator[Grid]:
    """The edits of each variant, each with its part of the change at the end."""
    order = display_order(comparison.model)
    for one in comparison.variants:
        rows = []
        for n, edit in enumerate(one.edits):
            cells: tuple[str, ...] = ()
            if one.split is not None:
                cells = tuple(
                    with_error(float(one.split.part[n, -1, j]), float(one.split.part_se[n, -1, j])) for j, _ in order
                )
            rows.append(
                (edit_name(edit, comparison.model), "; ".join(_change_text(change) for change in edit.changes), *cells)
            )
        labels = tuple(scenario.label for _, scenario in order) if one.split is not None else ()
        if one.split is not None and len(one.edits) > 1:
            whole = [(float(one.split.whole[-1, j]), float(one.split.whole_se[-1, j])) for j, _ in order]
            rows.append(("all together", "", *(with_error(*pair) for pair in whole)))
        caption = f"Edits of “{one.label}”" + (", and the points that each adds" if labels else "")
        yield Grid(
            caption=caption, header=("edit", "value", *labels), rows=tuple(rows), left=frozenset({0, 1}), folded=True
        )


def _change_text(change: Change) -> str:
    before, after = _in_brief(change.before), _in_brief(change.after)
    if not before:
        return after if after == "imposed" else f"added: {after}"
    return f"{before} → {after}" if after else f"removed: {before}"


def _in_brief(written: str) -> str:
    """`−3 (−5 to −1.5)` for a median between two quantiles; anything else as written in the file."""
    try:
        value = tomllib.loads(f"value = {written}")["value"]
    except ValueError:
        return written
    match value:
        case {"q05": low, "median": middle, "q95": high, **further} if not further:
            return f"{_number(middle)} ({_number(low)} to {_number(high)})"
        case {"q05": low, "q25": lower, "median": middle, "q75": upper, "q95": high, **further} if not further:
            half = f"half within {_number(lower)} to {_number(upper)}"
            return f"{_number(middle)} ({_number(low)} to {_number(high)}, {half})"
        case {"median": str(middle), "q95": str(high), **further} if not further:
            return f"{middle} (95 % within {high})"
        case int() | float() if not isinstance(value, bool):
            return _number(value)
    return written


def _number(value: object) -> str:
    return f"{value:g}".replace("-", "−") if isinstance(value, int | float) else str(value)


def section(comparison: ComparisonFindings) -> Section:
    """The comparison as a section of a report."""
    how = "Every world has the same futures on the same noise: most of the noise cancels in the differences."
    splits = [one.split for one in comparison.variants if one.split is not None]
    return Section(
        name="compare",
        title="What if?",
        paragraphs=(how, _how_to_read(comparison), *dict.fromkeys(sum_text(split, comparison) for split in splits)),
        pictures=pictures(comparison),
        tables=_grids(comparison),
    )


def tables(comparison: ComparisonFindings) -> Mapping[str, str]:
    """differences.csv (every assessment), moves.csv and parts.csv (the report's dates), edits.csv."""
    variants, ticks = comparison.variants, range(len(comparison.dates) - 1)
    moves = (_named(one, _move_rows(comparison, one)) for one in variants)
    return {
        "differences.csv": (VARIANT | DIFFERENCES).csv(
            row for one in variants for row in _named(one, _difference_rows(comparison, one, ticks))
        ),
        "moves.csv": (VARIANT | MOVES | Columns(mc_se=PROBABILITY)).csv(row for rows in moves for row in rows),
        "parts.csv": (VARIANT | PARTS | Columns(method=TEXT)).csv(
            (one.name, *row, "shapley" if one.split.shapley else "in order")
            for one in variants
            if one.split is not None
            for row in _part_rows(comparison, one.split)
        ),
        "edits.csv": (VARIANT | EDITS).csv(row for one in variants for row in _named(one, _edit_rows(one))),
    }


def _named(one: VariantFindings, rows: Rows) -> Rows:
    return ((one.name, *row) for row in rows)


def _difference_rows(comparison: ComparisonFindings, one: VariantFindings, ticks: Iterable[int]) -> Rows:
    for reading in READINGS:
        found = one.differences[reading]
        values = (found.base, found.variant, found.change, found.mc_se, *found.quantiles)
        for tick in ticks:
            for j, scenario in enumerate(comparison.model.scenarios):
                date = comparison.dates[tick + 1]
                yield reading, date, scenario.name, *(value[tick, j] for value in values)


def _move_rows(comparison: ComparisonFindings, one: VariantFindings) -> Rows:
    names = [scenario.name for scenario in comparison.model.scenarios]
    for tick in comparison.report_ticks:
        for i, before in enumerate(names):
            for j, after in enumerate(names):
                share, error = one.moves.share[tick, i, j], one.moves.share_se[tick, i, j]
                yield comparison.dates[tick + 1], before, after, share, error


def _part_rows(comparison: ComparisonFindings, split: Split) -> Rows:
    """The parts of the edits, and after them their sum, `all`."""
    for r, tick in enumerate(comparison.report_ticks):
        for j, scenario in enumerate(comparison.model.scenarios):
            at = (comparison.dates[tick + 1], scenario.name)
            for n, edit in enumerate(split.edits):
                yield *at, edit.key, split.part[n, r, j], split.part_se[n, r, j]
            yield *at, "all", split.whole[r, j], split.whole_se[r, j]


def _edit_rows(one: VariantFindings) -> Rows:
    return ((edit.key, change.key, change.before, change.after) for edit in one.edits for change in edit.changes)


def as_data(comparison: ComparisonFindings) -> dict[str, Any]:
    """Everything at the report's dates as plain data, ready for JSON; what was not assessed is absent."""
    run = comparison.experiment
    return {
        "base": comparison.label,
        "start": str(run.start),
        "end": str(run.end),
        "seed": run.seed,
        "paths": comparison.paths,
        "draws": comparison.draws,
        "variants": [_variant_data(comparison, one) for one in comparison.variants],
    }


def _variant_data(comparison: ComparisonFindings, one: VariantFindings) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": one.name,
        "label": one.label,
        "edits": EDITS.records(_edit_rows(one)),
        "changes": DIFFERENCES.records(_difference_rows(comparison, one, comparison.report_ticks)),
        "moves": MOVES.records(row[:-1] for row in _move_rows(comparison, one)),
    }
    if one.split is not None:
        rows = _part_rows(comparison, one.split)
        data["parts"] = [part for part in PARTS.records(rows) if part["edit"] != "all"]
    return data
