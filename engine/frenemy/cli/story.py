"""`frenemy story`: one simulated future as dated events."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import Changes, Count, Experiment, Force, Json, Out, Seed, values

__all__ = ["story"]


def story(
    experiment: Experiment,
    /,
    *,
    path: Count | None = None,
    scenario: str | None = None,
    seed: Seed | None = None,
    change: Changes | None = None,
    out: Annotated[Out | None, Parameter(help="Also save a picture to this file (.png or .svg).")] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Tell one simulated future as dated events with their causes.

    The futures are those of the run with every uncertain number at its median. Choose one: a path by its number, or
    the most typical path of a scenario.

    ```
    # The most typical rift
    frenemy story experiments/baseline.toml --scenario total_rift
    # Path 7, and its picture
    frenemy story experiments/baseline.toml --path 7 --out story.png
    ```

    Parameters
    ----------
    path
        The number of the path, from 0.
    scenario
        The scenario in which the future ends, such as total_rift.
    """
    from frenemy.cli.console import console
    from frenemy.cli.output import show
    from frenemy.forecast.run import story as simulate_story
    from frenemy.model.files.toml_source import display_path
    from frenemy.storage.single_file import check_places

    if out is not None:
        check_places([out], replace=force)
    storyline = simulate_story(experiment, path=path, scenario=scenario, seed=seed, set=values(change))
    if out is not None:
        storyline.save_picture(out, replace=force)
    show(storyline, json=json)
    if out is not None and not json:
        console().print(f"\nPicture: {display_path(out)}")
