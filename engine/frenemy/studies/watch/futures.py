"""Simulated futures, reduced to what `watch` needs: events, signposts, branches of the calendar, scenarios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.model.experiment import Experiment, Reading
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.run import Job, new_job, whole_paths
from frenemy.simulation.ensembles import ensembles_of
from frenemy.simulation.noise.streams import generator
from frenemy.studies.watch.signposts import chance_reported

__all__ = ["CHUNKS", "Answers", "Horizon", "simulate_answers"]

CHUNKS = 32
"""Clusters into which the paths are divided if there are no outer draws."""
MAX_EVENTS_COUNTED = 250
"""Events of one trigger in one path are counted up to this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """When the answers are known, and which odds they inform."""

    by: dt.date  # the day at whose end the answers are known
    at: int  # the assessment, counted from 0, at which the odds are read
    reading: Reading  # at, or ever


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """The answers in each path; the last two axes are the cluster (outer draw) and the path in it."""

    counts: NDArray[np.uint8]  # (triggers, clusters, paths) events by the end of the day
    branch: NDArray[np.int8]  # (calendar events of the run, clusters, paths)
    seen: NDArray[np.bool_]  # (signposts with a likelihood, clusters, paths)
    hits: NDArray[np.bool_]  # (scenarios, clusters, paths)
    calendar: tuple[int, ...]  # positions in model.calendar
    nested: bool  # whether the paths of a cluster share uncertain numbers


def simulate_answers(
    model: Model,
    experiment: Experiment,
    horizon: Horizon,
    *,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Answers:
    """Simulate the futures of an experiment and keep the answers.

    They are those of a run: each outer draw has paths of its own. Without draws, the paths are divided into clusters
    afterwards, for the jackknife. Raises SimulationError if a model runs away.
    """
    ensembles = ensembles_of(model, experiment)
    nested, first = experiment.uncertainty.draws > 0, None
    parts: list[list[NDArray[np.generic]]] = []
    for ensemble in ensembles:
        first, job = first or ensemble.models[0], new_job(ensemble, experiment.seed)

        def work(block: int, job: Job = job) -> list[NDArray[np.generic]]:
            kept = whole_paths(job, block)
            progress(len(kept.numbers))
            return _answers(job.ensemble.models[0], kept, horizon, block)

        parts += ordered_map(work, ensemble.blocks, workers)
    assert first is not None, "there is at least one ensemble"
    joined = [np.concatenate(column, axis=-1) for column in zip(*parts, strict=True)]
    clusters = experiment.uncertainty.draws if nested else CHUNKS
    counts, branch, seen, hits = (_split(part, clusters) for part in joined)
    return Answers(
        counts=counts.astype(np.uint8),
        branch=branch.astype(np.int8),
        seen=seen.astype(np.bool_),
        hits=hits.astype(np.bool_),
        calendar=first.calendar_index,
        nested=nested,
    )


def _split(part: NDArray[np.generic], clusters: int) -> NDArray[np.generic]:
    """(things, paths) to (things, clusters, paths); without draws, paths left over by an even division are left out."""
    things, paths = part.shape
    each = paths // clusters
    return part[:, : clusters * each].reshape(things, clusters, each)


def _answers(compiled: Compiled, paths: Paths, horizon: Horizon, number: int) -> list[NDArray[np.generic]]:
    triggers, count = len(compiled.trigger_names), len(paths.numbers)
    days = (horizon.by - compiled.start).days
    soon = paths.event_time < days + 1
    cells = paths.event_trigger[soon] * count + paths.event_path[soon]
    counts = np.bincount(cells, minlength=triggers * count).reshape(triggers, count)
    scenario = paths.scenario[: horizon.at + 1]
    scenarios = range(len(compiled.model.scenarios))
    inside = [scenario[-1] == j if horizon.reading == "at" else (scenario == j).any(axis=0) for j in scenarios]
    seen = _sightings(compiled, paths, int(days // compiled.tick), number)
    return [np.minimum(counts, MAX_EVENTS_COUNTED), paths.branch, seen, np.stack(inside)]


def _sightings(compiled: Compiled, paths: Paths, tick: int, number: int) -> NDArray[np.bool_]:
    """(signposts, paths): whether each is reported as seen at the last assessment by the day."""
    model, experiment = compiled.model, compiled.experiment
    posts = model.signposts.values()
    scenario = paths.scenario[tick - 1] if tick else np.full(len(paths.numbers), compiled.rules.default)
    reported = np.empty((len(posts), len(paths.numbers)), dtype=np.bool_)
    for row, post in enumerate(posts):
        chance = chance_reported(post, model, paths.index[tick], scenario)
        reported[row] = generator(experiment.seed, f"watch/signpost/{post.name}", number).random(len(chance)) < chance
    return reported
