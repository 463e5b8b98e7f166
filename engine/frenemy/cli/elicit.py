"""`frenemy elicit`: what experts judge, together and one by one, and what it does to the odds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import ElicitDraws, Experiment, OutputOptions, Paths, Seed, Workers
from frenemy.cli.output import beside, deliver
from frenemy.model.files.toml_source import display_path

__all__ = ["elicit"]


def elicit(
    experiment: Experiment,
    panel: Annotated[Path | None, Parameter(name="PANEL")] = None,
    /,
    *,
    write: Path | None = None,
    paths: Annotated[
        Paths | None,
        Parameter(help="Futures in each world, in all; with --draws for each draw. If not given: as the file says."),
    ] = None,
    draws: ElicitDraws = ElicitDraws(),
    seed: Seed | None = None,
    workers: Workers = 0,
    output: OutputOptions = OutputOptions(),
) -> None:
    """Pool the judgements of a panel of experts, write them as an experiment, and show whose judgement matters.

    The panel is a folder with questions.toml, which asks about numbers of the model by their keys (and, for weights by
    performance, about facts whose answers are known), and with the answers of each expert: a TOML file for each expert,
    or tables (CSV). The experiment is run under each expert's view alone, under the pooled view and as it is, on the
    same noise. The new experiment's file is a copy of the old one with the pooled distributions under [set] and the
    former values as comments. Tables and pictures are written to runs/NAME.PANEL.elicit beside the model.

    ```
    # The panel in a folder
    frenemy elicit experiments/baseline.toml experts/invented
    ```

    Parameters
    ----------
    panel
        The folder of the panel, such as experts/invented. If not given: the one that the experiment's file names.
    write
        The new experiment's file, which must not exist yet. If not given: NAME_PANEL.toml beside the old one.
    """
    from frenemy.forecast.run import input_files
    from frenemy.model.files.load import load_experiment
    from frenemy.model.files.load_panel import panel_files
    from frenemy.storage.regular_file import decode, read_bytes
    from frenemy.storage.single_file import check_places
    from frenemy.studies.elicit.study import elicit as find
    from frenemy.studies.elicit.study import panel_folder

    panel = panel_folder(experiment, load_experiment(experiment)[1], panel) if panel is None else panel
    new = write if write is not None else experiment.with_name(f"{experiment.stem}_{panel.resolve().name}.toml")
    check_places([new], key="--write")

    inputs = dict(input_files(experiment)) | {f"{panel.name}/{file.name}": file for file in panel_files(panel)}
    deliver(
        lambda progress: find(
            experiment, panel, paths=paths, draws=draws.number, seed=seed, workers=workers, progress=progress
        ),
        output.out or beside(experiment, f"{panel.resolve().name}.elicit"), output, inputs=inputs,
        files=lambda study: {new: study.rewritten(decode(read_bytes(experiment), display_path(experiment)))},
        experiment_file=display_path(new),
    )  # fmt: skip
