"""Noise for paths that stop between ticks: that of the drivers stretch by stretch.

Two classes have one interface. `StretchNoise` has the numbers that the ensemble would draw, or those of another
purpose. `SharedNoise` has the ensemble's, drawn once for any number of populations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.simulation.noise.blocks import Noise, first_rows, marks_of, rows_of
from frenemy.simulation.noise.streams import BLOCK, Layout, Marks, Rows, draw, generator

__all__ = ["STRETCH", "LazyNoise", "SharedNoise", "StretchNoise"]


STRETCH = 32
"""Ticks for which the drivers' noise is drawn at a time."""


class LazyNoise(Protocol):
    """The noise of one block."""

    rows: Rows
    marks: Marks
    buffer: Floats  # (rows, BLOCK)

    @property
    def stretch(self) -> int:
        """Ticks for which the drivers' noise is at hand at a time."""

    def next_stretch(self) -> None:
        """Replace the drivers' noise by that of the next stretch of ticks."""

    def rest(self) -> None:
        """Give back the memory of the numbers, where they can be drawn again, until `wake`."""

    def wake(self) -> None:
        """Have all numbers at hand again; nothing to do unless it rests."""


class StretchNoise:
    """The numbers of one block of a seed, drawn for a purpose; without one, those of the ensemble."""

    stretch = STRETCH

    def __init__(self, seed: int, purpose: str, number: int, streams: Layout) -> None:
        self._seed, self._number = seed, number
        of_drivers = set(streams.drivers.tolist())
        self._streams = tuple(
            replace(stream, name=purpose + stream.name, layers=STRETCH if i in of_drivers else stream.layers)
            for i, stream in enumerate(streams.streams)
        )
        self._first = first_rows(replace(streams, streams=self._streams))
        self._drivers = {int(i): generator(seed, self._streams[i].name, number) for i in streams.drivers}
        self._stretch: list[Mapping[str, Any]] = []  # of the drivers' generators, before the present stretch was drawn
        self.rows = rows_of(replace(streams, streams=self._streams))
        self.marks = marks_of(streams, seed, number, purpose)
        self._start()

    def _start(self) -> None:
        """Room for all layers, with those drawn that are the same for all stretches."""
        self.buffer = np.empty((sum(stream.layers for stream in self._streams), BLOCK))
        for i, stream in enumerate(self._streams):
            if i not in self._drivers:
                draw(stream, self._seed, self._number, self._rows_of(i))

    def _rows_of(self, stream: int) -> Floats:
        return self.buffer[self._first[stream] :][: self._streams[stream].layers]

    def next_stretch(self) -> None:
        self._stretch = [source.bit_generator.state for source in self._drivers.values()]
        self._draw_stretch()

    def _draw_stretch(self) -> None:
        for stream, source in self._drivers.items():
            source.standard_normal(out=self._rows_of(stream))

    def rest(self) -> None:
        self.buffer = np.empty((0, BLOCK))

    def wake(self) -> None:
        if len(self.buffer):
            return
        self._start()
        if self._stretch:
            for source, state in zip(self._drivers.values(), self._stretch, strict=True):
                source.bit_generator.state = state
            self._draw_stretch()


class SharedNoise:
    """The ensemble's own numbers, those of the drivers for the whole run, kept by `noise` for all who read them.

    `streams` may include further observed occurrences; `observed` names those of this population.
    """

    def __init__(self, noise: Noise, number: int, streams: Layout, observed: Sequence[str]) -> None:
        self._streams = streams
        self._drawn = noise.block(number, streams, np.empty((0, BLOCK)))
        self.buffer, self.marks = self._drawn.buffer, self._drawn.marks
        self.stretch = max((streams.streams[i].layers for i in streams.drivers), default=STRETCH)
        self._tick = -self.stretch  # to which the first of the drivers' rows belongs
        self._observe(observed)

    def _observe(self, observed: Sequence[str]) -> None:
        places = {
            stream.name: first for stream, first in zip(self._streams.streams, first_rows(self._streams), strict=True)
        }
        self._occurrence: Ints = np.array([places[name] for name in observed], dtype=np.int64)
        self._take()

    def _take(self) -> None:
        rows = self._drawn.rows
        self.rows = rows._replace(drivers=rows.drivers + self._tick, occurrence=self._occurrence)

    def fork(self, observed: Sequence[str]) -> SharedNoise:
        """The same noise at the same tick, for a law with other observed occurrences."""
        other = copy(self)
        other._observe(observed)
        return other

    def next_stretch(self) -> None:
        self._tick += self.stretch
        self._take()

    def rest(self) -> None:
        pass

    def wake(self) -> None:
        pass
