"""How often each trigger happens: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.present.number_text import percent
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.table import PROBABILITY, TEXT, Columns, Grid
from frenemy.studies.frequency.findings import FrequencyFindings
from frenemy.studies.frequency.plots import frequencies
from frenemy.studies.frequency.wording import by_rate, rate_text

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

HOW_TO_READ = (
    "Events a year: the mean over futures and over the whole run, with the events that other triggers bring about. "
    "Every uncertain number is at its median."
)
FREQUENCY = Columns(
    trigger=TEXT, rate=PROBABILITY, rate_se=PROBABILITY, at_least_one=PROBABILITY, at_least_one_se=PROBABILITY
)


def _rows(found: FrequencyFindings) -> Iterator[Sequence[Any]]:
    """One for each trigger, in the order of the model."""
    measures = (found.rate, found.rate_se, found.at_least_one, found.at_least_one_se)
    for n, k in enumerate(found.triggers):
        yield found.model.triggers[k].name, *(values[n] for values in measures)


def _grid(found: FrequencyFindings) -> Grid:
    rows = tuple(
        (
            found.model.triggers[found.triggers[n]].label,
            rate_text(float(found.rate[n])),
            percent(float(found.at_least_one[n])),
        )
        for n in by_rate(found)
    )
    return Grid(caption=f"From {found.experiment.start}", header=("", "happens", "at least once"), rows=rows)


def tables(found: FrequencyFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {"frequency.csv": FREQUENCY.csv(_rows(found))}


def as_data(found: FrequencyFindings) -> dict[str, Any]:
    """Everything as plain data, ready for JSON."""
    run = found.experiment
    return {
        "model": found.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "end": str(run.end),
        "seed": run.seed,
        "paths": run.paths,
        "frequency": FREQUENCY.records(_rows(found)),
    }


def pictures(found: FrequencyFindings) -> tuple[Picture, ...]:
    """All pictures."""
    return (frequencies.picture(found),)


def footer(found: FrequencyFindings) -> str:
    """Paths, seed and span."""
    return run_footer(found.experiment, f"{found.experiment.paths:,} paths")


def as_text(found: FrequencyFindings) -> RenderableType:
    """A title and one table."""
    title = f"{found.model.title}: {found.experiment.title}"
    return Group(Text(title, "bold"), Text(), _grid(found).rich(), Text(), Text(HOW_TO_READ, "dim"))


def section(found: FrequencyFindings) -> Section:
    """The section of a report."""
    return Section(
        name="frequency",
        title="How often does each trigger happen?",
        paragraphs=(HOW_TO_READ,),
        pictures=pictures(found),
        tables=(_grid(found),),
    )
