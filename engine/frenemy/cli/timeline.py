"""`frenemy timeline`: which news moved the odds, and by how much."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver, plain_date
from frenemy.cli.run import Changes, values
from frenemy.cli.update import Ledgers, evidence_files

__all__ = ["timeline"]


def timeline(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    ledger: Ledgers = None,
    until: str | None = None,
    leave_out: Annotated[bool, Parameter(negative="--no-leave-out")] = True,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt = 0,
    repeats: PositiveInt = 8,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Tell how the odds moved as news came in: which entry of the ledgers did what.

    The evidence is taken in as far as it was known on each day on which something became known, entry by entry, and
    once more without each entry. Prints what each did to the odds at the horizon, in bits: one bit doubles them.
    Writes a folder: timeline.csv, entries.csv, pictures, resolved.toml and manifest.json. A ledger of forty entries
    takes about a minute on two cores, with --draws many.

    ```
    frenemy timeline experiments/baseline.toml
    frenemy timeline experiments/baseline.toml --until 2025-06-30 --no-leave-out
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    ledger
        A ledger's file, in place of those that the experiment names; may be given again.
    until
        Know only what was known by the end of this day, such as 2025-06-30.
    leave_out
        --no-leave-out: only in sequence, in about half the time.
    paths
        Particles in each pass; with --draws, for each draw. If not given: 4,096, or 256 for each draw.
    draws
        Draws of the uncertain numbers in each pass, so that what is learnt of them counts too. It takes hundreds to
        tell small steps from luck. If not given, each number stands at its median.
    repeats
        Passes, from whose spread the errors come; at least 2.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.timeline beside the model.
    plots
        --no-plots leaves out the pictures.
    json
        Print everything as JSON, for other programs.
    """
    from frenemy.studies.timeline.study import timeline as find

    inputs = evidence_files(experiment, ledger)
    deliver(
        lambda progress: find(
            experiment, ledgers=ledger, until=plain_date(until, "--until"), leave_out=leave_out, paths=paths,
            draws=draws, repeats=repeats, seed=seed, set=values(change), workers=workers, progress=progress,
        ),
        out or beside(experiment, "timeline"), plots=plots, json=json, inputs=inputs,
    )  # fmt: skip
