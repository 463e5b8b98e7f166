"""The forecast without evidence: nothing is weighed, so each draw is simulated to the horizon, counted and dropped."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.forecast import Odds, Reading
from frenemy.forecast.odds import Draws, jeffreys_variance, odds_at_medians
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.ensemble.run import simulate
from frenemy.simulation.ensemble.tally import Tally
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.resampling.population import start
from frenemy.studies.update.filtering_history import Levels
from frenemy.studies.update.findings import News, Posterior
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.smc2 import Progress, sizes
from frenemy.studies.update.weighted_draws import Shares, numbers

__all__ = ["forecast_without_evidence"]


def forecast_without_evidence(
    model: Model,
    experiment: Experiment,
    nothing: LedgerResolved,
    *,
    draws: int | None,
    paths: int,
    workers: int,
    progress: Progress,
) -> Posterior:
    """The odds, levels and numbers of an empty ledger; the past ends where the ledger would end.

    The odds are those of the plain run. Memory does not grow with the draws, but for the odds of each.
    """
    space = ParameterSpace.of(model, experiment, nothing)
    draws, paths = sizes(space, draws, paths)
    seed, ticks, scores = experiment.seed, experiment.ticks, space.prior(draws)
    shares = Shares.empty(space, draws, paths)
    shared = Noise(seed, keep=True) if paths <= BLOCK else None  # the paths are those of the plain run

    def forward(m: int) -> tuple[Levels, Tally]:
        law = space.compiled(scores[m], space.now)
        population = start(law, seed=seed, size=paths, history=ticks, shared=shared)
        population.advance(ticks, workers=1)
        return shares.add(m, population, 1 / draws), simulate(law, seed=seed, paths=paths, detail="odds", workers=1)

    over: Draws | None = None
    for m, (levels, tally) in enumerate(ordered_map(forward, range(draws), workers)):
        shares.levels.merge(levels)
        over = over or Draws(tally.batch_paths)
        over.add(tally)
        progress(m + 1, draws)
    assert over is not None
    odds = over.odds() if draws > 1 else odds_at_medians(tally)
    filtered, filtered_se = _filtered(shares, space.now)
    return Posterior(
        model=model,
        experiment=experiment,
        ledger=nothing,
        dates=space.dates,
        now=space.now,
        draws=draws,
        paths=paths,
        seed=seed,
        news=(_no_news(space, draws, paths),),
        log_evidence=0.0,
        log_evidence_se=0.0,
        odds=_without_time_share(odds),
        filtered=filtered,
        filtered_se=filtered_se,
        drivers=shares.fan(),
        drivers_filtered=shares.levels.up_to(space.now).fan(draws * paths),
        parameters=numbers(space, scores, np.full(draws, 1 / draws)),
        weights=np.full(draws, 1 / draws),
    )


def _without_time_share(odds: Mapping[Reading, Odds]) -> Mapping[Reading, Odds]:
    return {reading: of for reading, of in odds.items() if reading != "time_share"}


def _filtered(shares: Shares, now: int) -> tuple[Floats, Floats]:
    """Odds up to tick `now`, and their errors from the spread between draws, (now, scenarios): no more was known."""
    draws = len(shares.at)
    mine = shares.at[:, :now] / (shares.paths * draws)
    odds = mine.sum(axis=0)
    floor = jeffreys_variance(np.float64(0), np.float64(0), shares.paths * draws)
    return odds, np.sqrt(np.maximum(np.sum((mine - odds / draws) ** 2, axis=0), floor))


def _no_news(space: ParameterSpace, draws: int, paths: int) -> News:
    return News(
        date=space.dates[space.now],
        tick=space.now,
        entries=(),
        log_evidence=0.0,
        log_evidence_se=0.0,
        effective=float(draws * paths),
        effective_draws=float(draws),
        moved=np.nan,
    )
