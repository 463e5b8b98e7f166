"""The odds before and after the evidence: for a terminal, and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.forecast import report_ticks
from frenemy.forecast.sentences import headline_of
from frenemy.model.describe.wording import counted
from frenemy.present.key_labels import key_label, with_unit
from frenemy.present.number_text import percent, range_text, signed
from frenemy.present.percentage_points import points
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.style import display_order
from frenemy.present.table import Cell, Grid
from frenemy.present.time_axis import day
from frenemy.studies.update.findings import Posterior, UpdateFindings
from frenemy.studies.update.plots.fan import past_and_future
from frenemy.studies.update.plots.numbers import number_changes
from frenemy.studies.update.plots.sample_size import sample_size
from frenemy.studies.update.tables import GOES_ON, as_data, state_of, tables
from frenemy.studies.update.wording import evidence_through

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

MAX_NUMBERS = 8
FEW_DRAWS = 16
"""Effective draws below which a warning is printed."""


def pictures(found: UpdateFindings) -> tuple[Picture, ...]:
    """Past and future; the uncertain numbers, if there are any; the effective sample size."""
    numbers = (number_changes.picture(found),) if found.numbers else ()
    sizes = (sample_size.picture(found),) if len(found.after.news) > 1 else ()
    return (past_and_future.picture(found), *numbers, *sizes)


def footer(found: UpdateFindings) -> str:
    """Draws, particles, seed and span."""
    after = found.after
    size = f"{counted(after.draws, 'draw')} × {after.paths:,}" if after.parameters else f"{after.draws * after.paths:,}"
    return run_footer(after.experiment, f"{size} particles")


def as_text(found: UpdateFindings) -> RenderableType:
    """Odds before and after, the drivers now, the numbers that changed most."""
    after = found.after
    parts: list[RenderableType] = [
        Text(f"{after.model.title} · {after.experiment.title}", "bold"),
        Text(_about(found)),
        Text(),
        _odds(found).rich(),
        Text(),
        Text(_drivers(after)),
    ]
    if any(found.is_significant(of) for of in found.numbers):
        parts += [Text(), _numbers(found).rich()]
    elif found.numbers:
        parts += [Text(), Text("No uncertain number changes significantly.")]
    parts += [Text(), *(Text(line) for line in _not_counted(found))]
    return Group(*parts, Text(_how_to_read(found), "dim"))


def section(found: UpdateFindings) -> Section:
    """The odds before and after the evidence, as a section of a report."""
    numbers = (_numbers(found),) if any(found.is_significant(of) for of in found.numbers) else ()
    return Section(
        name="update",
        title="What has happened since, and what does it change?",
        headline=_headline(found) if found.after.ledger.entries else "",
        paragraphs=(_about(found), _drivers(found.after), *_not_counted(found), _how_to_read(found)),
        pictures=pictures(found),
        tables=(_odds(found), *numbers, _ledger(found)),
    )


def _headline(found: UpdateFindings) -> str:
    """`As of 15 Jan 2026: Status quo stays likely; ...`."""
    after = found.after
    text = headline_of(after.model, after.odds, after.dates[-1], since=after.now)
    return f"As of {day(after.ledger.last_day)}: {text}"


def _about(found: UpdateFindings) -> str:
    after = found.after
    used = sum(state_of(note, found) in ("counts", "left out", GOES_ON) for note in found.evidence.notes.values())
    size = counted(after.draws * after.paths, "particle")
    if after.parameters:
        effective = f"effective draws at the end: {after.news[-1].effective_draws:.0f}"
        size = f"{counted(after.draws, 'draw')} × {counted(after.paths, 'particle')}, {effective}"
    return (
        f"{counted(used, 'entry', 'entries')}, {evidence_through(after)}; log probability of the evidence "
        f"{signed(f'{after.log_evidence:.1f}')} ± {1.96 * after.log_evidence_se:.1f}. {size}; seed {after.seed}."
    )


def _odds(found: UpdateFindings) -> Grid:
    """For each scenario and each report date still ahead: odds before and after, and their band."""
    after = found.after
    band = ("90 % band",) if after.parameters else ()
    without = ("without", "effect") if found.left_out else ()
    rows = tuple(
        (Text(scenario.label, scenario.colour), *_cells(found, j, tick))
        for j, scenario in display_order(after.model)
        for tick in report_ticks(after.experiment)
        if tick >= after.now
    )
    return Grid(
        caption="Odds before and after the evidence",
        header=("odds of being in", "on", "before", "after", *band, "change", *without),
        rows=rows,
        left=frozenset({0, 1}),
    )


def _cells(found: UpdateFindings, j: int, tick: int) -> Iterator[Cell]:
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


def _numbers(found: UpdateFindings) -> Grid:
    rows = []
    for of in filter(found.is_significant, found.numbers[:MAX_NUMBERS]):
        cells = []
        for quantiles in (of.prior_quantiles, of.posterior_quantiles):
            low, middle, high = (with_unit(of.key, float(quantiles[n]), found.model) for n in (0, 3, -1))
            cells += [middle, f"{low}–{high}"]
        rows.append((key_label(of.key, found.after.model), *cells))
    return Grid(
        caption="Uncertain numbers before and after",
        header=("numbers that changed most", "before", "90 %", "after", "90 %"),
        rows=tuple(rows),
    )


def _ledger(found: UpdateFindings) -> Grid:
    notes = found.evidence.notes.values()
    rows = tuple((note.label, day(note.last), state_of(note, found), note.source) for note in notes)
    return Grid(caption="The ledger", header=("", "known by", "", "source"), rows=rows)


def _not_counted(found: UpdateFindings) -> Iterator[str]:
    for state in ("off", "outside the run", "not yet known", GOES_ON, "left out"):
        names = [note.name for note in found.evidence.notes.values() if state_of(note, found) == state]
        if names:
            what = "Switched off in the ledger" if state == "off" else state.capitalize()
            yield f"{what}: {', '.join(names)}."
    for conflict in found.evidence.conflicts:
        yield f"{' and '.join(conflict.entries)}: {conflict.why}"


def _how_to_read(found: UpdateFindings) -> str:
    after = found.after
    text = (
        "Before: the odds of the experiment without any evidence. Changes in percentage points, ± Monte "
        "Carlo error (95 %), treating the two runs as independent. "
    )
    text += (
        "Band: plausible range of the odds given the uncertain numbers, after the evidence."
        if after.parameters
        else "Every uncertain number is at its median."
    )
    if found.left_out:
        text += f" Without: the odds if {', '.join(found.left_out)} were unknown. Effect: that of knowing it."
    if after.parameters and after.news[-1].effective_draws < FEW_DRAWS:
        text += " Few draws are consistent with all of the evidence: use more draws before relying on this."
    return text
