"""A rare scenario for a terminal, as tables, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.forecast import report_ticks
from frenemy.present.csv_text import csv_text
from frenemy.present.number_text import one_in, small_percent, small_range
from frenemy.present.section import Grid, Section
from frenemy.present.time_axis import day
from frenemy.studies.rare.findings import RareFindings
from frenemy.studies.rare.plots import picture
from frenemy.studies.rare.wording import answer, clocks, how_near, way, worth

__all__ = ["as_data", "as_text", "section", "tables"]


def tables(found: RareFindings) -> Mapping[str, str]:
    """rare.csv: odds by each date; ladder.csv: levels on the way; clocks.csv: how many times as fast they run."""
    odds = ("date", "scenario", "probability", "mc_se", "low", "high")
    ladder = ("level", "meaning", "reached_by", "copies")
    fast = ((name, f"{tilt:.4g}") for name, tilt in clocks(found, "name"))
    return {
        "rare.csv": csv_text(odds, _odds(found)),
        "ladder.csv": csv_text(ladder, _ladder(found)),
        "clocks.csv": csv_text(("trigger", "times_as_fast"), fast),
    }


def _odds(found: RareFindings) -> Iterator[tuple[str, ...]]:
    name, e = found.model.scenarios[found.scenario].name, found.estimate
    for date, *numbers in zip(found.dates, e.probability, e.mc_se, e.low, e.high, strict=True):
        yield str(date), name, *(f"{number:.6g}" for number in numbers)


def _ladder(found: RareFindings) -> Iterator[tuple[str, ...]]:
    ladder = found.method.ladder
    for score, copies, chance in zip(ladder.at, ladder.copies, found.estimate.reaching, strict=True):
        yield f"{score:.6g}", how_near(score), f"{chance:.6g}", f"{copies:.4g}"


def _heads(found: RareFindings) -> tuple[str, str]:
    run, draws = found.experiment, found.experiment.uncertainty.draws
    futures = f"{found.estimate.roots:,} futures to begin with"
    if draws:
        futures += f", over {draws:,} draws of the uncertain numbers"
    return f"{found.model.title}: {run.title}", f"{run.start} to {run.end}; {futures}; seed {run.seed}"


def _grid(found: RareFindings) -> Grid:
    rows = [
        (how_near(score), one_in(chance), f"{copies:.1f}")
        for score, copies, chance in zip(
            found.method.ladder.at, found.method.ladder.copies, found.estimate.reaching, strict=True
        )
    ]
    label, p = found.model.scenarios[found.scenario].label, float(found.estimate.probability[-1])
    return Grid(
        caption="Levels on the way", header=("", "reached by", "split into"), rows=(*rows, (label, one_in(p), ""))
    )


def _dates(found: RareFindings) -> Grid:
    """The odds at the report's dates."""
    e = found.estimate
    rows = tuple(
        (
            day(found.dates[n]),
            small_percent(float(e.probability[n])),
            small_range(float(e.low[n]), float(e.high[n])),
            one_in(float(e.probability[n])),
        )
        for n in report_ticks(found.experiment)
    )
    return Grid(caption="Ever by", header=("", "odds", "95 % Monte Carlo error", "futures"), rows=rows)


def as_text(found: RareFindings) -> RenderableType:
    """The odds, the ladder, and what it saved."""
    title, subtitle = _heads(found)
    ladder = (_grid(found).rich(), Text()) if found.method.ladder.at else ()
    said = Text.assemble(("■ ", found.model.scenarios[found.scenario].colour), answer(found))
    lines = (Text(title, "bold"), Text(subtitle, "dim"), Text(), said, Text(way(found), "dim"), Text())
    return Group(*lines, *ladder, Text(worth(found), "dim"))


def section(found: RareFindings) -> Section:
    """The rare scenario as a section of a report."""
    label = found.model.scenarios[found.scenario].label
    how = (
        "Futures that come nearer to the scenario than before are split into several, each with its share of the "
        "weight and luck of its own from there on (multilevel splitting). Where a rare shock brings it about, the "
        "clock of its trigger runs faster, and each future counts for the ratio of its likelihoods (importance "
        "sampling). A trial settles what serves best. The estimate is unbiased; its error comes from the spread "
        "between the futures to begin with, which are independent."
    )
    return Section(
        name="rare",
        title=f"How rare is {label}?",
        paragraphs=(f"{answer(found)}.", way(found), worth(found), how),
        pictures=(picture(found),),
        tables=(_dates(found), *([_grid(found)] if found.method.ladder.at else [])),
    )


def as_data(found: RareFindings) -> dict[str, Any]:
    """Odds by date, ladder and work as plain data, ready for JSON."""
    e, run = found.estimate, found.experiment
    return {
        "model": found.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "end": str(run.end),
        "seed": run.seed,
        "scenario": found.model.scenarios[found.scenario].name,
        "reading": "ever",
        "probability": float(e.probability[-1]),
        "mc_se": float(e.mc_se[-1]),
        "low": float(e.low[-1]),
        "high": float(e.high[-1]),
        "roots": e.roots,
        "draws": run.uncertainty.draws,
        "contributing": e.contributing,
        "hits": e.hits,
        "ticks_simulated": e.work,
        "ticks_to_find_the_method": found.scouting,
        "plain_paths": e.plain_paths,
        "work_saved": found.saved,
        "ladder": [
            {"level": score, "meaning": how_near(score), "reached_by": chance, "copies": copies}
            for score, copies, chance in zip(
                found.method.ladder.at, found.method.ladder.copies, e.reaching, strict=True
            )
        ],
        "clocks": [{"trigger": name, "times_as_fast": tilt} for name, tilt in clocks(found, "name")],
        "odds": [
            {"date": str(date), "probability": float(p), "mc_se": float(se), "low": float(low), "high": float(high)}
            for date, p, se, low, high in zip(found.dates, e.probability, e.mc_se, e.low, e.high, strict=True)
        ],
    }
