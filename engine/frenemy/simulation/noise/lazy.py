"""Noise for paths that stop between ticks: that of events as deep as needed, that of drivers stretch by stretch.

Three classes have one interface. `NamedLazyNoise` has the numbers that the ensemble would draw, each stream from a
generator of its own. `SharedLazyNoise` has the same numbers, drawn once for any number of populations.
`PooledLazyNoise` takes all numbers of one distribution from one generator: noise of the same quality, and much faster
to start where there are few paths, but where each number goes depends on the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.errors import SimulationError
from frenemy.simulation.noise.blocks import BUFFER_MARGIN, MAX_LAYERS, BlockNoise, Noise, layers_of, rows_of
from frenemy.simulation.noise.streams import Layout, Rows, generator

__all__ = ["STRETCH", "LazyNoise", "NamedLazyNoise", "PooledLazyNoise", "SharedLazyNoise", "without_drivers"]


STRETCH = 32
"""Ticks for which the drivers' noise is drawn at a time."""


class LazyNoise(Protocol):
    """The noise of one block."""

    rows: Rows
    buffer: Floats  # (rows, width)

    @property
    def stretch(self) -> int:
        """Ticks for which the drivers' noise is at hand at a time."""

    def next_stretch(self) -> None:
        """Replace the drivers' noise by that of the next stretch of ticks."""

    def deepen(self, trigger: int, kind: int) -> None:
        """Draw more layers of a trigger's noise. Raises SimulationError where the model runs away."""

    def rest(self) -> None:
        """Give back the memory of the numbers, where they can be drawn again, until `wake`."""

    def wake(self) -> None:
        """Have all numbers at hand again; nothing to do unless it rests."""


def without_drivers(streams: Layout) -> Layout:
    """The same streams, those of the drivers without layers: they are drawn stretch by stretch."""
    emptied = list(streams.streams)
    for i in streams.drivers:
        emptied[i] = replace(emptied[i], layers=0)
    return replace(streams, streams=tuple(emptied))


class NamedLazyNoise:
    """The ensemble's own numbers; `streams` as `without_drivers` leaves them."""

    stretch = STRETCH

    def __init__(self, noise: Noise, number: int, streams: Layout, triggers: tuple[str, ...], guess: Ints) -> None:
        self._noise, self._number, self._streams = noise, number, streams
        self._triggers, self._guess = triggers, guess
        names = [streams.streams[i].name for i in streams.drivers]
        self._drivers = tuple(generator(noise.seed, name, number) for name in names)
        self._stretch: list[_State] = []  # of the drivers' generators, before the present stretch was drawn
        self._drawn = self._start()
        self._take()

    def _start(self) -> BlockNoise:
        noise, streams, count = self._noise, self._streams, len(self._drivers)
        depth = noise.depth(self._triggers, self._guess)
        rows = int(layers_of(streams, depth).sum()) + STRETCH * count
        drawn = noise.block(self._number, streams, depth, np.empty((int(rows * BUFFER_MARGIN), noise.width)))
        first = drawn.first.copy()
        first[streams.drivers] = drawn.used + STRETCH * np.arange(count)
        return replace(drawn, first=first, used=drawn.used + STRETCH * count)

    def _take(self) -> None:
        self.buffer = self._drawn.buffer
        self.rows = self._drawn.rows._replace(drivers=self._drawn.first[self._streams.drivers])

    def next_stretch(self) -> None:
        self._stretch = [source.bit_generator.state for source in self._drivers]
        self._draw_stretch()

    def _draw_stretch(self) -> None:
        for source, row in zip(self._drivers, self.rows.drivers, strict=True):
            source.standard_normal(out=self.buffer[row : row + STRETCH])

    def deepen(self, trigger: int, kind: int) -> None:
        name = self._triggers[trigger]
        self._noise.deepen(name, kind, int(self.rows.depth[kind, trigger]))
        depth = self._noise.depth(self._triggers, self._guess)
        self._drawn = self._noise.more(self._number, self._streams, depth, self._drawn)
        self._take()

    def rest(self) -> None:
        self._drawn = replace(self._drawn, buffer=self._drawn.buffer[:0].copy())
        self.buffer = self._drawn.buffer

    def wake(self) -> None:
        if len(self.buffer):
            return
        self._drawn = self._start()
        self._take()
        if self._stretch:
            for source, state in zip(self._drivers, self._stretch, strict=True):
                source.bit_generator.state = state
            self._draw_stretch()


class SharedLazyNoise:
    """The ensemble's own numbers, those of the drivers for the whole run, kept by `noise` for all who read them.

    `streams` may include further observed occurrences; `observed` names those of this population.
    """

    def __init__(
        self,
        noise: Noise,
        number: int,
        streams: Layout,
        *,
        triggers: tuple[str, ...],
        guess: Ints,
        observed: Sequence[str],
    ) -> None:
        self._noise, self._number, self._streams = noise, number, streams
        self._triggers, self._guess = triggers, guess
        self.stretch = max((streams.streams[i].layers for i in streams.drivers), default=STRETCH)
        self._tick = -self.stretch  # to which the first of the drivers' rows belongs
        self._drawn = noise.block(number, streams, noise.depth(triggers, guess), np.empty((0, noise.width)))
        self._observe(observed)

    def _observe(self, observed: Sequence[str]) -> None:
        places = {stream.name: i for i, stream in enumerate(self._streams.streams)}
        self._occurrence = np.array([places[name] for name in observed], dtype=np.int64)
        self._take()

    def _take(self) -> None:
        self.buffer, first = self._drawn.buffer, self._drawn.first
        drivers = first[self._streams.drivers] + self._tick
        self.rows = self._drawn.rows._replace(drivers=drivers, occurrence=first[self._occurrence])

    def fork(self, observed: Sequence[str]) -> SharedLazyNoise:
        """The same noise at the same tick, for a law with other observed occurrences."""
        other = copy(self)
        other._observe(observed)
        return other

    def next_stretch(self) -> None:
        self._tick += self.stretch
        self._take()

    def deepen(self, trigger: int, kind: int) -> None:
        self._noise.deepen(self._triggers[trigger], kind, int(self.rows.depth[kind, trigger]))
        depth = self._noise.depth(self._triggers, self._guess)
        self._drawn = self._noise.more(self._number, self._streams, depth, self._drawn)
        self._take()

    def rest(self) -> None:
        pass

    def wake(self) -> None:
        pass


class PooledLazyNoise:
    """Numbers from one generator for each distribution, keyed by (seed, purpose, block).

    What was drawn later than at the start is noted with the state of its generator, so that all can be drawn again.
    """

    buffer: Floats
    stretch = STRETCH

    def __init__(self, key: tuple[int, str, int], width: int, streams: Layout, guess: Ints) -> None:
        self._key, self._width, self._streams = key, width, streams
        # A deeper stack keeps its layers, so that starting with few costs little.
        self._depth = np.stack([np.maximum(guess[0] - 2, 2), np.ones_like(guess[1])])
        self._started = self._layers = layers_of(streams, self._depth)
        self._deepened: list[tuple[int, int, _State]] = []  # stream, layers from which on it was drawn, generator
        self._stretch: _State | None = None  # of the generator, before the present stretch was drawn
        self._resting: dict[str, _State] | None = None  # of the generators, while it rests
        self._start()

    def _start(self) -> None:
        """Room for all layers, with those of the start drawn."""
        seed, purpose, number = self._key
        self._pools = {name: generator(seed, f"{purpose}{name}", number) for name in _DRAW}
        drivers = STRETCH * len(self._streams.drivers)
        self._first = drivers + np.concatenate([[0], np.cumsum(self._layers)[:-1]]).astype(np.int64)
        self._first[self._streams.drivers] = STRETCH * np.arange(len(self._streams.drivers))
        self._used = drivers + int(self._layers.sum())
        self.buffer = np.empty((int(self._used * BUFFER_MARGIN), self._width))
        for i, layers in enumerate(self._started):
            if layers:
                self._draw(i, 0, int(layers))
        self.rows = rows_of(self._streams, self._first, self._depth)

    def _draw(self, stream: int, old: int, new: int) -> None:
        distribution, row = self._streams.streams[stream].distribution, int(self._first[stream])
        _DRAW[distribution](self._pools[distribution], out=self.buffer[row + old : row + new])

    def next_stretch(self) -> None:
        self._stretch = self._pools["normal"].bit_generator.state
        self._draw_stretch()

    def _draw_stretch(self) -> None:
        self._pools["normal"].standard_normal(out=self.buffer[: STRETCH * len(self._streams.drivers)])

    def deepen(self, trigger: int, kind: int) -> None:
        had = int(self._depth[kind, trigger])
        if had >= MAX_LAYERS:
            raise SimulationError(
                f"one trigger happens more than {MAX_LAYERS:,} times in one path: the model runs away"
            )
        self._depth = self._depth.copy()
        self._depth[kind, trigger] = had + max(2, had // 2)
        layers = layers_of(self._streams, self._depth)
        for i in np.flatnonzero(layers > self._layers).tolist():
            old, new, row = int(self._layers[i]), int(layers[i]), self._used
            if row + new > len(self.buffer):
                more = int((row + new) * BUFFER_MARGIN) - len(self.buffer)
                self.buffer = np.concatenate([self.buffer, np.empty((more, self.buffer.shape[1]))])
            self.buffer[row : row + old] = self.buffer[self._first[i] : self._first[i] + old]
            self._first[i], self._used = row, row + new
            self._deepened.append((i, old, self._pools[self._streams.streams[i].distribution].bit_generator.state))
            self._draw(i, old, new)
        self._layers = layers
        self.rows = rows_of(self._streams, self._first, self._depth)

    def rest(self) -> None:
        if self._resting is None:
            self._resting = {name: pool.bit_generator.state for name, pool in self._pools.items()}
            self.buffer, self._pools = np.empty((0, self._width)), {}

    def wake(self) -> None:
        if self._resting is None:
            return
        self._start()
        until = self._layers.copy()
        for i, old, state in reversed(self._deepened):
            self._pools[self._streams.streams[i].distribution].bit_generator.state = state
            self._draw(i, old, int(until[i]))
            until[i] = old
        if self._stretch is not None:
            self._pools["normal"].bit_generator.state = self._stretch
            self._draw_stretch()
        for name, state in self._resting.items():
            self._pools[name].bit_generator.state = state
        self._resting = None


_State = Mapping[str, Any]
"""The state of a generator, as NumPy gives it."""

_DRAW: Mapping[str, Callable[..., object]] = {
    "normal": np.random.Generator.standard_normal,
    "exponential": np.random.Generator.standard_exponential,
    "uniform": np.random.Generator.random,
}
"""How the numbers of each distribution are drawn."""
