"""What tuning found: tables for a terminal, CSV text, plain data, and a picture of the judgements that moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.key_labels import key_label, value_text
from frenemy.present.section import Section, grid
from frenemy.present.sheet import Picture, run_footer
from frenemy.studies.tune import region_text
from frenemy.studies.tune.findings import TuningFindings
from frenemy.studies.tune.plots.moves import picture, target_words, targets_with_odds, tenths
from frenemy.studies.tune.plots.region import pictures as region_pictures

__all__ = ["as_data", "as_text", "footer", "head", "picture", "pictures", "section", "tables"]

LIES = "the share of the elicited range that is at or below the value"


def head(found: TuningFindings, solution: int = 0) -> tuple[str, ...]:
    """Comment lines for the top of the tuned file."""
    which = f" (solution {solution + 1} of {len(found.solutions)})" if found.further else ""
    lines = [f"Tuned from {found.experiment.name}.toml{which}; the values under [set] say what they were before. Odds:"]
    for target, before, reached, error in targets_with_odds(found, solution):
        said = f"{tenths(reached)} ± {tenths(1.96 * error)}; before: {tenths(before)}"
        lines.append(f"  {target_words(found, target)}: {said}")
    return tuple(lines)


def as_text(found: TuningFindings) -> RenderableType:
    """The numbers that move and the odds that follow."""
    title = Text(f"{found.model.title}: {found.experiment.title}", "bold")
    boxes = [Text(), *region_text.as_text(found)] if found.region.draws else []
    return Group(title, Text(), _turned(found), Text(), _odds(found), Text(), Text(_footnote(found), "dim"), *boxes)


def section(found: TuningFindings) -> Section:
    """What tuning found as a section of a report."""
    return Section(
        name="tune",
        title="What would have to be true?",
        paragraphs=(_footnote(found), *((region_text.footnote(found),) if found.region.draws else ())),
        pictures=pictures(found),
        tables=(
            grid(_odds(found), "The odds wanted"),
            grid(_turned(found), "What would bring them about"),
            *(grid(table, caption) for caption, table in region_text.grids(found)),
        ),
    )


def _odds(found: TuningFindings) -> Table:
    odds = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    reached = [f"reached by {n + 1}" for n in range(len(found.solutions))] if found.further else ["reached"]
    for name in ("odds", "before", "wanted", *reached):
        odds.add_column(name, justify="left" if name == "odds" else "right", no_wrap=name != "odds")
    for row, (target, before, *_) in enumerate(targets_with_odds(found)):
        told = (f"{tenths(s.reached[row])} ± {100 * 1.96 * s.reached_se[row]:.1f}" for s in found.solutions)
        odds.add_row(target_words(found, target), tenths(before), tenths(target.probability), *told)
    return odds


def _turned(found: TuningFindings) -> Table:
    if found.further:
        return _ways(found)
    turned = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("what would have to be true", "before", "now", "lies at"):
        turned.add_column(name, justify="left" if name.startswith("what") else "right", no_wrap=True)
    for knob, value in zip(found.knobs, found.values, strict=True):
        old, new = (value_text(knob.key, number) for number in (knob.spread.median, value))
        turned.add_row(knob.key, old, new, f"{100 * knob.share(value):.0f} % of its range")
    return turned


def _ways(found: TuningFindings) -> Table:
    """Several solutions side by side, each with where its values lie."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("what would have to be true", "before", *(f"now {n + 1}" for n in range(len(found.solutions)))):
        table.add_column(name, justify="left" if name.startswith("what") else "right", no_wrap=True)
    values = zip(*(found.values_of(solution) for solution in found.solutions), strict=True)
    for knob, row in zip(found.knobs, values, strict=True):
        cells = (f"{value_text(knob.key, value)} ({100 * knob.share(value):.0f} %)" for value in row)
        table.add_row(knob.key, value_text(knob.key, knob.spread.median), *cells)
    return table


def _footnote(found: TuningFindings) -> str:
    text = ""
    if np.isfinite(found.found.reach).all():
        low, high = (tenths(value) for value in found.found.reach)
        text += f"Within this number's range the odds reach from {low} to {high}. "
    if len(found.found.others):
        knob = found.knobs[0]
        also = ", ".join(value_text(knob.key, knob.value(float(z))) for z in found.found.others)
        text += f"The odds are not monotone in it: about {also} would serve as well. "
    elif len(found.knobs) > 1:
        which = "the first" if found.further else "this one"
        text += f"Of all combinations that serve, {which} departs least from what was elicited. "
    if found.asked > 1:
        text += f"Solutions lie at least {found.apart:g} elicited {'spread' if found.apart == 1 else 'spreads'} apart"
        short = found.asked - len(found.solutions)
        text += "; no further one was found. " if short else ". "
    lies = f"In brackets: {LIES}" if found.further else f"Lies at: {LIES}"
    return f"{lies}; 50 % is the median. {text}±: 95 % Monte Carlo error."


def tables(found: TuningFindings) -> Mapping[str, str]:
    """All tables by file name."""
    numbers = (
        (knob.key, f"{knob.spread.median:.6g}", f"{value:.6g}", fixed(knob.share(value), 4), fixed(float(z), 4))
        for knob, value, z in zip(found.knobs, found.values, found.found.z, strict=True)
    )
    odds = (
        (
            target.scenario, target.reading, str(min(target.date, found.experiment.end)),
            fixed(target.probability, 6), fixed(before, 6), fixed(reached, 6), fixed(error, 6),
        )
        for target, before, reached, error in targets_with_odds(found)
    )  # fmt: skip
    written = {
        "tune.csv": csv_text(("key", "before", "after", "share", "spreads"), numbers),
        "targets.csv": csv_text(("scenario", "reading", "date", "wanted", "before", "reached", "mc_se"), odds),
    }
    curve = found.found.curve
    if len(curve.z):
        knob = found.knobs[0]
        rows = ((f"{knob.value(float(z)):.6g}", fixed(float(p), 6)) for z, p in zip(curve.z, curve.odds, strict=True))
        written["curve.csv"] = csv_text(("value", "odds_at_medians"), rows)
    if found.asked > 1:
        written["solutions.csv"] = csv_text(("solution", "key", "after", "share", "spreads"), _solution_rows(found))
        header = ("solution", "scenario", "reading", "date", "wanted", "reached", "mc_se")
        written["solution_targets.csv"] = csv_text(header, _solution_odds(found))
    return {**written, **region_text.tables(found)}


def _solution_rows(found: TuningFindings) -> Iterator[tuple[str, ...]]:
    for n, solution in enumerate(found.solutions, 1):
        for knob, value, z in zip(found.knobs, found.values_of(solution), solution.z, strict=True):
            yield str(n), knob.key, f"{value:.6g}", fixed(knob.share(value), 4), fixed(float(z), 4)


def _solution_odds(found: TuningFindings) -> Iterator[tuple[str, ...]]:
    for n in range(len(found.solutions)):
        for target, _, reached, error in targets_with_odds(found, n):
            date = str(min(target.date, found.experiment.end))
            numbers = (fixed(value, 6) for value in (target.probability, reached, error))
            yield str(n + 1), target.scenario, target.reading, date, *numbers


def as_data(found: TuningFindings) -> dict[str, Any]:
    """The same as plain data; `reach` only where one number was tuned."""
    low, high = (float(value) for value in found.found.reach)
    return {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "seed": found.experiment.seed,
        "numbers": [
            {
                "key": knob.key, "label": key_label(knob.key, found.model), "before": float(knob.spread.median),
                "after": value, "share": float(knob.share(value)),
            }
            for knob, value in zip(found.knobs, found.values, strict=True)
        ],
        "targets": [
            {
                "scenario": target.scenario, "reading": target.reading,
                "date": str(min(target.date, found.experiment.end)), "wanted": target.probability,
                "before": float(before), "reached": float(reached), "mc_se": float(error),
            }
            for target, before, reached, error in targets_with_odds(found)
        ],
        **({"reach": [low, high]} if np.isfinite(found.found.reach).all() else {}),
        **(_solutions_data(found) if found.asked > 1 else {}),
        **({"region": region_text.as_data(found)} if found.region.draws else {}),
    }  # fmt: skip


def _solutions_data(found: TuningFindings) -> dict[str, Any]:
    ways = [
        {
            "set": {knob.key: value for knob, value in zip(found.knobs, found.values_of(solution), strict=True)},
            "change": float(np.linalg.norm(solution.z)),
            "reached": solution.reached.tolist(),
            "mc_se": solution.reached_se.tolist(),
        }
        for solution in found.solutions
    ]
    return {"solutions": ways, "apart": found.apart, "no_further": len(found.solutions) < found.asked}


def pictures(found: TuningFindings) -> tuple[Picture, ...]:
    """All pictures: what moved and, if it was asked for, the region."""
    return picture(found), *region_pictures(found)


def footer(found: TuningFindings) -> str:
    """Draws and paths, seed and span."""
    run = found.experiment
    draws = f"{run.uncertainty.draws:,} draws × {run.uncertainty.paths:,} paths" if run.uncertainty.draws else ""
    return run_footer(run, draws or f"{run.paths:,} paths")
