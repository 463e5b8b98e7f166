"""The arrays that both engines read: what a compiled model and experiment consist of.

Latent units for levels, days since the start for times, events a day for rates. Effects of e index points are
logit((50 + e) / 100); the factor f per ten points enters the logarithm of a rate as ln f / 10 per index point.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.simulation.compile.programs import Programs
from frenemy.simulation.compile.transition import Transition

__all__ = ["Calendar", "Compiled", "Floats", "Ints", "Links", "Observations", "Pairs", "Rules", "Triggers"]


class Triggers(NamedTuple):
    """The triggers, in the model's order; K of them, D drivers."""

    intercept: Floats  # (K,) log rate a day where every driver is at index 0
    slope: Floats  # (K, D) change of the log rate per index point
    opens: Floats  # (K,) days; -inf: always open
    closes: Floats  # (K,) days; inf: never
    cooldown: Floats  # (K,) days
    max_count: Floats  # (K,) inf: no limit
    requires: Ints  # (K,) program at the tick's start
    effect: Floats  # (K, D) latent
    lasting: Floats  # (K,)
    severity_sigma: Floats  # (K,) sd of the log of the severity; 0: always 1
    episode: Ints  # (K,) 1 or 0
    duration: Floats  # (K,) median, days
    duration_sigma: Floats  # (K,) sd of the log duration; 0: fixed
    shift: Floats  # (K, D) latent shift of the anchor while the episode is active
    on_end: Floats  # (K, D) latent effect when it ends


class Links(NamedTuple):
    """Follow-ups, ordered by the trigger they come from."""

    start: Ints  # (K + 1,) links of trigger k: start[k] up to start[k + 1]
    target: Ints  # (links,)
    chance: Floats  # (links,)
    delay: Floats  # (links,) median, days
    delay_sigma: Floats  # (links,)


class Pairs(NamedTuple):
    """Contagion, ordered by the trigger it comes from."""

    start: Ints  # (K + 1,)
    target: Ints  # (pairs,)
    into_start: Ints  # (K + 1,)
    into: Ints  # (pairs,) the pairs by target: those of k are into[into_start[k]] up to into[into_start[k + 1]]
    keep: Floats  # (pairs,) share of the extra rate left after one tick
    jump: Floats  # (pairs,) extra rate a day from the tick after an event


class Calendar(NamedTuple):
    """Calendar events inside the run, by date; at most B branches each."""

    tick: Ints  # (C,) the tick that holds the date
    cumulative: Floats  # (C, B) cumulative probability of the branches; 1 from the last on
    effect: Floats  # (C, B, D) latent
    lasting: Floats  # (C, B)
    shift: Floats  # (C, B, D) latent
    shift_end: Ints  # (C, B) first tick in which the shift is over
    log_factor: Floats  # (C, B, K)
    changes: NDArray[np.bool_]  # (K,) whether any branch changes the rate
    factor_end: Ints  # (C, B) first tick in which the factor is over


class Observations(NamedTuple):
    """Evidence: when each trigger is watched, so that all its events are known; O occurrences; known branches."""

    on: Ints  # (K,) 1 if it is ever watched
    start: Ints  # (K + 1,) stretches of trigger k: start[k] up to start[k + 1]
    since: Floats  # (stretches,) days, ascending for each trigger, disjoint
    until: Floats  # (stretches,)
    trigger: Ints  # (O,)
    first: Ints  # (O,) days since the start; it happened on this day or
    days: Ints  # (O,) within so many from it
    severity: Floats  # (O,) below 0: not known, it is drawn
    ends_from: Floats  # (O,) days; the episode that it began ended at this time or later, -inf: not known, it is drawn
    ends_until: Floats  # (O,) days; and before this, inf: not known
    of_tick: Ints  # (N + 1,)
    which: Ints  # occurrences that may fall into tick n: which[of_tick[n]] up to which[of_tick[n + 1]]
    branch: Ints  # (C,) the branch that a calendar event is known to take, -1: not known, it is drawn


class Rules(NamedTuple):
    """The scenarios, in the model's order: by falling priority, the default last."""

    enter: Ints  # (S,) program
    leave: Ints  # (S,) program
    ticks: Ints  # (S,) assessments in a row for which `enter` must hold
    absorbing: Ints  # (S,)
    default: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compiled:
    """A realised model and experiment, ready to be simulated."""

    model: Model
    experiment: Experiment
    start: dt.date
    tick: float  # days
    ticks: int
    year: Ints  # (ticks,) the year of the tick's start, counted from the start
    drivers: tuple[str, ...]
    transition: Transition
    level: Floats  # (D,) latent, at the start
    scar: Floats  # (D,) latent, at the start
    anchor: Floats  # (D,) latent long run
    trigger_names: tuple[str, ...]
    triggers: Triggers
    links: Links
    pairs: Pairs
    calendar_names: tuple[str, ...]
    calendar_index: tuple[int, ...]  # position of each in model.calendar
    calendar: Calendar
    programs: Programs
    rules: Rules
    imposed: tuple[tuple[int, float], ...]  # (trigger, days) by time
    running: tuple[tuple[int, float, float], ...]  # (trigger, median remaining days, sigma) of initial episodes
    observations: Observations  # none, unless set by `resampling.observations.observe`
