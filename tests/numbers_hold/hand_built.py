"""Small models and paths whose odds are known, and a slow and obvious way to tally them."""

from __future__ import annotations

import datetime as dt

import numpy as np

import builders
from builders import branch, calendar_event, driver, scenario, trigger, within
from frenemy.model.conditions import FALSE, TRUE
from frenemy.model.distributions import PROBABILITY, Quantiles
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.model.resolved import Model
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.tally import BATCHES, BINS, GROUP, Tally

START = dt.date(2025, 1, 21)
SCENARIOS = ("rift", "renewal", "status_quo")


def model(*, uncertain: bool = True) -> Model:
    def event(name: str, low: float, median: float, high: float):
        chance = Quantiles(low, median, high, PROBABILITY) if uncertain else median
        return trigger(name, rate=within(chance), effect={"trust": -10.0})

    def vote(name: str, date: dt.date):
        return calendar_event(name, date, branch("yes", 0.5), branch("no", 0.5))

    def state(name: str, rank: int):
        default = name == "status_quo"
        label = name.replace("_", " ").capitalize()
        return scenario(
            name, label=label, default=default, enter=TRUE if default else FALSE, leave=FALSE, priority=-rank
        )

    return builders.model(
        title="Two neighbours",
        start=START,
        drivers=tuple(driver(name, start=40.0, long_run=40.0) for name in ("trust", "alignment")),
        triggers=(event("strike", 0.02, 0.06, 0.15), event("talks", 0.3, 0.5, 0.7)),
        calendar=(
            vote("late", dt.date(2025, 11, 4)),
            vote("early", dt.date(2025, 7, 1)),
            vote("outside", dt.date(2039, 7, 1)),
        ),
        scenarios=tuple(state(name, rank) for rank, name in enumerate(SCENARIOS)),
    )


def experiment(ticks: int, *, tick: int = 7, start: dt.date = START, draws: int = 0) -> Experiment:
    end = start + dt.timedelta(days=ticks * tick)
    return builders.experiment(
        tick=tick, start=start, end=end, paths=1, uncertainty=Uncertainty(draws=draws, paths=2048), report_at=(end,)
    )


def chain(rng, transition, ticks: int, paths: int):
    """Paths of a Markov chain that begin in the last state: (ticks, paths), the start not among them."""
    state = np.full(paths, len(transition) - 1)
    states = np.empty((ticks, paths), dtype=np.int8)
    cumulative = np.cumsum(transition, axis=1)
    for n in range(ticks):
        state = (rng.random(paths)[:, None] >= cumulative[state]).sum(axis=1)
        states[n] = state
    return states


def walks(rng, ticks: int, paths: int):
    """(ticks + 1, 2, paths): two drivers that wander from exactly 40 and 55."""
    steps = rng.standard_normal((ticks, 2, paths)).cumsum(axis=0)
    return np.concatenate([np.zeros((1, 2, paths)), steps]) + np.array([40.0, 55.0])[:, None]


def tally(states, levels, events, years, branches=((0, 0), (0, 0))) -> Tally:
    """Add up paths kept in full: states (ticks, paths), levels (ticks + 1, 2, paths), events (ticks, 2, paths)."""
    ticks, paths = states.shape
    kinds = len(SCENARIOS)
    inside = states[:, None] == np.arange(kinds)[:, None]  # (ticks, scenarios, paths)
    ever = np.maximum.accumulate(inside, axis=0)
    first = np.diff(ever.astype(np.int64), axis=0, prepend=0)
    batch = np.arange(paths) // GROUP % BATCHES
    member = (np.arange(BATCHES)[:, None] == batch).astype(np.int64)
    bins = np.clip((levels * (BINS / 100)).astype(int), 0, BINS - 1)
    cells = np.clip(levels[-1].astype(int), 0, 99)
    histogram, plane = np.zeros((kinds, ticks + 1, 2, BINS), np.int64), np.zeros((kinds, 100, 100), np.int64)
    n, d = np.indices(levels.shape[:2])
    for path in range(paths):
        histogram[states[-1, path], n, d, bins[:, :, path]] += 1
        plane[states[-1, path], cells[0, path], cells[1, path]] += 1
    so_far = np.cumsum(events, axis=0)
    yearly = np.stack([events[years == year].sum(axis=0) for year in range(years.max() + 1)])
    return Tally(
        groups=Groups(paths=member.sum(axis=1), points=np.empty((BATCHES, 0)), drawn=False),
        occupancy=np.einsum("bp,tsp->bts", member, inside.astype(np.int64)),
        first_entry=np.einsum("bp,tsp->bts", member, first),
        share_squares=(np.cumsum(inside, axis=0) ** 2).sum(axis=2),
        index_sum=levels.sum(axis=2),
        index_squares=(levels**2).sum(axis=2),
        histogram=histogram,
        plane=plane,
        events=events.sum(axis=2),
        first_events=np.diff(so_far > 0, axis=0, prepend=False).sum(axis=2),
        event_squares=(so_far[-1] ** 2).sum(axis=1),
        year_squares=(yearly**2).sum(axis=2),
        branches=np.array(branches),
        model_events=so_far[-1].sum(axis=1)[None],
        model_happened=(so_far[-1] > 0).sum(axis=1)[None],
        model_year_events=yearly.sum(axis=2)[None],
        model_year_happened=(yearly > 0).sum(axis=2)[None],
    )


def as_draws(tallies, points=None) -> Tally:
    """Tallies of one model each as the outer draws of an ensemble."""
    groups = Groups(
        paths=np.array([each.paths for each in tallies]),
        points=np.empty((len(tallies), 0)) if points is None else points,
        drawn=True,
    )
    summed = {
        name: sum(getattr(each, name) for each in tallies)
        for name in (
            "share_squares", "index_sum", "index_squares", "histogram", "plane", "events", "first_events",
            "event_squares", "year_squares", "branches",
        )
    }  # fmt: skip
    by_model = ("model_events", "model_happened", "model_year_events", "model_year_happened")
    return Tally(
        groups=groups,
        occupancy=np.stack([each.occupancy.sum(axis=0) for each in tallies]),
        first_entry=np.stack([each.first_entry.sum(axis=0) for each in tallies]),
        **summed,
        **{name: np.concatenate([getattr(each, name) for each in tallies]) for name in by_model},
    )


def odds_tally(states) -> Tally:
    """The scenarios alone; drivers and triggers are left empty."""
    ticks, paths = states.shape
    return tally(
        states, np.full((ticks + 1, 2, paths), 50.0), np.zeros((ticks, 2, paths), np.int64), np.zeros(ticks, int)
    )


def paths_of(states, levels, events) -> Paths:
    none = np.empty(0, dtype=np.int64)
    return Paths(
        numbers=np.arange(states.shape[1]),
        latent=np.log(levels / (100 - levels)),
        index=levels,
        scenario=states,
        counts=events.sum(axis=0),
        branch=np.zeros((2, states.shape[1]), np.int64),
        event_path=none,
        event_trigger=none,
        event_kind=none,
        event_time=np.empty(0),
        event_end=np.empty(0),
        running_trigger=none,
        running_end=np.empty((0, states.shape[1])),
    )
