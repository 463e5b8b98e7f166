"""`frenemy run`: an experiment's file in; odds, tables, pictures and a report out."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.console import console, errors
from frenemy.errors import FrenemyError, Interrupted
from frenemy.model.files.toml_source import display_path

__all__ = ["Changes", "kept_result", "run", "values"]

Changes = Annotated[list[str] | None, Parameter(name="--set", consume_multiple=False)]
Sections = Annotated[list[str] | None, Parameter(name="--with", consume_multiple=False)]


def run(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    out: Path | None = None,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    with_: Sections = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Run an experiment: odds, tables, pictures and a report.

    Prints the odds of each scenario and writes a run folder: report.html, pictures, odds.csv, fan.csv, drivers.csv,
    events.csv, the arrays in one netCDF file, resolved.toml (everything that went in) and manifest.json. The folder is
    whole or not there: an interrupted run leaves the last complete result as it was.

    The same file, seed and options give the same tables, on any number of cores.

    ```
    frenemy run experiments/baseline.toml
    frenemy run experiments/baseline.toml --set drivers.trust.start=45 --out runs/warm
    frenemy run experiments/baseline.toml --with causes --with sensitivity
    frenemy run experiments/baseline.toml --draws 0 --no-plots --json
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    out
        The run folder. If not given: runs/NAME beside the model.
    paths
        Futures to simulate, for each draw of the uncertain numbers.
    draws
        Draws of the uncertain numbers, from which the bands come. 0: every number at its median, no bands.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    with_
        A further section of the report, by the command that finds it: audit, causes, compare, elicit, hindcast, map,
        rare, sensitivity, sweep, timeline, tune, update or watch, with the settings of the experiment's file; may be
        given again.
    plots
        --no-plots leaves out the pictures and the report.
    json
        Print the odds as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.forecast.run import run as run_experiment
    from frenemy.model.files.load import find_root
    from frenemy.runtime.progress import Terminal
    from frenemy.storage.run_folder import guard
    from frenemy.studies.report_sections import check_sections, sections

    check_sections(with_ or (), changed=bool(change))
    folder = out if out is not None else find_root(experiment) / "runs" / (experiment.stem or "run")
    guard(folder)
    progress = Terminal(errors())
    try:
        result = run_experiment(
            experiment, paths=paths, draws=draws, seed=seed, set=values(change), workers=workers, progress=progress
        )
        found = sections(
            experiment, with_ or (), paths=paths, seed=seed, set=values(change), workers=workers, progress=progress
        )
        command = ["frenemy", *sys.argv[1:]]
        result.save(
            folder, plots=plots, inputs=input_files(experiment), command=command, sections=[*found], progress=progress
        )
    except KeyboardInterrupt:
        raise Interrupted(kept_result(folder)) from None
    except OSError as error:
        raise FrenemyError(f"{error.strerror or error}; {kept_result(folder)}") from error
    if json:
        sys.stdout.write(jsonlib.dumps({**result.to_dict(), "folder": str(folder)}, indent=2) + "\n")
        return
    console().print(result)
    place = f"Report: {display_path(folder / 'report.html')}" if plots else f"Tables: {display_path(folder)}"
    console().print(f"\n{place}", soft_wrap=True)


def values(changes: list[str] | None) -> Mapping[str, Any]:
    """The values of all `--set KEY=VALUE`, by key."""
    from frenemy.model.files.load import parse_set

    return dict(parse_set(change) for change in changes or [])


def kept_result(folder: Path) -> str:
    """What is in a result's folder after a run that did not come to its end."""
    from frenemy.storage.run_folder import is_complete

    if is_complete(folder):
        return f"nothing new was written; {display_path(folder)} still holds the last complete result"
    return f"nothing was written to {display_path(folder)}"
