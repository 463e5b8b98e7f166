"""A population: paths that can stop between ticks, and be copied and dropped.

It uses the ensemble's kernel, stopped at the end of a tick: without `pick` a population has the paths of its ensemble,
bit for bit. `pick` replaces paths by copies of chosen ones, also those of other draws, whose numbers then come with
them; each place continues with its own noise, so that copies of one path diverge. What is already determined goes with
the path: its levels, gates, the ends of its episodes, follow-ups on their way. What is not yet determined stays with
the place: what is left of each clock's unit exponential (which has no memory, so that it carries no information on the
path it ran for) and the branches of dates still ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats, Ints
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.noise.lazy import StretchNoise
from frenemy.simulation.noise.streams import generator, layout
from frenemy.simulation.resampling.block import Block, Snapshot, copied
from frenemy.simulation.resampling.episode_ends import redraw_episode_ends, same_occurrences
from frenemy.simulation.resampling.observations import resample_pending
from frenemy.storage.spool import Spool

__all__ = ["Population", "start"]

T = TypeVar("T")


def start(
    ensemble: Ensemble, *, seed: int, purpose: str = "", history: int = 0, spool: Spool | None = None, workers: int = 1
) -> Population:
    """The paths of an ensemble at tick 0, in blocks.

    `purpose` names the noise: populations of one seed with different purposes are independent. With none, the paths
    are those of the ensemble. Up to tick `history`, index and scenario are kept. `spool`, if given, is where paths lie
    while they rest, as they do at first.
    """
    streams = layout(*ensemble.models)

    def begun(number: int) -> Block:
        block = Block.new(ensemble, number, StretchNoise(seed, purpose, number, streams))
        block.remember(history)
        block.advance(0)
        if spool is not None:
            block.rest(spool)
        return block

    return Population(ensemble, seed, purpose, spool, list(ordered_map(begun, ensemble.blocks, workers)))


@dataclass(slots=True, eq=False)
class Population:
    """Paths of an ensemble, or of some of its blocks, at the end of a tick; made by `start`."""

    ensemble: Ensemble
    seed: int
    purpose: str
    spool: Spool | None = None
    blocks: list[Block] = field(default_factory=list)

    @property
    def model(self) -> Compiled:
        """The first of the models, for what all have in common."""
        return self.ensemble.models[0]

    @property
    def size(self) -> int:
        """Number of paths."""
        return sum(block.count for block in self.blocks)

    @property
    def tick(self) -> int:
        """Assessments so far; 0 at the start."""
        return max(self.blocks[0].tick, 0)

    def rest(self) -> None:
        """Hold the paths in as little memory as possible, also after an advance, until they are used again."""
        for block in self.blocks:
            block.rest(self.spool)

    def map(self, work: Callable[[Block], T], workers: int = 1) -> list[T]:
        """What `work` makes of each block, in their order; blocks that rest go on resting."""

        def of(block: Block) -> T:
            rested = block.resting is not None
            found = work(block)
            if rested:  # one block after another is awake
                block.rest(self.spool)
            return found

        return list(ordered_map(of, self.blocks, workers if len(self.blocks) > 1 else 1))

    def advance(self, tick: int, *, workers: int = 0) -> None:
        """Simulate up to tick `tick`, on `workers` threads (0: one a core).

        Raises ValueError for a tick that is past or beyond the end, SimulationError where a model runs away.
        """
        if not self.tick <= tick <= self.model.ticks:
            raise ValueError(f"tick {tick} lies outside {self.tick} to {self.model.ticks}")
        self.map(lambda block: block.advance(tick), workers)

    def read(self) -> Snapshot:
        """The paths as they are now; copies."""
        parts = self.map(lambda block: block.read())
        arrays = {
            of.name: np.concatenate([getattr(part, of.name) for part in parts], axis=-1)
            for of in fields(Snapshot)
            if of.name != "tick"
        }
        return Snapshot(tick=self.tick, **arrays)

    def past(self, since: int = 0, until: int | None = None) -> tuple[Floats, NDArray[np.int8]]:
        """What was kept of ticks `since` to `until` (default: all), for each path and its ancestors.

        Index at both ends of each tick, (ticks + 1, drivers, paths), and the scenario at its end, (ticks, paths).
        """
        pasts = [block.peek()[1] for block in self.blocks]
        last = len(pasts[0].scenario) if until is None else until
        return (
            np.concatenate([kept.points[since : last + 1] for kept in pasts], axis=-1),
            np.concatenate([kept.scenario[since:last] for kept in pasts], axis=-1),
        )

    def remember(self, ticks: int) -> None:
        """Keep index and scenario up to tick `ticks`, beyond what is kept already. Raises ValueError if too late."""
        self.map(lambda block: block.remember(ticks))

    def pick(self, indices: Sequence[int] | Ints, ensemble: Ensemble | None = None, workers: int = 1) -> None:
        """Put path `indices[i]` in place i, for all places; what is not yet determined stays with the place.

        `indices` is (size,). `ensemble`: the models of the places from now on, if paths go to places of other draws.
        Raises ValueError where there are not as many indices as places.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.shape != (self.size,):
            raise ValueError(f"pick needs {self.size} indices, one for each place; got {chosen.shape}")
        past, begun = self._determined()
        same = np.arange(len(begun))

        def renewed(block: Block, mine: Ints) -> Block:
            state, kept, noise = block.peek()
            new = block.with_state(copied(state), copied(kept), noise)
            for source, columns, places in self._sources(mine):
                theirs, their_past, _ = source.peek()
                new.take(theirs, columns, places, past, same)
                new.take_days(theirs, columns, places, begun)
                new.take_past(their_past, columns, places)
            if block.resting is not None:
                new.rest(self.spool)
            return new

        moved = [
            (n, mine) for n, (mine, own) in enumerate(self._shares(chosen)) if not np.array_equal(mine, own)
        ]  # others stay as they are
        found = ordered_map(lambda each: renewed(self.blocks[each[0]], each[1]), moved, workers if moved[1:] else 1)
        for (n, _), block in zip(moved, list(found), strict=True):
            self.blocks[n] = block
        if ensemble is not None:
            self.follow(ensemble)

    def adopt(self, other: Population, draws: Bools) -> None:
        """Take over the paths of some draws of a part of this population's draws; places keep their noise.

        `draws` are those of the part, (draws,). Both must be at the same tick under the same evidence. The models are
        still to `follow`.
        """
        past, begun = self._determined()
        same = np.arange(len(begun))
        mine = {block.number: block for block in self.blocks}
        for source in other.blocks:
            columns = np.flatnonzero(draws[source.draw])
            if not len(columns):
                continue
            block, (theirs, their_past, _) = mine[source.number], source.peek()
            rested = block.resting is not None
            block.take(theirs, columns, columns, past, same)
            block.take_days(theirs, columns, columns, begun)
            block.take_past(their_past, columns, columns)
            if rested:
                block.rest(self.spool)

    def follow(self, ensemble: Ensemble) -> None:
        """Continue under other models."""
        self.ensemble = ensemble
        for block in self.blocks:
            block.follow(ensemble)

    def fork(
        self,
        purpose: str,
        indices: Sequence[int] | Ints | None = None,
        ensemble: Ensemble | None = None,
        blocks: Iterable[int] | None = None,
    ) -> Population:
        """Copies of paths (default: one of each) that continue with noise of their own, drawn for another purpose.

        `ensemble`, if given, has the models they continue under: those of the paths, with other evidence from now on.
        No trigger may be watched when it was not watched so far; follow-ups into what is no longer watched are drawn
        now. `blocks`: positions of the only blocks that the copies fill.
        """
        chosen = np.arange(self.size) if indices is None else np.asarray(indices, dtype=np.int64)
        other = Population(self.ensemble if ensemble is None else ensemble, self.seed, purpose, self.spool)
        streams, tick = layout(*other.ensemble.models), self.tick
        (past, _), same_law = self._determined(), ensemble is None
        begun = _begun(other.model, tick)
        which = same_occurrences(self.model.observations, other.model.observations)
        shares = list(self._shares(chosen))
        for n in range(len(shares)) if blocks is None else blocks:
            number, (mine, _) = self.blocks[n].number, shares[n]
            noise = StretchNoise(self.seed, purpose, number, streams)
            block = Block.new(other.ensemble, number, noise, tick)
            block.state.resume[0] = tick
            block.redraw(past, begun)
            ticks = len(self.blocks[n].peek()[1].scenario)
            if ticks:
                block.room_for_past(ticks)
            for source, columns, places in self._sources(mine):
                theirs, their_past, _ = source.peek()
                block.take(theirs, columns, places, past, which)
                if same_law:
                    block.take_days(theirs, columns, places, begun)
                block.take_past(their_past, columns, places)
            if not same_law:
                old = block.law._replace(observations=self.model.observations)
                u = generator(self.seed, f"{purpose}release", number).random(block.state.evidence.since.shape)
                block.state = resample_pending(old, block.law, block.state, tick, u)
                ends = generator(self.seed, f"{purpose}ends", number)
                redraw_episode_ends(old, block.law, block.state, which, ends)
            if blocks is None and self.blocks[n].resting is not None:  # one after another is awake
                block.rest(self.spool)
            other.blocks.append(block)
        return other

    def failures(self) -> NDArray[np.int32]:
        """What made each path impossible, (size,): of O occurrences, number o; O + o: the end of the episode that
        it began; -2 - k: a follow-up into trigger k; -1: nothing.
        """
        return np.concatenate([block.peek()[0].evidence.failed for block in self.blocks])

    def _determined(self) -> tuple[Bools, Bools]:
        """Which dates are past, and for which occurrences the first possible day has begun."""
        return self.model.calendar.tick < self.tick, _begun(self.model, self.tick)

    def _shares(self, chosen: Ints) -> Iterator[tuple[Ints, Ints]]:
        """What is chosen for each block, and its own paths."""
        first = 0
        for block in self.blocks:
            yield chosen[first : first + block.count], np.arange(first, first + block.count)
            first += block.count

    def _sources(self, chosen: Ints) -> Iterator[tuple[Block, Ints, Ints]]:
        """The blocks that hold the chosen paths, their columns there, and the places that they are chosen for."""
        ends = np.cumsum([block.count for block in self.blocks])
        of = np.searchsorted(ends, chosen, side="right")
        for n in np.unique(of):
            places = np.flatnonzero(of == n)
            yield self.blocks[n], chosen[places] - (ends[n] - self.blocks[n].count), places


def _begun(model: Compiled, tick: int) -> Bools:
    """For which observed occurrences the first possible day has begun."""
    return np.asarray(model.observations.first < tick * model.tick)
