"""`frenemy sensitivity`: what moves the odds."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import (
    Count,
    Date,
    Experiment,
    OutputOptions,
    Paths,
    PositiveCount,
    Reading,
    RunOptions,
    StudyDraws,
)
from frenemy.cli.output import beside, deliver

__all__ = ["sensitivity"]


def sensitivity(
    experiment: Experiment,
    /,
    *,
    scenario: str | None = None,
    reading: Reading | None = None,
    date: Date | None = None,
    samples: Count | None = None,
    strongest: PositiveCount | None = None,
    paths: Annotated[
        Paths | None, Parameter(help="Futures to simulate in each run. If not given: as the file says.")
    ] = None,
    draws: StudyDraws = StudyDraws(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    r"""Show what moves the odds: which uncertain number, by how much, and when.

    Each uncertain number alone goes from its 10 % to its 90 % point, while the others keep their ranges (tornado); all
    together take the points of a design, which shows what each contributes to the spread (Sobol indices); and the rate
    of each trigger is varied a little (derivatives). Options that are not given are taken from [sensitivity] in the
    experiment's file. Writes runs/NAME.sensitivity beside the model: tornado.csv, sobol.csv, derivatives.csv, pictures,
    resolved.toml and manifest.json.

    ```
    # As the file states it
    frenemy sensitivity experiments/baseline.toml
    # The tornado alone, for another question
    frenemy sensitivity experiments/baseline.toml \
      --scenario renewed_cooperation --reading ever --samples 0
    ```

    Parameters
    ----------
    scenario
        The scenario whose odds are examined. If not given: the one of highest priority.
    samples
        Rows of the design, a power of 2. 0 leaves out the Sobol indices, which take most of the time. If
        not given: as the file says, or 128.
    strongest
        How many numbers have Sobol indices of their own. If not given: as the file says, or 8.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.sensitivity.study import sensitivity as find

    deliver(
        lambda progress: find(
            experiment, scenario=scenario, reading=reading, date=date, samples=samples, strongest=strongest,
            paths=paths, draws=draws.number, **options.arguments, progress=progress,
        ),
        output.out or beside(experiment, "sensitivity"), output, inputs=input_files(experiment),
    )  # fmt: skip
