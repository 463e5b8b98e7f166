"""A sweep: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.forecast import QUANTILES, READINGS
from frenemy.forecast.tables import BANDS
from frenemy.model.describe.wording import counted
from frenemy.present.key_labels import key_label, with_unit
from frenemy.present.number_text import percent
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, futures_text
from frenemy.present.table import PROBABILITY, TEXT, Columns, Grid, Row, significant_digits
from frenemy.studies.sweep.grid import SweepFindings
from frenemy.studies.sweep.plots.curve_or_map import curve_or_map
from frenemy.studies.sweep.wording import main_scenarios, most_sensitive, odds_words, scenarios_shown, sentence_case

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

MAX_ROWS, MAX_COLUMNS = 13, 9
"""Values shown in a table for people; all are in the CSV."""
VALUE = significant_digits(12)
ODDS = (
    Columns(scenario=TEXT, reading=TEXT, date=TEXT, probability=PROBABILITY, mc_se=PROBABILITY)
    | Columns(dict.fromkeys(BANDS, PROBABILITY))
)  # fmt: skip
MOST_PROBABLE = Columns({"scenario": TEXT, "from": VALUE, "to": VALUE})


def _crossing_columns(value: str) -> Columns:
    return Columns({"scenario": TEXT, "probability": PROBABILITY, value: VALUE})


def tables(found: SweepFindings) -> Mapping[str, str]:
    """sweep.csv; for one number crossings.csv and most_probable.csv as well. Durations are in days."""
    keys = [axis.key for axis in found.axes]
    written = {"sweep.csv": (Columns(dict.fromkeys(keys, VALUE)) | ODDS).csv(_rows(found))}
    if len(keys) == 1:
        written["crossings.csv"] = _crossing_columns(keys[0]).csv(_crossings(found))
        written["most_probable.csv"] = MOST_PROBABLE.csv(_most_probable(found))
    return written


def _dates(found: SweepFindings) -> list[str]:
    start = np.datetime64(found.experiment.start)
    return [str(start + np.timedelta64((tick + 1) * found.experiment.tick, "D")) for tick in found.ticks]


def _rows(found: SweepFindings) -> Iterator[Row]:
    dates = _dates(found)
    for point in product(*(range(len(axis.values)) for axis in found.axes)):
        values = [axis.values[n] for axis, n in zip(found.axes, point, strict=True)]
        for j, scenario in enumerate(found.model.scenarios):
            for r, reading in enumerate(READINGS):
                for t, date in enumerate(dates):
                    at = (r, t, j, *point)
                    bands = (table[at] for table in found.quantiles)
                    yield *values, scenario.name, reading, date, found.probability[at], found.mc_se[at], *bands


def _crossings(found: SweepFindings) -> Iterator[Row]:
    for j, scenario in enumerate(found.model.scenarios):
        for level in found.experiment.sweep.contours:
            for value in found.crossings(j, level):
                yield scenario.name, level, value


def _most_probable(found: SweepFindings) -> Iterator[Row]:
    for part in found.stretches():
        yield found.model.scenarios[part.scenario].name, part.low, part.high


def as_data(found: SweepFindings) -> dict[str, Any]:
    """Axes and the odds in question, of every scenario: a list, or [across][up]; ready for JSON."""
    run, options = found.experiment, found.experiment.sweep
    data: dict[str, Any] = {
        "model": found.model.title,
        "experiment": run.name,
        "seed": run.seed,
        "paths": run.uncertainty.paths if run.uncertainty.draws else run.paths,
        "draws": run.uncertainty.draws,
        "reading": options.reading,
        "date": _dates(found)[found.tick],
        "over": [
            {"key": axis.key, "label": key_label(axis.key, found.model), "values": list(axis.values),
             "spacing": axis.spacing, "in_the_model": here[0]}
            for axis, here in zip(found.axes, found.here(), strict=True)
        ],
        "scenarios": [
            {"scenario": scenario.name, "probability": found.odds[j].tolist(), "mc_se": found.errors[j].tolist()}
            for j, scenario in enumerate(found.model.scenarios)
        ],
    }  # fmt: skip
    bands = found.quantiles[:, found.reading, found.tick]
    if np.isfinite(bands).all():
        for j, entry in enumerate(data["scenarios"]):
            entry |= {name: bands[q, j].tolist() for q, name in enumerate(BANDS[: len(QUANTILES)])}
    if len(found.axes) == 1:
        data["crossings"] = _crossing_columns("value").records(_crossings(found))
        data["most_probable"] = MOST_PROBABLE.records(_most_probable(found))
    else:
        data["most_probable"] = [[found.model.scenarios[j].name for j in column] for column in found.leading()]
    return data


def pictures(found: SweepFindings) -> tuple[Picture, ...]:
    """The curve or the map."""
    return (curve_or_map.picture(found),)


def _points(found: SweepFindings) -> str:
    *others, last = (len(axis.values) for axis in found.axes)
    return " × ".join((*map(str, others), counted(last, "point")))


def footer(found: SweepFindings) -> str:
    """Points and paths, seed and span."""
    run = found.experiment
    each = futures_text(run, "path")
    return f"Frenemy · {_points(found)} × {each} · seed {run.seed} · {run.start} to {run.end}"


def as_text(found: SweepFindings) -> RenderableType:
    """The odds at the points, and where they pass the contour levels."""
    run = found.experiment
    each = futures_text(run)
    about = f"{sentence_case(odds_words(found))}. {_points(found)}, {each} at each; seed {run.seed}"
    grid, sentences = _grid(found), [*_sentences(found)]
    return Group(
        Text(f"{found.model.title} · {run.title}", "bold"),
        Text(about, "dim"),
        Text(),
        *((Text(f"{grid.caption}:"),) if len(found.axes) > 1 else ()),
        grid.rich(),
        Text(),
        *(Text(line) for line in sentences),
        *((Text(),) if sentences else ()),
        Text(_how_to_read(found), "dim"),
    )


def section(found: SweepFindings) -> Section:
    """The sweep as a section of a report."""
    sentences = " ".join(_sentences(found))
    return Section(
        name="sweep",
        title="How do the odds depend on a number?",
        paragraphs=(*((sentences,) if sentences else ()), _how_to_read(found)),
        pictures=pictures(found),
        tables=(_grid(found),),
    )


def _how_to_read(found: SweepFindings) -> str:
    rest = (
        "At each point the odds are a mean over outer draws of all other uncertain numbers."
        if found.experiment.uncertainty.draws
        else "All other uncertain numbers are at their medians: these are not the odds of a run."
    )
    error = f"±: 95 % Monte Carlo error, here at most {196 * float(found.errors.max()):.1f} points"
    return f"{rest} {error}; the noise is the same at every point, so the errors of neighbours are nearly the same."


def _spread_over(count: int, most: int) -> list[int]:
    """Positions of at most so many of `count` values, both ends among them."""
    return sorted({int(place) for place in np.linspace(0, count - 1, min(count, most)).round()})


def _grid(found: SweepFindings) -> Grid:
    return _curve_grid(found) if len(found.axes) == 1 else _map_grid(found)


def _curve_grid(found: SweepFindings) -> Grid:
    axis, pairs = found.axes[0], scenarios_shown(found)
    rows = tuple(
        (
            with_unit(axis.key, axis.values[n], found.model),
            *(f"{percent(float(found.odds[j, n]))} ±{196 * found.errors[j, n]:.1f}" for j, _ in pairs),
        )
        for n in _spread_over(len(axis.values), MAX_ROWS)
    )
    header = (axis.key, *(scenario.label for _, scenario in pairs))
    return Grid(caption=sentence_case(odds_words(found)), header=header, rows=rows, folded=True)


def _map_grid(found: SweepFindings) -> Grid:
    """The odds of the most sensitive scenario: rows from the greatest value of the second number to the least."""
    j, scenario = most_sensitive(found)
    first, second = found.axes
    across, up = (_spread_over(len(axis.values), MAX_COLUMNS) for axis in found.axes)
    return Grid(
        caption=f"{scenario.label}, by {second.key} (down) and {first.key} (across)",
        header=("", *(with_unit(first.key, first.values[a], found.model) for a in across)),
        rows=tuple(
            (
                with_unit(second.key, second.values[b], found.model),
                *(percent(float(found.odds[j, a, b])) for a in across),
            )
            for b in reversed(up)
        ),
    )


def _sentences(found: SweepFindings) -> Iterator[str]:
    """Where the odds pass the contour levels, and which scenario is the most probable where; none for two numbers."""
    if len(found.axes) > 1:
        return
    key, scenarios = found.axes[0].key, found.model.scenarios
    for j, scenario in sorted(main_scenarios(found), key=lambda pair: pair[0]):
        for level in found.experiment.sweep.contours:
            for value in found.crossings(j, level):
                yield f"{scenario.label} passes {percent(level)} at {with_unit(key, value, found.model)}."
    stretches = found.stretches()
    apart = "".join(f", apart from {s.label}," for j, s in enumerate(scenarios) if j not in found.contenders)
    if len(stretches) == 1:
        yield f"{scenarios[stretches[0].scenario].label} is the most probable{apart} throughout."
        return
    for part in stretches:
        ends = f"{with_unit(key, part.low, found.model)} to {with_unit(key, part.high, found.model)}"
        yield f"{scenarios[part.scenario].label} is the most probable{apart} from {ends}."
