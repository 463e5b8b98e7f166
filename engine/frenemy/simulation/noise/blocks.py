"""Noise for the fast engine: the blocks of one seed."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.simulation.noise.streams import BLOCK, Layout, Marks, Rows, Stream, draw, keys

__all__ = ["BlockNoise", "Noise", "first_rows", "marks_of", "rows_of"]


@dataclass(frozen=True, slots=True, eq=False)
class BlockNoise:
    """The noise of one block: stacks of layers in one buffer, (rows, BLOCK), and what its marks are a function of."""

    number: int
    streams: tuple[Stream, ...]
    rows: Rows
    marks: Marks
    buffer: Floats

    def stack(self, name: str) -> Floats:
        """The stack of a stream; empty if there is none."""
        row = 0
        for stream in self.streams:
            if stream.name == name:
                return self.buffer[row : row + stream.layers]
            row += stream.layers
        return self.buffer[:0]


@dataclass(slots=True)
class Noise:
    """The noise of one seed, drawn block by block; with `keep`, drawn once and kept for the next run.

    Runs of other models on the same seed may share it, also from several threads, as streams are known by their names.
    """

    seed: int
    keep: bool = False
    _drawn: dict[int, BlockNoise] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _block_locks: dict[int, threading.Lock] = field(default_factory=dict)

    def block(self, number: int, layout: Layout, buffer: Floats) -> BlockNoise:
        """The noise of a block, drawn into `buffer` if that is large enough and the noise is not kept."""
        with self._lock_of(number):
            return self._block(number, layout, buffer)

    def _block(self, number: int, layout: Layout, buffer: Floats) -> BlockNoise:
        held, marks = self._drawn.get(number), marks_of(layout, self.seed, number)
        if held is not None and held.streams == layout.streams:
            return replace(held, rows=rows_of(layout), marks=marks)
        rows = sum(stream.layers for stream in layout.streams)
        if self.keep or len(buffer) < rows:
            buffer = np.empty((rows, BLOCK))
        drawn = BlockNoise(number, layout.streams, rows_of(layout), marks, buffer[:rows])
        for stream, first in zip(layout.streams, first_rows(layout), strict=True):
            out = buffer[first : first + stream.layers]
            old = buffer[:0] if held is None else held.stack(stream.name)
            if len(old) >= stream.layers:
                out[:] = old[: stream.layers]
            else:
                draw(stream, self.seed, number, out)
        if self.keep:
            self._drawn[number] = drawn
        return drawn

    def _lock_of(self, number: int) -> AbstractContextManager[object]:
        """A lock for a block that several runs may share."""
        if not self.keep:
            return nullcontext()
        with self._lock:
            return self._block_locks.setdefault(number, threading.Lock())


def first_rows(layout: Layout) -> Ints:
    """(streams,): the first row of each stack."""
    layers = [stream.layers for stream in layout.streams]
    return np.cumsum([0, *layers[:-1]])[: len(layers)].astype(np.int64)


def rows_of(layout: Layout) -> Rows:
    """Where the kernel finds each stream."""
    at = np.append(first_rows(layout), -1)  # index -1, no stream, gives row -1
    return Rows(
        drivers=at[layout.drivers],
        calendar=at[layout.calendar],
        remaining=at[layout.remaining],
        occurrence=at[layout.occurrence],
    )


def marks_of(layout: Layout, seed: int, block: int, purpose: str = "") -> Marks:
    """The marks of the paths of a block, drawn for a purpose."""
    event, link = (
        keys(seed, tuple(purpose + name for name in names) if purpose else names).reshape(2, -1, 2)
        for names in (layout.events, layout.links)
    )
    return Marks(event, link, np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.uint64), np.empty((0, 0)))
