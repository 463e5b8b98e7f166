"""Likelihood of what was observed, and of what was not."""

from __future__ import annotations

import math

import numpy as np

from frenemy.arrays import Floats
from frenemy.simulation.compile.arrays import Links, Observations
from frenemy.simulation.ensemble.kernel.maths import PART, ROOT_2
from frenemy.simulation.ensemble.kernel.state import SURE, TINY, Clocks, Ints32, Law, Watch
from frenemy.simulation.noise.streams import Rows

__all__ = [
    "covered_days",
    "first_occurrence",
    "keep_pending",
    "moment_before",
    "score_between",
    "weigh_absence",
    "weigh_absence_of",
    "weigh_occurrence",
]


@PART
def keep_pending(law: Law, watch: Watch, link: int, time: float, comes: bool, delay: float, p: int) -> bool:
    """Whether it is left to the evidence if and when a follow-up of what happens at `time` comes.

    One that comes at a time at which its trigger is not watched does so as ever. Of all others it is known only that
    they do not: such a one is not drawn, but weighed for as long as it might come.
    """
    watched, k = law.watched, law.links.target[link]
    if watched.on[k] == 0:
        return False
    if comes and covered_days(watched, k, time + delay, time + delay + 1e-9) == 0.0:
        return False
    ahead = _observed_arrival_probability(watched, law.links, link, time, time, np.inf)
    if ahead > 0.0:
        i = watch.number[p]
        watch.since[i, p] = time
        watch.seen[i, p] = time
        watch.link[i, p] = link
        watch.gone[i, p] = law.links.chance[link] - ahead
        watch.number[p] += 1
    return True


@PART
def _drop(watch: Watch, i: int, p: int) -> None:
    """Take a follow-up from the list of those that might yet come."""
    watch.number[p] -= 1
    last = watch.number[p]
    watch.since[i, p] = watch.since[last, p]
    watch.seen[i, p] = watch.seen[last, p]
    watch.link[i, p] = watch.link[last, p]
    watch.gone[i, p] = watch.gone[last, p]


@PART
def weigh_absence_of(law: Law, clocks: Clocks, watch: Watch, k: int, now: float, p: int) -> None:
    """Weigh that no follow-up into trigger k came up to now; of what could not have been seen nothing is known."""
    for i in range(watch.number[p]):
        link = watch.link[i, p]
        if law.links.target[link] == k:
            _weigh_absence_from(law, clocks, watch, i, now, p)


@PART
def weigh_absence(law: Law, clocks: Clocks, watch: Watch, end: float, paths: int) -> None:
    """The same for all triggers at the end of a tick; what cannot come any more is forgotten."""
    for p in range(paths):
        i = 0
        while i < watch.number[p]:
            _weigh_absence_from(law, clocks, watch, i, end, p)
            link = watch.link[i, p]
            if _observed_arrival_probability(law.watched, law.links, link, watch.since[i, p], end, np.inf) < SURE:
                _drop(watch, i, p)
            else:
                i += 1


@PART
def _weigh_absence_from(law: Law, clocks: Clocks, watch: Watch, i: int, now: float, p: int) -> None:
    link = watch.link[i, p]
    k = law.links.target[link]
    low = max(watch.seen[i, p], law.triggers.opens[k], clocks.ends[k, p])
    high = min(now, law.triggers.closes[k])
    watch.seen[i, p] = max(watch.seen[i, p], now)
    if high <= low or clocks.happened[k, p] >= law.triggers.max_count[k]:
        return
    came = _observed_arrival_probability(law.watched, law.links, link, watch.since[i, p], low, high)
    if came <= 0.0:
        return
    open_still = 1.0 - watch.gone[i, p]
    watch.gone[i, p] += came
    if open_still - came < SURE:
        watch.log_weight[p] = -np.inf
        if watch.failed[p] == -1:
            watch.failed[p] = -2 - k
        watch.gone[i, p] = 0.0  # the path is out: nothing that comes of it is a number that is used
    else:
        watch.log_weight[p] += math.log((open_still - came) / open_still)


@PART
def first_occurrence(watched: Observations, day: Ints32, n: int, p: int, start: float, time: float) -> int:
    """The first occurrence of tick n whose day ends before `time`, -1: none. It waits for all that may lead to it."""
    found, soonest = -1, time
    for i in range(watched.of_tick[n], watched.of_tick[n + 1]):
        o = watched.which[i]
        if day[o, p] >= start and day[o, p] + 1.0 <= time and (found < 0 or day[o, p] < soonest):
            found, soonest = o, float(day[o, p])
    return found


@PART
def weigh_occurrence(law: Law, rows: Rows, noise: Floats, clocks: Clocks, watch: Watch, o: int, p: int) -> float:
    """Weigh an occurrence, and say at which moment of its day it is taken to happen; -1: it is impossible here.

    Its probability is that of the trigger's own rate and of each follow-up that may have been on its way; by these
    weights it is drawn which of them it was. A day out of several was drawn evenly, which the weight makes good.
    """
    triggers, links, k = law.triggers, law.links, law.watched.trigger[o]
    day = float(watch.day[o, p])
    watch.day[o, p] = -1
    own = clocks.rate[k, p]
    total = own
    for i in range(watch.number[p]):
        total += _arrival_on_day(law, clocks, watch, i, k, day, p)
    if not total > TINY:  # a rate of 0 has a logarithm here, if a low one
        watch.log_weight[p] = -np.inf
        if watch.failed[p] == -1:
            watch.failed[p] = o
        return -1.0
    watch.log_weight[p] += math.log(total * law.watched.days[o])
    part = noise[rows.occurrence[o] + 1, p] * total - own
    within_day = noise[rows.occurrence[o] + 2, p]
    if part < 0.0:
        return float(day + within_day)
    chosen, came = -1, 0.0
    for i in range(watch.number[p]):
        came = _arrival_on_day(law, clocks, watch, i, k, day, p)
        if came > 0.0 and (chosen < 0 or part >= 0.0):
            chosen = i
            part -= came
    if chosen < 0:
        return float(day + within_day)
    link, since = watch.link[chosen, p], watch.since[chosen, p]
    low = max(day, watch.seen[chosen, p], triggers.opens[k], clocks.ends[k, p])
    high = min(day + 1.0, triggers.closes[k])
    _drop(watch, chosen, p)
    if links.delay_sigma[link] == 0.0:
        return float(since + links.delay[link])
    return float(low + within_day * (high - low))


@PART
def _arrival_on_day(law: Law, clocks: Clocks, watch: Watch, i: int, k: int, day: float, p: int) -> float:
    """Probability that a follow-up came on a day, given that it had not by then, where it would have been seen."""
    link = watch.link[i, p]
    if law.links.target[link] != k or clocks.happened[k, p] >= law.triggers.max_count[k]:
        return 0.0
    low = max(day, watch.seen[i, p], law.triggers.opens[k], clocks.ends[k, p])
    high = min(day + 1.0, law.triggers.closes[k])
    if high <= low:
        return 0.0
    since = watch.since[i, p]
    came = _arrival_probability(law.links, link, high - since) - _arrival_probability(law.links, link, low - since)
    return float(law.links.chance[link] * came / (1.0 - watch.gone[i, p]))


@PART
def _observed_arrival_probability(
    watched: Observations, links: Links, link: int, since: float, a: float, b: float
) -> float:
    """Probability that a follow-up of what happened at `since` comes in [a, b) while its trigger is watched."""
    k, p = links.target[link], 0.0
    for i in range(watched.start[k], watched.start[k + 1]):
        low, high = max(a, watched.since[i]), min(b, watched.until[i])
        if high > low:
            p += _arrival_probability(links, link, high - since) - _arrival_probability(links, link, low - since)
    return float(links.chance[link] * p)


@PART
def _arrival_probability(links: Links, link: int, days: float) -> float:
    """Probability that a follow-up, if it comes at all, comes within less than so many days."""
    if days <= 0.0:
        return 0.0
    if links.delay_sigma[link] == 0.0:
        return 1.0 if days > links.delay[link] else 0.0
    return 0.5 * math.erfc(-math.log(days / links.delay[link]) / (links.delay_sigma[link] * ROOT_2))


@PART
def covered_days(watched: Observations, k: int, a: float, b: float) -> float:
    """Days of [a, b) on which trigger k is watched."""
    days = 0.0
    for i in range(watched.start[k], watched.start[k + 1]):
        days += max(min(b, watched.until[i]) - max(a, watched.since[i]), 0.0)
    return days


@PART
def moment_before(watched: Observations, k: int, start: float, end: float, left: float) -> float:
    """The moment after which `left` days remain until `end` on which trigger k is not watched."""
    moment = end - left
    for back in range(watched.start[k + 1] - watched.start[k]):
        i = watched.start[k + 1] - 1 - back
        if watched.since[i] < end and moment < watched.until[i]:
            moment -= max(min(end, watched.until[i]) - max(start, watched.since[i]), 0.0)
    return moment


@PART
def score_between(median: float, sigma: float, low: float, high: float, z: float) -> float:
    """A standard normal score made one of those with which a lognormal time lies between `low` and `high`.

    Where z stands among all scores, the result stands among these: its upper tail q is found by Newton's method on
    log q, which falls ever more steeply, so that from the right each step stays right of the solution.
    """
    upper = 1.0 if low <= 0.0 else 0.5 * math.erfc(math.log(low / median) / (sigma * ROOT_2))
    lower = 0.5 * math.erfc(math.log(high / median) / (sigma * ROOT_2)) if high < np.inf else 0.0
    q = max(upper - 0.5 * math.erfc(-z / ROOT_2) * (upper - lower), TINY)
    x = math.sqrt(-2.0 * math.log(2.0 * q)) if q < 0.5 else 0.0
    for _ in range(100):
        tail = 0.5 * math.erfc(x / ROOT_2)
        step = math.log(tail / q) * tail * math.sqrt(2.0 * math.pi) / math.exp(-0.5 * x * x)
        x += step
        if abs(step) < 1e-12 * (1.0 + abs(x)):
            break
    return x
