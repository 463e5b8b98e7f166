"""The odds as evidence came in: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted
from frenemy.present.number_text import NBSP, brief, percent
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.style import display_order
from frenemy.present.table import COUNT, PROBABILITY, TEXT, Columns, Grid, decimals
from frenemy.present.time_axis import day
from frenemy.studies.timeline.findings import READINGS, TimelineFindings
from frenemy.studies.timeline.plots.bits import entry_effects
from frenemy.studies.timeline.plots.odds import odds_over_time
from frenemy.studies.timeline.wording import Row, bits_text, over_what, remark, rows, rows_to_show

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

BITS = decimals(4)
TIMELINE = Columns(
    step=COUNT, date=TEXT, entry=TEXT, surprise_bits=decimals(3), scenario=TEXT, reading=TEXT, odds=PROBABILITY,
    odds_se=PROBABILITY, bits=BITS, bits_se=BITS,
)  # fmt: skip
ENTRIES = Columns(
    entry=TEXT, known=TEXT, label=TEXT, scenario=TEXT, arrival_bits=BITS, arrival_se=BITS, removal_bits=BITS,
    removal_se=BITS,
)  # fmt: skip


def _steps(found: TimelineFindings) -> Iterator[Sequence[Any]]:
    """Odds after each step, and how surprising the step was."""
    for n in range(-1, len(found.steps)):
        odds, errors = found.odds(n)
        for j, scenario in enumerate(found.model.scenarios):
            for r, reading in enumerate(READINGS):
                bits = None if n < 0 else found.arrival(n, r, j)
                yield (
                    n + 1, *_step(found, n), None if n < 0 else found.surprise(n), scenario.name, reading, odds[r, j],
                    errors[r, j], bits and bits.change, bits and bits.se,
                )  # fmt: skip


def _step(found: TimelineFindings, n: int) -> tuple[str, str]:
    """Date and entry of a step; -1: the start."""
    if n < 0:
        return str(found.experiment.start), "start"
    return str(found.steps[n].date), found.steps[n].entry or "silence"


def _entries(found: TimelineFindings) -> Iterator[Sequence[Any]]:
    """The effect of each entry on the odds of each scenario: when it arrived, and by removal."""
    for j, scenario in enumerate(found.model.scenarios):
        for row in rows(found, j):
            effects = ((bits and bits.change, bits and bits.se) for bits in (row.arrival, row.removal))
            yield (
                row.name or "silence",
                row.date,
                row.label,
                scenario.name,
                *(cell for pair in effects for cell in pair),
            )


def tables(found: TimelineFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {"timeline.csv": TIMELINE.csv(_steps(found)), "entries.csv": ENTRIES.csv(_entries(found))}


def as_data(found: TimelineFindings) -> dict[str, Any]:
    """The same as plain data, ready for JSON; what was not assessed is absent."""
    run = found.experiment
    names = [item.name for item in found.model.scenarios]
    steps = []
    for n in range(-1, len(found.steps)):
        date, entry = _step(found, n)
        odds = {
            reading: dict(zip(names, map(float, found.odds(n)[0][r]), strict=True))
            for r, reading in enumerate(READINGS)
        }
        steps.append({"date": date, "entry": entry, "odds": odds})
    return {
        "model": found.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "horizon": str(run.end),
        "seed": run.seed,
        "draws": found.draws,
        "paths": found.paths,
        "repeats": found.repeats,
        **({"effective_draws": found.effective_draws} if found.draws else {}),
        "steps": steps,
        "entries": ENTRIES.records(_entries(found)),
    }


def pictures(found: TimelineFindings) -> tuple[Picture, ...]:
    """The odds as evidence came in, and the effect of each entry on each scenario with a rule."""
    return (odds_over_time.picture(found), *(entry_effects.picture(found, j) for j in found.model.ruled_scenarios))


def footer(found: TimelineFindings) -> str:
    """Passes, draws, particles, seed and span."""
    return run_footer(found.experiment, _size(found))


def _size(found: TimelineFindings) -> str:
    draws = f"{counted(found.draws, 'draw')} × " if found.draws else ""
    return f"{counted(found.repeats, 'pass', 'passes')} of {draws}{counted(found.paths, 'particle')}"


def as_text(found: TimelineFindings) -> RenderableType:
    """The odds at the end, and the effect of each entry."""
    return Group(
        Text(f"{found.model.title} · {found.experiment.title}", "bold"),
        Text(_about(found)),
        Text(),
        _grid(found).rich(),
        Text(),
        Text(_how_to_read(found), "dim"),
    )


def section(found: TimelineFindings) -> Section:
    """The odds as evidence came in, as a section of a report."""
    return Section(
        name="timeline",
        title="Which evidence moved the odds?",
        paragraphs=(_about(found), _how_to_read(found)),
        pictures=pictures(found),
        tables=(_grid(found),),
    )


def _about(found: TimelineFindings) -> str:
    (start, _), (end, _) = found.odds(-1), found.odds(len(found.steps) - 1)
    moved = ", ".join(
        f"{brief(item.label)} {percent(float(start[0, j]))} → {percent(float(end[0, j]))}"
        for j, item in display_order(found.model)
    )
    until = day(found.steps[-1].date)
    return (
        f"Odds on {day(found.experiment.end)}, before any evidence → after all evidence through {until}: {moved}. "
        f"{over_what(found)}"
    )


def _shown(found: TimelineFindings) -> tuple[list[tuple[Row, ...]], int]:
    """The rows to show, one of each scenario with a rule side by side, and how many more there are."""
    sides = [rows(found, j) for j in found.model.ruled_scenarios]
    places = rows_to_show(sides)
    return [tuple(side[place] for side in sides) for place in places], len(sides[0]) - len(places)


def _grid(found: TimelineFindings) -> Grid:
    """A row for each entry: its effect on each scenario with a rule."""
    heads = ("on arrival", "with/without") if found.left_out else ("on arrival",)
    labels = (brief(found.model.scenarios[j].label) for j in found.model.ruled_scenarios)
    lines = []
    for same in _shown(found)[0]:
        effects = (bits for row in same for bits in (row.arrival, row.removal)[: len(heads)])
        date = same[0].date
        lines.append((day(date) if date else "", same[0].marked, *(bits_text(bits, error=False) for bits in effects)))
    return Grid(
        caption="Effect of each entry, in bits",
        header=("known", "entry", *(f"{label}:\n{head}" for label in labels for head in heads)),
        rows=tuple(lines),
        left=frozenset({1}),
    )


def _how_to_read(found: TimelineFindings) -> str:
    left_out = " With/without: the odds given everything known, against the odds if this entry were unknown."
    shown, hidden = _shown(found)
    below = remark([row for same in shown for row in same], hidden)
    return (
        "Effects are in bits: one bit doubles the odds p / (1 − p) of being in the scenario at the end, a tenth of a "
        f"bit raises them by 7{NBSP}%. On arrival: when the entry became known, given what was known "
        f"before.{left_out if found.left_out else ''} In brackets: not distinguishable from chance at 95{NBSP}%. From "
        f"{_size(found)}. {below}"
    ).rstrip()
