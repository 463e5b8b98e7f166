"""Twins: populations with one past and one noise, which part where what is known of the world does.

A twin reads the very numbers that its original reads. So where both live under the same law they live the same lives,
bit for bit, and a past that is the same for several need be lived only once.
"""

from __future__ import annotations

from copy import deepcopy

import numpy as np

from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble import run
from frenemy.simulation.ensemble.kernel.state import Law, State, new_state
from frenemy.simulation.noise.blocks import Noise
from frenemy.simulation.noise.lazy import STRETCH, SharedLazyNoise
from frenemy.simulation.noise.streams import BLOCK, Layout, generator, observed
from frenemy.simulation.resampling.episode_ends import redraw_episode_ends, same_occurrences
from frenemy.simulation.resampling.observations import resample_pending
from frenemy.simulation.resampling.population import Block, Population

__all__ = ["fork", "start_pair"]


def start_pair(compiled: Compiled, *, noise: Noise, streams: Layout, size: int) -> Population:
    """The first `size` paths of a seed at tick 0, on noise that is kept for all who share it.

    `streams` are those of a law that knows all occurrences that any of them knows.
    """
    population = Population(compiled=compiled, seed=noise.seed, size=size, purpose="", width=BLOCK)
    guess, known = run.guess_depth(compiled), observed(compiled)
    for number in range(-(-size // BLOCK)):
        count = min(BLOCK, size - number * BLOCK)
        tap = SharedLazyNoise(noise, number, streams, triggers=compiled.trigger_names, guess=guess, observed=known)
        state = _without_bins(new_state(population._law, count, run.QUEUE))
        population._blocks.append(Block(number, count, population._law, state, run.NOTHING_KEPT, tap, -STRETCH))
    population.advance(0, workers=1)
    return population


def fork(original: Population, compiled: Compiled) -> Population:
    """The same paths, to go on with the same noise, under a law that is watched otherwise from now on.

    It may be watched at no time at which it was not so far; what it no longer watches is settled now. For populations
    made by `begin`. Raises ValueError where the laws do not know the same to have begun.
    """
    other = Population(
        compiled=compiled, seed=original.seed, size=original.size, purpose=original.purpose, width=original.width
    )
    known = observed(compiled)
    for block in original._blocks:
        assert isinstance(block.tap, SharedLazyNoise)
        tap = block.tap.twin(known)
        state = _days(block.law, other._law, deepcopy(block.state), tap, original.tick)
        if compiled.observations is not original.compiled.observations:
            name = f"{original.purpose}release/{original.tick}"
            u = generator(original.seed, name, block.number).random(state.evidence.since.shape)
            state = resample_pending(block.law, other._law, state, original.tick, u)
            rng = generator(original.seed, f"{original.purpose}ends/{original.tick}", block.number)
            redraw_episode_ends(
                block.law, other._law, state, same_occurrences(block.law.observations, other._law.observations), rng
            )
            _outcomes(other._law, state, original.tick)
        again = Block(block.number, block.count, other._law, state, run.NOTHING_KEPT, tap, block.first)
        again.scratch = block.scratch
        other._blocks.append(again)
    return other


def _outcomes(new: Law, state: State, tick: int) -> None:
    """Dates that are ahead take the branch that is known of them; if none is, they keep the one that was drawn."""
    for c in np.flatnonzero((new.observations.branch >= 0) & (new.calendar.tick >= tick)):
        state.places.branch[c] = new.observations.branch[c]


def _days(old: Law, new: Law, state: State, tap: SharedLazyNoise, tick: int) -> State:
    """The state with the days of the new law's occurrences: those of what has begun stay as they are."""
    now, mine = tick * old.tick, new.observations
    was, begun = old.observations.first < now, mine.first < now
    for name in ("trigger", "first", "days"):
        if not np.array_equal(getattr(old.observations, name)[was], getattr(mine, name)[begun]):
            raise ValueError("twins must know the same of their past")
    day = np.empty((len(begun), state.evidence.day.shape[1]), dtype=np.int32)
    day[begun] = state.evidence.day[was]
    for o in np.flatnonzero(~begun):
        u = tap.buffer[tap.rows.occurrence[o], : day.shape[1]]
        day[o] = mine.first[o] + (u * mine.days[o]).astype(np.int32)
    which = same_occurrences(old.observations, mine)
    begun_at, weights = np.full(day.shape, -1.0), np.zeros(day.shape)
    begun_at[which >= 0] = state.evidence.begun[which[which >= 0]]
    weights[which >= 0] = state.evidence.end_log_weight[which[which >= 0]]
    # What has made a path impossible is told by the number of an occurrence, which may be another one's now.
    failed = np.full_like(state.evidence.failed, -1)
    return state._replace(evidence=state.evidence._replace(day=day, begun=begun_at, end_log_weight=weights, failed=failed))


def _without_bins(state: State) -> State:
    bins = np.zeros((0, *state.levels.bins.shape[1:]), dtype=np.uint16)
    return state._replace(levels=state.levels._replace(bins=bins))
