"""The odds as news came in: in a few lines, as tables, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.number_text import NBSP, brief, percent
from frenemy.present.section import Section, grid
from frenemy.present.sheet import Picture
from frenemy.present.time_axis import day
from frenemy.studies.timeline.findings import READINGS, Bits, TimelineFindings
from frenemy.studies.timeline.plots import bits as news_bars
from frenemy.studies.timeline.plots import odds as news_line
from frenemy.studies.timeline.wording import Row, bits_text, remark, rows, rows_to_show

__all__ = ["as_data", "as_text", "entries_csv", "footer", "pictures", "section", "tables", "timeline_csv"]


def pictures(found: TimelineFindings) -> tuple[Picture, ...]:
    """The odds as news came in, and what each entry did to each scenario with a rule."""
    return (news_line.picture(found), *(news_bars.picture(found, j) for j in found.model.ruled_scenarios))


def footer(found: TimelineFindings) -> str:
    """Passes, draws, particles, seed, span and the hash of the configuration."""
    run = found.experiment
    span = f"{run.start.isoformat()} to {run.end.isoformat()} in {run.tick}-day ticks"
    return f"Frenemy · {_size(found)} · seed {run.seed} · {span}"


def _size(found: TimelineFindings) -> str:
    draws = f"{found.draws:,} draws × " if found.draws else ""
    return f"{found.repeats} passes of {draws}{found.paths:,} particles"


def as_text(found: TimelineFindings) -> RenderableType:
    """What each entry did, and the odds at the end."""
    return Group(
        Text(f"{found.model.title}: {found.experiment.title}", "bold"),
        Text(_about(found)),
        Text(),
        _table(found),
        Text(),
        Text(_reading(found), "dim"),
    )


def _about(found: TimelineFindings) -> str:
    (start, _), (end, _) = found.odds(-1), found.odds(len(found.steps) - 1)
    moved = ", ".join(
        f"{brief(item.label)} {percent(float(start[0, j]))} → {percent(float(end[0, j]))}"
        for j, item in enumerate(found.model.scenarios)
    )
    return f"Odds on {day(found.experiment.end)} as news came in until {day(found.steps[-1].date)}: {moved}."


def _chosen(found: TimelineFindings) -> tuple[list[tuple[Row, ...]], int]:
    """The rows to show, one of each scenario with a rule side by side, and how many there are more."""
    sides = [rows(found, j) for j in found.model.ruled_scenarios]
    chosen = rows_to_show(sides)
    return [tuple(side[place] for side in sides) for place in chosen], len(sides[0]) - len(chosen)


def _table(found: TimelineFindings) -> Table:
    """A row for each entry: what it did in sequence, and left out, to each scenario with a rule."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("known", justify="right", no_wrap=True)
    table.add_column("bits on the odds")
    for j in found.model.ruled_scenarios:
        label = brief(found.model.scenarios[j].label)
        table.add_column(f"{label}: came", justify="right")
        if found.left_out:
            table.add_column("counts", justify="right", no_wrap=True)
    for same in _chosen(found)[0]:
        sides = [(row.came, row.counts) if found.left_out else (row.came,) for row in same]
        date = same[0].date
        cells = (bits_text(bits, error=False) for side in sides for bits in side)
        table.add_row(Text(day(date) if date else ""), Text(same[0].marked), *cells)
    return table


def _reading(found: TimelineFindings) -> str:
    left_out = (
        " Counts: the odds by all that is known, compared with not knowing of this entry." if found.left_out else ""
    )
    medians = "" if found.draws else ", every uncertain number at its median"
    chosen, hidden = _chosen(found)
    below = remark([row for same in chosen for row in same], hidden)
    return (
        "One bit doubles the odds p / (1 − p) of being in the scenario at the end, a tenth of one raises them by "
        f"7{NBSP}%. From {_size(found)}{medians}; in brackets: could be chance, at 95{NBSP}%. "
        f"Came: when it became known, on top of what was known before.{left_out} {below}"
    ).rstrip()


def section(found: TimelineFindings) -> Section:
    """The odds as news came in, as a section of a report."""
    return Section(
        name="timeline",
        title="Which news moved the odds?",
        paragraphs=(_about(found), _reading(found)),
        pictures=pictures(found),
        tables=(grid(_table(found), "What each entry did"),),
    )


def timeline_csv(found: TimelineFindings) -> str:
    """Odds after each step, and how surprising the step was."""
    header = ("step", "date", "entry", "surprise_bits", "scenario", "reading", "odds", "odds_se", "bits", "bits_se")
    return csv_text(header, _steps(found))


def _steps(found: TimelineFindings) -> Iterator[tuple[str, ...]]:
    for n in range(-1, len(found.steps)):
        odds, errors = found.odds(n)
        date = found.experiment.start if n < 0 else found.steps[n].date
        entry = "start" if n < 0 else found.steps[n].entry or "silence"
        surprise = "" if n < 0 else fixed(found.surprise(n), 3)
        for j, scenario in enumerate(found.model.scenarios):
            for r, reading in enumerate(READINGS):
                bits = Bits(change=np.nan, se=np.nan, repeats=found.repeats) if n < 0 else found.came(n, r, j)
                yield (
                    str(n + 1), str(date), entry, surprise, scenario.name, reading, fixed(float(odds[r, j]), 6),
                    fixed(float(errors[r, j]), 6), fixed(bits.change, 4), fixed(bits.se, 4),
                )  # fmt: skip


def entries_csv(found: TimelineFindings) -> str:
    """What each entry did to the odds of each scenario: in sequence, and left out."""
    header = ("entry", "known", "label", "scenario", "came_bits", "came_se", "counts_bits", "counts_se")
    table = (
        (
            row.name or "silence", str(row.date or ""), row.label, scenario.name, *_cells(row.came),
            *_cells(row.counts),
        )
        for j, scenario in enumerate(found.model.scenarios)
        for row in rows(found, j)
    )  # fmt: skip
    return csv_text(header, table)


def _cells(bits: Bits | None) -> tuple[str, str]:
    return ("", "") if bits is None else (fixed(bits.change, 4), fixed(bits.se, 4))


def as_data(found: TimelineFindings) -> dict[str, Any]:
    """The same as plain data, ready for JSON; what was not assessed is absent."""
    run = found.experiment
    names = [item.name for item in found.model.scenarios]
    return {
        "model": found.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "horizon": str(run.end),
        "seed": run.seed,
        "draws": found.draws,
        "paths": found.paths,
        "repeats": found.repeats,
        "steps": [
            {"date": str(run.start if n < 0 else found.steps[n].date),
             "entry": "start" if n < 0 else found.steps[n].entry or "silence",
             "odds": {reading: dict(zip(names, map(float, found.odds(n)[0][r]), strict=True))
                      for r, reading in enumerate(READINGS)}}
            for n in range(-1, len(found.steps))
        ],
        "entries": [
            {"entry": row.name or "silence", "label": row.label, "scenario": scenario.name,
             **({"known": str(row.date)} if row.date else {}),
             **({} if row.came is None else {"came_bits": row.came.change, "came_se": row.came.se}),
             **({} if row.counts is None else {"counts_bits": row.counts.change, "counts_se": row.counts.se})}
            for j, scenario in enumerate(found.model.scenarios)
            for row in rows(found, j)
        ],
    }  # fmt: skip


def tables(found: TimelineFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {"timeline.csv": timeline_csv(found), "entries.csv": entries_csv(found)}
