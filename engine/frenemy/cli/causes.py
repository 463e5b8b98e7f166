"""`frenemy causes`: which triggers drive which scenario, and which events one storyline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.console import errors
from frenemy.cli.options import (
    Count,
    Date,
    Experiment,
    Force,
    Json,
    Out,
    OutputOptions,
    Paths,
    Plots,
    RunOptions,
    Strings,
    StudyDraws,
    values,
)
from frenemy.cli.output import beside, deliver, show
from frenemy.errors import InputError, Problem

__all__ = ["causes"]


def causes(
    experiment: Experiment,
    /,
    *,
    trigger: Strings | None = None,
    force_on: Annotated[
        Date | None,
        Parameter(
            help="Day on which each trigger is forced, such as 2026-03-02. If not given: its first chance in each "
            "future."
        ),
    ] = None,
    path: Count | None = None,
    scenario: str | None = None,
    paths: Annotated[
        Paths | None, Parameter(help="Futures to simulate in each world. If not given: as the file says.")
    ] = None,
    draws: StudyDraws = StudyDraws(),
    options: RunOptions = RunOptions(),
    out: Annotated[
        Out | None,
        Parameter(
            help="Folder for the results. If not given: runs/NAME.causes. For a storyline: a CSV file; if not given, "
            "none is written."
        ),
    ] = None,
    force: Force = False,
    plots: Plots = True,
    json: Json = False,
) -> None:
    r"""Show which triggers drive which scenario.

    Each trigger is made impossible, and then forced once, on the same noise, path by path. "Necessary" is the share of
    a scenario's futures that would not occur without the trigger; "forced" is what one event of it adds to the odds.
    Prints a table for each scenario and writes runs/NAME.causes beside the model: the table and pictures. Options that
    are not given are taken from [causes] in the experiment's file.

    With --path or --scenario, one storyline is examined instead: it is simulated again without each of its events, to
    find those without which it would have ended in another scenario.

    ```
    # Every trigger, on fewer futures
    frenemy causes experiments/baseline.toml --paths 2000
    # One trigger, also made to happen on a day
    frenemy causes experiments/baseline.toml --trigger unilateral_strike \
      --force-on 2026-03-02
    # The events of the most typical rift
    frenemy causes experiments/baseline.toml --scenario total_rift
    ```

    Parameters
    ----------
    trigger
        A trigger to examine; may be repeated. If not given: all.
    path
        Examine the events of this path, by its number from 0.
    scenario
        Examine the events of the most typical path that ends in this scenario.
    """
    from frenemy.forecast.run import input_files
    from frenemy.runtime.progress import Terminal
    from frenemy.storage.single_file import check_places, write_file
    from frenemy.studies.causes.study import but_for
    from frenemy.studies.causes.study import causes as find

    if path is not None or scenario is not None:
        _refuse_unused({"--trigger": trigger, "--force-on": force_on, "--paths": paths, "--draws": draws.number})
        if out is not None:
            check_places([out], replace=force)
        story = but_for(
            experiment, path=path, scenario=scenario, seed=options.seed, set=values(options.change),
            progress=Terminal(errors()),
        )  # fmt: skip
        if out is not None:
            write_file(out, story.to_csv(), replace=force)
        show(story, json=json)
        return
    deliver(
        lambda progress: find(
            experiment, triggers=trigger or (), force_on=force_on, paths=paths, draws=draws.number,
            **options.arguments, progress=progress,
        ),
        out or beside(experiment, "causes"), OutputOptions(plots=plots, json=json), inputs=input_files(experiment),
    )  # fmt: skip


def _refuse_unused(given: Mapping[str, object]) -> None:
    """Raise InputError for options about all futures, which say nothing about one storyline."""
    message, allowed = "is about all futures, but --path and --scenario are about one storyline", "one of the two"
    problems = [Problem(message=message, key=key, allowed=allowed) for key, value in given.items() if value is not None]
    if problems:
        raise InputError(problems)
