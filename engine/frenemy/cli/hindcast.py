"""`frenemy hindcast`: what the model would have forecast month by month, and how good that was."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import (
    Date,
    Experiment,
    HindcastDraws,
    Ledgers,
    OutputOptions,
    PositiveCount,
    PositiveCounts,
    RunOptions,
)
from frenemy.cli.output import beside, deliver

__all__ = ["hindcast"]


def hindcast(
    experiment: Experiment,
    /,
    *,
    ledger: Ledgers | None = None,
    months: PositiveCounts | None = None,
    until: Annotated[
        Date | None,
        Parameter(help="Last day on which to forecast, such as 2025-12-31. If not given: the last day of the ledgers."),
    ] = None,
    paths: PositiveCount = 128,
    draws: HindcastDraws = HindcastDraws(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    """Score what the model would have forecast in each month since the start, knowing only what was known that day.

    Forecasts, for each trigger, whether it happens within 3, 6 and 12 months. Scores the windows throughout which the
    ledger is complete for the trigger, and compares the model with itself without evidence, with counting, with the
    base rate and with persistence. Writes tables and pictures to runs/NAME.hindcast beside the model.

    ```
    # Each month since the start, 3, 6 and 12 months ahead
    frenemy hindcast experiments/baseline.toml
    # A quarter ahead, up to the end of 2025
    frenemy hindcast experiments/baseline.toml --months 3 --until 2025-12-31
    ```

    Parameters
    ----------
    months
        Lengths of the windows. If not given: 3 6 12.
    paths
        Particles for each draw of the uncertain numbers. If not given: 128.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.hindcast.study import MONTHS
    from frenemy.studies.hindcast.study import hindcast as find

    deliver(
        lambda progress: find(
            experiment, ledgers=ledger, months=months or MONTHS, until=until or dt.date.max, paths=paths,
            draws=draws.number, **options.arguments, progress=progress,
        ),
        output.out or beside(experiment, "hindcast"), output, inputs=input_files(experiment),
    )  # fmt: skip
