"""The forecast without evidence: a plain run of the experiment, with the same odds to the last digit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from frenemy.forecast.driver_levels import fan
from frenemy.forecast.odds import odds_of
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.model.resolved import Model
from frenemy.simulation.ensembles import simulate_experiment
from frenemy.studies.update.findings import News, Posterior
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.smc2 import Progress
from frenemy.studies.update.weighted_draws import numbers

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

    `draws` with `paths` of each; None: as many of both as a run of the experiment has.
    """
    if draws is not None:
        experiment = replace(experiment, uncertainty=Uncertainty(draws=draws, paths=paths))
    space, outer = ParameterSpace.of(model, experiment, nothing), experiment.uncertainty
    futures, done = outer.draws * outer.paths or experiment.paths, 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress(done, futures)

    tally = simulate_experiment(model, experiment, workers=workers, progress=step)
    odds, levels, now, count = odds_of(tally), fan(tally), space.now, max(tally.draws, 1)
    known = replace(
        levels, mean=levels.mean[: now + 1], sd=levels.sd[: now + 1], quantiles=levels.quantiles[:, : now + 1]
    )
    weights = np.full(count, 1 / count)
    return Posterior(
        model=model,
        experiment=experiment,
        ledger=nothing,
        dates=space.dates,
        now=now,
        draws=count,
        paths=tally.paths // count,
        seed=experiment.seed,
        news=(_no_news(space, tally.paths, count),),
        log_evidence=0.0,
        log_evidence_se=0.0,
        odds={"at": odds["at"], "ever": odds["ever"]},
        filtered=odds["at"].probability[:now],
        filtered_se=odds["at"].mc_se[:now],
        drivers=levels,
        drivers_filtered=known,
        parameters=numbers(space, space.own(space.prior(count)), weights),
        weights=weights,
    )


def _no_news(space: ParameterSpace, paths: int, draws: int) -> News:
    return News(
        date=space.dates[space.now],
        tick=space.now,
        entries=(),
        log_evidence=0.0,
        log_evidence_se=0.0,
        effective=float(paths),
        effective_draws=float(draws),
        moved=np.nan,
    )
