"""The objective of tuning: the odds as functions of z, by how many elicited spreads each number is changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.check.check import check_draws, one_draw
from frenemy.errors import InputError
from frenemy.forecast.odds import odds_of
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress
from frenemy.simulation.cost import KEPT_NOISE
from frenemy.simulation.ensemble.rerun import Run, keep_run, rerun
from frenemy.simulation.ensemble.run import Noise, simulate_ensemble
from frenemy.simulation.ensembles import ensemble_of, for_study, simulate_experiment
from frenemy.studies.knobs import Knob, OddsTarget, changed, read_odds, with_siblings
from frenemy.studies.tune.alternatives import Solution, alternatives, design_size, fit_surface
from frenemy.studies.tune.region import NO_REGION, Region, find_region, region_paths

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
        self._level: tuple[Floats, Floats] | None = None  # odds with nothing changed: of a run, and of the study

    @property
    def target_odds(self) -> Floats:
        """(targets,)."""
        return np.array([target.probability for target in self._targets])

    def of_study(self, z: Floats) -> Floats:
        """The odds of a run with nothing changed, plus the change on the futures of a study, for the search."""
        run, study = self._levels()
        return np.clip(run + self._odds(z)[0] - study, 0.0, 1.0)

    def _levels(self) -> tuple[Floats, Floats]:
        if self._level is None:
            self._level = self.of_run(None)[0], self._odds(None)[0]
        return self._level

    def before(self) -> Floats:
        """The odds of a run with nothing changed, (targets,)."""
        return self._levels()[0]

    def of_run(self, z: Floats | None) -> tuple[Floats, Floats]:
        """The odds and their errors on all futures of a run; without a change for None."""
        model, experiment = (self._model, self._experiment) if z is None else self._changed(z)
        self._runs += 1
        outer = experiment.uncertainty
        futures = outer.draws * outer.paths or experiment.paths
        with self._progress.stage(f"Run {self._runs}: {counted(futures, 'future')}", futures) as step:
            tally = simulate_experiment(model, experiment, detail="odds", workers=self._workers, progress=step)
        return read_odds(odds_of(tally), self._targets)

    def find_alternatives(self, first: Floats, count: int, apart: float) -> tuple[Solution, ...]:
        """At most `count` solutions besides the first."""
        if not count:
            return ()
        numbers = len(self._knobs)
        with self._progress.stage("Searching the ranges for further solutions", design_size(numbers)) as step:
            surface = fit_surface(self.of_study, numbers, step)
        odds = self.of_study, self.of_run
        return tuple(alternatives(surface, odds, self.target_odds, [first], count=count, apart=apart))

    def find_region(self, before: Floats, draws: int) -> Region:
        """Boxes in the elicited ranges in which the targets are met, over so many outer draws."""
        if not draws:
            return NO_REGION
        experiment = replace(self._experiment, uncertainty=replace(self._experiment.uncertainty, draws=draws))
        paths = draws * region_paths(experiment)
        with self._progress.stage(
            f"Searching for a region over {counted(draws, 'draw')} of all numbers", paths
        ) as step:
            return find_region(self._model, experiment, self._targets, before, workers=self._workers, step=step)

    def _odds(self, z: Floats | None) -> tuple[Floats, Floats]:
        """The odds and errors on the futures of a study; if the noise is kept, only changed paths are simulated."""
        noise, workers = self._noise, self._workers
        if noise.keep and self._before is None:
            before = ensemble_of(self._model, for_study(self._experiment))
            self._before = keep_run(before, noise=noise, workers=workers)
        if z is None and self._before is not None:
            return read_odds(odds_of(self._before.tally), self._targets)
        model, experiment = (self._model, self._experiment) if z is None else self._changed(z)
        other = ensemble_of(model, for_study(experiment))
        if self._before is None:
            tally = simulate_ensemble(other, seed=noise, detail="odds", workers=workers)
        else:
            tally = rerun(self._before, other, workers=workers)
        return read_odds(odds_of(tally), self._targets)

    def _changed(self, z: Floats) -> tuple[Model, Experiment]:
        values = {knob.key: knob.value(float(change)) for knob, change in zip(self._knobs, z, strict=True)}
        model, experiment = changed(self._model, self._experiment, with_siblings(self._model, values))
        if problems := check_draws(one_draw(realise(model))):
            raise InputError(problems)
        return model, experiment
