"""What moves the odds: from a file to the sensitivities of its odds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.forecast.run_odds import run_odds
from frenemy.forecast.which_odds import assessment, scenario_place
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.realise import uncertain
from frenemy.runtime.progress import Progress, Silent, scaled_progress
from frenemy.simulation.cost import KEPT_NOISE, check_runs
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensembles import for_study
from frenemy.studies.base import Study
from frenemy.studies.sensitivity.findings import SensitivityFindings, find_derivatives, find_sobol, find_tornado

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Sensitivity", "sensitivity"]

SOBOL_PATHS = 64
"""Futures at each point of the Sobol design: the design averages over many points, which need not be exact."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sensitivity(Study[SensitivityFindings]):
    """The sensitivities of an experiment's odds; a terminal and a notebook show tables.

    Its folder: tornado.csv, sobol.csv, derivatives.csv, resolved.toml and the pictures.
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """The tornado: what each uncertain number alone does to the odds in question."""
        from frenemy.studies.sensitivity.plots.tornado import tornado_bars

        return tornado_bars.on_one(ax, self.findings)

    def plot_horizons(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """Which number matters at which horizon: swing of the odds and, with `samples`, total Sobol indices."""
        from frenemy.studies.sensitivity.plots.over_time import horizons

        return horizons.on(axes, self.findings)

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
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    workers: int = 0,
    progress: Progress | None = None,
) -> Sensitivity:
    """What moves the odds of an experiment: tornado, Sobol indices, derivatives.

    Each uncertain number alone goes from its 10 % to its 90 % point (tornado), all together take the rows of a Sobol
    design, and each trigger's rate is varied infinitesimally (derivatives). What is not given is as the file's
    `[sensitivity]` says.

    Parameters
    ----------
    source
        An experiment's file, or a model and an experiment.
    scenario, reading, date
        Which odds: of which scenario, `at`, `ever` or `time_share`, and when.

    Other Parameters
    ----------------
    samples
        Rows of the Sobol design; 0: no Sobol indices.
    strongest
        How many numbers have a Sobol index of their own.
    paths
        Futures in each run of the tornado and for the derivatives, over all draws of the uncertain numbers.
    draws
        These draws, at most; 0: the numbers that do not move are at their medians.
    seed, set, workers, progress
        As in `run`.

    Raises
    ------
    InputError
        With all that is wrong with the files or the options.
    """
    progress = progress or Silent()
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
    experiment = _with_options(
        experiment, scenario=scenario, reading=reading, date=date, samples=samples, strongest=strongest
    )
    j = scenario_place(model, experiment.sensitivity.scenario)
    options = replace(experiment.sensitivity, scenario=model.scenarios[j].name)
    assessment(experiment, options.date)
    experiment = replace(experiment, sensitivity=options)
    numbers = len(uncertain(model) | uncertain(experiment))
    runs = options.samples * (min(options.strongest + 1, numbers) + 2)
    check_runs(model, experiment, runs, key="samples", found=options.samples, held=200.0 * runs, workers=workers)
    announce(progress)
    run, experiment = experiment, for_study(experiment)
    futures = experiment.uncertainty.draws * experiment.uncertainty.paths or experiment.paths
    noise = Noise(experiment.seed, keep=futures <= KEPT_NOISE)
    with progress.stage(f"Varying {counted(numbers, 'number')}, one by one", 1000) as step:
        shown = scaled_progress(step, 1000)
        tornado = find_tornado(model, experiment, noise=noise, workers=workers, progress=shown)
    with progress.stage("Differentiating by the rate of each trigger", futures) as step:
        slopes = find_derivatives(model, experiment, tornado, noise=noise, workers=workers, step=step)
    with progress.stage(f"Varying all numbers together, {runs:,} times", runs) as step:
        sobol = find_sobol(model, experiment, tornado, paths=SOBOL_PATHS, workers=workers, step=step)
    if run.uncertainty.draws:
        level = run_odds(model, run, workers=workers, progress=progress)[experiment.sensitivity.reading]
        tornado = replace(tornado, odds=level.probability)
    dates = np.datetime64(experiment.start) + np.arange(1, experiment.ticks + 1) * np.timedelta64(experiment.tick, "D")
    found = SensitivityFindings(
        model=model, experiment=experiment, dates=dates, tornado=tornado, derivatives=slopes, sobol=sobol
    )
    return Sensitivity(findings=found)


def _with_options(experiment: Experiment, **options: Any) -> Experiment:
    """The experiment with its `[sensitivity]` changed by the options that are given."""
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
