"""Is the kernel close to what a hand-written C loop does with the same arrays?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.measure import Row, in_turns, ratio, spread
from benchmarks.parts import Block
from benchmarks.reference import SEED
from benchmarks.twin import FLAGS, Twin, compiler
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.kernel.state import Sums
from frenemy.simulation.ensemble.run import Detail
from frenemy.simulation.noise.streams import BLOCK

__all__ = ["differences", "measure"]

QUESTION = "Kernel against its C twin, one block of paths, one thread"
BAR = 1.3


def measure(compiled: Compiled, *, rounds: int) -> Iterator[Row]:
    """The kernel against the twin, for both sizes of tally; first they must agree."""
    if compiler() is None:
        yield Row(question=QUESTION, what="left out: there is no C compiler (cc) on this machine", answer="")
        return
    block = Block.of(compiled, seed=SEED)
    details: dict[str, Detail] = {"all sums": "full", "odds only": "odds"}
    for what, detail in details.items():
        wrong = differences(block, detail, BLOCK)
        if wrong:
            yield Row(question=QUESTION, what=what, answer=f"they differ in {', '.join(wrong)}", kept=False)
            continue
        sums = block.sums(detail)
        twin = Twin(block.law, block.drawn.rows, block.drawn.marks, sums)
        ours, theirs = in_turns([lambda: block.run_kernel(sums), lambda: run_twin(twin, block, sums)], rounds)  # noqa: B023
        found, kernel, c = ratio(ours, theirs), spread(ours).middle, spread(theirs).middle
        yield Row(
            question=QUESTION,
            what=f"{what}, all counts equal: {kernel * 1e3:.1f} ms, in C {c * 1e3:.1f} ms",
            answer=f"{found.middle:.2f} × ({found.low:.2f} to {found.high:.2f})",
            bar=f"at most {BAR:g} ×",
            kept=found.middle <= BAR,
        )
    yield Row(question=QUESTION, what=f"compiled with cc {' '.join(FLAGS)}", answer="")


def run_twin(twin: Twin, block: Block, sums: Sums, paths: int = BLOCK) -> None:
    """Add the block's first paths to the sums, by the twin."""
    drawn = block.drawn
    of = block.law, drawn.rows, drawn.marks, drawn.buffer
    if not twin.simulate_block(*of, block=block.number, paths=paths, sums=sums):
        raise RuntimeError("the twin has no room for a follow-up")


def differences(block: Block, detail: Detail, paths: int, *, twin: Twin | None = None) -> list[str]:
    """The sums in which the kernel and the twin differ: counts in any bit, floating sums by more than rounding."""
    ours, theirs = block.sums(detail), block.sums(detail)
    block.run_kernel(ours, paths)
    run_twin(twin or Twin(block.law, block.drawn.rows, block.drawn.marks, theirs), block, theirs, paths)
    return [
        name
        for name, a, b in zip(ours._fields, ours, theirs, strict=True)
        if not (np.array_equal(a, b) if a.dtype.kind == "i" else np.allclose(a, b, rtol=1e-12))
    ]
