"""`frenemy compare`: what-ifs against a base, on the same noise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import DrawOptions, Experiment, OutputOptions, Paths, RunOptions
from frenemy.cli.output import beside, deliver

__all__ = ["compare"]


def compare(
    experiment: Annotated[Experiment, Parameter(help="The base: an experiment's file, or the folder of a run.")],
    /,
    *others: Annotated[Path, Parameter(name="OTHER")],
    paths: Paths | None = None,
    draws: DrawOptions = DrawOptions(),
    split: Annotated[bool, Parameter(negative="--no-split")] = True,
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    r"""Compare what-ifs with a base: which odds change, and why.

    With one file, the experiment is compared with its [[variants]] or, with --set, with itself under other values. With
    several files or run folders, the first is compared with each of the others.

    All worlds are simulated on the same noise, path by path, so that small changes are visible and the errors are those
    of the difference. Prints the changes at the end, which futures move from which scenario to which, and what each
    edit adds. Writes tables and pictures to runs/NAME.compare beside the model.

    ```
    # Two experiments
    frenemy compare experiments/outlook_2026.toml \
      experiments/strike_in_2026.toml
    # An experiment with itself under another number
    frenemy compare experiments/baseline.toml \
      --set triggers.unilateral_strike.probability=0.1
    ```

    Parameters
    ----------
    others
        What to compare with it: further files or run folders.
    split
        --no-split leaves out what each edit adds, which saves time where there are several.
    """
    from frenemy.studies.compare.study import compare as find

    deliver(
        lambda progress: find(
            experiment, *others, paths=paths, draws=draws.number, split=split, **options.arguments, progress=progress
        ),
        output.out or beside(experiment, "compare"), output,
        inputs={str(file): file for file in (experiment, *others) if file.is_file()},
    )  # fmt: skip
