"""Many ledgers at once: particles are shared between ledgers as long as these say the same.

The particles of all ledgers read the same noise and stop at the same assessments. Up to the stop before the first day
on which two ledgers differ, everything is the same for both, bit for bit; there one population becomes two. So each
ledger gets the same numbers that it would get on its own with these stops. Sharing saves time, and the sampling noise
is the same before and after the split. Ledgers that differ only in what weighs paths, as readings and signposts do, go
on to the horizon on the same paths, which are simulated once.

What a ledger knows of later days must not show before. For most triggers it does not. But for a trigger that follows
from others, it matters when those happen how long it is observed: follow-ups within that time are weighed, later ones
are drawn. So it is treated as observed for ever, until the stop before its observation ends; what was pending for the
days after is then drawn (`resample_pending`). Likewise an episode known to be still running is treated as endless,
until the stop before its end is known; then it is given its end (`redraw_episode_ends`). And dates of the calendar take
the branch that is known at the stop before.

Over outer draws each draw has its own numbers and particles; all are in one population. Its estimate of the likelihood
of a ledger weighs the draw: importance sampling from the prior, in which unbiased estimates can replace the likelihoods
(Beaumont 2003, Genetics 164(3); Tran et al. 2013, arXiv 1309.3339). Draws are not renewed, as they are in `smc2`; their
effective number says what is left of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from frenemy.arrays import Bools, Floats
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import Compiled, Observations
from frenemy.simulation.ensemble.ensemble import Ensemble, one_model
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.streams import Layout, layout
from frenemy.simulation.resampling.fork import fork, start_pair
from frenemy.simulation.resampling.observations import observe
from frenemy.simulation.resampling.population import Population
from frenemy.studies.update.impossible import impossible
from frenemy.studies.update.likelihood import Stop, stops
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.particle_filter import Particles, effective
from frenemy.studies.update.smc2 import AS_GOOD_AS_IMPOSSIBLE

__all__ = ["FilterPlan", "LedgerOdds", "filter_plans", "run_filters", "run_filters_over_draws"]


FILTERED = ("name", "until", "occurrences", "ends", "branches", "readings", "sightings", "coverage")
"""Fields of a ledger that are assimilated stop by stop; ledgers that differ in another field split at the start."""
ENDLESS = 1e9
"""Days that an episode is treated as lasting until its end is known, or until it is no longer known to go on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FilterPlan:
    """A ledger as it is assimilated, stop by stop."""

    space: ParameterSpace
    stops: tuple[Stop, ...]
    watched: tuple[Observations, ...]  # what is observed up to each stop
    observed: tuple[Hashable, ...]  # all of it that tells ledgers apart on the way to each stop
    met: tuple[Hashable, ...]  # the part of this that changes paths, and not only their weights
    closed: Observations  # what is observed of the past after the last stop


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LedgerOdds:
    """The odds given a ledger."""

    at: Floats  # (scenarios,) odds of being in each at the horizon
    ever: Floats  # (scenarios,) of having been in it by then
    log_evidence: float  # log of the probability (density for readings) of the ledger
    effective: float = 1.0  # of the outer draws


def filter_plans(model: Model, experiment: Experiment, ledgers: Sequence[LedgerResolved]) -> tuple[FilterPlan, ...]:
    """A plan for each ledger, with the stops of all of them, every uncertain number at its median."""
    spaces = [ParameterSpace.of(model, experiment, ledger) for ledger in ledgers]
    plain = ParameterSpace.of(model, experiment, LedgerResolved(name="", until=experiment.start)).at_medians()
    laws = [space.watching(one_model(plain, 1)).models[0] for space in spaces]
    own = [stops(law, space.ledger, space.now) for space, law in zip(spaces, laws, strict=True)]
    ticks = sorted({stop.tick for each in own for stop in each})
    return tuple(_plan(*each, ticks) for each in zip(spaces, laws, own, strict=True))


def _plan(space: ParameterSpace, law: Compiled, own: Sequence[Stop], ticks: Iterable[int]) -> FilterPlan:
    mine = {stop.tick: stop for stop in own}
    planned = [mine.get(tick, Stop(tick=tick, seen=(), entries=())) for tick in ticks if tick <= space.now]
    watched = [law.observations]
    for stop in planned:
        watched.append(_without_foresight(law, stop.tick * law.tick, watched[-1]))
    rest = repr([getattr(space.ledger, of.name) for of in fields(space.ledger) if of.name not in FILTERED])
    since = [0, *(stop.tick for stop in planned)]
    stretches = [*zip((replace(law, observations=mine) for mine in watched[1:]), since, planned, strict=False)]
    observed = [_observed_until(*stretch) for stretch in stretches]
    return FilterPlan(
        space=space,
        stops=tuple(planned),
        watched=tuple(watched[1:]),
        observed=((rest, observed[0]), *observed[1:]),
        met=tuple(_met_until(*stretch) for stretch in stretches),
        closed=space.closed(Ensemble(models=(law,), each=1), space.now).models[0].observations,
    )


def _without_foresight(law: Compiled, day: float, before: Observations) -> Observations:
    """What is observed up to a day, without what the ledger says of later days.

    Observation of triggers that follow from others does not end, running episodes do not end, and dates still ahead
    have no known branch. `before` is what was observed so far, returned if nothing differs.
    """
    watched, since, until, start = law.observations, list[float](), list[float](), [0]
    followed = set(law.links.target.tolist())
    for k in range(len(watched.on)):
        for i in range(watched.start[k], watched.start[k + 1]):
            lasts = k in followed and watched.until[i] >= day
            since.append(watched.since[i])
            until.append(np.inf if lasts else watched.until[i])
            if lasts:
                break
        start.append(len(since))
    goes_on = watched.ends_from >= day
    ahead = law.calendar.tick * law.tick >= day
    mine = watched._replace(
        start=np.array(start),
        since=np.array(since),
        until=np.array(until),
        ends_from=np.where(goes_on, ENDLESS, watched.ends_from),
        ends_until=np.where(goes_on, np.inf, watched.ends_until),
        branch=np.where(ahead, -1, watched.branch),
    )
    names = ("since", "until", "ends_from", "ends_until", "branch")
    same = all(np.array_equal(getattr(mine, name), getattr(before, name)) for name in names)
    return before if same else mine


def _observed_until(law: Compiled, since: int, stop: Stop) -> tuple[Hashable, ...]:
    """All that is observed from one stop (a tick) to the next, and what must be known of the time after."""
    return (*_met_until(law, since, stop), repr(stop.seen))


def _met_until(law: Compiled, since: int, stop: Stop) -> tuple[Hashable, ...]:
    """The same without what is seen at the stop, which weighs paths and changes none."""
    watched, (a, b) = law.observations, (since * law.tick, stop.tick * law.tick)
    followed = set(law.links.target.tolist())
    stretches = [
        (k, max(watched.since[i], a), watched.until[i] if k in followed else min(watched.until[i], b))
        for k in range(len(watched.on))
        for i in range(watched.start[k], watched.start[k + 1])
        if watched.until[i] > a and (k in followed or watched.since[i] < b)
    ]
    entries = [
        (int(watched.trigger[o]), int(watched.first[o]), int(watched.days[o]), float(watched.severity[o]))
        for o in range(len(watched.first))
    ]
    happened = [
        entry for o, entry in enumerate(entries) if watched.first[o] < b and watched.first[o] + watched.days[o] > a
    ]
    ended = [
        (entry, float(watched.ends_from[o]), float(watched.ends_until[o]))
        for o, entry in enumerate(entries)
        if watched.first[o] < b and watched.ends_from[o] >= 0 and watched.ends_until[o] > a
    ]
    return tuple(stretches), tuple(happened), tuple(ended)


def run_filters(
    plans: Sequence[FilterPlan],
    *,
    seed: int,
    paths: int,
    workers: int = 1,
    progress: Callable[[int], object] = int,
) -> list[LedgerOdds]:
    """The odds given each ledger, every number at its median; `progress` is called after each.

    Raises InputError if no path is consistent with a ledger, naming the entry.
    """
    medians = one_model(plans[0].space.at_medians(), paths)
    return run_filters_over_draws(plans, medians, seed=seed, workers=workers, progress=progress)


def run_filters_over_draws(
    plans: Sequence[FilterPlan],
    draws: Ensemble,
    *,
    seed: int,
    workers: int = 1,
    progress: Callable[[int], object] = int,
) -> list[LedgerOdds]:
    """The odds given each ledger over outer draws; `progress` is called after each ledger.

    Raises InputError if no path of any draw is consistent with a ledger, naming the entry.
    """
    found = _Pass(plans, draws, seed, workers=workers, progress=progress).run()
    return [_over_draws(of_ledger) for of_ledger in found]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _DrawOdds:
    """The odds given a ledger with the numbers of each draw."""

    at: Floats  # (draws, scenarios)
    ever: Floats
    log_likelihood: Floats  # (draws,) -inf: no path is consistent with the ledger


def _over_draws(found: _DrawOdds) -> LedgerOdds:
    """The means over draws, weighed by their likelihoods."""
    best = found.log_likelihood.max()
    weights = np.exp(found.log_likelihood - best)
    log_evidence = float(best + np.log(weights.mean()))
    count, weights = float(effective(weights)), weights / weights.sum()
    return LedgerOdds(at=weights @ found.at, ever=weights @ found.ever, log_evidence=log_evidence, effective=count)


class _Pass:
    """All ledgers, with the particles of all draws."""

    def __init__(
        self,
        plans: Sequence[FilterPlan],
        draws: Ensemble,
        seed: int,
        *,
        workers: int,
        progress: Callable[[int], object] = int,
    ) -> None:
        self._plans, self._draws, self._workers, self._progress = plans, draws, workers, progress
        self._noise, self._streams = Noise(seed, keep=True), _streams(plans, draws)
        self._ensembles = dict[int, Ensemble]()
        self._ahead = dict[Hashable, tuple[Bools, Bools]]()
        self._found: dict[int, _DrawOdds] = {}

    def run(self) -> list[_DrawOdds]:
        """The odds given each ledger."""
        for group in _split_groups(self._plans, range(len(self._plans)), 0):
            if group:
                first = self._observing(self._plans[group[0]].watched[0])
                particles = Particles.of(start_pair(first, noise=self._noise, streams=self._streams))
                self._advance(group, particles, 0, ())
        return [self._found[n] for n in range(len(self._plans))]

    def _observing(self, observations: Observations) -> Ensemble:
        """The draws under what a plan observes."""
        if id(observations) not in self._ensembles:
            self._ensembles[id(observations)] = self._draws.observing(observations)
        return self._ensembles[id(observations)]

    def _advance(self, group: Sequence[int], particles: Particles, place: int, past: tuple[Hashable, ...]) -> None:
        """Filter through the stops from `place` on; up to there a group has observed the same.

        `past` is all that made the paths what they are: groups with the same past differ in weights alone.
        """
        plans = self._plans
        while True:
            lead = plans[group[0]]
            if particles.assimilate(lead.stops[place], self._workers).max() < AS_GOOD_AS_IMPOSSIBLE:
                raise impossible(lead.space, particles, lead.stops[place])
            past = (*past, lead.met[place])
            if particles.resample():
                past = (*past, object())  # equal to no other
            for n in group:
                if len(plans[n].stops) == place + 1:
                    self._found[n] = self._forecast(particles, plans[n].closed, past)
                    self._progress(1)
            place += 1
            *sides, group = _split_groups(plans, group, place)
            if not group:
                return
            for side in sides:
                other = _fork_under(particles, self._observing(plans[side[0]].watched[place]))
                self._advance(side, other, place, past)
            ensemble = self._observing(plans[group[0]].watched[place])
            if ensemble is not particles.population.ensemble:
                particles = _fork_under(particles, ensemble)

    def _forecast(self, particles: Particles, closed: Observations, past: tuple[Hashable, ...]) -> _DrawOdds:
        """The odds at the horizon without further evidence; the particles stay as they are."""
        weights = particles.weights
        key = (past, *(array.tobytes() for array in closed))
        if key not in self._ahead:
            self._ahead[key] = self._hits(particles.population, closed)
        by_draw = [hits.reshape(len(hits), *weights.shape) for hits in self._ahead[key]]
        at, ever = (np.einsum("smp,mp->ms", hits, weights) for hits in by_draw)
        return _DrawOdds(at=at, ever=ever, log_likelihood=particles.log_likelihood)

    def _hits(self, population: Population, closed: Observations) -> tuple[Bools, Bools]:
        """Whether paths are in each scenario at the horizon, and have been by then, (scenarios, paths)."""
        ahead = fork(population, self._observing(closed))
        ahead.advance(ahead.model.ticks, workers=self._workers)
        end = ahead.read()
        return np.arange(len(end.spent))[:, None] == end.scenario, end.spent > 0


def _streams(plans: Sequence[FilterPlan], draws: Ensemble) -> Layout:
    """The noise streams of all of them: those of models that know every occurrence that any of them knows."""
    known = dict.fromkeys(event for plan in plans for event in plan.space.ledger.occurrences)
    first = observe(draws.models[0], replace(plans[0].space.ledger, occurrences=tuple(known)))
    return layout(first, *draws.models[1:])


def _split_groups(plans: Sequence[FilterPlan], group: Iterable[int], place: int) -> list[list[int]]:
    """Those that continue to a stop, grouped by what they observe on the way to it: the largest group last."""
    parts: dict[Hashable, list[int]] = {}
    for n in group:
        if place < len(plans[n].stops):
            parts.setdefault(plans[n].observed[place], []).append(n)
    return sorted(parts.values(), key=len) or [[]]


def _fork_under(particles: Particles, ensemble: Ensemble) -> Particles:
    """A copy of the particles, to continue under other evidence."""
    population = fork(particles.population, ensemble)
    return Particles(population, particles.weights.copy(), particles.log_likelihood.copy())
