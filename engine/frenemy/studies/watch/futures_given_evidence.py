"""Futures from the end of the evidence on, reduced to what `watch` needs.

The particles given the evidence continue: draws of the uncertain numbers in proportion to their weights, each with as
many paths as it has particles. What came before the end of the evidence is known, so events count from there, and dates
in the past are no question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from frenemy.runtime.executors import ordered_map
from frenemy.simulation.noise.streams import generator
from frenemy.simulation.resampling.population import Population
from frenemy.studies.update.particle_filter import Particles, systematic
from frenemy.studies.update.smc2 import SMC2
from frenemy.studies.watch.futures import MAX_EVENTS_COUNTED, Answers, Horizon
from frenemy.studies.watch.signposts import chance_reported

__all__ = ["assessed_by", "continue_answers"]

AnswerColumns = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]


def assessed_by(start: dt.date, tick: int, by: dt.date) -> int:
    """Ticks until the first assessment after the end of a day."""
    return -(-((by - start).days + 1) // tick)


def continue_answers(
    search: SMC2, horizon: Horizon, *, workers: int = 0, progress: Callable[[int], object] = int
) -> Answers:
    """Continue from the evidence and keep the answers, known at the first assessment after `horizon.by`.

    `progress` is called with the paths of each draw.
    """
    space, seed = search.space, search.space.experiment.seed
    for each in search.particles:
        if each.alive:
            each.equalise()
    chosen = systematic(search.weights, float(generator(seed, "watch/draws", 0).random()))
    calendar = search.particles[0].compiled.calendar_index
    ahead = np.flatnonzero(search.particles[0].compiled.calendar.tick >= search.now)
    soon = assessed_by(space.experiment.start, space.experiment.tick, horizon.by)

    def work(m: int) -> AnswerColumns:
        each = search.particles[chosen[m]]
        closed = space.closed(each.compiled, search.now)
        population = each.population.fork(f"watch/{m}/", compiled=closed)
        seen = _answers(each, population, soon, horizon, m)
        progress(len(each.weights))
        return seen

    parts = [*ordered_map(work, range(len(chosen)), workers)]
    counts, branch, seen, hits = (np.stack(column, axis=1) for column in zip(*parts, strict=True))
    return Answers(
        counts=np.minimum(counts, MAX_EVENTS_COUNTED).astype(np.uint8),
        branch=branch[ahead].astype(np.int8),
        seen=seen.astype(np.bool_),
        hits=hits.astype(np.bool_),
        calendar=tuple(calendar[c] for c in ahead),
        nested=bool(space.ranges),
    )


def _answers(each: Particles, population: Population, soon: int, horizon: Horizon, m: int) -> AnswerColumns:
    """Events since now, branches, signposts reported, and scenarios, of the paths of one draw."""
    known = population.read()
    population.advance(soon, workers=1)
    then = population.read()
    model, seed = each.compiled.model, population.seed
    reported = [
        generator(seed, f"watch/signpost/{post.name}", m).random(population.size)
        < chance_reported(post, model, then.index, then.scenario)
        for post in model.signposts.values()
    ]
    population.advance(horizon.at + 1, workers=1)
    last = population.read()
    scenarios = range(len(model.scenarios))
    inside = [last.scenario == j if horizon.reading == "at" else last.spent[j] > 0 for j in scenarios]
    sightings = np.array(reported, dtype=np.bool_).reshape(-1, population.size)
    return then.count - known.count, last.branch, sightings, np.stack(inside)
