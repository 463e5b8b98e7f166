"""`frenemy rare`: the odds of a scenario that a plain run hardly meets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver, plain_date
from frenemy.cli.run import Changes, values

__all__ = ["rare"]


def rare(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    scenario: str | None = None,
    date: str | None = None,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Estimate the odds of a scenario that a run hardly meets.

    Those of ever being in it by a date. Futures that come nearer to it than before are split into several, each with
    its share of the weight, and clocks of triggers that bring it about run faster, so that many arrive. The estimate is
    unbiased, with its error and the work saved. Writes a folder: rare.csv, levels.csv, clocks.csv, a picture,
    resolved.toml and manifest.json.

    ```
    frenemy rare experiments/baseline.toml --scenario total_rift --date 2025-06-30
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml. What is not given is as its [rare] says.
    scenario
        The scenario's name. If not given: the one that fewest futures are ever in.
    date
        By when, such as 2025-12-31. If not given: the end.
    paths
        Futures to begin with, over all draws. If not given: 16,384.
    draws
        Draws of the uncertain numbers, over which the odds are a mean. 0: every number at its median.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.rare beside the model.
    plots
        --no-plots leaves out the picture.
    json
        Print everything as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.rare.study import rare as estimate

    deliver(
        lambda progress: estimate(
            experiment, scenario, date=plain_date(date), paths=paths, draws=draws, seed=seed, set=values(change),
            workers=workers, progress=progress,
        ),
        out or beside(experiment, "rare"), plots=plots, json=json, inputs=input_files(experiment),
    )  # fmt: skip
