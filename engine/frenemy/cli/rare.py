"""`frenemy rare`: the odds of a rare scenario."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import Date, DrawOptions, Experiment, OutputOptions, Paths, RunOptions
from frenemy.cli.output import beside, deliver

__all__ = ["rare"]


def rare(
    experiment: Experiment,
    /,
    *,
    scenario: str | None = None,
    date: Date | None = None,
    paths: Annotated[
        Paths | None, Parameter(help="Initial futures, over all draws together. If not given: 16,384.")
    ] = None,
    draws: DrawOptions = DrawOptions(),
    options: RunOptions = RunOptions(),
    output: OutputOptions = OutputOptions(),
) -> None:
    r"""Estimate the odds of a rare scenario, one that a plain run seldom reaches.

    These are the odds of having been in it by a date. Futures that come closer to it than before are split into
    several, each with its share of the weight, and the clocks of triggers that lead to it run faster, so that many
    futures reach it. The estimate is unbiased; its error and the work saved are reported. Options that are not given
    are taken from [rare] in the experiment's file. Writes runs/NAME.rare beside the model: rare.csv, levels.csv,
    clocks.csv, a picture, resolved.toml and manifest.json.

    ```
    # The odds of a rift within half a year
    frenemy rare experiments/baseline.toml --scenario total_rift \
      --date 2025-06-30
    ```

    Parameters
    ----------
    scenario
        The scenario's name. If not given: the one that the fewest futures reach.
    """
    from frenemy.forecast.run import input_files
    from frenemy.studies.rare.study import rare as find

    deliver(
        lambda progress: find(
            experiment, scenario, date=date, paths=paths, draws=draws.number, **options.arguments, progress=progress
        ),
        output.out or beside(experiment, "rare"), output, inputs=input_files(experiment),
    )  # fmt: skip
