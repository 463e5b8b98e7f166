"""From weighed particles to what an update says: odds, levels and numbers, before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from frenemy.analyse.evidence import Learned, Updated
from frenemy.analyse.evidence_draws import EDGE, Space
from frenemy.analyse.evidence_particles import Particles
from frenemy.analyse.forecast import QUANTILES, DriverFan, Odds, Reading
from frenemy.analyse.levels import histogram_quantiles
from frenemy.analyse.odds import Draws, jeffreys_variance, odds_at_medians
from frenemy.executors import ordered_map
from frenemy.simulate.ensemble import simulate
from frenemy.simulate.tally import BINS

if TYPE_CHECKING:
    from frenemy.analyse.evidence_update import Search

__all__ = ["Filtered", "Levels", "summary"]

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Levels:
    """Weighted histograms of the drivers, tick by tick."""

    histogram: Floats  # (ticks + 1, drivers, BINS)
    first: Floats  # (ticks + 1, drivers) weighted sums of the index
    second: Floats  # (ticks + 1, drivers) of its square

    @classmethod
    def empty(cls, ticks: int, drivers: int) -> Levels:
        shape = (ticks + 1, drivers)
        return cls(np.zeros((*shape, BINS)), np.zeros(shape), np.zeros(shape))

    def add(self, tick: int, index: Floats, weights: Floats) -> None:
        """Take the levels of some ticks from `tick` on, (ticks, drivers, paths), with the weights of their paths."""
        bins = np.minimum(index * (BINS / 100), BINS - 1).astype(np.int64)
        for n in range(len(index)):
            for d in range(index.shape[1]):
                self.histogram[tick + n, d] += np.bincount(bins[n, d], weights=weights, minlength=BINS)
        self.first[tick : tick + len(index)] += index @ weights
        self.second[tick : tick + len(index)] += index**2 @ weights

    def fan(self, paths: int) -> DriverFan:
        """The weights must sum to 1 at every tick."""
        sd = np.sqrt(np.maximum(self.second - self.first**2, 0.0))
        quantiles = histogram_quantiles(self.histogram)  # type: ignore[arg-type]
        return DriverFan(paths=paths, mean=self.first, sd=sd, quantiles=np.where(sd < 1e-3, self.first, quantiles))


@dataclass(slots=True, eq=False)
class Filtered:
    """What was known at each tick, at that tick; between two stops, what was known at the first."""

    odds: Floats  # (now, scenarios)
    se: Floats  # (now, scenarios)
    levels: Levels

    @classmethod
    def empty(cls, space: Space, now: int) -> Filtered:
        shape = (now, len(space.model.scenarios))
        return cls(np.zeros(shape), np.zeros(shape), Levels.empty(now, len(space.model.drivers)))

    def longer(self, now: int) -> Filtered:
        """The same, with room for more ticks."""
        more, levels = now - len(self.odds), self.levels

        def padded(array: Floats) -> Floats:
            return np.pad(array, ((0, more), *[(0, 0)] * (array.ndim - 1)))

        roomier = Levels(padded(levels.histogram), padded(levels.first), padded(levels.second))
        return Filtered(padded(self.odds), padded(self.se), roomier)

    def take(self, particles: Sequence[Particles], since: int, until: int, before: Floats, after: Floats) -> None:
        """Take the ticks since one stop until the next; weights (draws, paths) at both."""
        if until == 0:  # nothing is past yet
            index = np.concatenate([each.population.read().index for each in particles], axis=-1)
            self.levels.add(0, index[None], after.ravel())
            return
        pasts = [each.population.past(since, until) for each in particles]
        index = np.concatenate([past[0] for past in pasts], axis=-1)  # (ticks + 1, drivers, draws x paths)
        scenario = np.stack([past[1] for past in pasts], axis=1)  # (ticks, draws, paths)
        for n in range(since, until + 1):
            if n == since < until:
                continue
            weights = after if n == until else before
            self.levels.add(n, index[n - since : n - since + 1], weights.ravel())
            if n > 0:
                self.odds[n - 1], self.se[n - 1] = _shares(scenario[n - since - 1], weights, self.odds.shape[1])


def _shares(scenario: NDArray[np.int8], weights: Floats, scenarios: int) -> tuple[Floats, Floats]:
    """Weighted share of each scenario, and its error from the spread between draws; (draws, paths) both."""
    of_draw = weights.sum(axis=1)
    shares, errors = np.empty(scenarios), np.empty(scenarios)
    floor = jeffreys_variance(np.float64(0), np.float64(0), weights.size)
    for s in range(scenarios):
        mine = np.where(scenario == s, weights, 0.0).sum(axis=1)
        shares[s] = mine.sum()
        errors[s] = np.sqrt(max(float(np.sum((mine - shares[s] * of_draw) ** 2)), float(floor)))
    return shares, errors


def summary(search: Search, workers: int) -> Updated:
    """Go on from the evidence to the horizon, and say what came of it all."""
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
        each.level()
        ahead = each.population
        if space.ledger.entries:  # a copy goes on, so that the particles may meet more evidence
            closed = space.closed(each.compiled, search.now)
            ahead = ahead.fork(f"forecast/{ahead.purpose}", compiled=closed)
        ahead.remember(ticks)
        ahead.advance(ticks, workers=1)
        index, scenario = ahead.past()
        mine.add(0, index, np.full(paths, weights[m] / paths))
        inside = np.stack([scenario == s for s in range(scenarios)], axis=1)
        at = inside.sum(axis=-1) / paths
        ever = np.logical_or.accumulate(inside, axis=0).sum(axis=-1) / paths
        return mine, at, ever

    for mine, at, ever in ordered_map(forward, range(len(weights)), workers):
        levels.histogram += mine.histogram
        levels.first += mine.first
        levels.second += mine.second
        rows["at"].append(at)
        rows["ever"].append(ever)
    odds = _plain_odds(search, paths, workers) if not space.ledger.entries else {}
    start = np.datetime64(space.experiment.start, "D")
    return Updated(
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
        parameters=_learned(space, search.scores, weights),
        weights=weights,
    )


def _plain_odds(search: Search, paths: int, workers: int) -> Mapping[Reading, Odds]:
    """Nothing was learned: the odds are those of the plain run."""
    tallies = (
        simulate(each.compiled, seed=search.space.experiment.seed, paths=paths, detail="odds", workers=workers)
        for each in search.particles
    )
    first = next(tallies)
    if len(search.particles) == 1:
        return {reading: odds for reading, odds in odds_at_medians(first).items() if reading != "time_share"}
    over = Draws(first.batch_paths)
    over.add(first)
    for tally in tallies:
        over.add(tally)
    return {reading: odds for reading, odds in over.odds().items() if reading != "time_share"}


def _odds(rows: Floats, weights: Floats, paths: int) -> Odds:
    """Odds over weighted draws, (draws, ticks, scenarios), each the share of so many paths.

    The bands are weighted quantiles over draws, drawn towards the mean by what the luck of the paths adds to them.
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


def _learned(space: Space, scores: Floats, weights: Floats) -> Mapping[str, Learned]:
    learned = {}
    for (key, prior), mine in zip(space.ranges.items(), scores.T, strict=True):
        values = np.array([prior.quantile(float(u)) for u in ndtr(np.clip(mine, -EDGE, EDGE))])
        mean = float(weights @ mine)
        learned[key] = Learned(
            key=key,
            prior=prior,
            prior_quantiles=np.array([prior.quantile(q) for q in QUANTILES]),
            posterior_quantiles=weighted_quantiles(values, weights),
            posterior_mean=float(weights @ values),
            shift=float(weighted_quantiles(mine, weights)[3]),
            narrowing=float(np.sqrt(max(weights @ (mine - mean) ** 2, 0.0))),
            values=values,
        )
    return learned
