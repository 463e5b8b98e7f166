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
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.ensemble import Ensemble
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

    def work(block: int) -> list[tuple[Ints, Floats, Floats]]:
        return [_part(compiled, kept, reading, odds) for compiled, kept in whole_paths(job, block)]

    for parts in ordered_map(work, ensemble.blocks, workers):
        for numbers, one, two in parts:
            if ensemble.drawn:
                total[ensemble.group_of(numbers[:1])[0]] += one
            else:
                total[0] += one
            squares += two
        progress(sum(len(numbers) for numbers, _, _ in parts))
    paths = ensemble.paths
    value = total.sum(axis=0) / paths
    se = np.sqrt(np.maximum(squares / paths - value**2, 0.0) / max(paths - 1, 1))
    if ensemble.drawn and len(groups.paths) > 1:
        se = groups.error(total)
    return Derivatives(triggers=first.trigger_names, value=value.transpose(2, 0, 1), se=se.transpose(2, 0, 1))


def _part(compiled: Compiled, kept: Paths, reading: Reading, odds: Floats) -> tuple[Ints, Floats, Floats]:
    """The numbers of the paths of one model, and over these the sums of (V - E V) S_k and of its square."""
    shape = (compiled.ticks, len(compiled.rules.enter), len(compiled.trigger_names))
    total, squares = np.zeros(shape), np.zeros(shape)
    score = np.zeros((shape[2], len(kept.numbers)))
    for exposure, value in zip(exposures(compiled, kept), _values(kept, reading, shape[1]), strict=True):
        add_to_score(score, exposure)
        above = value - odds[exposure.tick, :, None]
        total[exposure.tick] = above @ score.T
        squares[exposure.tick] = above**2 @ (score**2).T
    return kept.numbers, total, squares


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
