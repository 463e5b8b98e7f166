"""`frenemy update`: the odds now, with what is known of the world."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import DrawOptions, Experiment, Ledgers, OutputOptions, Paths, RunOptions, Strings, Until
from frenemy.cli.output import beside, deliver

__all__ = ["evidence_files", "update"]


def update(
    experiment: Experiment,
    /,
    *,
    ledger: Ledgers | None = None,
    until: Until | None = None,
    without: Strings | None = None,
    paths: Annotated[Paths | None, Parameter(help="Particles for each draw. If not given: 256.")] = None,
    draws: DrawOptions = DrawOptions(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    r"""Update the odds with what is known of the world.

    The experiment's ledgers list what happened, what was read and seen, and for which triggers the list is
    complete. Futures are weighted by how likely they make this evidence, and so are the values of the uncertain
    numbers. Prints the odds before and after. Options that are not given are taken from [evidence] in the
    experiment's file. Writes runs/NAME.update beside the model: odds.csv, fan.csv, drivers.csv, numbers.csv,
    news.csv, ledger.csv, pictures, resolved.toml and manifest.json.

    ```
    # With the ledgers that the file names
    frenemy update experiments/baseline.toml
    # As things were known on a day
    frenemy update experiments/baseline.toml --until 2025-06-30
    # What one entry does
    frenemy update experiments/baseline.toml --without capture_of_maduro
    # With other ledgers
    frenemy update experiments/baseline.toml \
      --ledger experiments/evidence/2025.toml \
      --ledger experiments/evidence/2026.toml
    ```

    Parameters
    ----------
    without
        The name of an entry: the odds without it are shown beside those with all entries; may be repeated.
    """
    from frenemy.studies.update.study import update as find

    inputs = evidence_files(experiment, ledger)
    deliver(
        lambda progress: find(
            experiment, ledgers=ledger, until=until, without=without or (), paths=paths, draws=draws.number,
            **options.arguments, progress=progress,
        ),
        output.out or beside(experiment, "update"), output, inputs=inputs,
    )  # fmt: skip


def evidence_files(experiment: Path, ledgers: Sequence[Path] | None) -> dict[str, Path]:
    """The files that an update reads; missing ones are left for the update to report."""
    from frenemy.errors import InputError
    from frenemy.forecast.run import input_files
    from frenemy.model.files.load_ledgers import load_case

    try:
        files = load_case(experiment, ledgers=ledgers).files
    except InputError:
        files = ()
    return {**input_files(experiment), **{str(file): file for file in files if file.is_file()}}
