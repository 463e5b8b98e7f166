"""`frenemy audit`: what the rules of the scenarios do."""

from __future__ import annotations

import datetime as dt
import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.console import console, errors
from frenemy.cli.run import Changes, values
from frenemy.errors import InputError, Interrupted, Problem
from frenemy.model.source import shown

__all__ = ["audit", "dated"]


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
        The date at which the odds are read, such as 2027-12-31. If not given: the end of the run.
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
    from frenemy.audits import audit as examine
    from frenemy.experiment import input_files
    from frenemy.model.load import find_root
    from frenemy.progress import Terminal
    from frenemy.store import guard

    folder = out if out is not None else find_root(experiment) / "runs" / f"{experiment.stem or 'run'}.audit"
    guard(folder)
    try:
        found = examine(
            experiment, date=dated(date), paths=paths, seed=seed, set=values(change), workers=workers,
            progress=Terminal(errors()),
        )  # fmt: skip
        found.save(folder, plots=plots, inputs=input_files(experiment), command=["frenemy", *sys.argv[1:]])
    except KeyboardInterrupt:
        raise Interrupted("nothing was written") from None
    if json:
        sys.stdout.write(jsonlib.dumps({**found.to_dict(), "folder": str(folder)}, indent=2) + "\n")
        return
    console().print(found)
    console().print(f"\nTables{' and pictures' if plots else ''}: {shown(folder)}", soft_wrap=True)


def dated(text: str | None) -> dt.date | None:
    """The date that was typed. Raises InputError if it is none."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError([Problem(message="not a date", key="--date", found=text, allowed="2027-12-31")]) from None
