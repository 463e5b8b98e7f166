"""Updating on evidence: SMC² over numbers and paths, on the engine's own kernel.

Each draw of the uncertain numbers has its own particles, whose filter gives an unbiased estimate of the likelihood of
the draw (`particle_filter`). Draws are weighted by these estimates; when too few of them carry most of the weight they
are resampled, and each is moved: a proposed point in the space of scores, a new filter through all the evidence so far,
and acceptance by the Metropolis-Hastings rule on the estimates. This is SMC² (Chopin, Jacob and Papaspiliopoulos 2013,
Journal of the Royal Statistical Society B 75(3)): its posterior is exact as the number of draws grows, however few the
paths of each.

Rejected: jittering the numbers and keeping the paths (Liu and West 2001; Crisan and Míguez 2018). It costs nothing, but
a path then carries the traces of numbers that it no longer has, and what the past says of a rate is forgotten at the
speed of the jitter. Each move costs a filter through the past, which is short compared with the horizon.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from frenemy.arrays import Bools, Floats
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.noise.streams import generator
from frenemy.simulation.resampling.population import start
from frenemy.storage.spool import Spool
from frenemy.studies.update.filtering_history import Filtered
from frenemy.studies.update.findings import News
from frenemy.studies.update.impossible import impossible
from frenemy.studies.update.likelihood import Stop, stops
from frenemy.studies.update.parameter_space import ParameterSpace, Proposal, fitted_proposal
from frenemy.studies.update.particle_filter import Particles, effective, systematic

__all__ = ["SMC2", "Progress", "joined_ledgers", "run_smc2", "sizes"]

Progress = Callable[[int, int], object]
"""Called with the number of stops done, and of how many."""

AS_GOOD_AS_IMPOSSIBLE = -500.0
"""A log probability that no realistic evidence of one stop has; a rate of zero gives some -700."""
MIN_EFFECTIVE_SHARE = 0.5
"""Resample and move the draws if their effective number is a smaller share than this."""
MOVES = 2
"""Moves proposed for each draw each time that draws are resampled."""
ISLANDS = 16
"""Repetitions of the filter if no number is uncertain: their spread is its error."""
FIRST_STEP = 0.7
DEFAULT_PARTICLES = 256
"""Particles of each draw, by default."""


def run_smc2(
    model: Model,
    experiment: Experiment,
    ledger: LedgerResolved,
    *,
    draws: int | None = None,
    paths: int = DEFAULT_PARTICLES,
    workers: int = 0,
    progress: Progress = max,
) -> SMC2:
    """The particles given the ledger; `summary` summarises them, `SMC2.extended` adds more evidence."""
    space = ParameterSpace.of(model, experiment, ledger)
    draws, paths = sizes(space, draws, paths)
    search = SMC2.at_start(space, draws, paths, workers)
    search.assimilate_all(progress)
    return search


def sizes(space: ParameterSpace, draws: int | None, paths: int) -> tuple[int, int]:
    """How many draws (None: the experiment's), and how many particles of each."""
    draws = (space.experiment.uncertainty.draws if draws is None else draws) or ISLANDS
    if space.ranges or space.ledger.entries:
        return draws, paths
    return 1, draws * paths  # all draws would be equal: these are plain paths


@dataclass(slots=True, eq=False)
class SMC2:
    """All draws with their particles, stopped at an assessment."""

    space: ParameterSpace
    now: int
    stops: tuple[Stop, ...]
    scores: Floats  # (draws, numbers)
    particles: Particles
    workers: int
    weights: Floats  # (draws,) they sum to 1
    log_evidence: float = 0.0
    past_variance: float = 0.0  # variance of the log evidence up to the last resampling
    step: float = FIRST_STEP
    news: list[News] = field(default_factory=list)
    spool: Spool = field(default_factory=Spool)  # where the paths of draws lie that wait for the others
    filtered: Filtered = field(init=False)

    def __post_init__(self) -> None:
        self.filtered = Filtered.empty(self.space, self.now)

    @classmethod
    def at_start(cls, space: ParameterSpace, draws: int, paths: int, workers: int) -> SMC2:
        """Draws from the prior, at the start."""
        scores, spool, now = space.prior(draws), Spool(), space.now
        # Without evidence the paths are those of the plain run.
        population = start(
            space.ensemble(scores, paths, now),
            seed=space.experiment.seed,
            purpose="evidence/" if space.ledger.entries else "",
            history=now,
            spool=spool,
            workers=workers,
        )
        return cls(
            space=space,
            now=now,
            stops=stops(population.model, space.ledger, now),
            scores=scores,
            particles=Particles.of(population),
            workers=workers,
            weights=np.full(draws, 1 / draws),
            spool=spool,
        )

    def assimilate_all(self, progress: Progress = max) -> None:
        """Assimilate the stops that are still ahead."""
        done = self.news[-1].tick if self.news else -1
        ahead = [stop for stop in self.stops if stop.tick > done]
        for n, stop in enumerate(ahead, 1):
            self.assimilate(stop)
            progress(n, len(ahead))

    def extended(self, more: LedgerResolved, progress: Progress = max) -> SMC2:
        """A copy continued through a ledger that begins where this one ends; this one stays as it is.

        Coverage until the last assessment may continue. Raises ValueError for evidence of the past, and for a trigger
        that is covered again after a gap.
        """
        ledger = joined_ledgers(self.space.ledger, more, self._date(self.now))
        space = ParameterSpace.of(self.space.model, self.space.experiment, ledger)
        now = space.now

        old = self.particles
        ensemble = space.ensemble(self.scores, old.weights.shape[1], now)
        population = old.population.fork(f"{old.population.purpose}{self.now}/", ensemble=ensemble)
        population.remember(now)
        search = SMC2(
            space=space,
            now=now,
            stops=self.stops,
            scores=self.scores.copy(),
            particles=Particles(population, old.weights.copy(), old.log_likelihood.copy()),
            workers=self.workers,
            weights=self.weights.copy(),
            log_evidence=self.log_evidence,
            past_variance=self.past_variance,
            step=self.step,
            news=list(self.news),
            spool=self.spool,
        )
        search.stops = stops(population.model, ledger, now)
        search.filtered = self.filtered.extended(now)
        search.assimilate_all(progress)
        return search

    def _date(self, tick: int) -> dt.date:
        return self.space.experiment.start + dt.timedelta(days=tick * self.space.experiment.tick)

    def assimilate(self, stop: Stop) -> None:
        """Simulate up to a stop, weigh the evidence there, and renew the draws if too few are effective."""
        particles, before = self.particles, self._joint()
        since = particles.population.tick
        gains = particles.assimilate(stop, self.workers)
        best = gains[self.weights > 0].max(initial=-np.inf)
        if best < AS_GOOD_AS_IMPOSSIBLE:
            raise impossible(self.space, particles, stop)
        weights = np.where(self.weights > 0, self.weights * np.exp(np.where(self.weights > 0, gains, best) - best), 0.0)
        self.log_evidence += float(best) + math.log(float(weights.sum()))
        self.weights = weights / weights.sum()
        after = self._joint()
        self.filtered.add(particles.population, since, before, after, self.workers)
        few = float(effective(self.weights))
        error2 = self.past_variance + 1 / few - 1 / len(self.weights)
        moved = math.nan
        particles.resample(self.workers)
        if few < MIN_EFFECTIVE_SHARE * len(self.weights):
            self.past_variance = error2
            moved = self._renew(stop)
        self.news.append(
            News(
                date=np.datetime64(self._date(stop.tick)),
                tick=stop.tick,
                entries=stop.entries,
                log_evidence=self.log_evidence,
                log_evidence_se=math.sqrt(max(error2, 0.0)),
                effective=float(effective(after.ravel())),
                effective_draws=few,
                moved=moved,
            )
        )

    def _joint(self) -> Floats:
        """Weights of all particles, (draws, paths); they sum to 1."""
        return self.weights[:, None] * self.particles.weights

    def _renew(self, stop: Stop) -> float:
        """Resample the draws and propose moves for each; returns the share accepted."""
        seed, draws = self.space.experiment.seed, len(self.weights)
        proposal = fitted_proposal(self.scores, self.weights)
        rng = generator(seed, f"evidence/draws/{stop.tick}", 0)
        chosen = systematic(self.weights, float(rng.random()))
        self.scores = self.scores[chosen]
        self.particles.pick(chosen, self.workers)
        self.weights = np.full(draws, 1 / draws)
        if self.scores.shape[1] == 0:
            return math.nan
        past = [other for other in self.stops if other.tick <= stop.tick]
        accepted = []
        for round_ in range(MOVES):
            share = float(self._move(f"evidence/move/{stop.tick}/{round_}/", past, proposal).mean())
            accepted.append(share)
            self.step = min(1.0, self.step * 1.3) if share > 0.4 else self.step * 0.7 if share < 0.2 else self.step
        return float(np.mean(accepted))

    def _move(self, name: str, past: Sequence[Stop], proposal: Proposal) -> Bools:
        """Propose a move for each draw, with a new filter through the past; returns which were accepted."""
        seed, old, each = self.space.experiment.seed, self.scores, self.particles.weights.shape[1]
        rng = generator(seed, name, 0)
        new = proposal.move(old, self.step, rng)
        most = np.log(rng.random(len(old))) - proposal.log_ratio(old, new)
        whole = self.space.ensemble(new, each, self.now)
        step = whole.draws_of_whole_blocks
        parts = [slice(first, min(first + step, len(old))) for first in range(0, len(old), step)]

        def filtered(part: slice) -> Particles:
            proposed = Particles.of(start(whole.part(part), seed=seed, purpose=name, history=self.now))
            proposed.assimilate_all(past)
            return proposed

        accepted = np.zeros(len(old), dtype=np.bool_)
        for part, proposed in zip(parts, ordered_map(filtered, parts, self.workers), strict=True):
            accepted[part] = most[part] < proposed.log_likelihood - self.particles.log_likelihood[part]
            self.particles.adopt(part, proposed, accepted[part])
        self.scores = np.where(accepted[:, None], new, old)
        self.particles.population.follow(self.particles.population.ensemble.mixed(whole, accepted))
        return accepted


def joined_ledgers(ledger: LedgerResolved, more: LedgerResolved, date: dt.date) -> LedgerResolved:
    """Two ledgers as one. Raises ValueError if the second does not begin where the first ends."""
    begins = [*(o.first for o in more.occurrences), *(c.since for c in more.coverage)]
    begins += [*(b.date for b in more.branches), *(end.last for end in more.ends)]
    seen = [*(r.date for r in more.readings), *(s.date for s in more.sightings)]
    begins += [day - dt.timedelta(days=1) for day in seen]  # those on the date itself have been weighed already
    if any(begin < date for begin in begins):
        raise ValueError(f"the evidence goes back to {min(begins)}, but all up to {date} has been weighed")
    covered = {c.trigger for c in ledger.coverage if c.until >= date}
    triggers = {entry.trigger for kind in (more.coverage, more.occurrences, more.ends) for entry in kind}
    for trigger in triggers:
        if trigger not in covered:
            raise ValueError(f"{trigger} must be covered until {date} by the ledger that is continued")
    return LedgerResolved(
        name=more.name,
        until=more.until,
        occurrences=ledger.occurrences + more.occurrences,
        ends=(*(end for end in ledger.ends if end.began not in {other.began for other in more.ends}), *more.ends),
        branches=ledger.branches + more.branches,
        readings=ledger.readings + more.readings,
        sightings=ledger.sightings + more.sightings,
        coverage=ledger.coverage + more.coverage,
    )
