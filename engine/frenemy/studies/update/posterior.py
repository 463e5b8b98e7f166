"""From weighted particles to the posterior: odds, levels and numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtr

from frenemy.arrays import Floats
from frenemy.forecast.forecast import QUANTILES, Odds, Reading
from frenemy.forecast.odds import jeffreys_variance, odds_of
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.run import simulate_ensemble
from frenemy.simulation.parameter_draws import points
from frenemy.studies.update.filtering_history import Levels
from frenemy.studies.update.findings import Posterior, PosteriorNumber
from frenemy.studies.update.parameter_space import EDGE, ParameterSpace
from frenemy.studies.update.smc2 import DEFAULT_PARTICLES, SMC2, Progress, run_smc2

__all__ = ["summary", "update"]


def summary(search: SMC2, workers: int) -> Posterior:
    """Simulate from the evidence to the horizon, and summarise odds, levels and numbers."""
    space, weights = search.space, search.weights
    ticks, scenarios = space.experiment.ticks, len(space.model.scenarios)
    levels = Levels.empty(ticks, len(space.model.drivers))
    rows: dict[Reading, list[Floats]] = {"at": [], "ever": []}
    paths = len(search.particles[0].weights)

    def forward(m: int) -> tuple[Levels, Floats, Floats]:
        mine = Levels.empty(ticks, len(space.model.drivers))
        each = search.particles[m]
        if not each.alive:
            return mine, np.zeros((ticks, scenarios)), np.zeros((ticks, scenarios))
        each.equalise()
        ahead = each.population
        if space.ledger.entries:  # a copy continues, so that the particles can assimilate more evidence
            closed = space.closed(each.compiled, search.now)
            ahead = ahead.fork(f"forecast/{ahead.purpose}", compiled=closed)
        ahead.remember(ticks)
        ahead.advance(ticks, workers=1)
        each.population.rest()
        at, ever, entered = (
            np.zeros((ticks, scenarios)),
            np.zeros((ticks, scenarios)),
            np.zeros((scenarios, paths), bool),
        )
        equal = np.full(paths, weights[m] / paths)
        for n in range(ticks):
            index, scenario = ahead.past(n, n + 1)
            if n == 0:
                mine.add(0, index[:1], equal)
            mine.add(n + 1, index[1:], equal)
            inside = scenario == np.arange(scenarios)[:, None]
            entered |= inside
            at[n], ever[n] = inside.sum(axis=-1) / paths, entered.sum(axis=-1) / paths
        ahead.forget()  # without evidence it is the particles' own past
        return mine, at, ever

    for mine, at, ever in ordered_map(forward, range(len(weights)), workers):
        levels.histogram += mine.histogram
        levels.first += mine.first
        levels.second += mine.second
        rows["at"].append(at)
        rows["ever"].append(ever)
    odds = _plain_odds(search, paths, workers) if not space.ledger.entries else {}
    start = np.datetime64(space.experiment.start, "D")
    return Posterior(
        model=space.model,
        experiment=space.experiment,
        ledger=space.ledger,
        dates=start + np.arange(ticks + 1) * np.timedelta64(space.experiment.tick, "D"),
        now=search.now,
        draws=len(weights),
        paths=paths,
        seed=space.experiment.seed,
        news=tuple(search.news),
        log_evidence=search.news[-1].log_evidence,
        log_evidence_se=search.news[-1].log_evidence_se,
        odds=odds or {reading: _odds(np.stack(of), weights, paths) for reading, of in rows.items()},
        filtered=search.filtered.odds,
        filtered_se=search.filtered.se,
        drivers=levels.fan(paths * len(weights)),
        drivers_filtered=search.filtered.levels.fan(paths * len(weights)),
        parameters=_parameters(space, space.own(search.scores), weights),
        weights=weights,
    )


def _plain_odds(search: SMC2, paths: int, workers: int) -> Mapping[Reading, Odds]:
    """Without evidence the odds are those of the plain run."""
    space, draws = search.space, len(search.particles)
    places = None if draws == 1 else points(tuple(space.ranges), draws, space.experiment.seed)
    ensemble = Ensemble(models=[each.compiled for each in search.particles], each=paths, points=places)
    tally = simulate_ensemble(ensemble, seed=space.experiment.seed, detail="odds", workers=workers)
    return {reading: odds for reading, odds in odds_of(tally).items() if reading != "time_share"}


def _odds(rows: Floats, weights: Floats, paths: int) -> Odds:
    """Odds over weighted draws, (draws, ticks, scenarios), each the share of so many paths.

    The bands are weighted quantiles over draws, shrunk towards the mean to remove the sampling noise of the paths.
    """
    mean = np.tensordot(weights, rows, axes=1)
    deviations = rows - mean
    between = np.tensordot(weights, deviations**2, axes=1)
    within = np.tensordot(weights, rows * (1 - rows), axes=1)
    size = 1 / np.sum(weights**2)
    unbiased = between * size / max(size - 1, 1e-9)
    judgement = np.maximum(unbiased - within / max(paths - 1, 1), 0.0)
    factor = np.sqrt(np.divide(judgement, unbiased, out=np.ones_like(mean), where=unbiased > 0))
    error2 = np.tensordot(weights**2, deviations**2, axes=1)
    floor = jeffreys_variance(np.float64(0), np.float64(0), round(size * paths))
    return Odds(
        probability=mean,
        mc_se=np.sqrt(np.maximum(error2, floor)),
        quantiles=weighted_quantiles(mean + np.clip(factor, 0, 1) * deviations, weights),
        judgement_variance=judgement,
        path_variance=within,
    )


def weighted_quantiles(values: Floats, weights: Floats) -> Floats:
    """(7, ...): quantiles over the first axis; each value stands for the middle of its slice of weight (Hazen)."""
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    mine = weights[order]
    middles = np.cumsum(mine, axis=0) - mine / 2
    flat, places = ordered.reshape(len(values), -1), middles.reshape(len(values), -1)
    columns = [np.interp(QUANTILES, places[:, i], flat[:, i]) for i in range(flat.shape[1])]
    return np.stack(columns, axis=-1).reshape(len(QUANTILES), *values.shape[1:])


def _parameters(space: ParameterSpace, scores: Floats, weights: Floats) -> Mapping[str, PosteriorNumber]:
    parameters = {}
    for (key, prior), mine in zip(space.ranges.items(), scores.T, strict=True):
        values = np.array([prior.quantile(float(u)) for u in ndtr(np.clip(mine, -EDGE, EDGE))])
        mean = float(weights @ mine)
        parameters[key] = PosteriorNumber(
            key=key,
            prior=prior,
            prior_quantiles=np.array([prior.quantile(q) for q in QUANTILES]),
            posterior_quantiles=weighted_quantiles(values, weights),
            posterior_mean=float(weights @ values),
            shift=float(weighted_quantiles(mine, weights)[3]),
            narrowing=float(np.sqrt(max(weights @ (mine - mean) ** 2, 0.0))),
            values=values,
        )
    return parameters


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
    search = run_smc2(model, experiment, ledger, draws=draws, paths=paths, workers=workers, progress=progress)
    return summary(search, workers)
