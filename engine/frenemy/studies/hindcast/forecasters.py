"""Forecasters for a hindcast: the model with the evidence of the day, and the model without evidence.

Both are means over judgement and chance, with their Monte Carlo errors. Without evidence the paths are those of the
plain ensemble of as many draws and paths.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from frenemy.arrays import Bools, Floats, Ints
from frenemy.forecast.odds import jeffreys_variance
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.evidence.resolve import Evidence
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.run import new_job, whole_paths
from frenemy.simulation.ensembles import ensemble_of
from frenemy.simulation.resampling.block import Block
from frenemy.studies.hindcast.windows import Chances, Forecaster, date_of
from frenemy.studies.update.smc2 import ISLANDS, SMC2, run_smc2

__all__ = ["with_evidence", "without_evidence"]


def with_evidence(
    model: Model,
    experiment: Experiment,
    evidence: Evidence,
    *,
    draws: int,
    paths: int,
    workers: int = 0,
    step: Callable[[int], object] = int,
) -> Forecaster:
    """The model updated with the ledger up to the day before: its particles are simulated on from there.

    `draws` of 0: nothing is uncertain in the model, and the filter is repeated instead.
    """
    without = without_evidence(model, experiment, draws=draws, paths=paths, workers=workers)

    def forecast(origin: int, ends: Sequence[int]) -> Mapping[str, Chances]:
        here = date_of(experiment, origin)
        known: LedgerResolved = replace(evidence.ledger("hindcast", here - dt.timedelta(days=1)), until=here)
        if origin > 0 and known.entries:
            search = run_smc2(model, experiment, known, draws=draws, paths=paths, workers=workers)
            odds = _ahead(search, ends, workers)
        else:
            odds = without(origin, ends)
        step(1)
        return odds

    return forecast


def without_evidence(model: Model, experiment: Experiment, *, draws: int, paths: int, workers: int = 0) -> Forecaster:
    """The model as at the start, for the same windows: the reference that shows the value of the evidence."""
    outer = Uncertainty(draws=draws, paths=paths)
    ensemble = ensemble_of(model, replace(experiment, uncertainty=outer, paths=ISLANDS * paths))
    job, models = new_job(ensemble, experiment.seed), len(ensemble.models)
    known: list[_Events] = []  # by block, once they are simulated

    def work(block: int) -> _Events:
        return _Events.of(ensemble.models[0], whole_paths(job, block))

    def forecast(origin: int, ends: Sequence[int]) -> Mapping[str, Chances]:
        if not known:
            known.extend(ordered_map(work, ensemble.blocks, workers))
        sums = np.zeros((models, len(model.triggers), len(ends)))
        for block, events in zip(ensemble.blocks, known, strict=True):
            parts = ensemble.parts(block)
            happened = events.with_one(origin, ends, len(model.triggers))
            by_draw = np.add.reduceat(happened, [part.start - parts[0].start for part in parts], axis=-1, dtype=int)
            sums[parts[0].number : parts[-1].number + 1] += np.moveaxis(by_draw, -1, 0)
        if not draws:
            error = np.sqrt(jeffreys_variance(sums[0], sums[0], ensemble.paths))
        else:
            error = np.fmax(ensemble.groups.error(sums) if draws > 1 else np.nan, _least(ensemble.paths))
        return _by_trigger(model, ensemble.groups.mean(sums) if draws else sums[0] / ensemble.paths, np.asarray(error))

    return forecast


class _Events(NamedTuple):
    """The events of some paths."""

    paths: int
    path: Ints
    trigger: Ints
    tick: Ints

    @classmethod
    def of(cls, compiled: Compiled, paths: Paths) -> _Events:
        tick = np.minimum(paths.event_time // compiled.tick, compiled.ticks - 1).astype(np.int64)
        return cls(len(paths.numbers), paths.event_path, paths.event_trigger, tick)

    def with_one(self, origin: int, ends: Sequence[int], triggers: int) -> Bools:
        """(triggers, ends, paths): at least one event from the assessment `origin` on and before each end."""
        found = np.zeros((triggers, len(ends), self.paths), dtype=np.bool_)
        for n, end in enumerate(ends):
            inside = (origin <= self.tick) & (self.tick < end)
            found[self.trigger[inside], n, self.path[inside]] = True
        return found


def _ahead(search: SMC2, ends: Sequence[int], workers: int) -> Mapping[str, Chances]:
    """The probability of at least one event of each trigger from now to each end, over the weighted draws."""
    particles, population = search.particles, search.particles.population
    particles.equalise(workers=workers)
    closed = search.space.closed(population.ensemble, search.now)

    def happened(n: int) -> tuple[slice, Ints]:
        (block,) = population.fork("hindcast/", ensemble=closed, blocks=[n]).blocks
        return block.draws, _happened(block, ends)

    draws, paths = particles.weights.shape
    counts = np.zeros((len(population.model.trigger_names), len(ends), draws), dtype=np.int64)
    for rows, found in ordered_map(happened, range(len(population.blocks)), workers):
        counts[..., rows] += found
    weights, shares = search.weights, np.moveaxis(counts, -1, 0) / paths
    mean = np.tensordot(weights, shares, axes=1)
    error = np.sqrt(np.tensordot(weights**2, (shares - mean) ** 2, axes=1))
    size = paths / np.sum(weights**2)
    return _by_trigger(search.space.model, mean, np.maximum(error, _least(round(size))))


def _least(paths: int) -> float:
    """The least error of a share of so many paths: half a path is added on both sides."""
    return float(np.sqrt(jeffreys_variance(np.float64(0), np.float64(0), paths)))


def _happened(block: Block, ends: Sequence[int]) -> Ints:
    """In how many paths of each draw each trigger happens from now on and by each end: (triggers, ends, draws)."""
    before, counts = block.read().count.copy(), []
    for end in ends:
        block.advance(end)
        counts.append(block.by_draw((block.read().count > before).astype(np.int64)))
    return np.asarray(np.stack(counts, axis=1))


def _by_trigger(model: Model, shares: Floats, errors: Floats) -> Mapping[str, Chances]:
    return {trigger.name: Chances(probability=shares[k], mc_se=errors[k]) for k, trigger in enumerate(model.triggers)}
