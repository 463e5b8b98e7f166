"""Rare scenarios: from a file to the odds of one that a plain run seldom reaches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.forecast.which_odds import scenario_place
from frenemy.model.durations import end_of_run
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.compile.compile import Compiled, compile_model
from frenemy.simulation.ensemble.run import simulate
from frenemy.simulation.ensembles import for_study
from frenemy.simulation.parameter_draws import outer_draws
from frenemy.studies.base import Study
from frenemy.studies.rare.findings import RareFindings, estimate
from frenemy.studies.rare.method import SplittingRun, find_method

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Rare", "rare"]

DEFAULT_PATHS = 16_384
"""Initial paths, over all draws."""
PILOT_ROUNDS = 16
"""Pilot rounds and trials, about."""
INITIAL_PATHS = 64
"""Initial paths of each draw, at least: levels divide the paths of one draw."""
RAREST_PATHS = 2048
"""Paths of the run that finds the rarest scenario."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rare(Study[RareFindings]):
    """How likely a rare scenario is; a notebook and a terminal show the odds and the levels.

    Its folder: rare.csv, levels.csv, clocks.csv, resolved.toml and the picture.
    """

    @property
    def probability(self) -> float:
        """The odds of ever being in the scenario by the end."""
        return float(self.findings.estimate.probability[-1])

    @property
    def interval(self) -> tuple[float, float]:
        """Their 95 % interval of Monte Carlo error."""
        return float(self.findings.estimate.low[-1]), float(self.findings.estimate.high[-1])

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The odds by date on a scale of powers of ten, and the levels of splitting. Takes two axes."""
        from frenemy.studies.rare.plots import rare_scenario

        return rare_scenario.on(axes, self.findings)

    def _size(self) -> Mapping[str, int]:
        draws = self.findings.experiment.uncertainty.draws
        return {"paths": self.findings.estimate.initial_paths, "draws": draws}

    def __repr__(self) -> str:
        return f"<Rare {self.findings.scenario.name} by {self.findings.experiment.end}: {self.probability:.2g}>"


def rare(
    source: Source,
    scenario: str | None = None,
    *,
    date: dt.date | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Rare:
    """The odds of ever being in a rare scenario by a date, by multilevel splitting and importance sampling.

    What is not given is as the file's `[rare]` says.

    Parameters
    ----------
    source
        An experiment's file, or a model and an experiment.
    scenario
        Its name; by default the scenario that fewest paths are ever in.
    date
        By when; by default the end of the run.
    paths
        Initial paths, over all draws; by default 16,384.

    Other Parameters
    ----------------
    draws
        Draws of the uncertain numbers over which the odds are averaged, as in `run`; 0: all at their medians.
    seed, set, workers, progress
        As in `run`.

    Raises
    ------
    InputError
        With all that is wrong with the files or the options.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, draws=draws, seed=seed, set=set)
    options = experiment.rare
    scenario = scenario or options.scenario or None
    due = date or min(options.date, experiment.end)
    experiment = _until(experiment, due)
    _check(model, scenario)
    announce(progress)
    experiment = for_study(replace(experiment, paths=paths or DEFAULT_PATHS), INITIAL_PATHS)
    models = _models(model, experiment)
    j = scenario_place(model, scenario) if scenario else _rarest(model, experiment)
    splitting = SplittingRun(models, j, experiment.seed, workers)
    with progress.stage(f"Choosing a method for {model.scenarios[j].label}", PILOT_ROUNDS) as step:
        method, pilot_work = find_method(splitting, step)
    each = max(-(-experiment.paths // len(models)), 2)
    with progress.stage(f"Simulating {each * len(models):,} initial futures and their copies", len(models)) as step:
        parts = splitting.run(method, each, step)
    steps = np.arange(1, experiment.ticks + 1) * np.timedelta64(experiment.tick, "D")
    findings = RareFindings(
        model=model, experiment=replace(experiment, paths=each), position=j,
        dates=np.datetime64(experiment.start) + steps, method=method, estimate=estimate(parts, method.levels),
        pilot_work=pilot_work, due=due,
    )  # fmt: skip
    return Rare(findings=findings)


def _models(model: Model, experiment: Experiment) -> list[Compiled]:
    if experiment.uncertainty.draws:
        return [compile_model(*drawn) for drawn in outer_draws(model, experiment)]
    return [compile_model(realise(model), realise(experiment))]


def _until(experiment: Experiment, date: dt.date) -> Experiment:
    """The experiment up to the assessment on a date, or the next one after it."""
    if date == experiment.end:
        return experiment
    if not experiment.start < date <= experiment.end:
        allowed = f"after {experiment.start}, not after {experiment.end}"
        raise InputError([Problem(message="outside the run", key="date", found=str(date), allowed=allowed)])
    end = end_of_run(experiment.start, date, experiment.tick)
    return replace(experiment, end=end, report_at=(end,))


def _check(model: Model, scenario: str | None) -> None:
    """Refuse an unknown scenario, and the one that has no rule."""
    ruled = [model.scenarios[j].name for j in model.ruled]
    allowed = ", ".join(ruled)
    if not ruled:
        raise InputError([Problem(message="no scenario of the model has a rule", key="scenario")])
    if scenario is None or scenario in ruled:
        return
    if any(item.name == scenario for item in model.scenarios):
        message = "the default scenario, in which every path begins, has no rule"
        raise InputError([Problem(message=message, key="scenario", found=scenario, allowed=allowed)])
    close = next(iter(get_close_matches(scenario, ruled, 1)), "")
    problem = Problem(
        message="the model has no such scenario", key="scenario", found=scenario, allowed=allowed, suggestion=close
    )
    raise InputError([problem])


def _rarest(model: Model, experiment: Experiment) -> int:
    """The scenario with a rule that fewest paths are ever in; of several in which there is none, the first."""
    compiled = compile_model(realise(model), realise(experiment))
    entries = simulate(compiled, seed=experiment.seed, paths=RAREST_PATHS, detail="odds").first_entry.sum(axis=(0, 1))
    return min(model.ruled, key=lambda j: int(entries[j]))
