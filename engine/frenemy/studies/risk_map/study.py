"""The risk map: from a file to the odds over the plane of two drivers, to look at, to plot and to save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.model.durations import duration_text, end_of_run, later
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.cost import KEPT_NOISE
from frenemy.simulation.ensemble.run import Noise
from frenemy.studies.base import Study
from frenemy.studies.risk_map.findings import RiskMapFindings, find_here, find_plane, position

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["RiskMap", "risk_map"]

DEFAULT_PATHS = 2048
"""Futures from each place, if not said otherwise; no more than the experiment has."""
HERE = 4
"""Times as many from the present position, for which small changes are told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskMap(Study[RiskMapFindings]):
    """Odds by starting level of two drivers; in a notebook and on a terminal it shows what holds from here.

    Its folder: map.csv, here.csv, resolved.toml and the picture.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The plane with contours and the present position, a panel for each scenario with a rule."""
        from frenemy.studies.risk_map.plots import risk_map as draw

        return draw(self.findings, axes)

    def __repr__(self) -> str:
        names = " × ".join(self.findings.model.drivers[i].name for i in self.findings.drivers)
        return f"<RiskMap {names}: {len(self.findings.levels)}² places, {self.findings.paths:,} futures from each>"


def risk_map(
    source: Source,
    *,
    drivers: tuple[str, str] | None = None,
    within: str | None = None,
    cells: int | None = None,
    paths: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> RiskMap:
    """The odds of each scenario within a time, by where two drivers stand at the start of an experiment.

    `drivers`: across and up. `within`: a duration from the start. The plane has `cells` × `cells` places, `paths`
    futures from each, all on the same noise and at the medians of the other numbers. What is not given is as the
    file's `[map]` says: the first two drivers, 12 months, 15 cells. Raises InputError with all that is wrong with the
    files or the options.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, paths=paths, draws=0, seed=seed, set=set)
    asked = experiment.map
    pair = _pair(model, drivers or asked.drivers)
    cells = asked.cells if cells is None else cells
    if cells < 2:
        raise InputError([Problem(message="too small", key="cells", found=str(cells), allowed="at least 2")])
    paths = min(experiment.paths, DEFAULT_PATHS) if paths is None else paths
    experiment = _window(replace(experiment, paths=paths), within or duration_text(asked.within))
    names = tuple(model.drivers[i].name for i in pair)
    experiment = replace(experiment, map=replace(asked, drivers=names, cells=cells))
    announce(progress)
    noise = Noise(experiment.seed, keep=paths <= KEPT_NOISE)
    levels = np.asarray((np.arange(cells) + 0.5) * (100 / cells), dtype=np.float64)
    with progress.stage(f"Simulating {paths:,} futures from {cells * cells} places", cells * cells) as step:
        odds, mc_se = find_plane(model, experiment, pair, levels, noise=noise, workers=workers, step=step)
    findings = RiskMapFindings(
        model=model,
        experiment=experiment,
        drivers=pair,
        levels=levels,
        odds=odds,
        mc_se=mc_se,
        positions=(position(model.drivers[pair[0]].start), position(model.drivers[pair[1]].start)),
        here=find_here(model, replace(experiment, paths=HERE * paths), pair, (levels, odds), noise=noise),
        paths=paths,
    )
    return RiskMap(findings=findings)


def _pair(model: Model, drivers: tuple[str, ...]) -> tuple[int, int]:
    names = [driver.name for driver in model.drivers]
    if len(names) < 2:
        raise InputError([Problem(message="a risk map needs two drivers", key="drivers", found=names[0])])
    asked = drivers or (names[0], names[1])
    problems = [
        Problem(message="the model has no such driver", key="drivers", found=name, allowed=", ".join(names))
        for name in asked
        if name not in names
    ]
    if asked[0] == asked[1]:
        problems.append(Problem(message="two different drivers are needed", key="drivers", found=asked[0]))
    if problems:
        raise InputError(problems)
    return names.index(asked[0]), names.index(asked[1])


def _window(experiment: Experiment, within: str) -> Experiment:
    """The experiment from its start for as long as asked, in whole ticks."""
    try:
        end = end_of_run(experiment.start, later(experiment.start, within), experiment.tick)
    except (ValueError, OverflowError) as error:
        message = str(error.args[0])
        raise InputError([Problem(message=message, key="within", found=within, allowed="12m, 26w, 1y")]) from None
    if end <= experiment.start:
        raise InputError([Problem(message="too short", key="within", found=within, allowed="12m, 26w, 1y")])
    return replace(experiment, end=end, report_at=(end,))
