"""A model on the bench: its odds as a function of how far some numbers are turned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.check.check import check_draws
from frenemy.errors import InputError
from frenemy.forecast.odds import odds_at_medians
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
from frenemy.studies.tune.alternatives import Solution, design_size, fitted_surface, further
from frenemy.studies.tune.region import NO_REGION, Region, find_region

__all__ = ["Objective"]


class Objective:
    """Odds as functions of how far the numbers are turned."""

    def __init__(  # noqa: PLR0917 a bench is set up in one place
        self,
        model: Model,
        experiment: Experiment,
        knobs: tuple[Knob, ...],
        aims: tuple[OddsTarget, ...],
        workers: int,
        progress: Progress,
    ) -> None:
        self._model, self._experiment, self._knobs, self._aims = model, experiment, knobs, aims
        self._workers, self._progress = workers, progress
        self._noise = Noise(experiment.seed, keep=experiment.paths <= KEPT_NOISE)
        self._runs = 0
        self._unturned: Run | None = None

    def quick(self, z: Floats) -> Floats:
        """The odds with all other numbers at their medians."""
        turned = self._turned(z)
        return read_odds(odds_at_medians(self._simulate(*turned)), self._aims)[0]

    def full(self, z: Floats | None) -> tuple[Floats, Floats]:
        """The odds and their errors as a run reports them; with nothing turned for None."""
        model, experiment = (self._model, self._experiment) if z is None else self._turned(z)
        self._runs += 1
        draws = max(experiment.uncertainty.draws, 1)
        others = f"{draws:,} draws of the other numbers" if draws > 1 else "the other numbers at their medians"
        with self._progress.stage(f"Run {self._runs}: {others}", draws) as step:
            return read_odds(odds_of(model, experiment, self._noise, workers=self._workers, step=step), self._aims)

    def further(self, first: Floats, count: int, apart: float) -> tuple[Solution, ...]:
        """At most `count` solutions besides the first."""
        if not count:
            return ()
        wanted = np.array([aim.probability for aim in self._aims])
        runs = design_size(len(self._knobs))
        with self._progress.stage("Looking over the ranges for further solutions", runs) as step:
            stand_in = fitted_surface(self.quick, len(self._knobs), step)
        return tuple(further(stand_in, (self.quick, self.full), wanted, [first], count=count, apart=apart))

    def region(self, before: Floats, draws: int) -> Region:
        """Boxes of judgement in which the targets are met, over so many outer draws."""
        if not draws:
            return NO_REGION
        experiment = replace(self._experiment, uncertainty=replace(self._experiment.uncertainty, draws=draws))
        with self._progress.stage(f"Looking for a region over {draws:,} draws of all numbers", draws) as step:
            return find_region(self._model, experiment, self._aims, before, workers=self._workers, step=step)

    def _simulate(self, model: Model, experiment: Experiment) -> Tally:
        """A run at the medians; where the noise is kept, only of the futures that what was turned can touch."""
        compiled = compile_model(realise(model), realise(experiment))
        noise, paths, workers = self._noise, experiment.paths, self._workers
        if not noise.keep:
            return simulate(compiled, seed=noise, paths=paths, detail="odds", workers=workers)
        if self._unturned is None:
            unturned = compile_model(realise(self._model), realise(self._experiment))
            self._unturned = keep_run(unturned, noise=noise, paths=paths, workers=workers)
        return rerun(self._unturned, compiled, workers=workers)

    def _turned(self, z: Floats) -> tuple[Model, Experiment]:
        values = {knob.key: knob.value(float(place)) for knob, place in zip(self._knobs, z, strict=True)}
        turned = changed(self._model, self._experiment, with_siblings(self._model, values))
        if problems := check_draws([realise(turned[0])]):
            raise InputError(problems)
        return turned
