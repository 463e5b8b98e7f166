"""`frenemy tune`: what would have to be true for the odds to be as stated."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.delivering import Study, beside, deliver, plain_date
from frenemy.errors import InputError, Problem
from frenemy.model.source import shown
from frenemy.progress import Progress

__all__ = ["tune"]

Targets = Annotated[list[str] | None, Parameter(name="--target", consume_multiple=False)]
Keys = Annotated[list[str] | None, Parameter(name="--change", consume_multiple=False)]


def tune(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    target: Targets = None,
    change: Keys = None,
    reading: Literal["at", "ever", "time_share"] = "at",
    date: str | None = None,
    write: Path | None = None,
    out: Path | None = None,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    r"""Find what would have to be true for the odds to be as stated, and write it down as an experiment.

    Numbers with a range are turned within it, as little as will do: several by the least change in units of their own
    elicited spread. The new file has the values under [set], what they were as comments, and else is as the old one;
    run, it gives the odds wanted within Monte Carlo error. If the odds cannot be reached, it says how far one can get.

    ```
    frenemy tune experiments/baseline.toml --target total_rift=0.3 --change triggers.official_arrest.rate
    frenemy tune experiments/baseline.toml --target total_rift=0.1 --reading ever --date 2027-12-31 \
      --change triggers.official_arrest.rate --change triggers.unilateral_strike.probability
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml. What is not given is as its [[targets]] and tune say.
    target
        SCENARIO=PROBABILITY: odds that are wanted; may be given again for other scenarios.
    change
        The dotted key of a number that may change; may be given again.
    reading
        at: of being in it at the date; ever: of having been in it by then; time_share: the share of time.
    date
        The date, such as 2027-12-31; if not given, the end of the run.
    write
        The new experiment's file. If not given: NAME_tuned.toml beside the old one. It must not be there yet.
    out
        The folder for tables and the picture. If not given: runs/NAME.tune beside the model.
    paths
        Futures to simulate, for each draw of the other numbers.
    draws
        Draws of the numbers that do not change; 0: all at their medians.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    plots
        --no-plots leaves out the picture.
    json
        Print what was found as JSON, for other programs.
    """
    from frenemy.experiment import input_files
    from frenemy.studies.tuning import tune as find
    from frenemy.studies.tuning import write_new

    new = write if write is not None else experiment.with_name(f"{experiment.stem}_tuned.toml")
    if new.exists():
        message = "exists already; choose another name, so that nothing of yours is replaced"
        raise InputError([Problem(message=message, file=shown(new), key="--write")])

    def tuned(progress: Progress) -> Study:
        found = find(
            experiment, None if target is None else dict(_target(text) for text in target), change, reading=reading,
            date=plain_date(date) or dt.date.max, paths=paths, draws=draws, seed=seed, workers=workers,
            progress=progress,
        )  # fmt: skip
        write_new(new, found.rewritten(experiment.read_text(encoding="utf-8-sig")))
        return found

    deliver(
        tuned, out or beside(experiment, "tune"), plots=plots, json=json, inputs=input_files(experiment),
        experiment_file=shown(new),
    )  # fmt: skip


def _target(text: str) -> tuple[str, float]:
    """Scenario and probability of `total_rift=0.4` or `total_rift=40%`."""
    name, _, number = text.partition("=")
    try:
        value = float(number.strip().removesuffix("%")) / (100 if number.strip().endswith("%") else 1)
    except ValueError:
        problem = Problem(
            message="expected SCENARIO=PROBABILITY", file="--target", found=text, allowed="total_rift=0.4"
        )
        raise InputError([problem]) from None
    return name.strip(), value
