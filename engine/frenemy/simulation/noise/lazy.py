"""Noise for paths that stop between ticks: that of events as deep as needed, that of drivers stretch by stretch.

Three classes have one interface. `NamedLazyNoise` has the numbers that the ensemble would draw, each stream from a
generator of its own. `SharedLazyNoise` has the same numbers, drawn once for any number of populations.
`PooledLazyNoise` takes all numbers of one distribution from one generator: noise of the same quality, and much faster
to start where there are few paths, but where each number goes depends on the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Protocol

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.errors import SimulationError
from frenemy.simulation.noise.blocks import BUFFER_MARGIN, MAX_LAYERS, Noise, layers_of, rows_of
from frenemy.simulation.noise.streams import Layout, Rows, generator

__all__ = ["STRETCH", "LazyNoise", "NamedLazyNoise", "PooledLazyNoise", "SharedLazyNoise", "without_drivers"]


STRETCH = 32
"""Ticks for which the drivers' noise is drawn at a time."""


class LazyNoise(Protocol):
    """The noise of one block."""

    rows: Rows
    buffer: Floats  # (rows, width)

    def next_stretch(self) -> None:
        """Replace the drivers' noise by that of the next stretch of ticks."""

    def deepen(self, trigger: int, kind: int) -> None:
        """Draw more layers of a trigger's noise. Raises SimulationError where the model runs away."""


def without_drivers(streams: Layout) -> Layout:
    """The same streams, those of the drivers without layers: they are drawn stretch by stretch."""
    emptied = list(streams.streams)
    for i in streams.drivers:
        emptied[i] = replace(emptied[i], layers=0)
    return replace(streams, streams=tuple(emptied))


class NamedLazyNoise:
    """The ensemble's own numbers; `streams` as `without_drivers` leaves them."""

    def __init__(self, noise: Noise, number: int, streams: Layout, triggers: tuple[str, ...], guess: Ints) -> None:
        self._noise, self._number, self._streams = noise, number, streams
        self._triggers, self._guess = triggers, guess
        depth = noise.depth(triggers, guess)
        names = [streams.streams[i].name for i in streams.drivers]
        rows = int(layers_of(streams, depth).sum()) + STRETCH * len(names)
        drawn = noise.block(number, streams, depth, np.empty((int(rows * BUFFER_MARGIN), noise.width)))
        first = drawn.first.copy()
        first[streams.drivers] = drawn.used + STRETCH * np.arange(len(names))
        self._drawn = replace(drawn, first=first, used=drawn.used + STRETCH * len(names))
        self._drivers = tuple(generator(noise.seed, name, number) for name in names)
        self._take()

    def _take(self) -> None:
        self.buffer = self._drawn.buffer
        self.rows = self._drawn.rows._replace(drivers=self._drawn.first[self._streams.drivers])

    def next_stretch(self) -> None:
        for source, row in zip(self._drivers, self.rows.drivers, strict=True):
            source.standard_normal(out=self.buffer[row : row + STRETCH])

    def deepen(self, trigger: int, kind: int) -> None:
        name = self._triggers[trigger]
        self._noise.deepen(name, kind, int(self.rows.depth[kind, trigger]))
        depth = self._noise.depth(self._triggers, self._guess)
        self._drawn = self._noise.more(self._number, self._streams, depth, self._drawn)
        self._take()


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
        self._tick = -STRETCH  # to which the first of the drivers' rows belongs
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
        self._tick += STRETCH
        self._take()

    def deepen(self, trigger: int, kind: int) -> None:
        self._noise.deepen(self._triggers[trigger], kind, int(self.rows.depth[kind, trigger]))
        depth = self._noise.depth(self._triggers, self._guess)
        self._drawn = self._noise.more(self._number, self._streams, depth, self._drawn)
        self._take()


class PooledLazyNoise:
    """Numbers from one generator for each distribution, keyed by (seed, purpose, block)."""

    def __init__(self, key: tuple[int, str, int], width: int, streams: Layout, guess: Ints) -> None:
        seed, purpose, number = key
        # A deeper stack keeps its layers, so that starting with few costs little.
        self._streams, self._depth = streams, np.stack([np.maximum(guess[0] - 2, 2), np.ones_like(guess[1])])
        self._pools = {
            "normal": generator(seed, f"{purpose}normal", number).standard_normal,
            "exponential": generator(seed, f"{purpose}exponential", number).standard_exponential,
            "uniform": generator(seed, f"{purpose}uniform", number).random,
        }
        self._layers = layers_of(streams, self._depth)
        drivers = STRETCH * len(streams.drivers)
        self._first = drivers + np.concatenate([[0], np.cumsum(self._layers)[:-1]]).astype(np.int64)
        self._first[streams.drivers] = STRETCH * np.arange(len(streams.drivers))
        self._used = drivers + int(self._layers.sum())
        self.buffer = np.empty((int(self._used * BUFFER_MARGIN), width))
        for stream, row, layers in zip(streams.streams, self._first, self._layers, strict=True):
            if layers:
                self._pools[stream.distribution](out=self.buffer[row : row + layers])
        self.rows = rows_of(streams, self._first, self._depth)

    def next_stretch(self) -> None:
        self._pools["normal"](out=self.buffer[: STRETCH * len(self._streams.drivers)])

    def deepen(self, trigger: int, kind: int) -> None:
        had = int(self._depth[kind, trigger])
        if had >= MAX_LAYERS:
            raise SimulationError(
                f"one trigger happens more than {MAX_LAYERS:,} times in one path: the model runs away"
            )
        self._depth = self._depth.copy()
        self._depth[kind, trigger] = had + max(2, had // 2)
        layers = layers_of(self._streams, self._depth)
        for i in np.flatnonzero(layers > self._layers):
            old, new, row = int(self._layers[i]), int(layers[i]), self._used
            if row + new > len(self.buffer):
                more = int((row + new) * BUFFER_MARGIN) - len(self.buffer)
                self.buffer = np.concatenate([self.buffer, np.empty((more, self.buffer.shape[1]))])
            self.buffer[row : row + old] = self.buffer[self._first[i] : self._first[i] + old]
            self._pools[self._streams.streams[i].distribution](out=self.buffer[row + old : row + new])
            self._first[i], self._layers[i], self._used = row, new, row + new
        self.rows = rows_of(self._streams, self._first, self._depth)
