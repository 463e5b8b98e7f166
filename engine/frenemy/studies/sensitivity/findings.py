"""What moves the odds, by three methods: tornado, Sobol indices, derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.forecast.odds import batch_sums
from frenemy.forecast.which_odds import assessment, scenario_place
from frenemy.model.experiment import Experiment
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.rerun import simulate_variants
from frenemy.simulation.ensemble.run import Noise, simulate_each
from frenemy.simulation.ensemble.tally import Tally
from frenemy.studies.sensitivity.likelihood_ratio import Derivatives, derivatives
from frenemy.studies.sensitivity.sobol import SobolIndices, design, indices
from frenemy.studies.sensitivity.tornado import Tornado, realised, tornado

__all__ = ["OTHERS", "SensitivityFindings", "SobolFindings", "find_derivatives", "find_sobol", "find_tornado"]

OTHERS = "all others"
"""The group of the numbers that have no Sobol index of their own."""
HORIZONS = 20
"""Assessments at which Sobol indices are estimated, besides those of the report."""

Step = Callable[[int], object]
Runner = Callable[[Iterable[Compiled]], Iterator[Tally]]
"""Simulates models on the same noise and yields their tallies in order."""


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


def find_tornado(model: Model, experiment: Experiment, *, noise: Noise, workers: int, step: Step) -> Tornado:
    """The tornado of the odds in question, on the experiment's paths."""

    def run(central: Compiled, moved: Iterable[Compiled]) -> Iterator[Tally]:
        for tally in simulate_variants(central, moved, noise=noise, paths=experiment.paths, workers=workers):
            step(1)
            yield tally

    return tornado(model, experiment, experiment.sensitivity.reading, run)


def find_derivatives(
    model: Model, experiment: Experiment, found: Tornado, *, noise: Noise, workers: int, step: Step
) -> Derivatives:
    """The derivatives with respect to each trigger's rate, with every number at its median."""
    compiled = realised(model, experiment, {})
    reading, paths = experiment.sensitivity.reading, experiment.paths
    return derivatives(compiled, reading, found.odds, noise=noise, paths=paths, workers=workers, progress=step)


def find_sobol(model: Model, experiment: Experiment, found: Tornado, *, workers: int, step: Step) -> SobolFindings:
    """Sobol indices of the numbers with the longest bars; all other uncertain numbers are one group."""
    options, paths = experiment.sensitivity, experiment.uncertainty.paths
    ticks = _horizons(experiment)
    scenario, tick = scenario_place(model, options.scenario), assessment(experiment, options.date)
    strong = {found.keys[place] for place in found.order(tick, scenario)[: options.strongest]}
    groups = [key if key in strong else OTHERS for key in found.keys]
    if not groups or not options.samples:
        return SobolFindings(paths=paths, samples=0, ticks=ticks, indices=_none(len(ticks), len(model.scenarios)))
    run = _runner(Noise(experiment.seed, keep=True), paths, workers, step)
    points = design(groups, options.samples, experiment.seed)
    outputs = _outputs(model, experiment, points, ticks, run)
    found_indices = indices(groups, outputs, experiment.seed)
    return SobolFindings(paths=paths, samples=options.samples, ticks=ticks, indices=found_indices)


def _outputs(
    model: Model, experiment: Experiment, points: NDArray[np.float64], ticks: tuple[int, ...], run: Runner
) -> Iterator[NDArray[np.float64]]:
    """The odds by batch at each point of the design, (batches, horizons, scenarios)."""
    ranges = uncertain(model) | uncertain(experiment)
    rows = ({key: float(ranges[key].quantile(float(u))) for key, u in zip(ranges, row, strict=True)} for row in points)
    for tally in run(realised(model, experiment, values) for values in rows):
        filled = tally.batch_paths > 0
        sums = batch_sums(tally)[experiment.sensitivity.reading]
        yield sums[filled][:, list(ticks)] / tally.batch_paths[filled, None, None]


def _runner(noise: Noise, paths: int, workers: int, step: Step) -> Runner:
    def run(models: Iterable[Compiled]) -> Iterator[Tally]:
        for tally in simulate_each(models, seed=noise, paths=paths, detail="odds", workers=workers):
            step(1)
            yield tally

    return run


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
