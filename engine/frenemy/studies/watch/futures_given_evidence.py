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
from frenemy.simulation.resampling.block import Block
from frenemy.studies.update.particle_filter import systematic
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

    `progress` is called with the number of paths done since the last call.
    """
    space, seed, particles = search.space, search.space.experiment.seed, search.particles
    particles.equalise(workers=workers)
    population, (draws, each) = particles.population, particles.weights.shape
    chosen = systematic(search.weights, float(generator(seed, "watch/draws", 0).random()))
    paths = (chosen[:, None] * each + np.arange(each)).ravel()
    closed = space.closed(population.ensemble.picked(chosen), search.now)
    calendar, ahead = population.model.calendar_index, np.flatnonzero(population.model.calendar.tick >= search.now)
    soon = assessed_by(space.experiment.start, space.experiment.tick, horizon.by)

    def work(n: int) -> AnswerColumns:
        (block,) = population.fork("watch/", paths, closed, blocks=[n]).blocks
        seen = _answers(block, seed, soon, horizon)
        progress(block.count)
        return seen

    parts = [*ordered_map(work, range(len(population.blocks)), workers)]
    joined = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
    counts, branch, seen, hits = (column.reshape(len(column), draws, each) for column in joined)
    return Answers(
        counts=np.minimum(counts, MAX_EVENTS_COUNTED).astype(np.uint8),
        branch=branch[ahead].astype(np.int8),
        seen=seen.astype(np.bool_),
        hits=hits.astype(np.bool_),
        calendar=tuple(calendar[c] for c in ahead),
        nested=bool(space.ranges),
    )


def _answers(block: Block, seed: int, soon: int, horizon: Horizon) -> AnswerColumns:
    """Events since now, branches, signposts reported, and scenarios, of the paths of a block."""
    known, model = block.read().count.copy(), block.model.model
    block.advance(soon)
    then = block.read()
    counts = then.count - known
    reported = [
        generator(seed, f"watch/signpost/{post.name}", block.number).random(block.count)
        < chance_reported(post, model, then.index, then.scenario)
        for post in model.signposts.values()
    ]
    block.advance(horizon.at + 1)
    last = block.read()
    scenarios = range(len(model.scenarios))
    inside = [last.scenario == j if horizon.reading == "at" else last.spent[j] > 0 for j in scenarios]
    sightings = np.array(reported, dtype=np.bool_).reshape(-1, block.count)
    return counts, last.branch, sightings, np.stack(inside)
