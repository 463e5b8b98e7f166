"""Forks: populations with one past and one noise, which differ from the tick at which their evidence differs.

A fork reads the same numbers as its original. So under the same law both have the same paths, bit for bit, and a past
that several populations share is simulated only once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from frenemy.arrays import Ints
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble import run
from frenemy.simulation.ensemble.kernel.state import Law, State
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.lazy import SharedNoise
from frenemy.simulation.noise.streams import Layout, generator, occurrence_streams
from frenemy.simulation.resampling.episode_ends import redraw_episode_ends, same_occurrences
from frenemy.simulation.resampling.observations import resample_pending
from frenemy.simulation.resampling.population import Block, Population

__all__ = ["fork", "start_pair"]


def start_pair(
    compiled: Compiled, *, noise: Noise, streams: Layout, size: int, purpose: str = "", first: int = 0
) -> Population:
    """The first `size` paths of a seed at tick 0, or those from block `first` on, on noise kept for all forks.

    `streams` are those of a law with all occurrences that any of the forks observes. What is drawn beside the noise of
    the paths, to resample them, is drawn for the `purpose`.
    """
    population = Population(compiled=compiled, seed=noise.seed, size=size, purpose=purpose, width=noise.width)
    population._add_shared_blocks(noise, streams, first)
    population.advance(0, workers=1)
    return population


def fork(original: Population, compiled: Compiled) -> Population:
    """The same paths on the same noise, under a law with other evidence from now on.

    No trigger may be watched at a time at which it was not watched so far; follow-ups into what is no longer watched
    are drawn now. For populations made by `start_pair`. Raises ValueError where the occurrences so far differ.
    """
    other = Population(
        compiled=compiled, seed=original.seed, size=original.size, purpose=original.purpose, width=original.width
    )
    known = occurrence_streams(compiled)
    for block in original._blocks:
        assert isinstance(block.noise, SharedNoise)
        noise = block.noise.fork(known)
        state = _copied(block.state)
        if compiled.observations is not original.compiled.observations:
            which = same_occurrences(block.law.observations, other._law.observations)
            state = _days(block.law, other._law, state, noise, which)
            name = f"{original.purpose}release/{original.tick}"
            u = generator(original.seed, name, block.number).random(state.evidence.since.shape)
            state = resample_pending(block.law, other._law, state, original.tick, u)
            rng = generator(original.seed, f"{original.purpose}ends/{original.tick}", block.number)
            redraw_episode_ends(block.law, other._law, state, which, rng)
            _outcomes(other._law, state, original.tick)
        again = Block(block.number, block.count, other._law, block.names, state, run.NOTHING_KEPT, noise, block.first)
        again.scratch = block.scratch
        other._blocks.append(again)
    return other


def _outcomes(new: Law, state: State, tick: int) -> None:
    """Set the known branches of dates still ahead; other dates keep the branch that was drawn."""
    for c in np.flatnonzero((new.observations.branch >= 0) & (new.calendar.tick >= tick)):
        state.places.branch[c] = new.observations.branch[c]


def _copied(part: Any) -> Any:
    """A copy of nested tuples of arrays."""
    return part.copy() if isinstance(part, np.ndarray) else type(part)(*map(_copied, part))


def _days(old: Law, new: Law, state: State, noise: SharedNoise, which: Ints) -> State:
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
