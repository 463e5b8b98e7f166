"""`frenemy watch`: which events of the coming months would move the odds most."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from frenemy.cli.options import Date, DrawOptions, Experiment, Ledgers, OutputOptions, Paths, RunOptions, Until
from frenemy.cli.output import beside, deliver
from frenemy.cli.update import evidence_files

__all__ = ["watch"]


def watch(
    experiment: Experiment,
    /,
    *,
    by: Annotated[
        Date | None,
        Parameter(help="Day by whose end the answers are known, such as 2026-06-30. If not given: half a year ahead."),
    ] = None,
    at: Annotated[
        Date | None, Parameter(help="Day of the odds, such as 2028-12-31. If not given: the end of the run.")
    ] = None,
    reading: Literal["at", "ever"] | None = None,
    evidence: Annotated[bool, Parameter(negative="--no-evidence")] = True,
    ledger: Ledgers | None = None,
    until: Until | None = None,
    paths: Annotated[
        Paths | None,
        Parameter(
            help="Futures for each draw. If not given: 1,024, or those of the experiment if fewer; with evidence 256."
        ),
    ] = None,
    draws: DrawOptions = DrawOptions(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    r"""Show what to watch: which triggers and signposts would move the odds most.

    Ranks them by how much the Brier score of the odds is expected to fall once it is known, on a given day, whether
    they occurred, and shows the odds after a yes and after a no. What is not distinguishable from chance is marked and
    grey. The dates of the calendar follow, with the effect of each outcome. If the experiment has ledgers, their
    evidence is used first, and events count from where it ends. Options that are not given are taken from [watch]
    in the experiment's file. Writes runs/NAME.watch beside the model: questions.csv, answers.csv, pictures,
    resolved.toml and manifest.json.

    ```
    # As the file states it
    frenemy watch experiments/outlook_2026.toml
    # Answers by June, and a later question
    frenemy watch experiments/outlook_2026.toml --by 2026-06-30 \
      --at 2028-12-31 --reading ever
    # From the evidence up to a day
    frenemy watch experiments/baseline.toml --until 2025-12-31
    ```

    Parameters
    ----------
    reading
        Which odds. at: of being in a scenario on that day; ever: of having been in it by then. If not
        given: at, or as the file says.
    evidence
        --no-evidence looks ahead from the start of the run, even if the experiment has ledgers.
    """
    from frenemy.studies.watch.study import watch as find

    inputs = evidence_files(experiment, ledger)
    deliver(
        lambda progress: find(
            experiment, by=by, at=at, reading=reading, evidence=evidence, ledgers=ledger, until=until, paths=paths,
            draws=draws.number, **options.arguments, progress=progress,
        ),
        output.out or beside(experiment, "watch"), output, inputs=inputs,
    )  # fmt: skip
