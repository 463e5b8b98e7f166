"""`frenemy sensitivity`: what moves the odds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver, plain_date
from frenemy.cli.run import Changes, values

__all__ = ["sensitivity"]


def sensitivity(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    scenario: str | None = None,
    reading: Literal["at", "ever", "time_share"] | None = None,
    date: str | None = None,
    samples: NonNegativeInt | None = None,
    strongest: PositiveInt | None = None,
    paths: PositiveInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Say what moves the odds: which uncertain number, by how much, and when.

    Each uncertain number alone goes from its 10 % to its 90 % point, the others at their medians (tornado); all
    together take the points of a design, which tells what each contributes to the spread (Sobol indices); and the rate
    of each trigger is varied a little (derivatives). Writes a folder: tornado.csv, sobol.csv, derivatives.csv,
    pictures, resolved.toml and manifest.json.

    ```
    frenemy sensitivity experiments/baseline.toml
    frenemy sensitivity experiments/baseline.toml --scenario renewed_cooperation --reading ever --samples 0
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml. What is not given here is as its [sensitivity] says.
    scenario
        The scenario whose odds are asked about; if not given, that of highest priority.
    reading
        at: of being in it at the date; ever: of having been in it by then; time_share: the share of time.
    date
        The date, such as 2027-12-31; if not given, the end of the run.
    samples
        Rows of the design, a power of 2; 0 leaves the Sobol indices out, which take most of the time.
    strongest
        How many numbers have Sobol indices of their own.
    paths
        Futures in each run.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.sensitivity beside the model.
    plots
        --no-plots leaves out the pictures.
    json
        Print what was found as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.sensitivity.study import sensitivity as find

    deliver(
        lambda progress: find(
            experiment, scenario=scenario, reading=reading, date=plain_date(date), samples=samples,
            strongest=strongest, paths=paths, seed=seed, set=values(change), workers=workers, progress=progress,
        ),
        out or beside(experiment, "sensitivity"), plots=plots, json=json, inputs=input_files(experiment),
    )  # fmt: skip
