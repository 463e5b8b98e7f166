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
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.streams import Layout, layout
from frenemy.simulation.resampling.fork import fork, start_pair
from frenemy.simulation.resampling.observations import observe
from frenemy.studies.update.impossible import impossible
from frenemy.studies.update.likelihood import Stop, stops
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.particle_filter import Particles
from frenemy.studies.update.smc2 import AS_GOOD_AS_IMPOSSIBLE

__all__ = ["FilterPlan", "LedgerOdds", "filter_plans", "run_filters"]


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
    """The odds given each ledger; `progress` is called after each.

    Raises InputError if no path is consistent with a ledger, naming the entry.
    """
    noise, streams = Noise(seed, keep=True), _streams(plans)
    found: dict[int, LedgerOdds] = {}

    def start(law: Compiled) -> Particles:
        population = start_pair(law, noise=noise, streams=streams, size=paths)
        return Particles(compiled=law, population=population, weights=np.full(paths, 1 / paths))

    def advance(group: Sequence[int], particles: Particles, place: int) -> None:
        """Filter through the stops from `place` on; up to there a group has observed the same."""
        while True:
            lead = plans[group[0]]
            _assimilate(lead, particles, place, workers)
            for n in group:
                if len(plans[n].stops) == place + 1:
                    found[n] = _forecast(particles, plans[n].closed, workers)
                    progress(1)
            place += 1
            *sides, group = _split_groups(plans, group, place)
            if not group:
                return
            for side in sides:
                advance(side, _fork_under(particles, plans[side[0]].laws[place]), place)
            law = plans[group[0]].laws[place]
            particles = particles if law is particles.compiled else _fork_under(particles, law)

    for group in _split_groups(plans, range(len(plans)), 0):
        if group:
            advance(group, start(plans[group[0]].laws[0]), 0)
    return [found[n] for n in range(len(plans))]


def _streams(plans: Sequence[FilterPlan]) -> Layout:
    """The noise streams of all of them: those of a model that knows every occurrence that any of them knows."""
    known = dict.fromkeys(event for plan in plans for event in plan.space.ledger.occurrences)
    return layout(observe(plans[0].closed, replace(plans[0].space.ledger, occurrences=tuple(known))))


def _split_groups(plans: Sequence[FilterPlan], group: Iterable[int], place: int) -> list[list[int]]:
    """Those that continue to a stop, grouped by what they observe on the way to it: the largest group last."""
    parts: dict[Hashable, list[int]] = {}
    for n in group:
        if place < len(plans[n].stops):
            parts.setdefault(plans[n].observed[place], []).append(n)
    return sorted(parts.values(), key=len) or [[]]


def _assimilate(plan: FilterPlan, particles: Particles, place: int, workers: int) -> None:
    if particles.assimilate(plan.stops[place], workers) < AS_GOOD_AS_IMPOSSIBLE:
        raise impossible(plan.space, [particles], plan.stops[place])
    particles.resample()


def _fork_under(particles: Particles, law: Compiled) -> Particles:
    """A copy of the particles, to continue under another compiled model."""
    return Particles(law, fork(particles.population, law), particles.log_likelihood, particles.weights.copy())


def _forecast(particles: Particles, closed: Compiled, workers: int) -> LedgerOdds:
    """Continue to the horizon on the same noise, without further evidence; the particles stay as they are."""
    ahead = fork(particles.population, closed)
    ahead.advance(closed.ticks, workers=workers)
    end = ahead.read()
    inside = np.arange(len(end.spent))[:, None] == end.scenario
    return LedgerOdds(
        at=inside @ particles.weights,
        ever=(end.spent > 0) @ particles.weights,
        log_evidence=particles.log_likelihood,
    )
