"""The engine in parts: its arrays for one block, so that the kernel and others can be run on the same ones.

The only module of the benchmarks that uses the internals of the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble import run
from frenemy.simulation.ensemble.ensemble import one_model
from frenemy.simulation.ensemble.kernel import state as kernel
from frenemy.simulation.ensemble.kernel.block import simulate_block
from frenemy.simulation.noise.blocks import BlockNoise, Noise
from frenemy.simulation.noise.streams import BLOCK, Layout, draw, layout

__all__ = ["Block", "NumpyAlone"]


WAITING = 128
"""Follow-ups that may wait in one path; the same as in the twin."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The law, and the noise of one block, deep enough."""

    compiled: Compiled
    law: kernel.Law
    number: int
    drawn: BlockNoise

    @classmethod
    def of(cls, compiled: Compiled, *, seed: int, number: int = 0) -> Block:
        """Simulate the block once, so that its noise has all the layers that it needs."""
        noise = Noise(seed, keep=True)
        job = run.new_job(one_model(compiled, BLOCK), noise)
        sums = run.empty_sums(compiled, "odds")
        job.run(0, slice(0, BLOCK), job.block(number, np.empty((0, BLOCK))), sums, run.NOTHING_KEPT)
        return cls(compiled, run.law_of(compiled), number, noise._drawn[number])

    def sums(self, detail: run.Detail) -> kernel.Sums:
        """Empty sums."""
        return run.empty_sums(self.compiled, detail)

    def run_kernel(self, sums: kernel.Sums, paths: int = BLOCK) -> None:
        """Add the block's first paths to the sums, by the engine's kernel."""
        state = kernel.new_state(self.law, paths, WAITING)
        status, _, _ = simulate_block(
            self.law,
            self.drawn.rows,
            self.drawn.buffer,
            self.number,
            self.law.ticks,
            state,
            sums,
            run.NOTHING_KEPT,
        )
        if status != kernel.DONE:
            raise RuntimeError("the kernel needs more noise in a block that it has simulated before")


class NumpyAlone:
    """NumPy drawing the noise of the first `paths` paths: the same generators, the same layers, one core."""

    def __init__(self, compiled: Compiled, *, seed: int, paths: int) -> None:
        self._seed, self._blocks = seed, -(-paths // BLOCK)
        noise = Noise(seed)
        run.simulate(compiled, seed=noise, paths=paths)  # this finds out how deep the stacks must be
        self._streams: Layout = layout(compiled)
        depth = noise.depth(compiled.trigger_names, run.guess_depth(compiled))
        self.layers = [int(depth[s.kind, s.trigger]) if s.trigger >= 0 else s.layers for s in self._streams.streams]
        self._stacks = [np.empty((count, BLOCK)) for count in self.layers]

    def __call__(self) -> Any:
        """Draw it all, block by block, into the same arrays."""
        for block in range(self._blocks):
            for stream, stack in zip(self._streams.streams, self._stacks, strict=True):
                draw(stream, self._seed, block, stack)
