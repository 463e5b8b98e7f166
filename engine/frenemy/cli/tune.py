"""`frenemy tune`: what would have to be true for the odds to be as stated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import (
    Count,
    Date,
    DrawOptions,
    Experiment,
    OutputOptions,
    Paths,
    PositiveCount,
    PositiveDecimal,
    Reading,
    RunOptions,
    Strings,
)
from frenemy.cli.output import beside, deliver
from frenemy.errors import InputError, Problem
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress

__all__ = ["tune"]


def tune(
    experiment: Experiment,
    /,
    *,
    target: Strings | None = None,
    change: Strings | None = None,
    reading: Reading = "at",
    date: Date | None = None,
    solutions: PositiveCount | None = None,
    apart: PositiveDecimal | None = None,
    region: Count | None = None,
    write: Path | None = None,
    paths: Annotated[
        Paths | None,
        Parameter(help="Futures to simulate, for each draw of the other numbers. If not given: as the file says."),
    ] = None,
    draws: DrawOptions = DrawOptions(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    r"""Find what would have to be true for the odds to be as stated, and write it as an experiment.

    Numbers with a range are moved within it, by as little as possible: several by the least change in units of their
    own elicited spread. The new experiment's file is a copy of the old one with the values under [set] and the former
    values as comments; when run, it gives the target odds within Monte Carlo error. If the odds cannot be reached,
    tune says how close one can get. Options that are not given are taken from [[targets]], tune and [tuning] in the
    experiment's file. Tables and a picture are written to runs/NAME.tune beside the model.

    ```
    # One number for one target
    frenemy tune experiments/baseline.toml --target total_rift=0.3 \
      --change triggers.official_arrest.rate
    # Two numbers, for another question
    frenemy tune experiments/baseline.toml --target total_rift=0.15 \
      --reading ever --date 2027-12-31 --change triggers.official_arrest.rate \
      --change triggers.unilateral_strike.probability
    # Three solutions, and where the target is met
    frenemy tune experiments/baseline.toml --target total_rift=0.25 \
      --solutions 3 --region 1024 --change triggers.official_arrest.rate \
      --change triggers.unilateral_strike.probability
    ```

    Parameters
    ----------
    target
        SCENARIO=PROBABILITY: the target odds; may be repeated for other scenarios. If not given: those of the
        file.
    change
        The dotted key of a number that may change; may be repeated. If not given: those of the file.
    solutions
        How many solutions to find if several numbers may change: the one with the least change, and others at a
        distance from it and from one another. If not given: as the file says, or 1.
    apart
        Least distance between solutions, in elicited spreads: the square root of the sum of squares over the numbers.
        If not given: as the file says, or 1.
    region
        Outer draws of all uncertain numbers, such as 1024, among which to find ranges in which the target is met.
        0: none. If not given: as the file says, or none.
    write
        The new experiment's file, which must not exist yet. If not given: NAME_tuned.toml beside the old one. Further
        solutions have _2, _3 … at the end of the name.
    """
    from frenemy.forecast.run import input_files
    from frenemy.model.specs.studies import MAX_SOLUTIONS
    from frenemy.storage.regular_file import decode, read_bytes
    from frenemy.storage.single_file import check_places
    from frenemy.studies.tune.study import Tuning
    from frenemy.studies.tune.study import tune as find

    new = write if write is not None else experiment.with_name(f"{experiment.stem}_tuned.toml")
    files = [new, *(new.with_name(f"{new.stem}_{n}{new.suffix}") for n in range(2, MAX_SOLUTIONS + 1))]
    check_places(files[: solutions or 1], key="--write")

    def find_solutions(progress: Progress) -> Tuning:
        return find(
            experiment, None if target is None else _targets(target), change, reading=reading,
            date=date or dt.date.max, solutions=solutions, apart=apart, region=region, paths=paths, draws=draws.number,
            **options.arguments, progress=progress,
        )  # fmt: skip

    def rewritten(study: Tuning) -> dict[Path, str]:
        text = decode(read_bytes(experiment), display_path(experiment))
        return {file: study.rewritten(text, number) for number, file in enumerate(files[: len(study.sets)])}

    more = {"further_files": f"{display_path(files[1])} and so on, one a solution"} if (solutions or 1) > 1 else {}
    deliver(
        find_solutions, output.out or beside(experiment, "tune"), output, inputs=input_files(experiment),
        files=rewritten, experiment_file=display_path(new), **more,
    )  # fmt: skip


def _targets(texts: Sequence[str]) -> dict[str, float]:
    """The target odds by scenario; each scenario once."""
    targets: dict[str, float] = {}
    for text in texts:
        name, probability = _target(text)
        if name in targets:
            allowed = "one --target for each scenario; write targets at several dates in the experiment's file"
            raise InputError([Problem(message="has a target already", file="--target", found=text, allowed=allowed)])
        targets[name] = probability
    return targets


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
