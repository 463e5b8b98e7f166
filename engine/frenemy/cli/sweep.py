"""`frenemy sweep`: the odds as a function of one number or two."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import (
    Date,
    Decimals,
    Experiment,
    OutputOptions,
    Paths,
    Reading,
    RunOptions,
    Strings,
    StudyDraws,
    once,
)
from frenemy.cli.output import beside, deliver

__all__ = ["sweep"]


def sweep(
    experiment: Experiment,
    /,
    *,
    over: Strings | None = None,
    scenario: str | None = None,
    reading: Reading | None = None,
    date: Date | None = None,
    contour: Decimals | None = None,
    paths: Annotated[
        Paths | None,
        Parameter(help="Futures to simulate at each point. If not given: as the file says."),
    ] = None,
    draws: StudyDraws = StudyDraws(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    r"""Vary one number or two and see how the odds change: a curve, or a map.

    Every point is simulated on the same noise, over draws of the other uncertain numbers (at their medians with
    --at-medians). Options that are not given are taken from [sweep] in the experiment's file. Writes runs/NAME.sweep
    beside the model: sweep.csv, for one number crossings.csv and most_probable.csv, a picture, resolved.toml and
    manifest.json. If a sweep is interrupted or killed, the same command continues it.

    ```
    # A curve over one number
    frenemy sweep experiments/baseline.toml \
      --over triggers.unilateral_strike.probability=0.01..0.2
    # A map over two
    frenemy sweep experiments/baseline.toml \
      --over triggers.official_arrest.rate=0.02..1:9:own \
      --over drivers.trust.start=20..60:9 --scenario total_rift --reading ever \
      --date 2027-12-31
    ```

    Parameters
    ----------
    over
        A number and its values; may be given twice. KEY=LOW..HIGH has 11 values, KEY=LOW..HIGH:21 has 21; with :own at
        the end they are evenly spaced on the number's natural scale (log-odds, logarithms). KEY=A,B,C lists the values.
        KEY alone is the middle nine tenths of the elicited range. If not given: as the file says.
    scenario
        The scenario whose odds are drawn. If not given: all.
    contour
        Odds to look for, such as 0.25; may be repeated. If not given: as the file says, or 0.05, 0.1, 0.25, 0.5 and
        0.75.
    """
    from frenemy.forecast.run import input_files
    from frenemy.storage.run_folder import guard
    from frenemy.studies.sweep.study import sweep as find

    folder = guard((output.out or beside(experiment, "sweep")).absolute())
    kept_in = folder.with_name(f".{folder.name}.journal")
    axes = None if over is None else once((_axis(item) for item in over), "--over")
    deliver(
        lambda progress: find(
            experiment, axes, scenario=scenario, reading=reading, date=date, contours=contour, draws=draws.number,
            paths=paths, kept_in=kept_in, **options.arguments, progress=progress,
        ),
        folder, output, inputs=input_files(experiment),
    )  # fmt: skip
    with suppress(OSError):  # one that stays is continued by the next sweep; the result is there
        kept_in.unlink(missing_ok=True)


def _axis(text: str) -> tuple[str, str]:
    """The key and the values of `KEY=VALUES`."""
    key, _, rest = text.partition("=")
    return key.strip(), rest
