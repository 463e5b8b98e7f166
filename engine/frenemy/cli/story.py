"""`frenemy story`: one simulated future, told."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from frenemy.cli.run import Changes, values

__all__ = ["story"]


def story(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    path: NonNegativeInt | None = None,
    scenario: str | None = None,
    seed: NonNegativeInt | None = None,
    change: Changes = None,
    json: bool = False,
    out: Path | None = None,
) -> None:
    """Tell one simulated future as dated events with their causes.

    The futures are those of the run with every uncertain number at its median. Say which one: a path by its number, or
    the most typical one of a scenario.

    ```
    frenemy story experiments/baseline.toml --scenario total_rift
    frenemy story experiments/baseline.toml --path 7 --out story.png
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    path
        The number of the path, from 0.
    scenario
        The scenario in which the future is to end, such as total_rift.
    seed
        Another seed gives another sample of futures.
    change
        KEY=VALUE: another value in the model, by dotted key; may be given again.
    json
        Print the storyline as JSON, for other programs.
    out
        Write a picture of it to this file, .png or .svg, as well.
    """
    from frenemy.cli.console import console
    from frenemy.cli.output import refuse_place
    from frenemy.forecast.run import story as tell_story
    from frenemy.model.files.toml_source import display_path

    if out is not None:
        refuse_place(out)
    told = tell_story(experiment, path=path, scenario=scenario, seed=seed, set=values(change))
    if out is not None:
        told.save_picture(out)
    if json:
        sys.stdout.write(jsonlib.dumps(told.to_dict(), indent=2, ensure_ascii=False) + "\n")
        return
    console().print(told)
    if out is not None:
        console().print(f"\nPicture: {display_path(out)}")
