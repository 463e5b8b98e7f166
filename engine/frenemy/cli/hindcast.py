"""`frenemy hindcast`: what the model would have said month by month, and how good that was."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver, plain_date
from frenemy.cli.run import Changes, values

__all__ = ["hindcast"]

Ledgers = Annotated[list[Path] | None, Parameter(name="--ledger", consume_multiple=False)]
Months = Annotated[list[PositiveInt] | None, Parameter(consume_multiple=True)]


def hindcast(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    ledger: Ledgers = None,
    months: Months = None,
    until: str | None = None,
    paths: PositiveInt = 128,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Stand at each month since the start, knowing only that day's news, and score what the model would have said.

    Of each trigger, whether it happens within 3, 6 and 12 months. Scored are windows throughout which the ledger is
    complete for it, against the model without news, counting, base rate and persistence.

    ```
    frenemy hindcast experiments/baseline.toml
    frenemy hindcast experiments/baseline.toml --months 3 --until 2025-12-31
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    ledger
        A ledger in place of those that the experiment names; may be given again.
    months
        Lengths of the windows. If not given: 3 6 12.
    until
        The last day to stand at.
    paths
        Particles for each draw of the uncertain numbers.
    draws
        Draws of the uncertain numbers. If not given: 32, or as many as the experiment has. 0: at their medians.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.hindcast beside the model.
    plots
        --no-plots leaves out the pictures.
    json
        Print everything as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.hindcast.study import MONTHS
    from frenemy.studies.hindcast.study import hindcast as look_back

    deliver(
        lambda progress: look_back(
            experiment, ledgers=ledger, months=months or MONTHS, until=plain_date(until, "--until") or dt.date.max,
            paths=paths, draws=draws, seed=seed, set=values(change), workers=workers, progress=progress,
        ),
        out or beside(experiment, "hindcast"), plots=plots, json=json, inputs=input_files(experiment),
    )  # fmt: skip
