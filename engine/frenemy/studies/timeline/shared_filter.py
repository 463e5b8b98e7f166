"""Many ledgers at once: as long as they tell the same, their particles live the same lives, and live them once.

The particles of all ledgers read the same noise and stop at the same assessments. Up to the stop before the first day
of which two ledgers know different things, everything is the same for both, bit for bit; there one population becomes
two. So each ledger gets the very numbers that it would get on its own, with these stops: what is shared is time, and
the luck of the draws, before the parting and after it.

What a ledger knows of later days must not show before. For most triggers it does not. But of one that follows from
others it matters, when those happen, how long it goes on being watched: what would come while it is watched is weighed,
and what would come later is drawn. So it is taken to be watched for ever, until the stop before it ceases to be; what
was on its way for the days after is then drawn (`release`). Likewise an episode of which it is known that it went on is
taken to go on for ever, until the stop before it is known when it ended; then it is given its end (`retell`). And dates
of the calendar take the branch that is known of them at the stop before.
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

__all__ = ["Course", "LedgerOdds", "courses", "take_in"]


LIVED = ("name", "until", "occurrences", "ends", "branches", "readings", "sightings", "coverage")
"""What particles are told as they go, or never; ledgers that differ in anything else part at the start."""
GOES_ON = 1e9
"""Days for which an episode is taken to last until it is known when it ended, or known no longer that it did not."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """A ledger as particles meet it, stop by stop."""

    space: ParameterSpace
    stops: tuple[Stop, ...]
    laws: tuple[Compiled, ...]  # under which they live up to each stop
    told: tuple[Hashable, ...]  # all that they are told on the way to each stop
    closed: Compiled  # under which they go on from the last


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LedgerOdds:
    """What came of a ledger."""

    at: Floats  # (scenarios,) odds of being in each at the horizon
    ever: Floats  # (scenarios,) of having been in it by then
    log_evidence: float  # log of the probability (density for readings) of the ledger


def courses(model: Model, experiment: Experiment, ledgers: Sequence[LedgerResolved]) -> tuple[Course, ...]:
    """Ledgers with the stops of all of them, every uncertain number at its median."""
    spaces = [ParameterSpace.of(model, experiment, ledger) for ledger in ledgers]
    laws = [space.compiled(np.zeros(len(space.ranges)), space.now) for space in spaces]
    own = [stops(law, space.ledger, space.now) for space, law in zip(spaces, laws, strict=True)]
    ticks = sorted({stop.tick for each in own for stop in each})
    return tuple(_course(*each, ticks) for each in zip(spaces, laws, own, strict=True))


def _course(space: ParameterSpace, law: Compiled, own: Sequence[Stop], ticks: Iterable[int]) -> Course:
    mine = {stop.tick: stop for stop in own}
    met = [mine.get(tick, Stop(tick=tick, seen=(), entries=())) for tick in ticks if tick <= space.now]
    laws = [law]
    for stop in met:
        laws.append(_unforeseen(law, stop.tick * law.tick, laws[-1]))
    rest = repr([getattr(space.ledger, of.name) for of in fields(space.ledger) if of.name not in LIVED])
    since = [0, *(stop.tick for stop in met)]
    told = [_observed_until(*stretch) for stretch in zip(laws[1:], since, met, strict=False)]
    return Course(
        space=space,
        stops=tuple(met),
        laws=tuple(laws[1:]),
        told=((rest, told[0]), *told[1:]),
        closed=space.closed(law, space.now),
    )


def _unforeseen(law: Compiled, day: float, before: Compiled) -> Compiled:
    """The law as particles live by it until a day.

    What follows from others is not yet known to cease to be watched, what goes on is not known to end, and no date that
    is still ahead is known to take a branch. `before` is the law by which they lived so far; it is returned if it is
    the same.
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
        ends_from=np.where(goes_on, GOES_ON, watched.ends_from),
        ends_until=np.where(goes_on, np.inf, watched.ends_until),
        branch=np.where(ahead, -1, watched.branch),
    )
    names = ("since", "until", "ends_from", "ends_until", "branch")
    same = all(np.array_equal(getattr(mine, name), getattr(before.observations, name)) for name in names)
    return before if same else replace(law, observations=mine)


def _observed_until(law: Compiled, since: int, stop: Stop) -> Hashable:
    """All that particles are told from one stop (a tick) to the next, and what they are to know of the time after."""
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
    became = [
        (entry, float(watched.ends_from[o]), float(watched.ends_until[o]))
        for o, entry in enumerate(entries)
        if watched.first[o] < b and watched.ends_from[o] >= 0 and watched.ends_until[o] > a
    ]
    return tuple(stretches), tuple(happened), repr(stop.seen), tuple(became)


def take_in(
    ledgers: Sequence[Course],
    *,
    seed: int,
    paths: int,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> list[LedgerOdds]:
    """What comes of each ledger; `progress` hears of each that is done.

    Raises InputError where no path bears out a ledger, naming the entry.
    """
    noise, streams = Noise(seed, keep=True), _streams(ledgers)
    found: dict[int, LedgerOdds] = {}

    def start(law: Compiled) -> Particles:
        population = start_pair(law, noise=noise, streams=streams, size=paths)
        return Particles(compiled=law, population=population, weights=np.full(paths, 1 / paths))

    def live(group: Sequence[int], particles: Particles, place: int) -> None:
        """Go on through the stops from `place` on; up to there all of a group are told the same."""
        while True:
            lead = ledgers[group[0]]
            _assimilate(lead, particles, place, workers)
            for n in group:
                if len(ledgers[n].stops) == place + 1:
                    found[n] = _forecast(particles, ledgers[n].closed, workers)
                    progress(1)
            place += 1
            *sides, group = _parted(ledgers, group, place)
            if not group:
                return
            for side in sides:
                live(side, _under(particles, ledgers[side[0]].laws[place]), place)
            law = ledgers[group[0]].laws[place]
            particles = particles if law is particles.compiled else _under(particles, law)

    for group in _parted(ledgers, range(len(ledgers)), 0):
        if group:
            live(group, start(ledgers[group[0]].laws[0]), 0)
    return [found[n] for n in range(len(ledgers))]


def _streams(ledgers: Sequence[Course]) -> Layout:
    """The noise of all of them: that of a law that knows all that any of them knows to have happened."""
    told = dict.fromkeys(event for course in ledgers for event in course.space.ledger.occurrences)
    return layout(observe(ledgers[0].closed, replace(ledgers[0].space.ledger, occurrences=tuple(told))))


def _parted(ledgers: Sequence[Course], group: Iterable[int], place: int) -> list[list[int]]:
    """Those that go on to a stop by what they are told on the way to it: the most at the end."""
    parts: dict[Hashable, list[int]] = {}
    for n in group:
        if place < len(ledgers[n].stops):
            parts.setdefault(ledgers[n].told[place], []).append(n)
    return sorted(parts.values(), key=len) or [[]]


def _assimilate(course: Course, particles: Particles, place: int, workers: int) -> None:
    if particles.assimilate(course.stops[place], workers) < AS_GOOD_AS_IMPOSSIBLE:
        raise impossible(course.space, [particles], course.stops[place])
    particles.resample()


def _under(particles: Particles, law: Compiled) -> Particles:
    """The same particles once more, to go on under another law."""
    return Particles(law, fork(particles.population, law), particles.log_likelihood, particles.weights.copy())


def _forecast(particles: Particles, closed: Compiled, workers: int) -> LedgerOdds:
    """Go on to the horizon, on the same noise, knowing no more; the particles stay as they are."""
    ahead = fork(particles.population, closed)
    ahead.advance(closed.ticks, workers=workers)
    end = ahead.read()
    inside = np.arange(len(end.spent))[:, None] == end.scenario
    return LedgerOdds(
        at=inside @ particles.weights,
        ever=(end.spent > 0) @ particles.weights,
        log_evidence=particles.log_likelihood,
    )
