"""Evidence on the ends of episodes: its likelihood, and new ends where the evidence changes.

At each moment it is known that an episode still runs, or on which day it ended. With F the distribution function of its
duration, the likelihood of an end is 1 - F(now - begin) while the episode runs, and then F(day + 1 - begin) -
F(day - begin). The end is drawn when the episode begins; until it comes, nothing depends on when that will be.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from frenemy.arrays import Floats, Ints
from frenemy.simulation.compile.compile import Observations
from frenemy.simulation.ensemble.kernel.state import Law, State
from frenemy.simulation.ensemble.laws import of_paths

__all__ = ["log_between", "redraw_episode_ends", "same_occurrences", "weigh_ends"]


IMPOSSIBLE_LOG = -500.0
"""Log probability below which an end counts as impossible."""


def weigh_ends(law: Law, state: State) -> None:
    """Weigh what is known of ends up to the state's tick, beyond what has been weighed already."""
    observations, evidence, now = law.observations, state.evidence, float(state.resume[0] * law.tick)
    for o in np.flatnonzero(observations.ends_from >= 0):
        begun = evidence.begun[o]
        low, high = observations.ends_from[o], observations.ends_until[o]
        low, high = (low, high) if now >= high else (min(low, now), np.inf)
        known = np.where(begun >= 0, _log_known(law, int(o), low - begun, high - begun), 0.0)
        evidence.log_weight[...] += known - evidence.end_log_weight[o]
        impossible = known < IMPOSSIBLE_LOG
        evidence.end_log_weight[o] = np.where(impossible, 0.0, known)
        evidence.failed[impossible & (evidence.failed == -1)] = len(evidence.begun) + o


def log_between(median: Floats | float, sigma: Floats | float, low: Floats, high: Floats) -> Floats:
    """Log probability that a lognormal time, or a fixed one where sigma is 0, is at least `low` and below `high`."""
    a, b = _score(median, sigma, low), _score(median, sigma, high)
    a, b = np.where(a > 0, -b, a), np.where(a > 0, -a, b)  # in the tail that is small
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = log_ndtr(b) + np.log1p(-np.exp(log_ndtr(a) - log_ndtr(b)))
    fixed = np.where((low <= median) & (median < high), 0.0, -np.inf)
    return np.where(np.equal(sigma, 0), fixed, np.where(np.isnan(shares), -np.inf, shares))


def same_occurrences(old: Observations, new: Observations) -> Ints:
    """For each of the new occurrences its position among the old, -1 where it is not there: (O,)."""
    places: dict[tuple[float, ...], list[int]] = {}
    for o, key in enumerate(_keys(old)):
        places.setdefault(key, []).append(o)
    position = [places[key].pop(0) if places.get(key) else -1 for key in _keys(new)]
    return np.array(position, dtype=np.int64)


def redraw_episode_ends(old: Law, new: Law, state: State, which: Ints, rng: np.random.Generator) -> None:
    """Redraw the ends of episodes for which the new evidence says something else.

    `which` is the position of each occurrence under the old law. A path in which an episode is over that still runs by
    the new evidence is impossible.
    """
    evidence, clocks, now = state.evidence, state.clocks, float(state.resume[0] * old.tick)
    for o in np.flatnonzero(which >= 0):
        low, high = new.observations.ends_from[o], new.observations.ends_until[o]
        before = old.observations.ends_from[which[o]]
        if (low, high) == (before, old.observations.ends_until[which[o]]):
            continue
        k, begun = int(new.observations.trigger[o]), evidence.begun[o]
        runs = (
            (begun >= 0) & (clocks.ends[k] > now) & (begun >= evidence.begun[new.observations.trigger == k].max(axis=0))
        )
        over = (begun >= 0) & ~runs & (low > before) & (low >= now)
        evidence.log_weight[over] = -np.inf
        evidence.failed[over & (evidence.failed == -1)] = len(evidence.begun) + o
        since = np.where(runs, begun, 0.0)
        ends = since + _time_between(new, k, max(low, now) - since, high - since, rng.random(len(begun)))
        open_again = np.maximum(ends, since + of_paths(new.triggers.cooldown[k], new))
        gate = np.where(np.isinf(clocks.gate[k]), clocks.gate[k], open_again)
        clocks.ends[k] = np.where(runs, ends, clocks.ends[k])
        clocks.gate[k] = np.where(runs, gate, clocks.gate[k])
        evidence.end_log_weight[o] = np.where(
            runs, _log_known(new, int(o), now - since, np.full(len(since), np.inf)), evidence.end_log_weight[o]
        )


def _log_known(law: Law, o: int, low: Floats, high: Floats) -> Floats:
    return log_between(*_duration(law, int(law.observations.trigger[o])), low, high)


def _duration(law: Law, k: int) -> tuple[Floats, Floats]:
    """Median and log standard deviation of the duration of each path's episodes."""
    return of_paths(law.triggers.duration[k], law), of_paths(law.triggers.duration_sigma[k], law)


def _time_between(law: Law, k: int, low: Floats, high: Floats, u: Floats) -> Floats:
    """As in the kernel: quantiles u of the durations between `low` and `high`."""
    median, sigma = _duration(law, k)
    upper, lower = ndtr(-_score(median, sigma, low)), ndtr(-_score(median, sigma, high))
    with np.errstate(over="ignore", invalid="ignore"):
        drawn = np.clip(median * np.exp(-sigma * ndtri(upper - u * (upper - lower))), low, high)
    return np.where(np.equal(sigma, 0), median, drawn)


def _score(median: Floats | float, sigma: Floats | float, days: Floats) -> Floats:
    """Standard score of a time; where sigma is 0 it means nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(np.maximum(days, 0.0) / median) / sigma)


def _keys(observations: Observations) -> list[tuple[float, ...]]:
    columns = (observations.trigger, observations.first, observations.days, observations.severity)
    return list(map(tuple, np.stack(columns, axis=1, dtype=np.float64).tolist()))
