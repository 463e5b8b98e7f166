"""What moves the odds, by three methods: tornado, Sobol indices, derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.forecast.which_odds import assessment, scenario_place
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.rerun import simulate_variants
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensemble.tally import Tally
from frenemy.simulation.ensembles import ensemble_of
from frenemy.studies.sensitivity.likelihood_ratio import Derivatives, derivatives
from frenemy.studies.sensitivity.sobol import SobolIndices, design, indices
from frenemy.studies.sensitivity.sobol_runs import outputs
from frenemy.studies.sensitivity.tornado import CLEAR, Tornado, tornado

__all__ = ["OTHERS", "SensitivityFindings", "SobolFindings", "find_derivatives", "find_sobol", "find_tornado"]

OTHERS = "all others"
"""The group of the numbers that have no Sobol index of their own."""
HORIZONS = 20
"""Assessments at which Sobol indices are estimated, besides those of the report."""

Step = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SobolFindings:
    """Sobol indices over time, (groups, horizons, scenarios). Without a design there are no groups."""

    paths: int  # of each run
    samples: int  # rows of the design
    ticks: tuple[int, ...]  # the horizons: assessments, ascending
    indices: SobolIndices


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityFindings:
    """The findings of all three methods; `experiment.sensitivity` says which odds are in question."""

    model: Model
    experiment: Experiment
    dates: NDArray[np.datetime64]  # (ticks,) of the assessments
    tornado: Tornado
    derivatives: Derivatives
    sobol: SobolFindings

    @property
    def scenario(self) -> int:
        """Position of the scenario in question."""
        return scenario_place(self.model, self.experiment.sensitivity.scenario)

    @property
    def tick(self) -> int:
        """The assessment in question, from 0."""
        return assessment(self.experiment, self.experiment.sensitivity.date)

    @property
    def report_ticks(self) -> tuple[int, ...]:
        """Assessments that tables show: those of the report and the one in question."""
        return _report_ticks(self.experiment)


def find_tornado(
    model: Model,
    experiment: Experiment,
    *,
    noise: Noise,
    workers: int,
    clear: float = CLEAR,
    progress: Callable[[int, int], object] = max,
) -> Tornado:
    """The tornado of the odds in question, on the experiment's outer draws and paths, as clear as it is asked to be.

    `progress` is called with how much is done, and of how much.
    """

    def run(base: Ensemble, moved: Iterable[Ensemble]) -> Iterator[Tally]:
        return simulate_variants(base, moved, noise=noise, workers=workers)

    return tornado(model, experiment, run, clear=clear, step=progress)


def find_derivatives(
    model: Model, experiment: Experiment, found: Tornado, *, noise: Noise, workers: int, step: Step
) -> Derivatives:
    """The derivatives of the odds in question with respect to each trigger's rate."""
    ensemble, reading = ensemble_of(model, experiment), experiment.sensitivity.reading
    return derivatives(ensemble, reading, found.odds, noise=noise, workers=workers, progress=step)


def find_sobol(
    model: Model, experiment: Experiment, found: Tornado, *, paths: int, workers: int, step: Step
) -> SobolFindings:
    """Sobol indices of the numbers with the longest bars; all other uncertain numbers are one group.

    Each point of the design has so many paths. `step` is called with the runs done.
    """
    options = experiment.sensitivity
    ticks = _horizons(experiment)
    scenario, tick = scenario_place(model, options.scenario), assessment(experiment, options.date)
    strong = {found.keys[place] for place in found.order(tick, scenario)[: options.strongest]}
    groups = [key if key in strong else OTHERS for key in found.keys]
    if not groups or not options.samples:
        return SobolFindings(paths=paths, samples=0, ticks=ticks, indices=_none(len(ticks), len(model.scenarios)))
    points = design(groups, options.samples, experiment.seed)
    cells = outputs(model, experiment, points, ticks, rows=options.samples, paths=paths, workers=workers, step=step)
    found_indices = indices(groups, cells, experiment.seed)
    return SobolFindings(paths=paths, samples=options.samples, ticks=ticks, indices=found_indices)


def _report_ticks(experiment: Experiment) -> tuple[int, ...]:
    dates = (*experiment.report_at, experiment.sensitivity.date)
    return tuple(sorted({assessment(experiment, date) for date in dates}))


def _horizons(experiment: Experiment) -> tuple[int, ...]:
    even = np.linspace(0, experiment.ticks, HORIZONS + 1)[1:].round().astype(int) - 1
    return tuple(sorted({*(int(n) for n in even if n >= 0), *_report_ticks(experiment)}))


def _none(horizons: int, scenarios: int) -> SobolIndices:
    none, zero = np.empty((0, horizons, scenarios)), np.zeros((horizons, scenarios))
    return SobolIndices(
        groups=(), first=none, first_error=none, total=none, total_error=none, variance=zero, noise_share=zero
    )
