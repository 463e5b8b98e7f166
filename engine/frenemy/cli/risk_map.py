"""`frenemy map`: how the odds depend on the levels of two drivers at the start."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import Experiment, OutputOptions, Paths, PositiveCount, RunOptions, StudyDraws
from frenemy.cli.output import beside, deliver

__all__ = ["risk_map"]


def risk_map(
    experiment: Experiment,
    /,
    *,
    drivers: tuple[str, str] | None = None,
    within: str | None = None,
    cells: PositiveCount | None = None,
    paths: Annotated[
        Paths | None,
        Parameter(help="Futures from each cell. If not given: 2,048, or those of the experiment if fewer."),
    ] = None,
    draws: StudyDraws = StudyDraws(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    """Map how the odds depend on the levels of two drivers at the start.

    For each scenario: the odds of reaching it within some time of the experiment's start. Every cell of the plane is
    simulated on the same noise, over draws of the other uncertain numbers. Options that are not given are taken from
    [map] in the experiment's file. Writes runs/NAME.map beside the model: map.csv, here.csv, a picture with
    contours and the levels at the start, resolved.toml and manifest.json.

    ```
    # The two drivers of the experiment's map
    frenemy map experiments/baseline.toml
    # Other axes, half a year ahead
    frenemy map experiments/baseline.toml --drivers alignment trust --within 26w
    ```

    Parameters
    ----------
    drivers
        Two drivers by name: across and up. If not given: the first two of the model.
    within
        How far to look ahead, such as 26w or 2y. If not given: 12 months.
    cells
        Points along each side of the plane. If not given: 15.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.risk_map.study import risk_map as find

    deliver(
        lambda progress: find(
            experiment, drivers=drivers, within=within, cells=cells, paths=paths, draws=draws.number,
            **options.arguments, progress=progress,
        ),
        output.out or beside(experiment, "map"), output, inputs=input_files(experiment),
    )  # fmt: skip
