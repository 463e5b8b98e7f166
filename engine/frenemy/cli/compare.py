"""`frenemy compare`: what-ifs against a base, on the same noise."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.console import console, errors
from frenemy.cli.run import Changes, kept, values
from frenemy.errors import FrenemyError, Interrupted
from frenemy.model.source import shown

__all__ = ["beside", "compare"]


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
        The folder to write. If not given: runs/NAME_compare beside the model.
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
    from frenemy.progress import Terminal
    from frenemy.store import guard
    from frenemy.whatif import compare as compare_worlds

    folder = out if out is not None else beside(experiment, "compare")
    guard(folder)
    try:
        compared = compare_worlds(
            experiment, *others, paths=paths, draws=draws, seed=seed, set=values(change), split=split, workers=workers,
            progress=Terminal(errors()),
        )  # fmt: skip
        command = ["frenemy", *sys.argv[1:]]
        files = {str(file): file for file in (experiment, *others) if file.is_file()}
        compared.save(folder, plots=plots, inputs=files, command=command)
    except KeyboardInterrupt:
        raise Interrupted(kept(folder)) from None
    except OSError as error:
        raise FrenemyError(f"{error.strerror or error}; {kept(folder)}") from error
    if json:
        sys.stdout.write(jsonlib.dumps({**compared.to_dict(), "folder": str(folder)}, indent=2) + "\n")
        return
    console().print(compared)
    console().print(f"\n{'Tables and pictures' if plots else 'Tables'}: {shown(folder)}", soft_wrap=True)


def beside(source: Path, what: str) -> Path:
    """Where a result goes that is about an experiment's file or a run folder: runs/NAME_WHAT of the model."""
    from frenemy.model.load import find_root

    if source.is_dir():
        return source.absolute().with_name(f"{source.absolute().name}_{what}")
    return find_root(source.parent) / "runs" / f"{source.stem}_{what}"
