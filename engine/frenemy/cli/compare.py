"""`frenemy compare`: what-ifs against a base, on the same noise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver
from frenemy.cli.run import Changes, values

__all__ = ["compare"]


def compare(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *others: Annotated[Path, Parameter(name="OTHER")],
    out: Path | None = None,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    split: Annotated[bool, Parameter(negative="--no-split")] = True,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Compare what-ifs with a base: which odds change, and why.

    With one file, its [[variants]] are compared with the experiment itself, or, with --set, the experiment with other
    values. With several files or run folders, each further one is compared with the first.

    All worlds are simulated on the same noise, path by path, so that small changes show and their errors are those of
    the difference. Prints the changes at the end, which futures move from what to what, and which edit adds what; and
    writes a folder with tables and pictures.

    ```
    frenemy compare experiments/outlook_2026.toml experiments/strike_in_2026.toml
    frenemy compare experiments/baseline.toml --set triggers.unilateral_strike.probability=0.1
    ```

    Parameters
    ----------
    experiment
        The base: an experiment's file, or the folder of a run.
    others
        What to compare with it: further files or run folders.
    out
        The folder to write. If not given: runs/NAME.compare beside the model.
    paths
        Futures to simulate in each world, for each draw of the uncertain numbers.
    draws
        Draws of the uncertain numbers, the same in all worlds. 0: every number at its median, no bands.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    split
        --no-split does not say what each edit adds, which saves time where there are several.
    plots
        --no-plots leaves out the pictures.
    json
        Print everything as JSON, for other programs.
    """
    from frenemy.studies.compare.study import compare as compare_worlds

    deliver(
        lambda progress: compare_worlds(
            experiment, *others, paths=paths, draws=draws, seed=seed, set=values(change), split=split, workers=workers,
            progress=progress,
        ),
        out or beside(experiment, "compare"), plots=plots, json=json,
        inputs={str(file): file for file in (experiment, *others) if file.is_file()},
    )  # fmt: skip
