"""Many ledgers at once: particles are shared between ledgers as long as these say the same.

The particles of all ledgers read the same noise and stop at the same assessments. Up to the stop before the first day
on which two ledgers differ, everything is the same for both, bit for bit; there one population becomes two. So each
ledger gets the same numbers that it would get on its own with these stops. Sharing saves time, and the sampling noise
is the same before and after the split.

What a ledger knows of later days must not show before. For most triggers it does not. But for a trigger that follows
from others, it matters when those happen how long it is observed: follow-ups within that time are weighed, later ones
are drawn. So it is treated as observed for ever, until the stop before its observation ends; what was pending for the
days after is then drawn (`resample_pending`). Likewise an episode known to be still running is treated as endless,
until the stop before its end is known; then it is given its end (`redraw_episode_ends`). And dates of the calendar take
the branch that is known at the stop before.

Over outer draws each draw has its own compiled model, particles and noise, and goes through all ledgers alone. Its
estimate of the likelihood of a ledger weighs the draw: importance sampling from the prior, in which unbiased estimates
can replace the likelihoods (Beaumont 2003, Genetics 164(3); Tran et al. 2013, arXiv 1309.3339). Draws are not renewed,
as they are in `smc2`; their effective number says what is left of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.errors import InputError
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.streams import BLOCK, Layout, layout
from frenemy.simulation.resampling.fork import fork, start_pair
from frenemy.simulation.resampling.observations import observe
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
    laws: tuple[Compiled, ...]  # the compiled model up to each stop
    observed: tuple[Hashable, ...]  # all that is observed on the way to each stop
    closed: Compiled  # the compiled model after the last stop


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
    laws = [space.compiled(np.zeros(len(space.ranges)), space.now) for space in spaces]
    own = [stops(law, space.ledger, space.now) for space, law in zip(spaces, laws, strict=True)]
    ticks = sorted({stop.tick for each in own for stop in each})
    return tuple(_plan(*each, ticks) for each in zip(spaces, laws, own, strict=True))


def _plan(space: ParameterSpace, law: Compiled, own: Sequence[Stop], ticks: Iterable[int]) -> FilterPlan:
    mine = {stop.tick: stop for stop in own}
    planned = [mine.get(tick, Stop(tick=tick, seen=(), entries=())) for tick in ticks if tick <= space.now]
    laws = [law]
    for stop in planned:
        laws.append(_without_foresight(law, stop.tick * law.tick, laws[-1]))
    rest = repr([getattr(space.ledger, of.name) for of in fields(space.ledger) if of.name not in FILTERED])
    since = [0, *(stop.tick for stop in planned)]
    observed = [_observed_until(*stretch) for stretch in zip(laws[1:], since, planned, strict=False)]
    return FilterPlan(
        space=space,
        stops=tuple(planned),
        laws=tuple(laws[1:]),
        observed=((rest, observed[0]), *observed[1:]),
        closed=space.closed(law, space.now),
    )


def _without_foresight(law: Compiled, day: float, before: Compiled) -> Compiled:
    """The compiled model up to a day, without what the ledger says of later days.

    Observation of triggers that follow from others does not end, running episodes do not end, and dates still ahead
    have no known branch. `before` is the compiled model so far, returned if nothing differs.
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
    same = all(np.array_equal(getattr(mine, name), getattr(before.observations, name)) for name in names)
    return before if same else replace(law, observations=mine)


def _observed_until(law: Compiled, since: int, stop: Stop) -> Hashable:
    """All that is observed from one stop (a tick) to the next, and what must be known of the time after."""
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
    return tuple(stretches), tuple(happened), repr(stop.seen), tuple(ended)


def run_filters(
    plans: Sequence[FilterPlan],
    *,
    seed: int,
    paths: int,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> list[LedgerOdds]:
    """The odds given each ledger, every number at its median; `progress` is called after each.

    Raises InputError if no path is consistent with a ledger, naming the entry.
    """
    first = plans[0].space.compiled(np.zeros(len(plans[0].space.ranges)), 0)
    found = _Pass(plans, _streams(plans, [first]), seed, paths, workers=workers, progress=progress).run()
    for of in found:
        if of.impossible:
            raise of.impossible
    return [LedgerOdds(at=of.at, ever=of.ever, log_evidence=of.log_likelihood) for of in found]


def run_filters_over_draws(
    plans: Sequence[FilterPlan],
    models: Sequence[Compiled],
    *,
    seed: int,
    paths: int,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> list[LedgerOdds]:
    """The odds given each ledger over outer draws, with `paths` particles each; `progress` is called after each draw.

    Raises InputError if no path of any draw is consistent with a ledger, naming the entry.
    """
    streams = _streams(plans, models)

    def work(draw: int) -> list[_DrawOdds]:
        found = _Pass(plans, streams, seed, paths, workers=1, model=models[draw], draw=draw).run()
        progress(1)
        return found

    by_draw = list(ordered_map(work, range(len(models)), workers))
    return [_over_draws(of_ledger) for of_ledger in zip(*by_draw, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _DrawOdds:
    """The odds given a ledger with the numbers of one draw."""

    at: Floats
    ever: Floats
    log_likelihood: float  # -inf: no path is consistent with the ledger
    impossible: InputError | None = None  # why


def _over_draws(found: Sequence[_DrawOdds]) -> LedgerOdds:
    """The means over draws, weighed by their likelihoods."""
    logs = np.array([of.log_likelihood for of in found])
    best = logs.max()
    if best == -np.inf:
        raise next(of.impossible for of in found if of.impossible)
    weights = np.exp(logs - best)
    log_evidence = float(best + np.log(weights.mean()))
    count, weights = effective(weights), weights / weights.sum()
    at, ever = weights @ np.array([of.at for of in found]), weights @ np.array([of.ever for of in found])
    return LedgerOdds(at=at, ever=ever, log_evidence=log_evidence, effective=count)


class _Pass:
    """All ledgers, with the particles of one compiled model."""

    def __init__(
        self,
        plans: Sequence[FilterPlan],
        streams: Layout,
        seed: int,
        paths: int,
        *,
        workers: int,
        model: Compiled | None = None,
        draw: int = 0,
        progress: Callable[[int], object] = int,
    ) -> None:
        """`model` is that of a draw; None: every number at its median, on the paths of the seed."""
        self._plans, self._streams, self._workers, self._progress = plans, streams, workers, progress
        self._noise = Noise(seed, keep=True, width=BLOCK if model is None else min(paths, BLOCK))
        self._paths, self._purpose = paths, "" if model is None else f"draw/{draw}/"
        self._block = draw * -(-paths // self._noise.width)
        self._model, self._laws = model, dict[int, Compiled]()
        self._found: dict[int, _DrawOdds] = {}

    def run(self) -> list[_DrawOdds]:
        """The odds given each ledger."""
        for group in _split_groups(self._plans, range(len(self._plans)), 0):
            if group:
                self._advance(group, self._start(self._law(self._plans[group[0]].laws[0])), 0)
        return [self._found[n] for n in range(len(self._plans))]

    def _law(self, of: Compiled) -> Compiled:
        """A compiled model of the plans, with the numbers of the draw."""
        if self._model is None:
            return of
        if id(of) not in self._laws:
            self._laws[id(of)] = replace(self._model, observations=of.observations)
        return self._laws[id(of)]

    def _start(self, law: Compiled) -> Particles:
        population = start_pair(
            law, noise=self._noise, streams=self._streams, size=self._paths, purpose=self._purpose, first=self._block
        )
        return Particles(compiled=law, population=population, weights=np.full(self._paths, 1 / self._paths))

    def _advance(self, group: Sequence[int], particles: Particles, place: int) -> None:
        """Filter through the stops from `place` on; up to there a group has observed the same."""
        plans = self._plans
        while True:
            lead = plans[group[0]]
            if particles.assimilate(lead.stops[place], self._workers) < AS_GOOD_AS_IMPOSSIBLE:
                self._end(group, impossible(lead.space, [particles], lead.stops[place]))
                return
            particles.resample()
            for n in group:
                if len(plans[n].stops) == place + 1:
                    self._found[n] = _forecast(particles, self._law(plans[n].closed), self._workers)
                    self._progress(1)
            place += 1
            *sides, group = _split_groups(plans, group, place)
            if not group:
                return
            for side in sides:
                self._advance(side, _fork_under(particles, self._law(plans[side[0]].laws[place])), place)
            law = self._law(plans[group[0]].laws[place])
            particles = particles if law is particles.compiled else _fork_under(particles, law)

    def _end(self, group: Sequence[int], why: InputError) -> None:
        """No path is consistent with these ledgers."""
        nothing = np.zeros(len(self._plans[0].closed.model.scenarios))
        dead = _DrawOdds(at=nothing, ever=nothing, log_likelihood=-np.inf, impossible=why)
        self._found |= dict.fromkeys(group, dead)


def _streams(plans: Sequence[FilterPlan], models: Sequence[Compiled]) -> Layout:
    """The noise streams of all of them: those of models that know every occurrence that any of them knows."""
    known = dict.fromkeys(event for plan in plans for event in plan.space.ledger.occurrences)
    first = observe(plans[0].closed, replace(plans[0].space.ledger, occurrences=tuple(known)))
    return layout(replace(models[0], observations=first.observations), *models[1:])


def _split_groups(plans: Sequence[FilterPlan], group: Iterable[int], place: int) -> list[list[int]]:
    """Those that continue to a stop, grouped by what they observe on the way to it: the largest group last."""
    parts: dict[Hashable, list[int]] = {}
    for n in group:
        if place < len(plans[n].stops):
            parts.setdefault(plans[n].observed[place], []).append(n)
    return sorted(parts.values(), key=len) or [[]]


def _fork_under(particles: Particles, law: Compiled) -> Particles:
    """A copy of the particles, to continue under another compiled model."""
    return Particles(law, fork(particles.population, law), particles.log_likelihood, particles.weights.copy())


def _forecast(particles: Particles, closed: Compiled, workers: int) -> _DrawOdds:
    """Continue to the horizon on the same noise, without further evidence; the particles stay as they are."""
    ahead = fork(particles.population, closed)
    ahead.advance(closed.ticks, workers=workers)
    end = ahead.read()
    inside = np.arange(len(end.spent))[:, None] == end.scenario
    return _DrawOdds(
        at=inside @ particles.weights,
        ever=(end.spent > 0) @ particles.weights,
        log_likelihood=particles.log_likelihood,
    )
