"""The ensembles that answer a question: how many outer draws, and how many paths for each.

The odds of a run are means over judgement and chance, over `draws` x `paths` futures. A study that simulates many
worlds takes fewer futures for each: as many as the experiment's `paths` in all, on the first paths of the same seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from frenemy.arrays import Floats
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.model.realise import realise, uncertain, with_columns
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ahead
from frenemy.simulation.compile.compile import Compiled, compile_draws, compile_model
from frenemy.simulation.ensemble.ensemble import Ensemble, one_model
from frenemy.simulation.ensemble.run import Detail, simulate_ensemble
from frenemy.simulation.ensemble.tally import Tally, pooled
from frenemy.simulation.parameter_draws import points
from frenemy.simulation.quantiles import values_at

__all__ = ["at_medians", "ensemble_of", "ensembles_of", "first_draws", "for_study", "simulate_experiment"]

CHUNK = 1024
"""Outer draws compiled at a time."""
STUDY_PATHS = 16
"""Paths of each draw in a study, at least: with fewer, preparing a draw would take as long as simulating it."""


def at_medians(model: Model, experiment: Experiment) -> Ensemble:
    """Every uncertain number at its median, the experiment's `paths` futures."""
    return one_model(compile_model(realise(model), realise(experiment)), experiment.paths)


def ensemble_of(model: Model, experiment: Experiment, *, repeat: int = 0) -> Ensemble:
    """All outer draws of an experiment, or of another repeat of it; at the medians without any."""
    if not experiment.uncertainty.draws:
        return at_medians(model, experiment)
    (whole,) = _chunks(model, experiment, experiment.uncertainty.draws, repeat)
    return whole


def ensembles_of(model: Model, experiment: Experiment, *, repeat: int = 0) -> Iterator[Ensemble]:
    """The same in parts of at most 1,024 draws, so that memory does not grow with their compiled models.

    Another `repeat` gives independent draws, and the paths that follow those of the repeats before.
    """
    if experiment.uncertainty.draws:
        yield from _chunks(model, experiment, CHUNK, repeat)
    else:
        yield at_medians(model, experiment)


def simulate_experiment(
    model: Model,
    experiment: Experiment,
    *,
    repeat: int = 0,
    detail: Detail = "full",
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Tally:
    """All futures of an experiment, added up; draws are prepared while others are simulated.

    `progress` is called with the number of paths done since the last call. Raises SimulationError where a model runs
    away.
    """
    return pooled(
        simulate_ensemble(part, seed=experiment.seed, detail=detail, workers=workers, progress=progress)
        for part in ahead(ensembles_of(model, experiment, repeat=repeat))
    )


def first_draws(model: Model, experiment: Experiment, draws: int) -> Ensemble:
    """The first so many of an experiment's outer draws."""
    return next(_chunks(model, experiment, draws))


def for_study(experiment: Experiment, each: int = STUDY_PATHS) -> Experiment:
    """The experiment with draws of at least `each` paths, such that they make about `experiment.paths` futures."""
    outer = experiment.uncertainty
    if not outer.draws:
        return experiment
    draws = min(outer.draws, max(experiment.paths // each, 2))
    size = Uncertainty(draws=draws, paths=max(experiment.paths // draws, 1))
    return replace(experiment, uncertainty=size)


def _chunks(model: Model, experiment: Experiment, size: int, repeat: int = 0) -> Iterator[Ensemble]:
    outer, ranges = experiment.uncertainty, uncertain(model) | uncertain(experiment)
    keys, draws, seed = tuple(ranges), outer.draws, experiment.seed
    even = points(keys, draws, seed, repeat=repeat)  # independent, as the error of a mean needs them
    places = points(keys, draws, seed, model.correlated, repeat=repeat)
    for first in range(0, outer.draws, size):
        rows = slice(first, first + size)
        values = values_at(ranges.values(), places[rows])
        models = models_of(model, experiment, dict(zip(ranges, values.T, strict=True)), len(values))
        yield Ensemble(models=models, each=outer.paths, points=even[rows], values=values, first=repeat * draws + first)


def models_of(model: Model, experiment: Experiment, columns: Mapping[str, Floats], draws: int) -> tuple[Compiled, ...]:
    """The compiled models of outer draws, from a column of values, (draws,), for each uncertain number."""
    shown = realise(model), realise(experiment)
    drawn = with_columns(model, columns), with_columns(experiment, columns)
    return compile_draws(*drawn, draws, shown=shown)
