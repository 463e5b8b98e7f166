"""The risk map: from a file to the odds over the plane of two drivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.model.describe.wording import counted
from frenemy.model.durations import duration_text, end_of_run, later
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.cost import KEPT_NOISE, check_runs
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensembles import for_study
from frenemy.studies.base import Study
from frenemy.studies.risk_map.findings import RiskMapFindings, find_here, find_plane, position

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RiskMap", "risk_map"]

DEFAULT_PATHS = 2048
"""Futures from each pair of levels; no more than the experiment has."""
PRESENT_FACTOR = 4
"""Times as many futures start from the levels at the start, so that small changes can be measured."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskMap(Study[RiskMapFindings]):
    """Odds by starting level of two drivers; a notebook and a terminal show those from the levels at the start.

    Its folder: map.csv, here.csv, resolved.toml and the picture.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The plane with contours and the levels at the start, a panel for each scenario with a rule."""
        from frenemy.studies.risk_map.plots import maps

        return maps.on(axes, self.findings)

    def __repr__(self) -> str:
        names = " × ".join(self.findings.model.drivers[i].name for i in self.findings.drivers)
        cells, paths = len(self.findings.levels), self.findings.paths
        return f"<RiskMap {names}: {cells}² cells, {counted(paths, 'future')} from each>"


def risk_map(
    source: Source,
    *,
    drivers: tuple[str, str] | None = None,
    within: str | None = None,
    cells: int | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> RiskMap:
    """The odds of each scenario within a time, by the levels of two drivers at the start of an experiment.

    What is not given is as the file's `[map]` says.

    Parameters
    ----------
    source
        An experiment's file, or a model and an experiment.
    drivers
        Across and up; by default the first two.
    within
        A duration from the start; by default 12 months.

    Other Parameters
    ----------------
    cells
        The plane has `cells` × `cells` pairs of levels; by default 15.
    paths
        Futures from each pair of levels, on the same noise and the same draws of the other numbers.
    draws
        These draws, at most; 0: the other numbers are at their medians.
    seed, set, workers, progress
        As in `run`.

    Raises
    ------
    InputError
        With all that is wrong with the files or the options.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set)
    options = experiment.map
    pair = _pair(model, drivers or options.drivers)
    cells = options.cells if cells is None else cells
    if cells < 2:
        raise InputError([Problem(message="too small", key="cells", found=str(cells), allowed="at least 2")])
    paths = min(experiment.paths, DEFAULT_PATHS) if paths is None else paths
    experiment = _window(replace(experiment, paths=paths), within or duration_text(options.within))
    names = tuple(model.drivers[i].name for i in pair)
    experiment = replace(experiment, map=replace(options, drivers=names, cells=cells))
    runs, held = float(cells) ** 2, 2.0 * cells**2 * len(model.scenarios)
    check_runs(model, experiment, runs, key="cells", found=cells, held=held, workers=workers)
    announce(progress)
    present, experiment = for_study(replace(experiment, paths=PRESENT_FACTOR * paths)), for_study(experiment)
    noise = Noise(experiment.seed, keep=paths <= KEPT_NOISE)
    levels = np.asarray((np.arange(cells) + 0.5) * (100 / cells), dtype=np.float64)
    with progress.stage(f"Simulating {paths:,} futures from {cells * cells} cells", cells * cells) as step:
        odds, mc_se = find_plane(model, experiment, pair, levels, noise=noise, workers=workers, step=step)
    here = find_here(model, present, pair, (levels, odds), noise=noise)
    findings = RiskMapFindings(
        model=model, experiment=experiment, drivers=pair, levels=levels, odds=odds, mc_se=mc_se,
        positions=(position(model.drivers[pair[0]].start), position(model.drivers[pair[1]].start)), here=here,
        paths=paths,
    )  # fmt: skip
    return RiskMap(findings=findings)


def _pair(model: Model, drivers: tuple[str, ...]) -> tuple[int, int]:
    names = [driver.name for driver in model.drivers]
    if len(names) < 2:
        raise InputError([Problem(message="a risk map needs two drivers", key="drivers", found=names[0])])
    across, up = drivers or names[:2]
    problems = [
        Problem(message="the model has no such driver", key="drivers", found=name, allowed=", ".join(names))
        for name in (across, up)
        if name not in names
    ]
    if across == up:
        problems.append(Problem(message="two different drivers are needed", key="drivers", found=across))
    if problems:
        raise InputError(problems)
    return names.index(across), names.index(up)


def _window(experiment: Experiment, within: str) -> Experiment:
    """The experiment cut to the window, in whole ticks."""
    try:
        end = end_of_run(experiment.start, later(experiment.start, within), experiment.tick)
    except (ValueError, OverflowError) as error:
        message = str(error.args[0])
        raise InputError([Problem(message=message, key="within", found=within, allowed="12m, 26w, 1y")]) from None
    if end <= experiment.start:
        raise InputError([Problem(message="too short", key="within", found=within, allowed="12m, 26w, 1y")])
    return replace(experiment, end=end, report_at=(end,))
