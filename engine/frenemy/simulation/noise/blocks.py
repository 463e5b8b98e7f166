"""Noise for the fast engine: the blocks of one seed, as deep as a run needs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.errors import SimulationError
from frenemy.simulation.noise.streams import BLOCK, FOLLOW_UP, OWN, Layout, Rows, Stream, draw

__all__ = ["BUFFER_MARGIN", "MAX_LAYERS", "BlockNoise", "Noise", "layers_of", "rows_of"]


MAX_LAYERS = 5_000
"""Events of one trigger in one path; beyond that the model runs away."""
BUFFER_MARGIN = 1.15
"""Size of a block's buffer, in times of what is used: room for stacks that turn out to be too shallow."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockNoise:
    """The noise of one block: stacks of layers in one buffer, (rows, BLOCK)."""

    number: int
    streams: tuple[Stream, ...]
    first: Ints  # (streams,) first row of each stack
    layers: Ints  # (streams,) rows of each stack
    used: int  # rows of the buffer in use
    rows: Rows
    buffer: Floats

    def stack(self, name: str) -> Floats:
        """The stack of a stream; empty if there is none."""
        for i, stream in enumerate(self.streams):
            if stream.name == name:
                return self.buffer[self.first[i] : self.first[i] + self.layers[i]]
        return self.buffer[:0]


@dataclass(slots=True)
class Noise:
    """The noise of one seed, drawn block by block; with `keep`, drawn once and kept for the next run.

    Runs of other models on the same seed may share it, also from several threads, as streams are known by their names.
    It also remembers how deep the stacks had to be, which saves time and changes no number.
    """

    seed: int
    keep: bool = False
    width: int = BLOCK  # paths of a block; other than BLOCK they are not the paths that a seed names
    _depth: dict[tuple[str, int], int] = field(default_factory=dict)
    _drawn: dict[int, BlockNoise] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _block_locks: dict[int, threading.Lock] = field(default_factory=dict)

    def depth(self, triggers: Sequence[str], guess: Ints) -> Ints:
        """Layers to draw, (2, K), of each trigger's own events and follow-ups; `guess` where nothing is known."""
        depth = np.empty((2, len(triggers)), dtype=np.int64)
        with self._lock:
            for kind in (OWN, FOLLOW_UP):
                for k, name in enumerate(triggers):
                    depth[kind, k] = self._depth.setdefault((name, kind), int(guess[kind, k]))
        return depth

    def deepen(self, trigger: str, kind: int, layers: int) -> None:
        """Note that so many layers were not enough. Raises SimulationError where the model runs away."""
        if layers >= MAX_LAYERS:
            raise SimulationError(f"{trigger} happens more than {MAX_LAYERS:,} times in one path: the model runs away")
        with self._lock:
            self._depth[trigger, kind] = max(self._depth[trigger, kind], layers + max(2, layers // 2))

    def block(self, number: int, layout: Layout, depth: Ints, buffer: Floats) -> BlockNoise:
        """The noise of a block, drawn into `buffer` if that is large enough and the noise is not kept."""
        with self._lock_of(number):
            return self._block(number, layout, depth, buffer)

    def _block(self, number: int, layout: Layout, depth: Ints, buffer: Floats) -> BlockNoise:
        held = self._drawn.get(number)
        if held is not None and held.streams == layout.streams:
            enough = bool(np.all(held.rows.depth >= depth))
            return held if enough else self._more(number, layout, np.maximum(depth, held.rows.depth), held)
        layers = layers_of(layout, depth)
        first = np.concatenate([[0], np.cumsum(layers)[:-1]]).astype(np.int64)
        used = int(layers.sum())
        if self.keep or len(buffer) < used:
            buffer = np.empty((int(used * BUFFER_MARGIN), self.width))
        for stream, start, count in zip(layout.streams, first, layers, strict=True):
            out = buffer[start : start + count]
            old = buffer[:0] if held is None else held.stack(stream.name)
            if len(old) >= count:
                out[:] = old[:count]
            else:
                draw(stream, self.seed, number, out)
        return self._hold(
            number, BlockNoise(number, layout.streams, first, layers, used, rows_of(layout, first, depth), buffer)
        )

    def more(self, number: int, layout: Layout, depth: Ints, drawn: BlockNoise) -> BlockNoise:
        """The same noise with some stacks deeper; those are drawn again, into free rows."""
        with self._lock_of(number):
            return self._more(number, layout, depth, self._latest(number, layout, drawn))

    def _latest(self, number: int, layout: Layout, drawn: BlockNoise) -> BlockNoise:
        """The noise to deepen: only in the latest kept one are the rows after those in use free."""
        held = self._drawn.get(number)
        if held is None or held is drawn:
            return drawn
        return held if held.streams == layout.streams else replace(drawn, buffer=drawn.buffer[: drawn.used].copy())

    def _lock_of(self, number: int) -> AbstractContextManager[object]:
        """A lock for a block that several runs may share."""
        if not self.keep:
            return nullcontext()
        with self._lock:
            return self._block_locks.setdefault(number, threading.Lock())

    def _more(self, number: int, layout: Layout, depth: Ints, drawn: BlockNoise) -> BlockNoise:
        layers, first, used, buffer = layers_of(layout, depth), drawn.first.copy(), drawn.used, drawn.buffer
        for i in np.flatnonzero(layers > drawn.layers):
            end = used + int(layers[i])
            if end > len(buffer):
                buffer = np.concatenate([buffer[:used], np.empty((int(end * BUFFER_MARGIN) - used, self.width))])
            draw(layout.streams[i], self.seed, number, buffer[used:end])
            first[i], used = used, end
        layers = np.maximum(layers, drawn.layers)
        return self._hold(
            number, BlockNoise(number, layout.streams, first, layers, used, rows_of(layout, first, depth), buffer)
        )

    def _hold(self, number: int, drawn: BlockNoise) -> BlockNoise:
        if self.keep:
            self._drawn[number] = drawn
        return drawn


def layers_of(layout: Layout, depth: Ints) -> Ints:
    """(streams,): rows of each stack, for so many layers of each trigger's noise, (2, K)."""
    layers = [depth[s.kind, s.trigger] if s.trigger >= 0 else s.layers for s in layout.streams]
    return np.array(layers, dtype=np.int64)


def rows_of(layout: Layout, first: Ints, depth: Ints) -> Rows:
    """Where the kernel finds each stream, from the first row of each stack, (streams,)."""
    at = np.append(first, -1)  # index -1, no stream, gives row -1
    return Rows(
        drivers=at[layout.drivers],
        calendar=at[layout.calendar],
        clock=at[layout.clock],
        severity=at[layout.severity],
        duration=at[layout.duration],
        chance=at[layout.chance],
        delay=at[layout.delay],
        remaining=at[layout.remaining],
        occurrence=at[layout.occurrence],
        depth=depth,
    )
