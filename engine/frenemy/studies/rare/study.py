"""Rare scenarios: from a file to the odds of one that a plain run hardly meets, to look at, to plot and to save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.model.durations import end_of_run
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.compile.compile import Compiled, compile_model
from frenemy.simulation.ensemble.run import simulate
from frenemy.simulation.parameter_draws import outer_draws
from frenemy.studies.base import Study
from frenemy.studies.rare.findings import RareFindings, estimate
from frenemy.studies.rare.method import SplittingRun, find_method

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Rare", "rare"]

ROOTS = 16_384
"""Futures to begin with, over all draws, if not said otherwise."""
TRIALS = 16
"""Rounds of scouting and trial, about."""
PILOT_PATHS = 2048
"""Futures by which the rarest scenario is found."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rare(Study[RareFindings]):
    """How likely a rare scenario is; in a notebook and on a terminal it shows the odds and the ladder.

    Its folder: rare.csv, ladder.csv, resolved.toml and the picture.
    """

    @property
    def probability(self) -> float:
        """The odds of ever being in the scenario by the end."""
        return float(self.findings.estimate.probability[-1])

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of their Monte Carlo error."""
        return float(self.findings.estimate.low[-1]), float(self.findings.estimate.high[-1])

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The odds by date on a scale of powers of ten, and the levels on the way. Takes two axes."""
        from frenemy.studies.rare.plots import rare as draw

        return draw(self.findings, axes)

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.estimate.roots, "draws": self.findings.experiment.uncertainty.draws}

    def __repr__(self) -> str:
        name = self.findings.model.scenarios[self.findings.scenario].name
        return f"<Rare {name} by {self.findings.experiment.end}: {self.probability:.2g}>"


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
    """The odds of ever being in a rare scenario by a date, by multilevel splitting.

    What is not given is as the file's `[rare]` says: the scenario that is met least often, the end. `paths`: futures to
    begin with, over all draws (16,384 if not given). The odds are a mean over `draws` draws of the uncertain numbers,
    as in `run`; 0: at their medians. Raises InputError with all that is wrong with the files or the options.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, draws=draws, seed=seed, set=set)
    asked = experiment.rare
    scenario = scenario or asked.scenario or None
    experiment = _until(experiment, date or min(asked.date, experiment.end))
    _check(model, scenario)
    announce(progress)
    worlds = _worlds(model, experiment)
    j = _named(model, scenario) if scenario else _rarest(model, experiment)
    climber = SplittingRun(worlds, j, experiment.seed, workers)
    with progress.stage(f"Finding a way to {model.scenarios[j].label}", TRIALS) as step:
        method, scouting = find_method(climber, step)
    roots = max(-(-(paths or ROOTS) // len(worlds)), 2)
    with progress.stage(f"Simulating {roots * len(worlds):,} futures and what they split into", len(worlds)) as step:
        trees = climber.climb(method, roots, step)
    findings = RareFindings(
        model=model,
        experiment=replace(experiment, paths=roots),
        scenario=j,
        dates=np.datetime64(experiment.start)
        + np.arange(1, experiment.ticks + 1) * np.timedelta64(experiment.tick, "D"),
        method=method,
        estimate=estimate(trees, method.ladder),
        scouting=scouting,
    )
    return Rare(findings=findings)


def _worlds(model: Model, experiment: Experiment) -> list[Compiled]:
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
    """Refuse what is no scenario, or has no rule."""
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


def _named(model: Model, scenario: str) -> int:
    return next(j for j, item in enumerate(model.scenarios) if item.name == scenario)


def _rarest(model: Model, experiment: Experiment) -> int:
    """The scenario with a rule that fewest paths are ever in; of several that none is in, the first by priority."""
    compiled = compile_model(realise(model), realise(experiment))
    met = simulate(compiled, seed=experiment.seed, paths=PILOT_PATHS, detail="odds").first_entry.sum(axis=(0, 1))
    return min(model.ruled, key=lambda j: int(met[j]))
