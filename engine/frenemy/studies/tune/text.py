"""Tuning: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted
from frenemy.present.key_labels import key_label, with_unit
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, averaged, run_footer
from frenemy.present.table import COUNT, PROBABILITY, SIGNIFICANT, TEXT, Columns, Grid, Row, decimals
from frenemy.studies.tune import region_text
from frenemy.studies.tune.findings import TuningFindings
from frenemy.studies.tune.plots.moves import moves
from frenemy.studies.tune.plots.region import region_boxes
from frenemy.studies.tune.wording import region_note, target_words, targets_with_odds, tenths

__all__ = ["as_data", "as_text", "footer", "head", "pictures", "section", "tables"]

VALUE = Columns(after=SIGNIFICANT, share=decimals(4), sd_moved=decimals(4))
TUNE = Columns(key=TEXT, before=SIGNIFICANT) | VALUE
SOLUTIONS = Columns(solution=COUNT, key=TEXT) | VALUE
TARGET = Columns(scenario=TEXT, reading=TEXT, date=TEXT, wanted=PROBABILITY)
REACHED = Columns(reached=PROBABILITY, mc_se=PROBABILITY)
TARGETS = TARGET | Columns(before=PROBABILITY) | REACHED
SOLUTION_TARGETS = Columns(solution=COUNT) | TARGET | REACHED
CURVE = Columns(value=SIGNIFICANT, odds=PROBABILITY)


def head(found: TuningFindings, solution: int = 0) -> tuple[str, ...]:
    """Comment lines for the top of the tuned file."""
    which = f" (solution {solution + 1} of {len(found.solutions)})" if found.further else ""
    lines = [f"Tuned from {found.experiment.name}.toml{which}; the values under [set] say what they were before. Odds:"]
    for target, before, reached, error in targets_with_odds(found, solution):
        odds = f"{tenths(reached)} ± {tenths(1.96 * error)}; before: {tenths(before)}"
        lines.append(f"  {target_words(found, target)}: {odds}")
    return tuple(lines)


def tables(found: TuningFindings) -> Mapping[str, str]:
    """All tables by file name."""
    first, *_ = found.solutions
    numbers = (
        (knob.key, knob.spread.median, value, knob.share(value), z)
        for knob, value, z in zip(found.knobs, found.values, first.z, strict=True)
    )
    written = {"tune.csv": TUNE.csv(numbers), "targets.csv": TARGETS.csv(_targets(found))}
    curve = found.least_change.curve
    if len(curve.z):
        points = ((found.knobs[0].value(float(z)), p) for z, p in zip(curve.z, curve.odds, strict=True))
        written["curve.csv"] = CURVE.csv(points)
    if found.max_solutions > 1:
        reached = (
            (n + 1, *row[:4], *row[5:]) for n in range(len(found.solutions)) for row in _targets(found, n)
        )  # without the odds before
        written["solutions.csv"] = SOLUTIONS.csv(_solutions(found))
        written["solution_targets.csv"] = SOLUTION_TARGETS.csv(reached)
    return {**written, **region_text.tables(found)}


def _targets(found: TuningFindings, solution: int = 0) -> Iterator[Row]:
    for target, before, reached, error in targets_with_odds(found, solution):
        date = str(min(target.date, found.experiment.end))
        yield target.scenario, target.reading, date, target.probability, before, reached, error


def _solutions(found: TuningFindings) -> Iterator[Row]:
    for n, solution in enumerate(found.solutions, 1):
        for knob, value, z in zip(found.knobs, found.values_of(solution), solution.z, strict=True):
            yield n, knob.key, value, knob.share(value), z


def as_data(found: TuningFindings) -> dict[str, Any]:
    """The same as plain data; `reach` only where one number was tuned."""
    reach = found.least_change.reach
    return {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "seed": found.experiment.seed,
        "draws": found.experiment.uncertainty.draws,
        "numbers": [
            {
                "key": knob.key, "label": key_label(knob.key, found.model), "before": float(knob.spread.median),
                "after": value, "share": float(knob.share(value)),
            }
            for knob, value in zip(found.knobs, found.values, strict=True)
        ],
        "targets": TARGETS.records(_targets(found)),
        **({"reach": reach.tolist()} if np.isfinite(reach).all() else {}),
        **(_solutions_data(found) if found.max_solutions > 1 else {}),
        **({"region": region_text.as_data(found)} if found.region.draws else {}),
    }  # fmt: skip


def _solutions_data(found: TuningFindings) -> dict[str, Any]:
    solutions = [
        {
            "set": {knob.key: value for knob, value in zip(found.knobs, found.values_of(solution), strict=True)},
            "change": float(np.linalg.norm(solution.z)),
            "reached": solution.reached.tolist(),
            "mc_se": solution.reached_se.tolist(),
        }
        for solution in found.solutions
    ]
    return {"solutions": solutions, "apart": found.apart, "no_further": len(solutions) < found.max_solutions}


def pictures(found: TuningFindings) -> tuple[Picture, ...]:
    """How far each number moves and, if there are boxes, the region."""
    return moves.picture(found), *((region_boxes.picture(found),) if found.region.boxes else ())


def footer(found: TuningFindings) -> str:
    """Draws and paths, seed and span."""
    run = found.experiment
    draws = (
        f"{counted(run.uncertainty.draws, 'draw')} × {counted(run.uncertainty.paths, 'path')}"
        if run.uncertainty.draws
        else ""
    )
    return run_footer(run, draws or counted(run.paths, "path"))


def as_text(found: TuningFindings) -> RenderableType:
    """The numbers that move and the odds that follow."""
    title = Text(f"{found.model.title} · {found.experiment.title}", "bold")
    boxes = [Text(), *region_text.as_text(found)] if found.region.draws else []
    numbers, odds = _number_grid(found).rich(), _odds_grid(found).rich()
    return Group(title, Text(), numbers, Text(), odds, Text(), Text(_how_to_read(found), "dim"), *boxes)


def section(found: TuningFindings) -> Section:
    """What tuning found as a section of a report."""
    return Section(
        name="tune",
        title="What would have to be true?",
        paragraphs=(_how_to_read(found), *((region_note(found),) if found.region.draws else ())),
        pictures=pictures(found),
        tables=(_odds_grid(found), _number_grid(found), *region_text.grids(found)),
    )


def _odds_grid(found: TuningFindings) -> Grid:
    reached = [f"reached by {n + 1}" for n in range(len(found.solutions))] if found.further else ["reached"]
    rows = tuple(
        (
            target_words(found, target),
            tenths(before),
            tenths(target.probability),
            *(f"{tenths(s.reached[row])} ± {100 * 1.96 * s.reached_se[row]:.1f}" for s in found.solutions),
        )
        for row, (target, before, *_) in enumerate(targets_with_odds(found))
    )
    return Grid(caption="The target odds", header=("odds", "before", "target", *reached), rows=rows)


def _number_grid(found: TuningFindings) -> Grid:
    """The numbers before and after, with their quantiles; several solutions side by side."""

    def row(place: int) -> tuple[str, ...]:
        knob = found.knobs[place]
        values = [found.values_of(solution)[place] for solution in found.solutions]
        cells = [(with_unit(knob.key, value, found.model), f"{100 * knob.share(value):.0f} %") for value in values]
        after = [f"{value} ({quantile})" for value, quantile in cells] if found.further else cells[0]
        return key_label(knob.key, found.model), with_unit(knob.key, knob.spread.median, found.model), *after

    needed = [f"needed {n + 1}" for n in range(len(found.solutions))] if found.further else ["needed", "quantile"]
    return Grid(
        caption="What would have to be true",
        header=("what would have to be true", "current", *needed),
        rows=tuple(row(place) for place in range(len(found.knobs))),
    )


def _how_to_read(found: TuningFindings) -> str:
    where = "In brackets: the quantile" if found.further else "Quantile"
    sentences = [f"{where}: the share of the elicited distribution at or below the value; 50 % is the median"]
    if np.isfinite(found.least_change.reach).all():
        low, high = (tenths(value) for value in found.least_change.reach)
        sentences.append(f"Within this number's range the odds reach from about {low} to {high}")
    if len(found.least_change.other_roots):
        knob = found.knobs[0]
        also = ", ".join(with_unit(knob.key, knob.value(float(z)), found.model) for z in found.least_change.other_roots)
        sentences.append(f"The odds are not monotone in it: about {also} would do as well")
    elif len(found.knobs) > 1:
        which = "the first" if found.further else "this one"
        sentences.append(f"Of all combinations that reach the targets, {which} departs least from what was elicited")
    if found.max_solutions > 1:
        unit = "spread" if found.apart == 1 else "spreads"
        none = "; no further one was found" if len(found.solutions) < found.max_solutions else ""
        sentences.append(f"Solutions lie at least {found.apart:g} elicited {unit} apart{none}")
    return ". ".join([*sentences, f"±: 95 % Monte Carlo error. {averaged(found.experiment)}"])
