"""`frenemy update`: take in what is known of the world, and say what the odds are now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver, plain_date
from frenemy.cli.run import Changes, values

__all__ = ["Entries", "Ledgers", "evidence_files", "update"]

Ledgers = Annotated[list[Path] | None, Parameter(consume_multiple=False)]
Entries = Annotated[list[str] | None, Parameter(consume_multiple=False)]


def update(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    ledger: Ledgers = None,
    until: str | None = None,
    without: Entries = None,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Take in what is known of the world, and say what the odds are now.

    The ledgers that the experiment names tell what happened, what was read and seen, and for which triggers they tell
    everything. Futures that bear this out are kept, by how likely they make it; so are the uncertain numbers. Prints
    the odds before and after, and writes a folder: odds.csv, fan.csv, drivers.csv, numbers.csv, news.csv, ledger.csv,
    pictures, resolved.toml and manifest.json.

    ```
    frenemy update experiments/baseline.toml
    frenemy update experiments/baseline.toml --until 2025-06-30
    frenemy update experiments/baseline.toml --without capture_of_maduro
    frenemy update experiments/baseline.toml --ledger experiments/evidence/2025.toml \
        --ledger experiments/evidence/2026.toml
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    ledger
        A ledger's file, in place of those that the experiment names; may be given again.
    until
        Know only what was known by the end of this day, such as 2025-06-30.
    without
        The name of an entry: the odds without it are set beside those with all; may be given again.
    paths
        Particles for each draw. If not given: 256.
    draws
        Draws of the uncertain numbers; 0 puts each at its median.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.update beside the model.
    plots
        --no-plots leaves out the pictures.
    json
        Print everything as JSON, for other programs.
    """
    from frenemy.studies.update.study import update as find

    inputs = evidence_files(experiment, ledger)
    deliver(
        lambda progress: find(
            experiment, ledgers=ledger, until=plain_date(until, "--until"), without=without or (), paths=paths,
            draws=draws, seed=seed, set=values(change), workers=workers, progress=progress,
        ),
        out or beside(experiment, "update"), plots=plots, json=json, inputs=inputs,
    )  # fmt: skip


def evidence_files(experiment: Path, ledgers: list[Path] | None) -> dict[str, Path]:
    """The files that an update draws on; those that are not there are left for the update to complain of."""
    from frenemy.errors import InputError
    from frenemy.forecast.run import input_files
    from frenemy.model.files.load_ledgers import load_case

    try:
        files = load_case(experiment, ledgers=ledgers).files
    except InputError:
        files = ()
    return {**input_files(experiment), **{str(file): file for file in files if file.is_file()}}
