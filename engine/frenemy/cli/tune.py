"""`frenemy tune`: what would have to be true for the odds to be as stated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveFloat, PositiveInt

from frenemy.cli.output import Study, beside, deliver, plain_date
from frenemy.cli.run import Changes, values
from frenemy.errors import InputError, Problem
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress

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
    solutions: PositiveInt | None = None,
    apart: PositiveFloat | None = None,
    region: NonNegativeInt | None = None,
    write: Path | None = None,
    out: Path | None = None,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    put: Changes = None,
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
    frenemy tune experiments/baseline.toml --target total_rift=0.25 --solutions 3 --region 1024 \
      --change triggers.official_arrest.rate --change triggers.unilateral_strike.probability
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml. What is not given is as its [[targets]], tune and
        [tuning] say.
    target
        SCENARIO=PROBABILITY: odds that are wanted; may be given again for other scenarios.
    change
        The dotted key of a number that may change; may be given again.
    reading
        at: of being in it at the date; ever: of having been in it by then; time_share: the share of time.
    date
        The date, such as 2027-12-31; if not given, the end of the run.
    solutions
        How many ways to find, if several numbers may change: that of the least change, and others at a distance from it
        and from one another.
    apart
        That distance, in elicited spreads: the square root of the sum of squares over the numbers.
    region
        Outer draws of all uncertain numbers, such as 1024, over which to look for the ranges in which the target is
        met; 0 for none.
    write
        The new experiment's file. If not given: NAME_tuned.toml beside the old one. It must not be there yet. Further
        solutions have _2, _3 … at the end of the name.
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
    put
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    plots
        --no-plots leaves out the picture.
    json
        Print what was found as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.model.specs.studies import MAX_SOLUTIONS
    from frenemy.storage.single_file import write_file
    from frenemy.studies.tune.study import tune as find

    new = write if write is not None else experiment.with_name(f"{experiment.stem}_tuned.toml")
    files = [new, *(new.with_name(f"{new.stem}_{n}{new.suffix}") for n in range(2, MAX_SOLUTIONS + 1))]
    _refuse_those_there(files[: solutions or 1])

    def tuned(progress: Progress) -> Study:
        found = find(
            experiment, None if target is None else _targets(target), change, reading=reading,
            date=plain_date(date) or dt.date.max, solutions=solutions, apart=apart, region=region, paths=paths,
            draws=draws, seed=seed, set=values(put), workers=workers, progress=progress,
        )  # fmt: skip
        text = experiment.read_bytes().decode("utf-8-sig")
        _refuse_those_there(files[: len(found.sets)])
        for number, file in enumerate(files[: len(found.sets)]):
            write_file(file, found.rewritten(text, number), key="--write")
        return found

    more = {"further_files": f"{display_path(files[1])} and so on, one a solution"} if (solutions or 1) > 1 else {}
    deliver(
        tuned, out or beside(experiment, "tune"), plots=plots, json=json, inputs=input_files(experiment),
        experiment_file=display_path(new), **more,
    )  # fmt: skip


def _refuse_those_there(files: Sequence[Path]) -> None:
    message = "exists already; choose another name, so that nothing of yours is replaced"
    problems = [Problem(message=message, file=display_path(file), key="--write") for file in files if file.exists()]
    if problems:
        raise InputError(problems)


def _targets(texts: Sequence[str]) -> dict[str, float]:
    """The odds that are wanted, by scenario; each scenario once."""
    wanted: dict[str, float] = {}
    for text in texts:
        name, probability = _target(text)
        if name in wanted:
            allowed = "one --target for each scenario; targets at several dates stand in the experiment's file"
            raise InputError([Problem(message="has a target already", file="--target", found=text, allowed=allowed)])
        wanted[name] = probability
    return wanted


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
