"""Forecasters for a hindcast: the model with the evidence of the day, and the model without evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.evidence.resolve import Evidence
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.resampling.population import Population, start
from frenemy.studies.hindcast.windows import Forecaster, date_of
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.smc2 import SMC2, run_smc2

__all__ = ["with_evidence", "without_evidence"]


def with_evidence(
    model: Model,
    experiment: Experiment,
    evidence: Evidence,
    *,
    draws: int | None,
    paths: int,
    workers: int = 0,
    step: Callable[[int], object] = int,
) -> Forecaster:
    """The model updated with the ledger up to the day before: its particles are simulated on from there."""
    without = without_evidence(model, experiment, draws=draws, paths=paths, workers=workers)

    def forecast(origin: int, ends: Sequence[int]) -> Mapping[str, Floats]:
        here = date_of(experiment, origin)
        known = replace(evidence.ledger("hindcast", here - dt.timedelta(days=1)), until=here)
        if origin > 0 and known.entries:
            search = run_smc2(model, experiment, known, draws=draws, paths=paths, workers=workers)
            odds = _ahead(search, ends, workers)
        else:
            odds = without(origin, ends)
        step(1)
        return odds

    return forecast


def without_evidence(
    model: Model, experiment: Experiment, *, draws: int | None, paths: int, workers: int = 0
) -> Forecaster:
    """The model as at the start, for the same windows: the reference that shows the value of the evidence."""
    space = ParameterSpace.of(model, experiment, LedgerResolved(name="nothing", until=experiment.start))
    scores = space.prior((experiment.uncertainty.draws if draws is None else draws) or 1)

    def forecast(origin: int, ends: Sequence[int]) -> Mapping[str, Floats]:
        def shares_of(m: int) -> Floats:
            compiled = space.compiled(scores[m], 0)
            name = f"hindcast/{m}/"  # independent noise for each draw, so that its errors average out
            population = start(compiled, seed=experiment.seed, size=paths, purpose=name, width=min(BLOCK, paths))
            return _shares(population, origin, ends)

        shares = np.mean(list(ordered_map(shares_of, range(len(scores)), workers)), axis=0)
        return _by_trigger(model, shares)

    return forecast


def _ahead(search: SMC2, ends: Sequence[int], workers: int) -> Mapping[str, Floats]:
    """The probability of at least one event of each trigger from now to each end."""
    alive = [m for m, each in enumerate(search.particles) if each.alive and search.weights[m] > 0]

    def shares_of(m: int) -> Floats:
        each = search.particles[m]
        each.equalise()
        closed = search.space.closed(each.compiled, search.now)
        ahead = each.population.fork(f"hindcast/{each.population.purpose}", compiled=closed)
        return np.asarray(search.weights[m] * _shares(ahead, search.now, ends))

    return _by_trigger(search.space.model, np.sum(list(ordered_map(shares_of, alive, workers)), axis=0))


def _shares(paths: Population, origin: int, ends: Sequence[int]) -> Floats:
    """Shares of paths in which each trigger happens after the origin and by each end: (triggers, ends)."""
    paths.advance(origin, workers=1)
    before = paths.read().count
    shares = []
    for end in ends:
        paths.advance(end, workers=1)
        shares.append((paths.read().count > before).mean(axis=1))
    return np.asarray(np.stack(shares, axis=1), dtype=np.float64)


def _by_trigger(model: Model, shares: Floats) -> Mapping[str, Floats]:
    return {trigger.name: shares[k] for k, trigger in enumerate(model.triggers)}
