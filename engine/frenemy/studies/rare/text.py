"""A rare scenario: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.forecast.forecast import report_ticks
from frenemy.model.describe.wording import counted
from frenemy.present.number_text import one_in, small_percent, small_range
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, averaged, run_footer
from frenemy.present.table import SIGNIFICANT, TEXT, Columns, Grid, Row, significant_digits
from frenemy.present.time_axis import day
from frenemy.studies.rare.findings import RareFindings
from frenemy.studies.rare.plots import rare_scenario
from frenemy.studies.rare.wording import answer, clocks, cost, level_meaning, method

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

ODDS = Columns(date=TEXT, probability=SIGNIFICANT, mc_se=SIGNIFICANT, low=SIGNIFICANT, high=SIGNIFICANT)
ODDS_FILE = Columns(date=TEXT, scenario=TEXT) | ODDS
LEVELS = Columns(level=SIGNIFICANT, meaning=TEXT, reached_by=SIGNIFICANT, copies=significant_digits(4))
CLOCKS = Columns(trigger=TEXT, speed_up=significant_digits(4))


def tables(found: RareFindings) -> Mapping[str, str]:
    """rare.csv: odds by each date; levels.csv: levels of splitting; clocks.csv: clocks that run faster."""
    return {
        "rare.csv": ODDS_FILE.csv((date, found.scenario.name, *numbers) for date, *numbers in _odds(found)),
        "levels.csv": LEVELS.csv(_levels(found)),
        "clocks.csv": CLOCKS.csv(clocks(found, "name")),
    }


def _odds(found: RareFindings) -> Iterator[Row]:
    e = found.estimate
    yield from zip(found.dates, e.probability, e.mc_se, e.low, e.high, strict=True)


def _levels(found: RareFindings) -> Iterator[Row]:
    levels = found.method.levels
    for score, copies, probability in zip(levels.scores, levels.copies, found.estimate.level_probability, strict=True):
        yield score, level_meaning(score), probability, copies


def as_data(found: RareFindings) -> dict[str, Any]:
    """Odds by date, levels and work as plain data, ready for JSON."""
    e, run = found.estimate, found.experiment
    return {
        "model": found.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "end": str(run.end),
        "seed": run.seed,
        "scenario": found.scenario.name,
        "reading": "ever",
        "probability": float(e.probability[-1]),
        "mc_se": float(e.mc_se[-1]),
        "low": float(e.low[-1]),
        "high": float(e.high[-1]),
        "roots": e.initial_paths,
        "draws": run.uncertainty.draws,
        "contributing": e.contributing,
        "hits": e.hits,
        "ticks_simulated": e.work,
        "ticks_to_find_the_method": found.pilot_work,
        "plain_paths": e.plain_paths,
        "work_saved": found.work_saved,
        "ladder": LEVELS.records(_levels(found)),
        "clocks": CLOCKS.records(clocks(found, "name")),
        "odds": ODDS.records(_odds(found)),
    }


def pictures(found: RareFindings) -> tuple[Picture, ...]:
    """The odds by date, and the levels."""
    return (rare_scenario.picture(found),)


def footer(found: RareFindings) -> str:
    """Initial paths, seed and span."""
    draws = found.experiment.uncertainty.draws
    size = counted(found.estimate.initial_paths, "initial path") + (f" over {counted(draws, 'draw')}" if draws else "")
    return run_footer(found.experiment, size)


def as_text(found: RareFindings) -> RenderableType:
    """The odds, the levels, and the work saved."""
    run, draws = found.experiment, found.experiment.uncertainty.draws
    over = f", over {counted(draws, 'draw')} of the uncertain numbers" if draws else ", uncertain numbers at medians"
    about = f"{run.start} to {run.end}; {found.estimate.initial_paths:,} initial futures{over}; seed {run.seed}"
    odds = Text.assemble(("■ ", found.scenario.colour), answer(found))
    head = (Text(f"{found.model.title} · {run.title}", "bold"), Text(about, "dim"), Text())
    levels = (_level_grid(found).rich(), Text()) if found.method.levels.scores else ()
    return Group(*head, odds, Text(method(found), "dim"), Text(), *levels, Text(cost(found), "dim"))


def section(found: RareFindings) -> Section:
    """The rare scenario as a section of a report."""
    how = (
        "Multilevel splitting: a path that comes nearer to the scenario than before is split into several, each with "
        "its share of the weight and independent from there on. Importance sampling: where a rare shock brings the "
        "scenario about, the clock of its trigger runs faster, and each path is weighted by its likelihood ratio. A "
        "trial decides which of the two is used, or both. The estimate is unbiased; its error comes from the variance "
        "between the initial paths, which are independent."
    )
    return Section(
        name="rare",
        title=f"How rare is {found.scenario.label}?",
        paragraphs=(f"{answer(found)}. {averaged(found.experiment)}", method(found), cost(found), how),
        pictures=pictures(found),
        tables=(_date_grid(found), *([_level_grid(found)] if found.method.levels.scores else [])),
    )


def _level_grid(found: RareFindings) -> Grid:
    rows = [(meaning, one_in(chance), f"{copies:.1f}") for _, meaning, chance, copies in _levels(found)]
    last = (found.scenario.label, one_in(float(found.estimate.probability[-1])), "")
    return Grid(caption="Levels of splitting", header=("", "reached by", "split into"), rows=(*rows, last))


def _date_grid(found: RareFindings) -> Grid:
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
