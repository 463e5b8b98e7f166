"""The objective of tuning: the odds as functions of z, by how many elicited spreads each number is changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.check.check import check_draws
from frenemy.errors import InputError
from frenemy.forecast.odds import odds_at_medians
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.cost import KEPT_NOISE
from frenemy.simulation.ensemble.rerun import Run, keep_run, rerun
from frenemy.simulation.ensemble.run import Noise, simulate
from frenemy.simulation.ensemble.tally import Tally
from frenemy.studies.knobs import Knob, OddsTarget, changed, odds_of, read_odds, with_siblings
from frenemy.studies.tune.alternatives import Solution, alternatives, design_size, fit_surface
from frenemy.studies.tune.region import NO_REGION, Region, find_region

__all__ = ["Objective"]


class Objective:
    """Odds as functions of z."""

    def __init__(  # noqa: PLR0917 all that the functions share
        self,
        model: Model,
        experiment: Experiment,
        knobs: tuple[Knob, ...],
        targets: tuple[OddsTarget, ...],
        workers: int,
        progress: Progress,
    ) -> None:
        self._model, self._experiment, self._knobs, self._targets = model, experiment, knobs, targets
        self._workers, self._progress = workers, progress
        self._noise = Noise(experiment.seed, keep=experiment.paths <= KEPT_NOISE)
        self._runs = 0
        self._before: Run | None = None

    @property
    def target_odds(self) -> Floats:
        """(targets,)."""
        return np.array([target.probability for target in self._targets])

    def at_medians(self, z: Floats) -> Floats:
        """The odds with all other numbers at their medians."""
        return read_odds(odds_at_medians(self._simulate(*self._changed(z))), self._targets)[0]

    def of_run(self, z: Floats | None) -> tuple[Floats, Floats]:
        """The odds and their errors as a run reports them; without a change for None."""
        model, experiment = (self._model, self._experiment) if z is None else self._changed(z)
        self._runs += 1
        draws = max(experiment.uncertainty.draws, 1)
        others = f"{counted(draws, 'draw')} of the other numbers" if draws > 1 else "the other numbers at their medians"
        with self._progress.stage(f"Run {self._runs}: {others}", draws) as step:
            return read_odds(odds_of(model, experiment, self._noise, workers=self._workers, step=step), self._targets)

    def find_alternatives(self, first: Floats, count: int, apart: float) -> tuple[Solution, ...]:
        """At most `count` solutions besides the first."""
        if not count:
            return ()
        numbers = len(self._knobs)
        with self._progress.stage("Searching the ranges for further solutions", design_size(numbers)) as step:
            surface = fit_surface(self.at_medians, numbers, step)
        odds = self.at_medians, self.of_run
        return tuple(alternatives(surface, odds, self.target_odds, [first], count=count, apart=apart))

    def find_region(self, before: Floats, draws: int) -> Region:
        """Boxes in the elicited ranges in which the targets are met, over so many outer draws."""
        if not draws:
            return NO_REGION
        experiment = replace(self._experiment, uncertainty=replace(self._experiment.uncertainty, draws=draws))
        with self._progress.stage(
            f"Searching for a region over {counted(draws, 'draw')} of all numbers", draws
        ) as step:
            return find_region(self._model, experiment, self._targets, before, workers=self._workers, step=step)

    def _simulate(self, model: Model, experiment: Experiment) -> Tally:
        """A run at the medians; where the noise is kept, only of the paths that the change can affect."""
        compiled = compile_model(realise(model), realise(experiment))
        noise, paths, workers = self._noise, experiment.paths, self._workers
        if not noise.keep:
            return simulate(compiled, seed=noise, paths=paths, detail="odds", workers=workers)
        if self._before is None:
            before = compile_model(realise(self._model), realise(self._experiment))
            self._before = keep_run(before, noise=noise, paths=paths, workers=workers)
        return rerun(self._before, compiled, workers=workers)

    def _changed(self, z: Floats) -> tuple[Model, Experiment]:
        values = {knob.key: knob.value(float(change)) for knob, change in zip(self._knobs, z, strict=True)}
        model, experiment = changed(self._model, self._experiment, with_siblings(self._model, values))
        if problems := check_draws([realise(model)]):
            raise InputError(problems)
        return model, experiment
