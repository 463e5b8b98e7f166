"""`frenemy map`: the odds within a time, by where two drivers stand today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver
from frenemy.cli.run import Changes, values

__all__ = ["map"]


def risk_map(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    drivers: tuple[str, str] | None = None,
    within: str | None = None,
    cells: PositiveInt | None = None,
    paths: PositiveInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Map the odds by where two drivers stand today.

    Of each scenario, within a time from the start of the experiment. Every place of the plane is simulated on the same
    noise, the other uncertain numbers at their medians. Writes a folder: map.csv, here.csv, a picture with contours and
    the present position, resolved.toml and manifest.json.

    ```
    frenemy map experiments/baseline.toml
    frenemy map experiments/baseline.toml --drivers alignment trust --within 26w
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml. What is not given here is as its [map] says.
    drivers
        Two drivers by name: across and up. If not given: the first two of the model.
    within
        How far to look ahead, such as 26w or 2y. If not given: 12 months.
    cells
        Places along each side of the plane. If not given: 15.
    paths
        Futures from each place. If not given: 2,048, or as many as the experiment has.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.map beside the model.
    plots
        --no-plots leaves out the picture.
    json
        Print the map as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.risk_map.study import risk_map

    deliver(
        lambda progress: risk_map(
            experiment, drivers=drivers, within=within, cells=cells, paths=paths, seed=seed, set=values(change),
            workers=workers, progress=progress,
        ),
        out or beside(experiment, "map"), plots=plots, json=json, inputs=input_files(experiment),
    )  # fmt: skip
