"""`frenemy run`: an experiment's file in; odds, tables, pictures and a report out."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.console import console, errors
from frenemy.cli.options import (
    Count,
    DrawOptions,
    Experiment,
    Json,
    Out,
    Paths,
    Plots,
    PositiveDecimal,
    RunOptions,
    Strings,
)
from frenemy.cli.output import naming_the_last_result, show
from frenemy.model.files.toml_source import display_path

__all__ = ["run"]


def run(
    experiment: Experiment,
    /,
    *,
    paths: Paths | None = None,
    draws: DrawOptions = DrawOptions(),
    precision: Annotated[
        PositiveDecimal | None,
        Parameter(
            help="Go on until the odds at every date of the report are known to within so many percentage points "
            "(95 %), such as 0.3. If not given: as many futures as the file says."
        ),
    ] = None,
    options: RunOptions = RunOptions(),
    with_: Annotated[Strings | None, Parameter(name="--with")] = None,
    keep: Annotated[
        Count,
        Parameter(
            help="Write the first so many whole paths to paths.nc: levels, scenarios, events, branches and episodes. "
            "Every uncertain number is at its median in them."
        ),
    ] = 0,
    out: Annotated[Out | None, Parameter(help="The run folder. If not given: runs/NAME beside the model.")] = None,
    plots: Annotated[Plots, Parameter(help="--no-plots leaves out the pictures and the report.")] = True,
    json: Json = False,
) -> None:
    r"""Run an experiment: odds, tables, pictures and a report.

    Prints the odds of each scenario and writes a run folder: report.html, pictures, odds.csv, fan.csv, drivers.csv,
    events.csv, draws.csv and draws_odds.csv (the numbers and the odds of each draw), the arrays in one netCDF file,
    resolved.toml (everything that went in) and manifest.json. The folder is written whole or not at all: an interrupted
    run leaves the last complete result as it was.

    The same file, seed and options give the same tables, on any number of cores.

    ```
    # As the file states it
    frenemy run experiments/baseline.toml
    # With another number, into a folder of its own
    frenemy run experiments/baseline.toml --set drivers.trust.start=45 \
      --out runs/warm
    # With two studies as sections of the report
    frenemy run experiments/baseline.toml --with causes --with sensitivity
    # With 500 whole futures kept
    frenemy run experiments/baseline.toml --keep 500
    # At the medians, numbers only, for another program
    frenemy run experiments/baseline.toml --at-medians --no-plots --json
    ```

    Parameters
    ----------
    with_
        A further section of the report, by the command that finds it: audit, causes, compare, elicit, hindcast, map,
        rare, sensitivity, sweep, timeline, tune, update or watch, with the settings of the experiment's file, and its
        tables in a folder of that name; may be repeated.
    """
    from frenemy.forecast.run import input_files
    from frenemy.forecast.run import run as run_experiment
    from frenemy.model.files.load import find_root
    from frenemy.runtime.progress import Terminal
    from frenemy.storage.run_folder import guard
    from frenemy.studies.report_sections import check_sections, sections

    check_sections(with_ or (), changed=bool(options.change), source=experiment)
    folder = out if out is not None else find_root(experiment) / "runs" / (experiment.stem or "run")
    guard(folder)
    progress = Terminal(errors())
    with naming_the_last_result(folder):
        number = draws.number
        result = run_experiment(
            experiment,
            paths=paths,
            draws=number,
            precision=precision,
            keep=keep,
            **options.arguments,
            progress=progress,
        )
        found = sections(
            experiment, with_ or (), paths=paths, at_medians=number == 0, **options.arguments, progress=progress
        )
        result.save(
            folder, plots=plots, inputs=input_files(experiment), command=["frenemy", *sys.argv[1:]], sections=[*found],
            progress=progress,
        )  # fmt: skip
    show(result, json=json, folder=str(folder))
    if not json:
        place = f"Report: {display_path(folder / 'report.html')}" if plots else f"Tables: {display_path(folder)}"
        console().print(f"\n{place}", soft_wrap=True)
