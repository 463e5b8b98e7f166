"""`frenemy sweep`: the odds as one number or two are moved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import beside, deliver, plain_date
from frenemy.cli.run import Changes, values

__all__ = ["sweep"]

Over = Annotated[list[str] | None, Parameter(name="--over", consume_multiple=False)]
Contours = Annotated[list[float] | None, Parameter(name="--contour", consume_multiple=False)]


def sweep(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    over: Over = None,
    scenario: str | None = None,
    reading: Literal["at", "ever", "time_share"] | None = None,
    date: str | None = None,
    contour: Contours = None,
    draws: NonNegativeInt | None = None,
    paths: PositiveInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    change: Changes = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    r"""Move one number or two and see the odds follow: a curve, or a map.

    Every point is simulated on the same noise, the other uncertain numbers at their medians (or over outer draws, with
    --draws). Writes a folder: sweep.csv, for one number crossings.csv and most_probable.csv, a picture, resolved.toml
    and manifest.json. A sweep that was interrupted or killed goes on where it was when the same command is given again.

    ```
    frenemy sweep experiments/baseline.toml --over triggers.unilateral_strike.probability=0.01..0.2
    frenemy sweep experiments/baseline.toml --over triggers.official_arrest.rate=0.02..1:9:own \
      --over drivers.trust.start=20..60:9 --scenario total_rift --reading ever --date 2027-12-31
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml. What is not given here is as its [sweep] says.
    over
        A number and its values; may be given twice. KEY=LOW..HIGH has 11 values, KEY=LOW..HIGH:21 has 21, with :own at
        the end they are evenly spaced in the number's own space (log-odds, logarithms); KEY=A,B,C lists them; KEY alone
        is the middle nine tenths of what was elicited.
    scenario
        The scenario whose odds are drawn; if not given, all.
    reading
        at: of being in it at the date; ever: of having been in it by then; time_share: the share of time.
    date
        The date, such as 2027-12-31; if not given, the end of the run.
    contour
        Odds to look for, such as 0.25; may be given again.
    draws
        Outer draws of all other uncertain numbers at each point; 0: these at their medians.
    paths
        Futures at each point, for each draw.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    out
        The folder. If not given: runs/NAME.sweep beside the model.
    plots
        --no-plots leaves out the picture.
    json
        Print the sweep as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.sweep.study import sweep as find

    folder = (out or beside(experiment, "sweep")).absolute()
    kept_in = folder.with_name(f".{folder.name}.journal")
    moved = None if over is None else {key.strip(): text for key, _, text in (item.partition("=") for item in over)}
    deliver(
        lambda progress: find(
            experiment, moved, scenario=scenario, reading=reading, date=plain_date(date), contours=contour, draws=draws,
            paths=paths, seed=seed, set=values(change), kept_in=kept_in, workers=workers, progress=progress,
        ),
        folder, plots=plots, json=json, inputs=input_files(experiment),
    )  # fmt: skip
    kept_in.unlink(missing_ok=True)
