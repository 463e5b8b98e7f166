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

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.errors import SimulationError
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble import run
from frenemy.simulation.ensemble.kernel import state as kernel
from frenemy.simulation.ensemble.kernel.block import simulate_block
from frenemy.simulation.ensemble.kernel.state import new_state
from frenemy.simulation.noise.blocks import MAX_LAYERS, layers_of, rows_of
from frenemy.simulation.noise.lazy import STRETCH
from frenemy.simulation.noise.streams import OWN, Stream, layout
from frenemy.simulation.resampling.population import COPIED_FIELDS

__all__ = ["SplittingPopulation"]


BUFFER_FACTOR = 2.0
"""Size of the buffer, in times of what is used: room for stacks that turn out to be too shallow."""
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
        self._rng, self._law, self._streams = rng, run.law_of(compiled), layout(compiled)
        self._depth = _shallow(compiled, tilt)
        self._sums = run.empty_sums(compiled, "odds")
        self._tilt, self._watched = tilt, np.flatnonzero((tilt != 1) | watched)
        self._tilted = np.flatnonzero(tilt != 1)
        self._fast = rng.random(size) >= UNTILTED_SHARE  # whether the clocks in a place run faster
        self.state = new_state(self._law, size, run.QUEUE)
        self.own, self.used = np.zeros((len(tilt), size)), np.zeros((len(tilt), size))
        self._buffer: Floats = np.empty((0, size))
        self._fresh_noise()
        self._run(0)

    @property
    def size(self) -> int:
        """Number of places."""
        return len(self.state.places.scenario)

    def advance(self) -> None:
        """Simulate one tick. Raises SimulationError where the model runs away."""
        if self.tick == self._drawn_to:
            for stream in self._streams.drivers:
                self._draw(int(stream), 0, STRETCH)
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
            layer = self._first[self._streams.clock[watched[row]]] + draws_used[row, place] + 1 + further
            spent[row, place] += self._buffer[layer, place]
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
        self._set_pace(target, self._fast[source])
        fresh = self._rng.standard_exponential((len(clocks.left), len(target)))
        clocks.left[:, target] = np.where(self._fast[target], fresh / self._tilt[:, None], fresh)
        for account in (self.own, self.used):
            account[:, target] = account[:, source]
        for c in np.flatnonzero(calendar.tick >= self.tick):
            chosen = np.searchsorted(calendar.cumulative[c], self._rng.random(len(target)), side="right")
            self.state.places.branch[c, target] = chosen

    def _set_pace(self, places: Ints, fast: NDArray[np.bool_]) -> None:
        """Let the clocks in these places run faster or not: their noise is rescaled."""
        changed = self._fast[places] != fast
        places, fast = places[changed], fast[changed]
        self._fast[places] = fast
        for k in self._tilted if len(places) else ():
            first = self._first[self._streams.clock[k]]
            rows = slice(first, first + int(self._depth[OWN, k]))
            self._buffer[rows, places] *= np.where(fast, 1 / self._tilt[k], self._tilt[k])

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
        np.take(self._buffer[: self._rows], index, axis=1, out=buffer[: self._rows], mode="clip")
        self._buffer = buffer
        again = np.ones(len(index), dtype=np.bool_)
        again[np.unique(index, return_index=True)[1]] = False
        if again.any():
            self.state.clocks.draws_used[..., again] = 0
            for stream, layers in enumerate(self._layers()):
                self._draw(stream, 0, int(layers), again)

    def _fresh_noise(self) -> None:
        """Draw noise for every place."""
        layers = self._layers()
        self._first = np.concatenate([[0], np.cumsum(layers)[:-1]]).astype(np.int64)
        self._rows = int(layers.sum())
        self._buffer = np.empty((int(self._rows * BUFFER_FACTOR), self.size))
        for stream in range(len(layers)):
            self._draw(stream, 0, int(layers[stream]))
        self._drawn_to = self.tick + STRETCH

    def _layers(self) -> Ints:
        layers = layers_of(self._streams, self._depth)
        layers[self._streams.drivers] = STRETCH
        return layers

    def _draw(self, stream: int, begin: int, end: int, places: NDArray[np.bool_] | slice = slice(None)) -> None:
        """Fill layers `begin` up to `end` of a stream in some places."""
        rows = slice(self._first[stream] + begin, self._first[stream] + end)
        fast = self._fast[places]
        shape = end - begin, len(fast)
        match self._streams.streams[stream]:
            case Stream(distribution="normal"):
                self._buffer[rows, places] = self._rng.standard_normal(shape)
            case Stream(distribution="exponential", trigger=k):
                pace = np.where(fast, self._tilt[k], 1.0)
                self._buffer[rows, places] = self._rng.standard_exponential(shape) / pace
            case _:
                self._buffer[rows, places] = self._rng.random(shape)

    def _run(self, until: int) -> None:
        while True:
            rows = rows_of(self._streams, self._first, self._depth)
            rows = rows._replace(drivers=rows.drivers - (self._drawn_to - STRETCH))
            code, kind, trigger = simulate_block(
                self._law, rows, self._buffer, 0, until, self.state, self._sums, run.NOTHING_KEPT
            )
            match code:
                case kernel.DONE:
                    return
                case kernel.NEED_LAYERS:
                    self._deepen(kind, trigger)
                case _:
                    self.state = run.longer_queue(self.state)

    def _deepen(self, kind: int, trigger: int) -> None:
        """Draw more layers for the events of a trigger, in free rows; existing layers keep their numbers."""
        before = self._layers()
        if self._depth[kind, trigger] >= MAX_LAYERS:
            name = self.compiled.trigger_names[trigger]
            raise SimulationError(f"{name} happens more than {MAX_LAYERS:,} times in one path: the model runs away")
        self._depth[kind, trigger] += max(2, int(self._depth[kind, trigger]) // 2)
        layers = self._layers()
        for stream in np.flatnonzero(layers > before):
            end = self._rows + int(layers[stream])
            if end > len(self._buffer):
                self._buffer = _with_room(self._buffer[: self._rows], end)
            old = slice(self._first[stream], self._first[stream] + before[stream])
            self._buffer[self._rows : self._rows + before[stream]] = self._buffer[old]
            self._first[stream], self._rows = self._rows, end
            self._draw(int(stream), int(before[stream]), int(layers[stream]))


def _with_room(buffer: Floats, rows: int) -> Floats:
    """The buffer, enlarged to at least so many rows."""
    larger = np.empty((int(rows * BUFFER_FACTOR), buffer.shape[1]))
    larger[: len(buffer)] = buffer
    return larger


def _shallow(compiled: Compiled, tilt: Floats) -> Ints:
    """Layers at first: few for rare events, as most of a deep stack would never be read."""
    triggers, days = compiled.triggers, compiled.ticks * compiled.tick
    index = 100 / (1 + np.exp(-compiled.level))
    rate = np.exp(np.clip(triggers.intercept + triggers.slope @ index, -700, 10)) * tilt
    mean = np.minimum(rate * np.clip(np.minimum(triggers.closes, days) - np.maximum(triggers.opens, 0), 0, days), 100)
    own = np.minimum(np.ceil(2 + mean + 2 * np.sqrt(mean)), triggers.max_count + 2)
    return np.stack([own, np.ones_like(own)]).astype(np.int64)
