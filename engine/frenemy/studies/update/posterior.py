"""From weighted particles to the posterior: odds, levels and numbers."""

from __future__ import annotations

import threading

from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.studies.update.filtering_history import Levels
from frenemy.studies.update.findings import Posterior
from frenemy.studies.update.smc2 import DEFAULT_PARTICLES, SMC2, Progress, run_smc2
from frenemy.studies.update.weighted_draws import Shares, numbers
from frenemy.studies.update.without_evidence import forecast_without_evidence

__all__ = ["summary", "update"]


def summary(search: SMC2, workers: int) -> Posterior:
    """Simulate from the evidence to the horizon, and summarise odds, levels and numbers."""
    space, weights, particles = search.space, search.weights, search.particles
    ticks, (draws, paths) = space.experiment.ticks, particles.weights.shape
    shares = Shares.empty(space, draws, paths)
    particles.equalise(workers=workers)
    closed = space.closed(particles.population.ensemble, search.now)
    lock = threading.Lock()

    def forward(n: int) -> Levels:
        # A copy continues, so that the particles can assimilate more evidence.
        ahead = particles.population.fork("forecast/", ensemble=closed, blocks=[n])
        ahead.remember(ticks)
        ahead.advance(ticks, workers=1)
        with lock:  # a draw may have paths in two blocks
            return shares.add(ahead.blocks[0], weights)

    for mine in ordered_map(forward, range(len(particles.population.blocks)), workers):
        shares.levels.merge(mine)
    return Posterior(
        model=space.model,
        experiment=space.experiment,
        ledger=space.ledger,
        dates=space.dates,
        now=search.now,
        draws=draws,
        paths=paths,
        seed=space.experiment.seed,
        news=tuple(search.news),
        log_evidence=search.news[-1].log_evidence,
        log_evidence_se=search.news[-1].log_evidence_se,
        odds=shares.odds(weights),
        filtered=search.filtered.odds,
        filtered_se=search.filtered.se,
        drivers=shares.fan(),
        drivers_filtered=search.filtered.levels.fan(paths * draws),
        parameters=numbers(space, space.own(search.scores), weights),
        weights=weights,
    )


def update(
    model: Model,
    experiment: Experiment,
    ledger: LedgerResolved,
    *,
    draws: int | None = None,
    paths: int = DEFAULT_PARTICLES,
    workers: int = 0,
    progress: Progress = max,
) -> Posterior:
    """The experiment given the ledger.

    `draws` of the uncertain numbers (default: the experiment's), each with `paths` particles; if no number is
    uncertain, independent repetitions of the filter. The result depends on these and the experiment's seed, but neither
    on `workers` nor on the order of the ledger. Raises InputError if no path is consistent with the ledger, naming the
    entry.
    """
    if not ledger.entries:
        return forecast_without_evidence(
            model, experiment, ledger, draws=draws, paths=paths, workers=workers, progress=progress
        )
    search = run_smc2(model, experiment, ledger, draws=draws, paths=paths, workers=workers, progress=progress)
    return summary(search, workers)
