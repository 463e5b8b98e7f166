"""What moves the odds: from a file to the sensitivities of its odds, to look at, to plot and to save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.forecast.which_odds import assessment, scenario_place
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.realise import uncertain
from frenemy.runtime.progress import Progress, Silent
from frenemy.simulation.cost import KEPT_NOISE
from frenemy.simulation.ensemble.run import Noise
from frenemy.studies.base import Study
from frenemy.studies.sensitivity.findings import SensitivityFindings, find_derivatives, find_sobol, find_tornado

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Sensitivity", "sensitivity"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensitivity(Study[SensitivityFindings]):
    """The sensitivities of an experiment's odds; in a notebook it shows its tables.

    Its folder: tornado.csv, sobol.csv, derivatives.csv, resolved.toml and the pictures.
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """The tornado: what each uncertain number alone does to the odds asked about."""
        from frenemy.studies.sensitivity.plots.tornado import tornado

        return tornado(self.findings, ax)

    def plot_horizons(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """Which number matters at which horizon: swing of the odds and, if asked for, total Sobol indices."""
        from frenemy.studies.sensitivity.plots.over_time import horizons

        return horizons(self.findings, axes)

    def __repr__(self) -> str:
        from frenemy.studies.sensitivity.text import one_line

        return f"<Sensitivity {one_line(self.findings)}>"


def sensitivity(
    source: Source,
    *,
    scenario: str | None = None,
    reading: Reading | None = None,
    date: dt.date | None = None,
    samples: int | None = None,
    strongest: int | None = None,
    paths: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    workers: int = 0,
    progress: Progress | None = None,
) -> Sensitivity:
    """What moves the odds of an experiment: of `scenario`, by a `reading`, at a `date`.

    Each uncertain number alone goes from its 10 % to its 90 % point (tornado), all together take `samples` rows of a
    Sobol design (0: none) with an index for each of the `strongest` numbers, and each trigger's rate is varied
    infinitesimally (derivatives). What is not given is as the file's `[sensitivity]` says. Raises InputError with all
    that is wrong with the files or the options.
    """
    progress = progress or Silent()
    model, experiment = prepare(source, paths=paths, seed=seed, set=set, progress=progress)
    experiment = _asked(experiment, scenario=scenario, reading=reading, date=date, samples=samples, strongest=strongest)
    j = scenario_place(model, experiment.sensitivity.scenario)
    asked = replace(experiment.sensitivity, scenario=model.scenarios[j].name)
    assessment(experiment, asked.date)
    experiment = replace(experiment, sensitivity=asked)
    announce(progress)
    numbers = len(uncertain(model) | uncertain(experiment))
    noise = Noise(experiment.seed, keep=experiment.paths <= KEPT_NOISE)
    with progress.stage(f"Moving {numbers} numbers, one by one", 1 + 2 * numbers) as step:
        tornado = find_tornado(model, experiment, noise=noise, workers=workers, step=step)
    with progress.stage("Following each trigger's rate through the paths", experiment.paths) as step:
        slopes = find_derivatives(model, experiment, tornado, noise=noise, workers=workers, step=step)
    runs = asked.samples * (min(asked.strongest + 1, numbers) + 2)
    with progress.stage(f"Moving all numbers together, {runs:,} times", runs) as step:
        sobol = find_sobol(model, experiment, tornado, workers=workers, step=step)
    dates = np.datetime64(experiment.start) + np.arange(1, experiment.ticks + 1) * np.timedelta64(experiment.tick, "D")
    found = SensitivityFindings(
        model=model, experiment=experiment, dates=dates, tornado=tornado, derivatives=slopes, sobol=sobol
    )
    return Sensitivity(findings=found)


def _asked(experiment: Experiment, **options: Any) -> Experiment:
    """The experiment with what it asks changed by the options that are given."""
    given = {name: value for name, value in options.items() if value is not None}
    least = {"samples": 0, "strongest": 1}
    problems = [
        Problem(message="too small", key=name, found=str(given[name]), allowed=f"at least {low}")
        for name, low in least.items()
        if given.get(name, low) < low
    ]
    if given.get("reading", "at") not in ("at", "ever", "time_share"):
        allowed = "at, ever, time_share"
        problems.append(Problem(message="not a reading", key="reading", found=str(given["reading"]), allowed=allowed))
    if problems:
        raise InputError(problems)
    return replace(experiment, sensitivity=replace(experiment.sensitivity, **given))
