"""Derivatives of the odds with respect to the rates of triggers, from one ensemble, by likelihood ratio.

Let trigger k's own rate be multiplied by exp(theta). The likelihood of a path up to time t then has the derivative, at
theta = 0, of its logarithm (the score; Glynn 1990, Commun. ACM 33(10); for point processes Brémaud 1981, VI.2)

    S_k(t) = sum over own events at t_i <= t of b / (b + h) - integral of b over the time that the gate was open,

where b is the part of the rate that theta multiplies and h the contagion, which it does not: an event counts with the
probability that it was due to b. S_k is a martingale with mean 0, and for any reading V of the path up to t

    d E[V] / d theta = E[V S_k(t)] = E[(V - E V) S_k(t)],

of which the last has the smaller variance. Severities, delays, durations, branches and the drivers' own noise do not
depend on theta, and drivers only through the events, so nothing else enters the score. Over outer draws the rate is
multiplied in each of them, and the derivative is that of the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.model.experiment import Reading
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.ensemble.ensemble import Ensemble, Part
from frenemy.simulation.ensemble.kernel.state import Law
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.run import Noise, new_job, whole_paths
from frenemy.studies.sensitivity.exposure import Exposure, exposures

__all__ = ["Derivatives", "add_to_score", "derivatives"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivatives:
    """d odds / d log rate, of every scenario at every assessment: 100 times what a rate 1 % higher adds."""

    triggers: tuple[str, ...]
    value: Floats  # (triggers, ticks, scenarios) probability for each unit of log rate
    se: Floats  # (triggers, ticks, scenarios) Monte Carlo standard error


def derivatives(
    ensemble: Ensemble,
    reading: Reading,
    odds: Floats,
    *,
    noise: Noise,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Derivatives:
    """The derivatives of one reading over an ensemble; `odds`, (ticks, scenarios), are its means over the paths."""
    job, first, groups = new_job(ensemble, noise), ensemble.models[0], ensemble.groups
    shape = (first.ticks, len(first.rules.enter), len(first.trigger_names))
    total, squares = np.zeros((len(groups.paths), *shape)), np.zeros(shape)

    def work(block: int) -> tuple[list[Part], Floats, Floats]:
        parts, kept = ensemble.parts(block), whole_paths(job, block)
        starts = np.array([part.start - parts[0].start for part in parts])
        return parts, *_sums(job.ensemble.law_by_path(parts), kept, starts, reading, odds)

    for parts, by_draw, of_block in ordered_map(work, ensemble.blocks, workers):
        total[parts[0].number : parts[-1].number + 1] += by_draw
        squares += of_block
        progress(parts[-1].stop - parts[0].start)
    paths = ensemble.paths
    value = total.sum(axis=0) / paths
    se = np.sqrt(np.maximum(squares / paths - value**2, 0.0) / max(paths - 1, 1))
    if ensemble.drawn and len(groups.paths) > 1:
        se = groups.error(total)
    return Derivatives(triggers=first.trigger_names, value=value.transpose(2, 0, 1), se=se.transpose(2, 0, 1))


def _sums(law: Law, kept: Paths, starts: Ints, reading: Reading, odds: Floats) -> tuple[Floats, Floats]:
    """The sums of (V - E V) S_k over the paths of each draw, which begin at `starts`, and of its square over all."""
    shape = (law.ticks, len(law.rules.enter), len(law.triggers.opens))
    total, squares = np.zeros((len(starts), *shape)), np.zeros(shape)
    score = np.zeros((shape[2], len(kept.numbers)))
    for exposure, value in zip(exposures(law, kept), _values(kept, reading, shape[1]), strict=True):
        add_to_score(score, exposure)
        above = value - odds[exposure.tick, :, None]
        weighed = above[:, None] * score
        total[:, exposure.tick] = np.moveaxis(np.add.reduceat(weighed, starts, axis=-1), -1, 0)
        squares[exposure.tick] = above**2 @ (score**2).T
    return total, squares


def _values(paths: Paths, reading: Reading, scenarios: int) -> Iterator[Floats]:
    """The reading of every path, (scenarios, paths), at each assessment in turn."""
    so_far = np.zeros((scenarios, len(paths.numbers)))
    for n, scenario in enumerate(paths.scenario):
        inside = (scenario == np.arange(scenarios)[:, None]).astype(np.float64)
        so_far = np.maximum(so_far, inside) if reading == "ever" else so_far + inside
        yield {"at": inside, "ever": so_far, "time_share": so_far / (n + 1)}[reading]


def add_to_score(score: Floats, exposure: Exposure) -> None:
    """Advance the score, (triggers, paths), from the start of a tick to its end."""
    score -= exposure.base * exposure.days
    where = exposure.trigger, exposure.path
    due = exposure.base[where]
    total = due + exposure.extra[where]
    share = np.divide(due, total, out=np.zeros_like(due), where=total > 0)
    np.add.at(score, where, share)
