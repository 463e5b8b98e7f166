"""`frenemy audit`: what the rules of the scenarios do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver, plain_date
from frenemy.cli.run import Changes, values

__all__ = ["audit"]


def audit(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    date: str | None = None,
    paths: PositiveInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Say what the rules of the scenarios do, because many disputes are about definitions.

    Which share of futures each rule lets in and by which clause, how long it holds before, how often and for how long
    futures stay, which rules hold at once, and the odds as a function of each threshold and duration, on the same
    futures. Every uncertain number stands at its median. Writes a folder: rules.csv, clauses.csv, overlaps.csv,
    stays.csv, readings.csv, definitions.csv, pictures, resolved.toml and manifest.json.

    ```
    frenemy audit experiments/baseline.toml
    frenemy audit experiments/baseline.toml --date 2027-12-31 --json
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    date
        The date at which the odds are read, such as 2027-12-31. If not given: as [audit] of the
        file says, or the end of the run.
    paths
        Futures to simulate; they are kept in memory.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.audit beside the model.
    plots
        --no-plots leaves out the pictures.
    json
        Print what was found as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.audit.study import audit as examine

    deliver(
        lambda progress: examine(
            experiment, date=plain_date(date), paths=paths, seed=seed, set=values(change), workers=workers,
            progress=progress,
        ),
        out or beside(experiment, "audit"), plots=plots, json=json, inputs=input_files(experiment),
    )  # fmt: skip
