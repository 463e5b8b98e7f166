"""A comparison in a few lines, as tables, as plain data and as a section of a report."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.forecast import QUANTILES, READINGS
from frenemy.forecast.tables import BANDS
from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.number_text import percent
from frenemy.present.percentage_points import points, with_error
from frenemy.present.section import Grid, Section
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.style import display_order
from frenemy.present.time_axis import day
from frenemy.studies.compare.edits import Change
from frenemy.studies.compare.findings import ComparisonFindings, VariantFindings
from frenemy.studies.compare.plots import changes, edits

__all__ = ["as_data", "as_text", "footer", "one_line", "pictures", "section", "tables"]

SMALL_MOVE = 0.0005


def pictures(comparison: ComparisonFindings) -> tuple[Picture, ...]:
    """The changes over time, and a split for each variant of several edits."""
    splits = (edits.picture(comparison, one) for one in comparison.versus if one.split and len(one.split.edits) > 1)
    return (changes.picture(comparison), *splits)


def footer(comparison: ComparisonFindings) -> str:
    """Paths, seed and span."""
    return run_footer(comparison.experiment, f"{_size(comparison)} on the same noise")


def _size(comparison: ComparisonFindings) -> str:
    paths = f"{comparison.paths:,} paths"
    return f"{comparison.draws:,} draws × {paths}" if comparison.draws else paths


def one_line(comparison: ComparisonFindings) -> str:
    """`Outlook from January 2026 and 2 variants: A strike raises Total rift by 22.5 points by Jan 2031`."""
    count = len(comparison.versus)
    return f"{comparison.label} and {count} variant{'s' if count > 1 else ''}: {changes.headline(comparison)}"


# --- a terminal ----------------------------------------------------------------------------------------------------


def as_text(comparison: ComparisonFindings) -> RenderableType:
    """Title, odds and changes at the end, who moved where, and the edits."""
    run = comparison.experiment
    about = f"{run.start} to {run.end}; {_size(comparison)} in each world, on the same noise; seed {run.seed}"
    parts: list[RenderableType] = [Text(changes.headline(comparison), "bold"), Text(about, "dim"), Text()]
    for grid in (_odds_grid(comparison), _moves_grid(comparison), *_edit_grids(comparison)):
        if grid.rows:
            parts += [grid.rich(title=True), Text()]
    parts.append(Text(_reading(comparison), "dim"))
    return Group(*parts)


def _reading(comparison: ComparisonFindings) -> str:
    bands = "In brackets: where the change lies in 90 % of the draws. " if comparison.draws else ""
    return f"Changes in percentage points, ± Monte Carlo error of the change (95 %). {bands}"


def _odds_grid(comparison: ComparisonFindings) -> Grid:
    """Odds in the base, and the change in each variant, by scenario."""
    rows = []
    for j, scenario in display_order(comparison.model):
        base = comparison.versus[0].differences["at"].base[-1, j]
        rows.append((scenario.label, percent(base), *(_change(one, j) for one in comparison.versus)))
    header = ("", comparison.label, *(one.label for one in comparison.versus))
    return Grid(caption=f"Odds on {day(comparison.dates[-1])}, and what changes", header=header, rows=tuple(rows))


def _change(one: VariantFindings, j: int) -> str:
    found = one.differences["at"]
    text = with_error(float(found.change[-1, j]), float(found.mc_se[-1, j]))
    low, high = found.quantiles[0, -1, j], found.quantiles[-1, -1, j]
    return f"{text} ({points(low)} to {points(high)})" if np.isfinite(low) else text


def _moves_grid(comparison: ComparisonFindings) -> Grid:
    """Which share of the paths ends in another scenario, from what to what."""
    rows = []
    for one in comparison.versus:
        share = one.moves.share[-1]
        pairs = [(float(share[i, j]), i, j) for i in range(len(share)) for j in range(len(share)) if i != j]
        for part, i, j in sorted(pairs, reverse=True):
            if part >= SMALL_MOVE:
                labels = (comparison.model.scenarios[k].label for k in (i, j))
                rows.append((one.label, " to ".join(labels), _percent(part)))
        rows.append((one.label, "all moves together", _percent(float(one.moves.moved[-1]))))
    caption = f"Futures that are in another scenario on {day(comparison.dates[-1])}"
    return Grid(caption=caption, header=("", "from, to", "of all"), rows=tuple(rows), left=frozenset({0, 1}))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"


def _edit_grids(comparison: ComparisonFindings) -> Iterator[Grid]:
    """For each variant its edits, each with its part of the change at the end."""
    order = display_order(comparison.model)
    for one in comparison.versus:
        rows = []
        for n, edit in enumerate(one.edits):
            cells: tuple[str, ...] = ()
            if one.split is not None:
                cells = tuple(
                    with_error(float(one.split.part[n, -1, j]), float(one.split.part_se[n, -1, j])) for j, _ in order
                )
            rows.append((edit.key, "; ".join(_shown(change) for change in edit.changes), *cells))
        labels = tuple(scenario.label for _, scenario in order) if one.split is not None else ()
        if one.split is not None and len(one.edits) > 1:
            whole = [(float(one.split.whole[-1, j]), float(one.split.whole_se[-1, j])) for j, _ in order]
            rows.append(("all together", "", *(with_error(*pair) for pair in whole)))
        caption = f"Edits of {one.label}" + (", and the points that each adds at the medians" if labels else "")
        yield Grid(caption=caption, header=("", "edit", *labels), rows=tuple(rows), left=frozenset({0, 1}), folded=True)


def _shown(change: Change) -> str:
    before, after = _in_brief(change.before), _in_brief(change.after)
    if not before:
        return f"added: {after}"
    return f"{before} → {after}" if after else f"removed: {before}"


def _in_brief(written: str) -> str:
    """`−3 (−5 to −1.5)` for a median between two quantiles; whatever else, as it is written in the file."""
    try:
        value = tomllib.loads(f"value = {written}")["value"]
    except ValueError:
        return written
    match value:
        case {"q05": low, "median": middle, "q95": high, **further} if not further:
            return f"{_number(middle)} ({_number(low)} to {_number(high)})"
        case {"median": str(middle), "q95": str(high), **further} if not further:
            return f"{middle} (95 % within {high})"
        case int() | float() if not isinstance(value, bool):
            return _number(value)
    return written


def _number(value: object) -> str:
    return f"{value:g}".replace("-", "−") if isinstance(value, int | float) else str(value)


# --- a report ------------------------------------------------------------------------------------------------------


def section(comparison: ComparisonFindings) -> Section:
    """The comparison as a section of a report."""
    how = "The same futures were simulated in each world, with the same luck, so that the differences are not chance."
    splits = [one.split for one in comparison.versus if one.split is not None]
    notes = [how, _reading(comparison).strip(), *dict.fromkeys(edits.sum_text(s, comparison) for s in splits)]
    return Section(
        name="compare",
        title="What if?",
        paragraphs=tuple(notes),
        pictures=pictures(comparison),
        tables=tuple(
            grid for grid in (_odds_grid(comparison), _moves_grid(comparison), *_edit_grids(comparison)) if grid.rows
        ),
    )


# --- tables --------------------------------------------------------------------------------------------------------


def tables(comparison: ComparisonFindings) -> Mapping[str, str]:
    """differences.csv (every assessment), moves.csv and parts.csv (the report's dates), edits.csv."""
    return {
        "differences.csv": csv_text(
            ("variant", "reading", "date", "scenario", "base", "probability", "change", "mc_se", *BANDS),
            _difference_rows(comparison),
        ),
        "moves.csv": csv_text(("variant", "date", "from", "to", "share", "mc_se"), _move_rows(comparison)),
        "parts.csv": csv_text(
            ("variant", "date", "scenario", "edit", "part", "mc_se", "method"), _part_rows(comparison)
        ),
        "edits.csv": csv_text(
            ("variant", "edit", "key", "before", "after"),
            (
                (one.name, edit.key, change.key, change.before, change.after)
                for one in comparison.versus
                for edit in one.edits
                for change in edit.changes
            ),
        ),
    }


def _difference_rows(comparison: ComparisonFindings) -> Iterator[tuple[str, ...]]:
    for one in comparison.versus:
        for reading in READINGS:
            found = one.differences[reading]
            for tick, date in enumerate(comparison.dates[1:]):
                for j, scenario in enumerate(comparison.model.scenarios):
                    values = (found.base, found.variant, found.change, found.mc_se, *found.quantiles)
                    cells = (fixed(value[tick, j], 6) for value in values)
                    yield (one.name, reading, str(date), scenario.name, *cells)


def _move_rows(comparison: ComparisonFindings) -> Iterator[tuple[str, ...]]:
    names = [scenario.name for scenario in comparison.model.scenarios]
    for one in comparison.versus:
        for tick in comparison.report_ticks:
            for i, before in enumerate(names):
                for j, after in enumerate(names):
                    values = (one.moves.share[tick, i, j], one.moves.share_se[tick, i, j])
                    cells = (fixed(value, 6) for value in values)
                    yield (one.name, str(comparison.dates[tick + 1]), before, after, *cells)


def _part_rows(comparison: ComparisonFindings) -> Iterator[tuple[str, ...]]:
    for one in comparison.versus:
        if one.split is None:
            continue
        split, method = one.split, "shapley" if one.split.shapley else "in order"
        for r, tick in enumerate(comparison.report_ticks):
            for j, scenario in enumerate(comparison.model.scenarios):
                at = (one.name, str(comparison.dates[tick + 1]), scenario.name)
                for n, edit in enumerate(split.edits):
                    cells = (fixed(value[n, r, j], 6) for value in (split.part, split.part_se))
                    yield (*at, edit.key, *cells, method)
                yield (*at, "all", fixed(split.whole[r, j], 6), fixed(split.whole_se[r, j], 6), method)


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
        "variants": [_variant_data(comparison, one) for one in comparison.versus],
    }


def _variant_data(comparison: ComparisonFindings, one: VariantFindings) -> dict[str, Any]:
    names = [scenario.name for scenario in comparison.model.scenarios]
    dates = {tick: str(comparison.dates[tick + 1]) for tick in comparison.report_ticks}
    data: dict[str, Any] = {
        "name": one.name,
        "label": one.label,
        "edits": [
            {"edit": edit.key, "key": change.key, "before": change.before, "after": change.after}
            for edit in one.edits
            for change in edit.changes
        ],
        "changes": [
            _change_data(one, reading, tick, j) | {"scenario": name, "reading": reading, "date": date}
            for j, name in enumerate(names)
            for reading in READINGS
            for tick, date in dates.items()
        ],
        "moves": [
            {"date": date, "from": before, "to": after, "share": float(one.moves.share[tick, i, j])}
            for tick, date in dates.items()
            for i, before in enumerate(names)
            for j, after in enumerate(names)
        ],
    }
    if one.split is not None:
        data["parts"] = [
            {"edit": edit.key, "scenario": name, "date": date, "part": float(one.split.part[n, r, j]),
             "mc_se": float(one.split.part_se[n, r, j])}
            for n, edit in enumerate(one.split.edits)
            for j, name in enumerate(names)
            for r, date in enumerate(dates.values())
        ]  # fmt: skip
    return data


def _change_data(one: VariantFindings, reading: Any, tick: int, j: int) -> dict[str, Any]:
    found = one.differences[reading]
    datum = {
        "base": float(found.base[tick, j]),
        "probability": float(found.variant[tick, j]),
        "change": float(found.change[tick, j]),
        "mc_se": float(found.mc_se[tick, j]),
    }
    bands = found.quantiles[:, tick, j]
    if np.isfinite(bands).all():
        datum |= {f"q{round(100 * q):02d}": float(value) for q, value in zip(QUANTILES, bands, strict=True)}
    return datum
