"""`frenemy elicit`: what experts hold, together and one by one, and what it does to the odds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.cli.output import Study, beside, deliver
from frenemy.errors import InputError, Problem
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress

__all__ = ["elicit"]


def elicit(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    panel: Annotated[Path | None, Parameter(name="PANEL")] = None,
    /,
    *,
    write: Path | None = None,
    out: Path | None = None,
    paths: PositiveInt | None = None,
    draws: NonNegativeInt | None = None,
    seed: NonNegativeInt | None = None,
    workers: NonNegativeInt = 0,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Pool the judgements of a panel of experts, write them down as an experiment, and show whose judgement matters.

    The panel is a folder with questions.toml, which asks about numbers of the model by their keys (and, for weights by
    performance, about things whose answers are known), and with what each expert said: a TOML file for each expert, or
    tables (CSV). The experiment is run under each expert's view alone, under the pooled view and as it stands, on the
    same noise. The new file has the pooled distributions under [set], what they were as comments, and else is as the
    old one.

    ```
    frenemy elicit experiments/baseline.toml experts/invented
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    panel
        The folder of the panel, such as experts/invented. If not given: the one that the experiment's file names.
    write
        The new experiment's file. If not given: NAME_PANEL.toml beside the old one. It must not be there yet.
    out
        The folder for tables and pictures. If not given: runs/NAME.elicit beside the model.
    paths
        Futures in each world, for each draw.
    draws
        Draws of the uncertain numbers in each world; 32 if not given, or those of the experiment if fewer; 0: medians.
    seed
        Another seed gives another sample of futures.
    workers
        Threads; 0 takes one a core. Changes no number.
    plots
        --no-plots leaves out the pictures.
    json
        Print what was found as JSON, for other programs.
    """
    from frenemy.forecast.run import input_files
    from frenemy.model.files.load import load_experiment
    from frenemy.model.files.load_panel import panel_files
    from frenemy.storage.single_file import write_file
    from frenemy.studies.elicit.study import elicit as find
    from frenemy.studies.elicit.study import panel_folder

    panel = panel_folder(experiment, load_experiment(experiment)[1], panel) if panel is None else panel
    new = write if write is not None else experiment.with_name(f"{experiment.stem}_{panel.resolve().name}.toml")
    if new.exists():
        message = "exists already; choose another name, so that nothing of yours is replaced"
        raise InputError([Problem(message=message, file=display_path(new), key="--write")])

    def elicited(progress: Progress) -> Study:
        found = find(
            experiment, panel, paths=paths, draws=draws, seed=seed, workers=workers, progress=progress
        )  # fmt: skip
        write_file(new, found.rewritten(experiment.read_bytes().decode("utf-8-sig")), key="--write")
        return found

    inputs = dict(input_files(experiment)) | {f"{panel.name}/{file.name}": file for file in panel_files(panel)}
    deliver(
        elicited, out or beside(experiment, "elicit"), plots=plots, json=json, inputs=inputs,
        experiment_file=display_path(new),
    )  # fmt: skip
