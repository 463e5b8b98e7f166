"""The arrays a block works on: the law as the kernel reads it, the state, and where results go."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats, Ints
from frenemy.simulation.compile.arrays import Calendar, Links, Observations, Pairs, Rules, Triggers
from frenemy.simulation.compile.programs import Programs

__all__ = [
    "CELLS",
    "DONE",
    "EV_FOLLOW_UP",
    "EV_IMPOSED",
    "EV_OBSERVED",
    "EV_OWN",
    "IMPOSSIBLE_BELOW",
    "MAX_EVENTS",
    "NEED_EVENTS",
    "NEED_PENDING",
    "NEED_QUEUE",
    "RUNS_AWAY",
    "TINY",
    "Clocks",
    "CountRows",
    "EvidenceState",
    "InitialEvents",
    "Ints32",
    "KeptPaths",
    "Law",
    "Levels",
    "Motion",
    "Places",
    "Queue",
    "State",
    "Sums",
    "Used",
    "new_state",
]


Ints32 = NDArray[np.int32]

DONE, RUNS_AWAY, NEED_QUEUE, NEED_EVENTS, NEED_PENDING = 0, 1, 2, 3, 4
"""What `simulate_block` returns: it is done, the model runs away, or what it needs more of."""
MAX_EVENTS = 5_000
"""Events of one trigger and kind in one path; beyond that the model runs away."""
EV_OWN, EV_FOLLOW_UP, EV_IMPOSED, EV_OBSERVED = 0, 1, 2, 3
"""Kinds of events, as they are recorded."""
CELLS = 100
"""Cells of the plane along each axis: one index point each."""
TINY = 1e-100
"""A rate or a probability below this counts as 0."""
IMPOSSIBLE_BELOW = 1e-12
"""A probability below this, of what a pending follow-up can still do, counts as 0."""


class Motion(NamedTuple):
    """How the drivers move: the transition of a tick, (D, D) each, and where they start, (D,)."""

    phi: Floats
    anchor_in: Floats
    scar_in: Floats
    heal: Floats
    shock: Floats
    level: Floats
    scar: Floats
    anchor: Floats


class InitialEvents(NamedTuple):
    """Imposed events, and the episodes that run at the start."""

    imposed_trigger: Ints
    imposed_time: Floats
    running_trigger: Ints
    running_median: Floats
    running_sigma: Floats


class Used(NamedTuple):
    """Which numbers do anything in any draw: the others are skipped."""

    slope: Bools  # (K, D)
    gate: Bools  # (K,) the own rate may pause, after an event or while an episode runs
    shift: Bools  # (K, D)
    on_end: Bools  # (K, D)
    motion: Bools  # (D, D) from level, anchor or scar to level
    shock: Bools  # (D, D)


class Law(NamedTuple):
    """The compiled model as the kernel reads it, or the compiled models of outer draws.

    Of several draws each number has one axis more, the last: over paths if the loops over paths read it, over draws if
    events do (see `ensemble.laws`).
    """

    ticks: int
    tick: float
    year: Ints  # (N,)
    motion: Motion
    triggers: Triggers
    links: Links
    pairs: Pairs
    calendar: Calendar
    programs: Programs
    rules: Rules
    initial: InitialEvents
    observations: Observations
    used: Used
    draw: Any  # 0, or (paths,) the draw of each path


class CountRows(NamedTuple):
    """Into which row of the sums each stretch of paths is counted."""

    start: Ints  # (stretches + 1,) paths start[i] up to start[i + 1]
    row: Ints  # (stretches,)


class Sums(NamedTuple):
    """Where a block adds what it counts; shapes as in `Tally`. An empty histogram or plane is skipped.

    `share_squares` takes the growth from tick to tick; its running total over ticks is the tally's.
    """

    occupancy: Ints
    first_entry: Ints
    share_squares: Ints
    index_sum: Floats
    index_squares: Floats
    histogram: Ints
    plane: Ints
    events: Ints
    first_events: Ints
    event_squares: Ints
    draw_events: Ints  # (draws, years, K)
    draw_happened: Ints  # (draws, K)
    year_happened: Ints  # (draws, years, K)
    year_squares: Ints
    branches: Ints


class KeptPaths(NamedTuple):
    """Paths kept whole; arrays of length 0 are skipped."""

    latent: Floats  # (N + 1, D, paths)
    points: Floats  # (N + 1, D, paths) index
    scenario: NDArray[np.int8]  # (N, paths)
    counts: Ints  # (K, paths)
    branch: Ints  # (C, paths)
    event_path: Ints  # (capacity,) path within the block
    event_trigger: Ints
    event_kind: Ints
    event_time: Floats  # days
    event_end: Floats  # days; when the episode that it began or prolonged ends, NaN: it is no episode
    running_end: Floats  # (running, paths) days; when the episodes that run at the start end
    event_number: Ints  # (1,) events written


class Levels(NamedTuple):
    """The drivers; the last axis is the path, as in all of the state."""

    x: Floats  # (D, B) latent level
    x_next: Floats  # (D, B) scratch
    scar: Floats  # (D, B)
    s: Floats  # (D, B) index
    anchor: Floats  # (D, B) anchor with the calendar's shifts
    mu: Floats  # (D, B) anchor of this tick
    bins: NDArray[np.uint16]  # (N + 1, D, B) of the index, for the histogram


class Clocks(NamedTuple):
    """The triggers."""

    log_factor: Floats  # (K, B) the calendar's factors
    left: Floats  # (K, B) what is left of the clock's unit exponential
    rate: Floats  # (K, B) events a day in this tick
    gate: Floats  # (K, B) days; the own rate is 0 before
    ends: Floats  # (K, B) days; when the latest episode ends
    happened: Ints32  # (K, B) events so far
    draws_used: Ints32  # (2, K, B) events that have had their marks, own ones and others; of the place, not the path
    before: Ints32  # (K, B) events before the current year
    extra: Floats  # (pairs, B) extra rate a day
    fired: Ints32  # (B,) triggers whose clock runs out in this tick
    latest: Ints32  # (B,) the last of these
    busy: Ints32  # (B,) list of the paths in which something happens


class Queue(NamedTuple):
    """Follow-ups on their way."""

    due: Floats  # (B,) days; the next
    waiting: Ints32  # (B,) how many
    time: Floats  # (capacity, B) days
    trigger: Ints32  # (capacity, B)
    source: Ints32  # (capacity, B) followed or imposed


class Places(NamedTuple):
    """Where each path is among the branches and the scenarios."""

    branch: Ints32  # (C, B)
    scenario: Ints32  # (B,)
    streak: Ints32  # (S, B)
    stays: Ints32  # (B,)
    spent: Ints32  # (S, B) assessments in the scenario so far


class EvidenceState(NamedTuple):
    """The likelihood of the evidence, and the follow-ups still pending under it; empty where nothing is observed."""

    log_weight: Floats  # (B,) log likelihood of the evidence since it was last set to 0
    failed: Ints32  # (B,) what made the path impossible: an occurrence; -2 - k: a follow-up into k; -1: nothing
    day: Ints32  # (O, B) days since the start; the day of an occurrence, -1 once it is weighed
    pending: Ints32  # (B,) number of pending follow-ups: it is not drawn whether they come
    since: Floats  # (capacity, B) days; when their source happened
    weighed_until: Floats  # (capacity, B) days; until then it is weighed that they did not come
    link: Ints32  # (capacity, B)
    missed: Floats  # (capacity, B) probability of the arrivals that did not come
    begun: Floats  # (O, B) days since the start; when the occurrence happened, -1: not yet
    end_log_weight: Floats  # (O, B) log likelihood, so far weighed, of the end of the episode that it began


class State(NamedTuple):
    """What the next tick needs, and scratch arrays."""

    resume: Ints  # (3,) tick to continue with, -1 before the start; path; 1 in the middle of the tick, else 0
    stack: Floats  # (depth + 1, B)
    levels: Levels
    clocks: Clocks
    queue: Queue
    places: Places
    evidence: EvidenceState


def new_state(law: Law, paths: int, queue: int) -> State:
    """Room for the state of `paths` paths, in each of which `queue` follow-ups may wait."""
    drivers, triggers, scenarios = len(law.motion.level), len(law.triggers.intercept), len(law.rules.enter)
    by_driver, by_trigger, by_scenario = (drivers, paths), (triggers, paths), (scenarios, paths)
    queue = max(queue, len(law.initial.imposed_time))

    def floats(*shape: int, value: float = 0.0) -> Floats:
        return np.full(shape, value)

    def ints(*shape: int, value: int = 0) -> Ints32:
        return np.full(shape, value, dtype=np.int32)

    return State(
        resume=np.array([-1, 0, 0]),
        stack=floats(law.programs.depth + 1, paths),
        levels=Levels(
            x=floats(*by_driver),
            x_next=floats(*by_driver),
            scar=floats(*by_driver),
            s=floats(*by_driver),
            anchor=floats(*by_driver),
            mu=floats(*by_driver),
            bins=np.zeros((law.ticks + 1, drivers, paths), dtype=np.uint16),
        ),
        clocks=Clocks(
            log_factor=floats(*by_trigger),
            left=floats(*by_trigger),
            rate=floats(*by_trigger),
            gate=floats(*by_trigger, value=-np.inf),
            ends=floats(*by_trigger, value=-np.inf),
            happened=ints(*by_trigger),
            draws_used=ints(2, *by_trigger),
            before=ints(*by_trigger),
            extra=floats(len(law.pairs.target), paths),
            fired=ints(paths),
            latest=ints(paths),
            busy=ints(paths),
        ),
        queue=Queue(
            due=floats(paths, value=np.inf),
            waiting=ints(paths),
            time=floats(queue, paths),
            trigger=ints(queue, paths),
            source=ints(queue, paths),
        ),
        places=Places(
            branch=ints(len(law.calendar.tick), paths),
            scenario=ints(paths, value=law.rules.default),
            streak=ints(*by_scenario),
            stays=ints(paths),
            spent=ints(*by_scenario),
        ),
        evidence=EvidenceState(
            log_weight=floats(paths),
            failed=ints(paths, value=-1),
            day=ints(len(law.observations.first), paths),
            pending=ints(paths),
            since=floats(0, paths),
            weighed_until=floats(0, paths),
            link=ints(0, paths),
            missed=floats(0, paths),
            begun=floats(len(law.observations.first), paths, value=-1.0),
            end_log_weight=floats(len(law.observations.first), paths),
        ),
    )
