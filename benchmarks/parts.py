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
from frenemy.simulation.ensemble.laws import law_of
from frenemy.simulation.noise.blocks import BlockNoise, Noise
from frenemy.simulation.noise.streams import BLOCK, generator

__all__ = ["Block", "NumpyAlone"]


WAITING = 128
"""Follow-ups that may wait in one path; the same as in the twin."""
LAWS = {"e": "exponential", "n": "normal", "u": "uniform"}
MARKS = (
    "e:87 n:87 n:6 e:58 n:58 u:58 n:58 n:4 u:4 n:4 e:17 n:17 n:17 u:17 n:17 n:9 n:9 u:9 n:9 e:14 n:14 e:19 n:19 n:4 "
    "e:11 n:11 e:10 n:10 u:10 n:10 u:10 n:10 u:10 n:10 n:4 u:4 n:4 u:4 n:4 u:4 n:4 e:6 n:6 u:6 n:6 u:6 n:6 u:6 n:6 "
    "u:6 n:6 e:8 n:8 u:8 n:8 u:8 n:8 n:4 u:4 n:4 u:4 n:4 e:6 n:6 u:6 n:6 n:4 u:4 n:4 e:5 n:5 n:4 e:7 n:7 n:7 u:7 n:7 "
    "u:7 n:7 n:6 n:6 u:6 n:6 u:6 n:6 e:31 n:31 e:49 n:49 n:6 e:8 n:8 u:8 n:8 u:8 n:8 n:4 u:4 n:4 u:4 n:4 e:3 n:3 n:4 "
    "e:7 n:7 u:7 n:7 u:7 n:7 u:7 n:7 e:8 n:8 n:8 e:4 n:4 u:4 n:4 u:4 n:4 u:4 n:4 u:4 n:4 "
)
"""Law and layers of each stream of marks in the reference ensemble, drawn beforehand."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The law, and the noise of one block."""

    compiled: Compiled
    law: kernel.Law
    number: int
    drawn: BlockNoise

    @classmethod
    def of(cls, compiled: Compiled, *, seed: int, number: int = 0) -> Block:
        """One block of a seed."""
        job = run.new_job(one_model(compiled, BLOCK), Noise(seed, keep=True))
        return cls(compiled, law_of(compiled), number, job.block(number, np.empty((0, BLOCK))))

    def sums(self, detail: run.Detail) -> kernel.Sums:
        """Empty sums."""
        return run.empty_sums(self.compiled, detail)

    def run_kernel(self, sums: kernel.Sums, paths: int = BLOCK) -> None:
        """Add the block's first paths to the sums, by the engine's kernel."""
        state = kernel.new_state(self.law, paths, WAITING)
        marks = self.drawn.marks
        status, _ = simulate_block(
            self.law,
            self.drawn.rows,
            self.drawn.buffer,
            marks._replace(path=marks.path[:paths]),
            run.batches(self.number, paths),
            self.law.ticks,
            state,
            sums,
            run.NOTHING_KEPT,
        )
        if status != kernel.DONE:
            raise RuntimeError("the kernel needs more room for follow-ups")


class NumpyAlone:
    """NumPy drawing, on one core, a full set of noise for the first `paths` paths of the reference ensemble.

    The set is that of an engine which draws all marks of events beforehand: as many layers of each trigger's events as
    its most eventful path of 10,000 needs, each stream with a generator of its own. The engine drew it so before it
    drew marks on demand, and its speed is still measured against it.
    """

    def __init__(self, compiled: Compiled, *, seed: int, paths: int) -> None:
        self._seed, self._blocks = seed, -(-paths // BLOCK)
        drivers = [("normal", compiled.ticks)] * len(compiled.drivers)
        dates = [("uniform", 1)] * len(compiled.calendar_names)
        marks = [(LAWS[law], int(layers)) for law, layers in (word.split(":") for word in MARKS.split())]
        self._streams = [*drivers, *dates, *marks]
        self.layers = [layers for _, layers in self._streams]
        self._stacks = [np.empty((count, BLOCK)) for count in self.layers]

    def __call__(self) -> Any:
        """Draw it all, block by block, into the same arrays."""
        for block in range(self._blocks):
            for number, ((law, _), stack) in enumerate(zip(self._streams, self._stacks, strict=True)):
                source = generator(self._seed, f"stream {number}", block)
                match law:
                    case "normal":
                        source.standard_normal(out=stack)
                    case "exponential":
                        source.standard_exponential(out=stack)
                    case _:
                        source.random(out=stack)
