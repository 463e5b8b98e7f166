"""Paths in places that can be copied over one another between ticks, for splitting.

It uses the ensemble's kernel, stopped after each tick. A copy takes over what is determined: levels, gates, the ends of
episodes, follow-ups on their way. What is not yet determined is drawn again: what is left of each clock's unit
exponential, which has no memory, and the branches of dates still ahead. From then on the copy reads the noise of its
place, which no other path has read. A `Population` suits a few complete rearrangements, a `SplittingPopulation` many
small ones, in any number of places.

Its paths may follow a tilted law, in which the clock of trigger k runs `tilt[k]` times as fast: its unit exponentials
are divided by that. With n own events of the trigger, and L its integrated rate under the original law, the likelihood
ratio of a path, original over tilted, is tilt^-n exp((tilt - 1) L) for each trigger. Follow-ups do not depend on the
clock: they have the same probability under both. A share of the paths keeps to the original law, so that paths come
from a mixture of both and no weight exceeds one over that share (defensive mixture: Hesterberg 1995, Technometrics
37(2)).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble import run
from frenemy.simulation.ensemble.kernel import state as kernel
from frenemy.simulation.ensemble.kernel.block import simulate_block
from frenemy.simulation.ensemble.kernel.marks import exponentials
from frenemy.simulation.ensemble.kernel.state import new_state
from frenemy.simulation.ensemble.laws import law_of
from frenemy.simulation.noise.blocks import first_rows, rows_of
from frenemy.simulation.noise.lazy import STRETCH
from frenemy.simulation.noise.streams import Marks, layout
from frenemy.simulation.resampling.block import COPIED_FIELDS

__all__ = ["SplittingPopulation"]


UNTILTED_SHARE = 0.2
"""Share of paths that keep to the original law."""
COPIED_PARTS = {**COPIED_FIELDS, "places": (*COPIED_FIELDS["places"], "branch")}
"""What a copy takes over; branches of dates still ahead are then drawn again."""


class SplittingPopulation:
    """`size` paths of a compiled model from its start, on the noise of `rng` alone.

    `tilt`: (K,) how many times as fast each trigger's clock runs, except in a share of the paths. Own events and
    integrated rates are recorded for the triggers whose clocks are tilted, or for all if `watched`.
    """

    def __init__(
        self, compiled: Compiled, size: int, rng: np.random.Generator, *, tilt: Floats, watched: bool = False
    ) -> None:
        self.compiled, self.ticks, self.tick = compiled, compiled.ticks, 0
        self._rng, self._law = rng, law_of(compiled)
        streams = layout(compiled)
        of_drivers = set(streams.drivers.tolist())
        stacks = (
            replace(stream, layers=STRETCH) if i in of_drivers else stream for i, stream in enumerate(streams.streams)
        )
        self._streams = replace(streams, streams=tuple(stacks))
        self._sums = run.empty_sums(compiled, "odds")
        self._tilt, self._watched = tilt, np.flatnonzero((tilt != 1) | watched)
        self._tilted = np.flatnonzero(tilt != 1)
        self._fast = rng.random(size) >= UNTILTED_SHARE  # whether the clocks in a place run faster
        self.state = new_state(self._law, size, run.QUEUE)
        self.own, self.used = np.zeros((len(tilt), size)), np.zeros((len(tilt), size))
        self._marks = Marks(
            event=rng.integers(2**64, size=(2, len(tilt), 2), dtype=np.uint64),
            link=rng.integers(2**64, size=(2, len(compiled.links.target), 2), dtype=np.uint64),
            path=np.arange(size, dtype=np.uint64),
            pace=self._paces(self._fast),
        )
        self._paths = size  # so many have had marks of their own
        self._first = first_rows(self._streams)
        self._buffer = np.empty((sum(stream.layers for stream in self._streams.streams), size))
        for stream in range(len(self._first)):
            self._draw(stream)
        self._drawn_to = STRETCH
        self._run(0)

    @property
    def size(self) -> int:
        """Number of places."""
        return len(self.state.places.scenario)

    def advance(self) -> None:
        """Simulate one tick. Raises SimulationError where the model runs away."""
        if self.tick == self._drawn_to:
            for stream in self._streams.drivers:
                self._draw(int(stream))
            self._drawn_to += STRETCH
        watched, clocks = self._watched, self.state.clocks
        left, draws_used = clocks.left[watched], clocks.draws_used[0, watched]
        self._run(self.tick + 1)
        self._account(left, draws_used)
        self.tick += 1

    def _account(self, left: Floats, draws_used: NDArray[np.int32]) -> None:
        """Add the own events and integrated rates of a tick, from what was left of the clocks before it."""
        watched, clocks = self._watched, self.state.clocks
        if not len(watched):
            return
        events = clocks.draws_used[0, watched] - draws_used
        self.own[watched] += events
        spent = left - clocks.left[watched]
        row, place = np.nonzero(events)
        for further in range(int(events.max(initial=0))):
            more = events[row, place] > further
            row, place = row[more], place[more]
            taken = np.empty(len(row))
            exponentials(self._marks, watched[row], place, draws_used[row, place] + 1 + further, taken)
            spent[row, place] += taken
        self.used[watched] += spent

    def ratio(self, places: Ints) -> Floats:
        """(places,) likelihood ratio of each path: the original law over the mixture that it comes from."""
        tilted = self._tilted
        tilt = self._tilt[tilted, None]
        own, used = self.own[tilted][:, places], self.used[tilted][:, places]
        against = np.exp(np.minimum((np.log(tilt) * own - (tilt - 1) * used).sum(axis=0), 700.0))
        return np.asarray(1 / (UNTILTED_SHARE + (1 - UNTILTED_SHARE) * against))

    def spread(self, source: Ints, target: Ints) -> None:
        """Copy the paths in the places `source` into the places `target`; their clocks are drawn again."""
        for part, names in COPIED_PARTS.items():
            for name in names:
                values = getattr(getattr(self.state, part), name)
                values[..., target] = values[..., source]
        clocks, calendar = self.state.clocks, self._law.calendar
        self._fast[target] = self._fast[source]
        self._marks.pace[:, target] = self._paces(self._fast[target])
        fresh = self._rng.standard_exponential((len(clocks.left), len(target)))
        clocks.left[:, target] = np.where(self._fast[target], fresh / self._tilt[:, None], fresh)
        for account in (self.own, self.used):
            account[:, target] = account[:, source]
        for c in np.flatnonzero(calendar.tick >= self.tick):
            chosen = np.searchsorted(calendar.cumulative[c], self._rng.random(len(target)), side="right")
            self.state.places.branch[c, target] = chosen

    def _paces(self, fast: NDArray[np.bool_]) -> Floats:
        """(K, places) how many times as fast each clock runs."""
        return np.where(fast, self._tilt[:, None], 1.0)

    def arrange(self, index: Ints) -> None:
        """Keep the paths of the places `index`, in that order; copies of a path already kept get noise of their own."""
        old, queue = self.state, len(self.state.queue.time)
        self.state = new_state(self._law, len(index), queue)
        for part, names in {**COPIED_PARTS, "clocks": (*COPIED_PARTS["clocks"], "left", "draws_used")}.items():
            for name in names:
                values, room = (getattr(getattr(state, part), name) for state in (old, self.state))
                np.take(values, index, axis=-1, out=room, mode="clip")  # the other modes copy by way of a buffer
        self.state.resume[...] = old.resume
        self.own, self.used, self._fast = self.own[:, index], self.used[:, index], self._fast[index]
        buffer = np.empty((len(self._buffer), len(index)))
        self._buffer = np.take(self._buffer, index, axis=1, out=buffer, mode="clip")
        again = np.ones(len(index), dtype=np.bool_)
        again[np.unique(index, return_index=True)[1]] = False
        path = self._marks.path[index]
        path[again] = np.arange(self._paths, self._paths + again.sum(), dtype=np.uint64)
        self._paths += int(again.sum())
        self._marks = self._marks._replace(path=path, pace=self._paces(self._fast))
        if again.any():
            self.state.clocks.draws_used[..., again] = 0
            for stream in range(len(self._first)):
                self._draw(stream, again)

    def _draw(self, stream: int, places: NDArray[np.bool_] | slice = slice(None)) -> None:
        """Draw all layers of a stream in some places."""
        of = self._streams.streams[stream]
        rows = slice(self._first[stream], self._first[stream] + of.layers)
        shape = self._buffer[rows, places].shape
        normal = of.distribution == "normal"
        self._buffer[rows, places] = self._rng.standard_normal(shape) if normal else self._rng.random(shape)

    def _run(self, until: int) -> None:
        rows = rows_of(self._streams)
        rows = rows._replace(drivers=rows.drivers - (self._drawn_to - STRETCH))
        counted = run.batches(0, self.size)
        while True:
            code, trigger = simulate_block(
                self._law,
                rows,
                self._buffer,
                self._marks,
                counted,
                until,
                self.state,
                self._sums,
                run.NOTHING_KEPT,
            )
            if code == kernel.DONE:
                return
            self.state = run.with_more_room(self.state, code, self.compiled.trigger_names[trigger])
