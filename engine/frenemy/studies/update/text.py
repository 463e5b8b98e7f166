"""What the evidence made of the odds: in a few lines, and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.forecast.forecast import report_ticks
from frenemy.present.key_labels import key_label, value_text
from frenemy.present.number_text import percent, range_text
from frenemy.present.percentage_points import points
from frenemy.present.section import Grid, Section, grid
from frenemy.present.sheet import Picture
from frenemy.present.time_axis import day
from frenemy.studies.update.findings import Posterior, UpdateFindings
from frenemy.studies.update.plots import fan as past_and_future
from frenemy.studies.update.plots import numbers, sample_size
from frenemy.studies.update.tables import GOES_ON, as_data, state_of, tables

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

NUMBERS = 8
FEW_DRAWS = 16
"""Effective draws below which the numbers are said to be rough."""


def pictures(found: UpdateFindings) -> tuple[Picture, ...]:
    """Past and future; what was learnt of numbers, if any is uncertain; how many particles bear it out."""
    learnt = (numbers.picture(found),) if found.learnt else ()
    told = (sample_size.picture(found),) if len(found.after.news) > 1 else ()
    return (past_and_future.picture(found), *learnt, *told)


def footer(found: UpdateFindings) -> str:
    """Draws, particles, seed, span and the hash of the configuration."""
    after, run = found.after, found.after.experiment
    span = f"{run.start.isoformat()} to {run.end.isoformat()} in {run.tick}-day ticks"
    size = f"{after.draws:,} draws × {after.paths:,}" if after.parameters else f"{after.draws * after.paths:,}"
    return f"Frenemy · {size} particles · seed {run.seed} · {span}"


def as_text(found: UpdateFindings) -> RenderableType:
    """Odds before and after, the drivers now, the numbers of which most was learnt."""
    after = found.after
    parts: list[RenderableType] = [
        Text(f"{after.model.title}: {after.experiment.title}", "bold"),
        Text(_about(found)),
        Text(),
        _odds(found),
        Text(),
        Text(_drivers(after)),
    ]
    if any(found.told(of) for of in found.learnt):
        parts += [Text(), _numbers(found)]
    elif found.learnt:
        parts += [Text(), Text("Of no single number is anything learnt that stands out from the luck of the draws.")]
    parts += [Text(), *(Text(line) for line in _left_aside(found))]
    return Group(*parts, Text(_reading(found), "dim"))


def _about(found: UpdateFindings) -> str:
    after = found.after
    counted = sum(state_of(note, found) in ("counts", "left out", GOES_ON) for note in found.evidence.notes.values())
    told = "their" if counted != 1 else "its"
    size = f"{after.draws * after.paths:,} particles"
    if after.parameters:
        effective = f"{after.news[-1].effective_draws:.0f} draws effective at the end"
        size = f"{after.draws:,} draws × {after.paths:,} particles, {effective}"
    return (
        f"{counted} {'pieces' if counted != 1 else 'piece'} of evidence, known until {day(after.ledger.until)}; {told} "
        f"log probability is {after.log_evidence:.1f} ± {1.96 * after.log_evidence_se:.1f}. {size}; seed {after.seed}."
    )


def _odds(found: UpdateFindings) -> Table:
    """For each scenario and date of the report that is ahead: before, after, and what the band is."""
    after = found.after
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    heads = [
        "odds of being in it",
        "on",
        "before",
        "after",
        *(["90 % of judgement"] if after.parameters else []),
        "points",
    ]
    for n, head in enumerate([*heads, *(["without", "points"] if found.left_out else [])]):
        table.add_column(head, justify="left" if n < 2 else "right", no_wrap=True)
    for j, scenario in enumerate(after.model.scenarios):
        for tick in report_ticks(after.experiment):
            if tick >= after.now:
                table.add_row(Text(scenario.label, scenario.colour), *_cells(found, j, tick))
    return table


def _cells(found: UpdateFindings, j: int, tick: int) -> Iterator[str]:
    before, after, without = (each.odds["at"] for each in (found.before, found.after, found.without))
    was, now = float(before.probability[tick, j]), float(after.probability[tick, j])
    yield from (day(found.after.dates[tick + 1]), percent(was), percent(now))
    if found.after.parameters:
        low, high = after.quantiles[0, tick, j], after.quantiles[-1, tick, j]
        yield range_text(low, high) if np.isfinite(low) else ""
    yield _change(now - was, float(np.hypot(before.mc_se[tick, j], after.mc_se[tick, j])))
    if found.left_out:
        then = float(without.probability[tick, j])
        yield percent(then)
        yield _change(now - then, float(np.hypot(without.mc_se[tick, j], after.mc_se[tick, j])))


def _change(change: float, error: float) -> str:
    return f"{points(change)} ± {196 * error:.1f}"


def _drivers(after: Posterior) -> str:
    fan, now = after.drivers, after.now
    levels = (
        f"{driver.label} {fan.quantiles[3, now, i]:.0f} (90 %: {fan.quantiles[0, now, i]:.0f}"
        f"–{fan.quantiles[-1, now, i]:.0f})"
        for i, driver in enumerate(after.model.drivers)
    )
    return f"Drivers on {day(after.dates[now])}: {', '.join(levels)}."


def _numbers(found: UpdateFindings) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for n, head in enumerate(("most was learnt of", "before", "90 %", "after", "90 %")):
        table.add_column(head, justify="right" if n else "left", no_wrap=n > 0)
    for of in filter(found.told, found.learnt[:NUMBERS]):
        cells = []
        for quantiles in (of.prior_quantiles, of.posterior_quantiles):
            low, middle, high = (value_text(of.key, float(quantiles[n])) for n in (0, 3, -1))
            cells += [middle, f"{low}–{high}"]
        table.add_row(Text(key_label(of.key, found.after.model)), *cells)
    return table


def _left_aside(found: UpdateFindings) -> Iterator[str]:
    for state in ("off", "outside the run", "not yet known", GOES_ON, "left out"):
        names = [note.name for note in found.evidence.notes.values() if state_of(note, found) == state]
        if names:
            yield f"{state.capitalize()}: {', '.join(names)}."
    for conflict in found.evidence.conflicts:
        yield f"{' and '.join(conflict.entries)}: {conflict.why}"


def _reading(found: UpdateFindings) -> str:
    text = (
        "Before: the odds of the experiment without any evidence. Points: the change in percentage points, ± Monte "
        "Carlo error (95 %), as of independent runs. "
    )
    text += (
        "The band is where the odds lie in nine of ten cases of the uncertain numbers, after what was learnt of them."
        if found.after.parameters
        else "Every uncertain number stands at its median."
    )
    if found.left_out:
        text += (
            f" Without: {', '.join(found.left_out)} left out, as if one did not know of it; and by how much it counts."
        )
    if found.after.parameters and found.after.news[-1].effective_draws < FEW_DRAWS:
        text += " Few draws bear out all of the evidence: ask for more draws before relying on this."
    return text


def section(found: UpdateFindings) -> Section:
    """What the evidence made of the odds, as a section of a report."""
    tables = [grid(_odds(found), "Odds before and after the evidence")]
    if any(found.told(of) for of in found.learnt):
        tables.append(grid(_numbers(found), "Uncertain numbers before and after"))
    rows = tuple(
        (note.label, day(note.last), state_of(note, found), note.source) for note in found.evidence.notes.values()
    )
    tables.append(Grid(caption="The ledger", header=("", "known by", "", "source"), rows=rows))
    return Section(
        name="update",
        title="What has happened since, and what does it change?",
        paragraphs=(_about(found), _drivers(found.after), *_left_aside(found), _reading(found)),
        pictures=pictures(found),
        tables=tuple(tables),
    )
