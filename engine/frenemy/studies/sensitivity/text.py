"""Sensitivities in words and numbers: tables for a terminal, CSV text, plain data, finished pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.key_labels import key_label, value_text
from frenemy.present.number_text import percent
from frenemy.present.percentage_points import with_error
from frenemy.present.section import Section, grid
from frenemy.present.sheet import Picture, run_footer
from frenemy.studies.sensitivity.findings import OTHERS, SensitivityFindings
from frenemy.studies.sensitivity.plots import over_time, tornado
from frenemy.studies.sensitivity.plots.tornado import odds_asked
from frenemy.studies.sensitivity.tornado import SIGNIFICANT_SE

__all__ = ["NOT_FOUND", "as_data", "as_text", "footer", "one_line", "pictures", "section", "tables"]

NOT_FOUND = "not distinguishable from 0 at this budget"
CERTAIN = (
    "No number of this model is uncertain, so there is none to move: give those that you doubt a range, such as "
    "{ q05 = 0.02, median = 0.06, q95 = 0.15 }."
)
ROWS = 12
"""Numbers listed on a terminal."""


def one_line(found: SensitivityFindings) -> str:
    """`the odds of being in Total rift on 22 Jan 2030: 21 %, 68 numbers`."""
    odds = percent(float(found.tornado.odds[found.tick, found.scenario]))
    return f"{odds_asked(found)}: {odds}, {len(found.tornado.keys)} numbers"


def tables(found: SensitivityFindings) -> Mapping[str, str]:
    """All tables by file name."""
    written = {"tornado.csv": _tornado_csv(found), "derivatives.csv": _derivatives_csv(found)}
    return written | ({"sobol.csv": _sobol_csv(found)} if found.sobol.indices.groups else {})


def _places(found: SensitivityFindings) -> Iterator[tuple[int, int, tuple[str, str, str]]]:
    """Tick, scenario and their first cells, for the dates of the report."""
    reading = found.experiment.sensitivity.reading
    for j, scenario in enumerate(found.model.scenarios):
        for tick in found.report_ticks:
            yield tick, j, (scenario.name, reading, str(found.dates[tick]))


def _tornado_csv(found: SensitivityFindings) -> str:
    header = (
        "scenario", "reading", "date", "key", "q10", "median", "q90", "odds", "change_q10", "change_q10_se",
        "change_q90", "change_q90_se", "swing", "swing_se",
    )  # fmt: skip
    bars = found.tornado
    rows = (
        (
            *cells,
            key,
            *(f"{value:.6g}" for value in bars.values[place]),
            fixed(bars.odds[tick, j], 6),
            *(fixed(float(part[place, side, tick, j]), 6) for side in (0, 1) for part in (bars.change, bars.change_se)),
            fixed(bars.swing[place, tick, j], 6),
            fixed(bars.swing_se[place, tick, j], 6),
        )
        for tick, j, cells in _places(found)
        for place, key in enumerate(bars.keys)
    )
    return csv_text(header, rows)


def _sobol_csv(found: SensitivityFindings) -> str:
    header = (
        "scenario", "reading", "date", "key", "first", "first_error", "first_found", "total", "total_error",
        "total_found", "variance", "luck",
    )  # fmt: skip
    at = found.sobol.indices
    reading = found.experiment.sensitivity.reading
    rows = (
        (
            scenario.name,
            reading,
            str(found.dates[tick]),
            group,
            *_index(at.first[place, n, j], at.first_error[place, n, j], found=bool(at.first_found[place, n, j])),
            *_index(at.total[place, n, j], at.total_error[place, n, j], found=bool(at.total_found[place, n, j])),
            f"{at.variance[n, j]:.6g}",
            fixed(at.luck[n, j], 4),
        )
        for j, scenario in enumerate(found.model.scenarios)
        for n, tick in enumerate(found.sobol.ticks)
        for place, group in enumerate(at.groups)
    )
    return csv_text(header, rows)


def _index(value: float, error: float, *, found: bool) -> tuple[str, str, str]:
    return fixed(value, 4), fixed(error, 4), "yes" if found else "no"


def _derivatives_csv(found: SensitivityFindings) -> str:
    slopes = found.derivatives
    rows = (
        (*cells, name, fixed(slopes.value[k, tick, j], 6), fixed(slopes.se[k, tick, j], 6))
        for tick, j, cells in _places(found)
        for k, name in enumerate(slopes.triggers)
    )
    return csv_text(("scenario", "reading", "date", "trigger", "derivative", "mc_se"), rows)


def as_text(found: SensitivityFindings) -> RenderableType:
    """The odds asked about: the longest bars, the indices, the derivatives."""
    run, j, tick = found.experiment, found.scenario, found.tick
    title = f"{found.model.title}: {run.title}"
    odds = percent(float(found.tornado.odds[tick, j]))
    about = f"What moves {odds_asked(found)}: {odds} with every number at its median"
    parts: list[RenderableType] = [Text(title, "bold"), Text(about), Text()]
    parts += [_bars(found), Text()] if found.tornado.keys else [Text(CERTAIN), Text()]
    if found.sobol.indices.groups:
        parts += [_shares(found), Text()]
    if found.derivatives.triggers:
        parts += [_slopes(found), Text()]
    return Group(*parts, Text(_footnote(found), "dim"))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _bars(found: SensitivityFindings) -> Table:
    bars, j, tick = found.tornado, found.scenario, found.tick
    table = _table("each number alone, in percentage points", "from", "to", "at 10 %", "at 90 %")
    for place in bars.order(tick, j)[:ROWS]:
        key = bars.keys[place]
        ends = [
            _points(
                float(bars.change[place, side, tick, j]),
                float(bars.change_se[place, side, tick, j]),
                told=bool(bars.clear[place, side, tick, j]),
            )
            for side in (0, 1)
        ]
        values = [value_text(key, float(bars.values[place, end])) for end in (0, 2)]
        table.add_row(Text(key), *values, *ends)
    return table


def _points(change: float, error: float, *, told: bool) -> Text:
    return Text(with_error(change, error), "" if told else "dim")


def _shares(found: SensitivityFindings) -> Table:
    at, j = found.sobol.indices, found.scenario
    n = found.sobol.ticks.index(found.tick)
    table = _table("all numbers moving: share of the variance", "alone", "with interactions")
    for place in np.argsort(-np.nan_to_num(at.total[:, n, j]), kind="stable"):
        alone, total = (
            f"{100 * float(value[place, n, j]):.0f} ± {100 * float(error[place, n, j]):.0f} %"
            if told[place, n, j]
            else "–"
            for value, error, told in (
                (at.first, at.first_error, at.first_found),
                (at.total, at.total_error, at.total_found),
            )
        )
        table.add_row(Text(at.groups[place]), alone, total)
    return table


def _slopes(found: SensitivityFindings) -> Table:
    slopes, j, tick = found.derivatives, found.scenario, found.tick
    table = _table("a trigger's own rate a tenth higher adds, in percentage points", "")
    for k in np.argsort(-np.abs(slopes.value[:, tick, j]), kind="stable")[:ROWS]:
        value, error = (float(np.log(1.1) * part[k, tick, j]) for part in (slopes.value, slopes.se))
        told = abs(value) > SIGNIFICANT_SE * error
        table.add_row(
            Text(slopes.triggers[k]),
            Text(f"{100 * value:+.2f} ± {196 * error:.2f}".replace("-", "−"), "" if told else "dim"),
        )
    return table


def _footnote(found: SensitivityFindings) -> str:
    text = (
        f"{found.experiment.paths:,} futures in each run, all on the same noise; ±: 95 % Monte Carlo error of the "
        "difference; grey: not told from it, at three standard errors. "
    )
    if found.sobol.indices.groups:
        n, j = found.sobol.ticks.index(found.tick), found.scenario
        text += (
            f"Variance: {found.sobol.samples:,} rows of a design, {found.sobol.paths:,} futures each; – is "
            f"{NOT_FOUND}; “{OTHERS}” is one group. Luck of the paths, taken off: "
            f"{percent(float(found.sobol.indices.luck[n, j]))} of the raw variance."
        )
    return text


def as_data(found: SensitivityFindings) -> dict[str, Any]:
    """The odds asked about, as plain data."""
    bars, slopes, j, tick = found.tornado, found.derivatives, found.scenario, found.tick
    asked = found.experiment.sensitivity
    return {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "scenario": found.model.scenarios[j].name,
        "reading": asked.reading,
        "date": str(found.dates[tick]),
        "seed": found.experiment.seed,
        "paths": found.experiment.paths,
        "odds": float(bars.odds[tick, j]),
        "tornado": [_bar_data(found, place) for place in bars.order(tick, j)],
        "sobol": _sobol_data(found),
        "derivatives": [
            {"trigger": name, "derivative": float(slopes.value[k, tick, j]), "mc_se": float(slopes.se[k, tick, j])}
            for k, name in enumerate(slopes.triggers)
        ],
    }


def _bar_data(found: SensitivityFindings, place: int) -> dict[str, Any]:
    bars, j, tick = found.tornado, found.scenario, found.tick
    ends = {
        name: {
            "value": float(bars.values[place, 2 * side]),
            "change": float(bars.change[place, side, tick, j]),
            "mc_se": float(bars.change_se[place, side, tick, j]),
            "told_from_noise": bool(bars.clear[place, side, tick, j]),
        }
        for side, name in enumerate(("q10", "q90"))
    }
    key = bars.keys[place]
    return {"key": key, "label": key_label(key, found.model), "median": float(bars.values[place, 1]), **ends}


def _sobol_data(found: SensitivityFindings) -> list[dict[str, Any]]:
    at, j = found.sobol.indices, found.scenario
    if not at.groups:
        return []
    n = found.sobol.ticks.index(found.tick)
    return [
        {
            "key": group,
            **{
                name: {"index": float(value[place, n, j]), "error": float(error[place, n, j])}
                if told[place, n, j]
                else NOT_FOUND
                for name, value, error, told in (
                    ("first", at.first, at.first_error, at.first_found),
                    ("total", at.total, at.total_error, at.total_found),
                )
            },
        }
        for place, group in enumerate(at.groups)
    ]


def pictures(found: SensitivityFindings) -> tuple[Picture, ...]:
    """The tornado, and which number matters at which horizon; none where no number is uncertain."""
    if not found.tornado.keys:
        return ()
    return tornado.picture(found), over_time.picture(found)


def section(found: SensitivityFindings) -> Section:
    """The sensitivities as a section of a report."""
    tables = []
    if found.tornado.keys:
        tables.append(grid(_bars(found), f"What moves {odds_asked(found)}: each number alone, in percentage points"))
    if found.sobol.indices.groups:
        tables.append(grid(_shares(found), "All numbers moving: whose doubt makes the spread of the odds"))
    if found.derivatives.triggers:
        tables.append(grid(_slopes(found), "The rate of each trigger a tenth higher, in percentage points"))
    return Section(
        name="sensitivity",
        title="Which assumption matters?",
        paragraphs=(_footnote(found),) if found.tornado.keys else (CERTAIN, _footnote(found)),
        pictures=pictures(found),
        tables=tuple(tables),
    )


def footer(found: SensitivityFindings) -> str:
    """Paths, seed and span."""
    return run_footer(found.experiment, f"{found.experiment.paths:,} paths in each run")
