"""`frenemy watch`: which news of the coming months would move the odds most."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver, plain_date
from frenemy.cli.run import Changes, values
from frenemy.cli.update import Ledgers, evidence_files

__all__ = ["watch"]


def watch(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    by: str | None = None,
    at: str | None = None,
    reading: Literal["at", "ever"] | None = None,
    evidence: Annotated[bool, Parameter(negative="--no-evidence")] = True,
    ledger: Ledgers = None,
    until: str | None = None,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Say what to watch: which triggers and signposts would move the odds most, once one knows.

    Where the experiment has ledgers their evidence is taken in first, and events count from where it ends. Ranked by
    how far the Brier score of the odds would be expected to fall if one knew, by a day, whether they came, with what a
    yes and a no would make of the odds; what chance alone could do is said and grey. The dates of the calendar follow,
    with what each outcome would do. What [watch] of the experiment's file says holds unless it is said here. Writes a
    folder: questions.csv, answers.csv, pictures, resolved.toml and manifest.json.

    ```
    frenemy watch experiments/outlook_2026.toml
    frenemy watch experiments/outlook_2026.toml --by 2026-06-30 --at 2028-12-31 --reading ever
    frenemy watch experiments/baseline.toml --until 2025-12-31
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/outlook_2026.toml.
    by
        The day by whose end the answers are known, such as 2026-06-30. If not given: half a year on.
    at
        The day whose scenario is asked for. If not given: the end of the run.
    reading
        "at": being in a scenario on that day; "ever": having been in it by then.
    evidence
        --no-evidence looks ahead from the start of the run, though the experiment has ledgers.
    ledger
        A ledger, in place of those that the experiment names; may be given again.
    until
        Know only what was known by the end of this day, such as 2025-12-31.
    paths
        Futures for each draw. If not given: 1,024, or fewer if the experiment has fewer; with evidence 256.
    draws
        Draws of the uncertain numbers; 0 puts each at its median.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.watch beside the model.
    plots
        --no-plots leaves out the pictures.
    json
        Print everything as JSON, for other programs.
    """
    from frenemy.studies.watch.study import watch as find

    inputs = evidence_files(experiment, ledger)
    deliver(
        lambda progress: find(
            experiment, by=plain_date(by, "--by"), at=plain_date(at, "--at"), reading=reading,
            evidence=evidence, ledgers=ledger, until=plain_date(until, "--until"), paths=paths, draws=draws, seed=seed,
            set=values(change), workers=workers, progress=progress,
        ),
        out if out is not None else beside(experiment, "watch"),
        plots=plots,
        json=json,
        inputs=inputs,
    )  # fmt: skip
