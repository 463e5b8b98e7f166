"""Forks: populations with one past and one noise, which differ from the tick at which their evidence differs.

A fork reads the same numbers as its original. So under the same law both have the same paths, bit for bit, and a past
that several populations share is simulated only once.
"""

from __future__ import annotations

import numpy as np

from frenemy.arrays import Ints
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.kernel.state import Law, State
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.lazy import LazyNoise, SharedNoise
from frenemy.simulation.noise.streams import Layout, generator, occurrence_streams
from frenemy.simulation.resampling.block import Block, copied
from frenemy.simulation.resampling.episode_ends import redraw_episode_ends, same_occurrences
from frenemy.simulation.resampling.observations import resample_pending
from frenemy.simulation.resampling.population import Population

__all__ = ["fork", "start_pair"]


def start_pair(ensemble: Ensemble, *, noise: Noise, streams: Layout, purpose: str = "") -> Population:
    """The paths of an ensemble at tick 0, on noise kept for all forks.

    `streams` are those of a law with all occurrences that any of the forks observes. What is drawn beside the noise of
    the paths, to resample them, is drawn for the `purpose`.
    """
    population = Population(ensemble, noise.seed, purpose)
    observed = occurrence_streams(ensemble.models[0])
    for number in ensemble.blocks:
        population.blocks.append(Block.new(ensemble, number, SharedNoise(noise, number, streams, observed)))
    population.advance(0, workers=1)
    return population


def fork(original: Population, ensemble: Ensemble) -> Population:
    """The same paths on the same noise, under models with other evidence from now on.

    No trigger may be watched at a time at which it was not watched so far; follow-ups into what is no longer watched
    are drawn now. For populations made by `start_pair`. Raises ValueError where the occurrences so far differ.
    """
    other = Population(ensemble, original.seed, original.purpose)
    observations, tick = ensemble.models[0].observations, original.tick
    changed = observations is not original.model.observations
    which = same_occurrences(original.model.observations, observations)
    known = occurrence_streams(ensemble.models[0])
    for block in original.blocks:
        assert isinstance(block.noise, SharedNoise)
        again = block.with_state(copied(block.state), block.kept, block.noise.fork(known))
        again.watch(ensemble)
        if changed:
            state = _days(block.law, again.law, again.state, again.noise, which)
            name = f"{original.purpose}release/{tick}"
            u = generator(original.seed, name, block.number).random(state.evidence.since.shape)
            state = resample_pending(block.law, again.law, state, tick, u)
            rng = generator(original.seed, f"{original.purpose}ends/{tick}", block.number)
            redraw_episode_ends(block.law, again.law, state, which, rng)
            _outcomes(again.law, state, tick)
            again.state = state
        other.blocks.append(again)
    return other


def _outcomes(new: Law, state: State, tick: int) -> None:
    """Set the known branches of dates still ahead; other dates keep the branch that was drawn."""
    for c in np.flatnonzero((new.observations.branch >= 0) & (new.calendar.tick >= tick)):
        state.places.branch[c] = new.observations.branch[c]


def _days(old: Law, new: Law, state: State, noise: LazyNoise, which: Ints) -> State:
    """The state with the days of the new law's occurrences; days of occurrences that have begun stay as they are."""
    now, mine = float(state.resume[0] * old.tick), new.observations
    old_begun, begun = old.observations.first < now, mine.first < now
    for name in ("trigger", "first", "days"):
        if not np.array_equal(getattr(old.observations, name)[old_begun], getattr(mine, name)[begun]):
            raise ValueError("forks must observe the same occurrences so far")
    day = np.empty((len(begun), state.evidence.day.shape[1]), dtype=np.int32)
    day[begun] = state.evidence.day[old_begun]
    for o in np.flatnonzero(~begun):
        u = noise.buffer[noise.rows.occurrence[o], : day.shape[1]]
        day[o] = mine.first[o] + (u * mine.days[o]).astype(np.int32)
    begun_at, weights = np.full(day.shape, -1.0), np.zeros(day.shape)
    begun_at[which >= 0] = state.evidence.begun[which[which >= 0]]
    weights[which >= 0] = state.evidence.end_log_weight[which[which >= 0]]
    # `failed` holds the number of an occurrence, which may now be that of another.
    failed = np.full_like(state.evidence.failed, -1)
    return state._replace(
        evidence=state.evidence._replace(day=day, begun=begun_at, end_log_weight=weights, failed=failed)
    )
