"""`frenemy causes`: what scenarios, or one storyline, owe to triggers and events."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.console import errors
from frenemy.cli.output import beside, deliver, plain_date, refuse_place, show
from frenemy.cli.run import Changes, values
from frenemy.errors import InputError, Problem

__all__ = ["causes"]


def causes(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    trigger: Annotated[list[str] | None, Parameter(consume_multiple=False)] = None,
    force_on: str | None = None,
    path: NonNegativeInt | None = None,
    scenario: str | None = None,
    out: Path | None = None,
    paths: PositiveInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Hold triggers to account: which scenarios owe what to which.

    Each trigger is made impossible, and forced once, on the same noise, path by path. Necessary is the share of a
    scenario's futures that would not be there but for the trigger; forced, what the odds gain by one event of it.
    Prints a table for each scenario and writes a folder with the table and pictures. What [causes] of the experiment's
    file says holds unless it is said here.

    With --path or --scenario, one storyline is held to account instead: it is told again without each of its events,
    to find those without which it would have ended in another scenario.

    ```
    frenemy causes experiments/baseline.toml --paths 2000
    frenemy causes experiments/baseline.toml --trigger unilateral_strike --force-on 2026-03-02
    frenemy causes experiments/baseline.toml --scenario total_rift
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    trigger
        A trigger to hold to account; may be given again. If not given: all.
    force_on
        The day on which each is forced, such as 2026-03-02. If not given: its first chance in each future.
    path
        Hold the events of this path to account, by its number from 0.
    scenario
        Hold the events of the most typical path to account that ends in this scenario.
    out
        The folder to write; for a storyline a file, .csv. If not given: runs/NAME.causes beside the model, and no file
        for a storyline.
    paths
        Futures to simulate in each world.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    plots
        --no-plots leaves out the pictures.
    json
        Print everything as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.runtime.progress import Terminal
    from frenemy.studies.causes.study import but_for
    from frenemy.studies.causes.study import causes as explain

    if path is not None or scenario is not None:
        _refuse_what_is_not_heard({"--trigger": trigger, "--force-on": force_on, "--paths": paths})
        if out is not None:
            refuse_place(out)
        found = but_for(
            experiment, path=path, scenario=scenario, seed=seed, set=values(change), progress=Terminal(errors())
        )
        if out is not None:
            out.write_text(found.to_csv(), encoding="utf-8", newline="")
        show(found, json=json)
        return
    deliver(
        lambda progress: explain(
            experiment, triggers=trigger or (), force_on=plain_date(force_on, "--force-on"), paths=paths, seed=seed,
            set=values(change), workers=workers, progress=progress,
        ),
        out or beside(experiment, "causes"), plots=plots, json=json, inputs=input_files(experiment),
    )  # fmt: skip


def _refuse_what_is_not_heard(given: Mapping[str, object]) -> None:
    """Options about all futures say nothing about one storyline."""
    message, allowed = "is about all futures, and --path or --scenario about one storyline", "one of the two"
    problems = [Problem(message=message, key=key, allowed=allowed) for key, value in given.items() if value is not None]
    if problems:
        raise InputError(problems)
