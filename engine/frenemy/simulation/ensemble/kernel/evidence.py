"""Likelihood of what was observed, and of what was not.

A follow-up into a watched trigger is *pending*: it is not drawn whether and when it comes. What the evidence says of it
is weighed for as long as it might come.
"""

from __future__ import annotations

import math

import numpy as np

from frenemy.arrays import Floats
from frenemy.simulation.compile.arrays import Links, Observations
from frenemy.simulation.ensemble.kernel.maths import PART, ROOT_2, at
from frenemy.simulation.ensemble.kernel.state import IMPOSSIBLE_BELOW, TINY, Clocks, EvidenceState, Ints32, Law
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
def keep_pending(law: Law, evidence: EvidenceState, link: int, time: float, comes: bool, delay: float, p: int) -> bool:
    """Whether a follow-up of an event at `time` is not queued; it is listed if it could come while watched.

    A follow-up that comes while its trigger is not watched is queued as usual. Of the others the draw says only that
    they do not come then.
    """
    observations, k = law.observations, law.links.target[link]
    if observations.on[k] == 0:
        return False
    if comes and covered_days(observations, k, time + delay, time + delay + 1e-9) == 0.0:
        return False
    ahead = _observed_arrival_probability(law, link, time, time, np.inf, p)
    if ahead > 0.0:
        i = evidence.pending[p]
        evidence.since[i, p] = time
        evidence.weighed_until[i, p] = time
        evidence.link[i, p] = link
        evidence.missed[i, p] = at(law.links.chance[link], at(law.draw, p)) - ahead
        evidence.pending[p] += 1
    return True


@PART
def _drop(evidence: EvidenceState, i: int, p: int) -> None:
    """Take a follow-up off the list of the pending ones."""
    evidence.pending[p] -= 1
    last = evidence.pending[p]
    evidence.since[i, p] = evidence.since[last, p]
    evidence.weighed_until[i, p] = evidence.weighed_until[last, p]
    evidence.link[i, p] = evidence.link[last, p]
    evidence.missed[i, p] = evidence.missed[last, p]


@PART
def weigh_absence_of(law: Law, clocks: Clocks, evidence: EvidenceState, k: int, now: float, p: int) -> None:
    """Weigh that no pending follow-up into trigger k came up to now."""
    for i in range(evidence.pending[p]):
        link = evidence.link[i, p]
        if law.links.target[link] == k:
            _weigh_absence_from(law, clocks, evidence, i, now, p)


@PART
def weigh_absence(law: Law, clocks: Clocks, evidence: EvidenceState, end: float, paths: int) -> None:
    """The same for all triggers at the end of a tick; what can no longer come is dropped."""
    for p in range(paths):
        i = 0
        while i < evidence.pending[p]:
            _weigh_absence_from(law, clocks, evidence, i, end, p)
            link = evidence.link[i, p]
            if _observed_arrival_probability(law, link, evidence.since[i, p], end, np.inf, p) < IMPOSSIBLE_BELOW:
                _drop(evidence, i, p)
            else:
                i += 1


@PART
def _weigh_absence_from(law: Law, clocks: Clocks, evidence: EvidenceState, i: int, now: float, p: int) -> None:
    """Weigh that pending follow-up i did not come; times at which it would have been lost do not count."""
    link = evidence.link[i, p]
    k = law.links.target[link]
    low = max(evidence.weighed_until[i, p], law.triggers.opens[k], clocks.ends[k, p])
    high = min(now, law.triggers.closes[k])
    evidence.weighed_until[i, p] = max(evidence.weighed_until[i, p], now)
    if high <= low or clocks.happened[k, p] >= law.triggers.max_count[k]:
        return
    arrival = _observed_arrival_probability(law, link, evidence.since[i, p], low, high, p)
    if arrival <= 0.0:
        return
    still_open = 1.0 - evidence.missed[i, p]
    evidence.missed[i, p] += arrival
    if still_open - arrival < IMPOSSIBLE_BELOW:
        evidence.log_weight[p] = -np.inf
        if evidence.failed[p] == -1:
            evidence.failed[p] = -2 - k
        evidence.missed[i, p] = 0.0  # the path is out: none of its numbers are used
    else:
        evidence.log_weight[p] += math.log((still_open - arrival) / still_open)


@PART
def first_occurrence(observations: Observations, day: Ints32, n: int, p: int, start: float, time: float) -> int:
    """The first occurrence of tick n whose day ends by `time`, -1: none. All that may lead to it comes before it."""
    first, soonest = -1, time
    for i in range(observations.of_tick[n], observations.of_tick[n + 1]):
        o = observations.which[i]
        if day[o, p] >= start and day[o, p] + 1.0 <= time and (first < 0 or day[o, p] < soonest):
            first, soonest = o, float(day[o, p])
    return first


@PART
def weigh_occurrence(
    law: Law, rows: Rows, noise: Floats, clocks: Clocks, evidence: EvidenceState, o: int, p: int
) -> float:
    """Weigh an occurrence and draw its moment within the day; -1: it is impossible in this path.

    Its likelihood is the sum of the trigger's own rate, over the time of the day in which its gate is open, and the
    probability of each pending follow-up. Which of them caused it is drawn with these weights. A day out of several was
    drawn evenly; the weight corrects for that.
    """
    triggers, links, k = law.triggers, law.links, law.observations.trigger[o]
    day = float(evidence.day[o, p])
    evidence.day[o, p] = -1
    low, high = max(day, triggers.opens[k], clocks.gate[k, p]), min(day + 1.0, triggers.closes[k])
    own = clocks.rate[k, p] * max(high - low, 0.0)
    total = own
    for i in range(evidence.pending[p]):
        total += _arrival_on_day(law, clocks, evidence, i, k, day, p)
    if not total > TINY:  # a rate of 0 is not quite 0 here: its logarithm is finite
        evidence.log_weight[p] = -np.inf
        if evidence.failed[p] == -1:
            evidence.failed[p] = o
        return -1.0
    evidence.log_weight[p] += math.log(total * law.observations.days[o])
    part = noise[rows.occurrence[o] + 1, p] * total - own
    within_day = noise[rows.occurrence[o] + 2, p]
    own_moment = float(low + within_day * (high - low))
    if part < 0.0:
        return own_moment
    chosen, arrival = -1, 0.0
    for i in range(evidence.pending[p]):
        arrival = _arrival_on_day(law, clocks, evidence, i, k, day, p)
        if arrival > 0.0 and (chosen < 0 or part >= 0.0):
            chosen = i
            part -= arrival
    if chosen < 0:
        return own_moment
    link, since = evidence.link[chosen, p], evidence.since[chosen, p]
    low = max(day, evidence.weighed_until[chosen, p], triggers.opens[k], clocks.ends[k, p])
    high = min(day + 1.0, triggers.closes[k])
    _drop(evidence, chosen, p)
    m = at(law.draw, p)
    if at(links.delay_sigma[link], m) == 0.0:
        return float(since + at(links.delay[link], m))
    return float(low + within_day * (high - low))


@PART
def _arrival_on_day(law: Law, clocks: Clocks, evidence: EvidenceState, i: int, k: int, day: float, p: int) -> float:
    """Probability that a pending follow-up into k came on the day, given that it had not come before."""
    link = evidence.link[i, p]
    if law.links.target[link] != k or clocks.happened[k, p] >= law.triggers.max_count[k]:
        return 0.0
    low = max(day, evidence.weighed_until[i, p], law.triggers.opens[k], clocks.ends[k, p])
    high = min(day + 1.0, law.triggers.closes[k])
    if high <= low:
        return 0.0
    since, m = evidence.since[i, p], at(law.draw, p)
    arrival = _arrival_probability(law.links, link, high - since, m)
    arrival -= _arrival_probability(law.links, link, low - since, m)
    return float(at(law.links.chance[link], m) * arrival / (1.0 - evidence.missed[i, p]))


@PART
def _observed_arrival_probability(law: Law, link: int, since: float, a: float, b: float, p: int) -> float:
    """Probability that a follow-up of an event at `since` comes in [a, b) while its trigger is watched."""
    observations, links, m = law.observations, law.links, at(law.draw, p)
    k, probability = links.target[link], 0.0
    for i in range(observations.start[k], observations.start[k + 1]):
        low, high = max(a, observations.since[i]), min(b, observations.until[i])
        if high > low:
            arrival = _arrival_probability(links, link, high - since, m)
            probability += arrival - _arrival_probability(links, link, low - since, m)
    return float(at(links.chance[link], m) * probability)


@PART
def _arrival_probability(links: Links, link: int, days: float, m: int) -> float:
    """Probability that a follow-up that comes takes less than so many days."""
    if days <= 0.0:
        return 0.0
    median, sigma = at(links.delay[link], m), at(links.delay_sigma[link], m)
    if sigma == 0.0:
        return 1.0 if days > median else 0.0
    return 0.5 * math.erfc(-math.log(days / median) / (sigma * ROOT_2))


@PART
def covered_days(observations: Observations, k: int, a: float, b: float) -> float:
    """Days of [a, b) on which trigger k is watched."""
    days = 0.0
    for i in range(observations.start[k], observations.start[k + 1]):
        days += max(min(b, observations.until[i]) - max(a, observations.since[i]), 0.0)
    return days


@PART
def moment_before(observations: Observations, k: int, start: float, end: float, left: float) -> float:
    """The moment after which `left` days remain until `end` on which trigger k is not watched."""
    moment = end - left
    for back in range(observations.start[k + 1] - observations.start[k]):
        i = observations.start[k + 1] - 1 - back
        if observations.since[i] < end and moment < observations.until[i]:
            moment -= max(min(end, observations.until[i]) - max(start, observations.since[i]), 0.0)
    return moment


@PART
def score_between(median: float, sigma: float, low: float, high: float, z: float) -> float:
    """Map a standard normal score to one with which a lognormal time lies between `low` and `high`.

    Both have the same quantile, z among all scores, the result among these. Its upper tail q is solved by Newton's
    method on log q, which is concave: from the right each step stays right of the solution.
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
