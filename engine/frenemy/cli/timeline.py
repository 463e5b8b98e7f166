"""`frenemy timeline`: which entries of the evidence moved the odds, and by how much."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import (
    Experiment,
    Ledgers,
    OutputOptions,
    Paths,
    PositiveCount,
    RunOptions,
    TimelineDraws,
    Until,
)
from frenemy.cli.output import beside, deliver
from frenemy.cli.update import evidence_files

__all__ = ["timeline"]


def timeline(
    experiment: Experiment,
    /,
    *,
    ledger: Ledgers | None = None,
    until: Until | None = None,
    leave_out: Annotated[bool, Parameter(negative="--no-leave-out")] = True,
    paths: Annotated[
        Paths | None,
        Parameter(
            help="Particles for each draw; at the medians, in each pass. If not given: 16, and 4,096 at the medians."
        ),
    ] = None,
    draws: TimelineDraws = TimelineDraws(),
    repeats: PositiveCount = 8,
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    """Show how the odds moved as evidence came in: which entry of the ledgers did what.

    The odds are updated on what was known on each day on which something became known, entry by entry, and once more
    without each entry. Prints how much each entry moved the odds at the horizon, in bits: one bit doubles p / (1 − p).
    Writes runs/NAME.timeline beside the model: timeline.csv, entries.csv, pictures, resolved.toml and manifest.json. A
    ledger of forty entries takes about a minute on two cores.

    ```
    # All entries of the ledger
    frenemy timeline experiments/baseline.toml
    # The first half year, in sequence only
    frenemy timeline experiments/baseline.toml --until 2025-06-30 --no-leave-out
    ```

    Parameters
    ----------
    leave_out
        --no-leave-out takes the entries in sequence only, in about half the time.
    repeats
        Passes, whose spread gives the errors; at least 2. If not given: 8.
    """
    from frenemy.studies.timeline.study import timeline as find

    inputs = evidence_files(experiment, ledger)
    deliver(
        lambda progress: find(
            experiment, ledgers=ledger, until=until, leave_out=leave_out, paths=paths, draws=draws.number,
            repeats=repeats, **options.arguments, progress=progress,
        ),
        output.out or beside(experiment, "timeline"), output, inputs=inputs,
    )  # fmt: skip
