"""A sweep for a terminal, as tables, as plain data, and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.forecast.forecast import QUANTILES, READINGS
from frenemy.forecast.tables import BANDS
from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.key_labels import key_label, value_text
from frenemy.present.number_text import percent
from frenemy.present.section import Section, grid
from frenemy.present.sheet import Picture
from frenemy.studies.sweep.grid import SweepFindings
from frenemy.studies.sweep.plots.curve_or_map import most_moved, odds_words, picture, scenarios_to_show, watched

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

Cells = Sequence[str]
ROWS, COLUMNS = 13, 9
"""Values shown in a table for people; all are in the CSV."""


def _number(value: float) -> str:
    return f"{value:.12g}"


def _dates(found: SweepFindings) -> list[str]:
    start = np.datetime64(found.experiment.start)
    return [str(start + np.timedelta64((tick + 1) * found.experiment.tick, "D")) for tick in found.ticks]


def tables(found: SweepFindings) -> Mapping[str, str]:
    """sweep.csv; for one number crossings.csv and most_probable.csv as well. Durations are in days."""
    keys = tuple(axis.key for axis in found.axes)
    written = {
        "sweep.csv": csv_text((*keys, "scenario", "reading", "date", "probability", "mc_se", *BANDS), _rows(found))
    }
    if len(keys) == 1:
        crossed = (
            (found.model.scenarios[j].name, fixed(level, 6), _number(value)) for j, level, value in _crossed(found)
        )
        leading = (
            (found.model.scenarios[part.scenario].name, _number(part.low), _number(part.high))
            for part in found.stretches()
        )
        written["crossings.csv"] = csv_text(("scenario", "probability", keys[0]), crossed)
        written["most_probable.csv"] = csv_text(("scenario", "from", "to"), leading)
    return written


def _rows(found: SweepFindings) -> Iterator[Cells]:
    dates = _dates(found)
    for place in product(*(range(len(axis.values)) for axis in found.axes)):
        values = [_number(axis.values[n]) for axis, n in zip(found.axes, place, strict=True)]
        for j, scenario in enumerate(found.model.scenarios):
            for r, reading in enumerate(READINGS):
                for t, date in enumerate(dates):
                    at = (r, t, j, *place)
                    numbers = (found.probability[at], found.mc_se[at], *(table[at] for table in found.quantiles))
                    yield (*values, scenario.name, reading, date, *(fixed(float(value), 6) for value in numbers))


def _crossed(found: SweepFindings) -> Iterator[tuple[int, float, float]]:
    for j in range(len(found.model.scenarios)):
        for level in found.experiment.sweep.contours:
            for value in found.crossings(j, level):
                yield j, level, value


def as_text(found: SweepFindings) -> RenderableType:
    """The odds at the points, and what is crossed between them."""
    run, outer = found.experiment, found.experiment.uncertainty
    each = f"{outer.draws:,} draws × {outer.paths:,} futures" if outer.draws else f"{run.paths:,} futures"
    points = " × ".join(str(len(axis.values)) for axis in found.axes)
    about, said = odds_words(found), [*_sentences(found)]
    return Group(
        Text(f"{found.model.title}: {run.title}", "bold"),
        Text(f"{about[0].upper()}{about[1:]}. {points} points, {each} at each; seed {run.seed}", "dim"),
        Text(),
        *((Text(f"{_caption(found)}:"),) if len(found.axes) > 1 else ()),
        _table(found),
        Text(),
        *(Text(line) for line in said),
        *((Text(),) if said else ()),
        Text(_note(found), "dim"),
    )


def _note(found: SweepFindings) -> str:
    rest = (
        "At each point the odds are a mean over outer draws of all other uncertain numbers."
        if found.experiment.uncertainty.draws
        else "All other uncertain numbers are at their medians, so the odds differ a little from those of a run."
    )
    error = f"±: 95 % Monte Carlo error, here at most {196 * float(found.errors.max()):.1f} points"
    return f"{rest} {error}; the noise is the same at every point, so neighbours err together."


def _table(found: SweepFindings) -> Table:
    return _curve_table(found) if len(found.axes) == 1 else _map_table(found)


def _caption(found: SweepFindings) -> str:
    """What the table of two numbers shows."""
    first, second = (axis.key for axis in found.axes)
    return f"{most_moved(found)[1].label}, by {second} (down) and {first} (across)"


def _plain_table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def _thinned(count: int, most: int) -> list[int]:
    """Positions of at most so many of `count` values, both ends among them."""
    return sorted({int(place) for place in np.linspace(0, count - 1, min(count, most)).round()})


def _curve_table(found: SweepFindings) -> Table:
    axis, table = found.axes[0], _plain_table()
    table.add_column(axis.key, no_wrap=True)
    for _, scenario in scenarios_to_show(found):
        table.add_column(scenario.label, justify="right")
    for n in _thinned(len(axis.values), ROWS):
        odds = (
            f"{percent(float(found.odds[j, n]))} ±{196 * found.errors[j, n]:.1f}" for j, _ in scenarios_to_show(found)
        )
        table.add_row(value_text(axis.key, axis.values[n]), *odds)
    return table


def _map_table(found: SweepFindings) -> Table:
    """The odds of the scenario that moves most: rows from the greatest value up to the least."""
    j, _ = most_moved(found)
    (first, second), table = found.axes, _plain_table()
    across, up = _thinned(len(first.values), COLUMNS), _thinned(len(second.values), COLUMNS)
    table.add_column("")
    for a in across:
        table.add_column(value_text(first.key, first.values[a]), justify="right", no_wrap=True)
    for b in reversed(up):
        table.add_row(value_text(second.key, second.values[b]), *(percent(float(found.odds[j, a, b])) for a in across))
    return table


def _sentences(found: SweepFindings) -> Iterator[str]:
    """Where odds of one number are crossed, and which scenario leads where; nothing for two."""
    if len(found.axes) > 1:
        return
    key, labels = found.axes[0].key, [scenario.label for scenario in found.model.scenarios]
    told = {j for j, _ in watched(found)}
    for j, level, value in _crossed(found):
        if j in told:
            yield f"{labels[j]} passes {percent(level)} at {value_text(key, value)}."
    stretches = found.stretches()
    if len(stretches) == 1:
        yield f"{labels[stretches[0].scenario]} is the most probable throughout."
        return
    for part in stretches:
        ends = f"{value_text(key, part.low)} to {value_text(key, part.high)}"
        yield f"{labels[part.scenario]} is the most probable from {ends}."


def as_data(found: SweepFindings) -> dict[str, Any]:
    """Axes and the odds asked about, of every scenario: a list, or [across][up]; ready for JSON."""
    run, asked = found.experiment, found.experiment.sweep
    data: dict[str, Any] = {
        "model": found.model.title,
        "experiment": run.name,
        "seed": run.seed,
        "paths": run.uncertainty.paths if run.uncertainty.draws else run.paths,
        "draws": run.uncertainty.draws,
        "reading": asked.reading,
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
    names = [scenario.name for scenario in found.model.scenarios]
    if len(found.axes) == 1:
        data["crossings"] = [
            {"scenario": names[j], "probability": level, "value": value} for j, level, value in _crossed(found)
        ]
        data["most_probable"] = [
            {"scenario": names[part.scenario], "from": part.low, "to": part.high} for part in found.stretches()
        ]
    else:
        data["most_probable"] = [[names[j] for j in column] for column in found.leading()]
    return data


def section(found: SweepFindings) -> Section:
    """The sweep as a section of a report."""
    lines = tuple(_sentences(found))
    about = odds_words(found)
    caption = f"{about[0].upper()}{about[1:]}" if len(found.axes) == 1 else _caption(found)
    return Section(
        name="sweep",
        title="How much hangs on a number?",
        paragraphs=(*((" ".join(lines),) if lines else ()), _note(found)),
        pictures=(picture(found),),
        tables=(grid(_table(found), caption),),
    )


def footer(found: SweepFindings) -> str:
    """How much was simulated, from when to when."""
    run = found.experiment
    points = " × ".join(f"{len(axis.values)}" for axis in found.axes)
    outer = run.uncertainty
    each = f"{outer.draws:,} draws × {outer.paths:,} paths" if outer.draws else f"{run.paths:,} paths"
    return f"Frenemy · {points} points × {each} · seed {run.seed} · {run.start} to {run.end}"


def pictures(found: SweepFindings) -> tuple[Picture, ...]:
    """The curve or the map."""
    return (picture(found),)
