"""`frenemy audit`: what the scenario rules do."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import Date, Experiment, OutputOptions, Paths, RunOptions, StudyDraws
from frenemy.cli.output import beside, deliver

__all__ = ["audit"]


def audit(
    experiment: Experiment,
    /,
    *,
    date: Date | None = None,
    paths: Annotated[
        Paths | None,
        Parameter(
            help="Futures to simulate, over all draws together; all are kept in memory. If not given: as the file says."
        ),
    ] = None,
    draws: StudyDraws = StudyDraws(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    """Show what the scenario rules do, because many disputes are about definitions.

    For each rule: the share of futures that enter and through which clause, how long the rule has held when they enter,
    how often and how long futures stay, and which rules hold at once. Then the odds as a function of each threshold and
    duration, on the same futures: one number as if it were known, all others as drawn. A date that is not given is
    taken from [audit] in the experiment's file. Writes runs/NAME.audit beside the model: rules.csv, clauses.csv,
    overlaps.csv, stays.csv, readings.csv, definitions.csv, pictures, resolved.toml and manifest.json.

    ```
    # What the rules do at the end of the run
    frenemy audit experiments/baseline.toml
    # At another date, for another program
    frenemy audit experiments/baseline.toml --date 2027-12-31 --json
    ```
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.audit.study import audit as find

    deliver(
        lambda progress: find(
            experiment, date=date, paths=paths, draws=draws.number, **options.arguments, progress=progress
        ),
        output.out or beside(experiment, "audit"), output, inputs=input_files(experiment),
    )  # fmt: skip
