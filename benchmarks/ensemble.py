"""Is the ensemble close to the cost of its own randomness?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Row, Task, in_turns, ratio, spread
from benchmarks.parts import NumpyAlone
from benchmarks.reference import SEED
from frenemy.runtime.executors import cores
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import Detail, Noise, simulate

__all__ = ["measure"]

QUESTION = "Ensemble against NumPy drawing its noise on one core"
BAR = 1.2


def measure(compiled: Compiled, *, paths: int, rounds: int, workers: int = 2) -> Iterator[Row]:
    """The reference ensemble in several variants, each against NumPy alone."""
    numpy_alone = NumpyAlone(compiled, seed=SEED, paths=paths)
    kept = Noise(SEED, keep=True)
    workers = min(workers, cores())

    def ensemble(seed: int | Noise, detail: Detail, threads: int) -> Task:
        return lambda: simulate(compiled, seed=seed, paths=paths, detail=detail, workers=threads)

    on = f"{workers} cores" if workers > 1 else "1 core"
    variants = {
        f"fresh noise, all sums, {on}": ensemble(SEED, "full", workers),
        f"fresh noise, odds only, {on}": ensemble(SEED, "odds", workers),
        f"kept noise, all sums, {on}": ensemble(kept, "full", workers),
        f"kept noise, odds only, {on}": ensemble(kept, "odds", workers),
        "fresh noise, all sums, 1 core": ensemble(SEED, "full", 1),
    }
    alone, *seconds = in_turns([numpy_alone, *variants.values()], rounds)
    draws = sum(numpy_alone.layers) * paths
    yield Row(
        question=QUESTION,
        what=f"NumPy: {draws / 1e6:.1f} million numbers for {paths:,} paths",
        answer=f"{spread(alone).middle * 1e3:.0f} ms",
    )
    for position, (what, times) in enumerate(zip(variants, seconds, strict=True)):
        found = ratio(times, alone)
        promised = position == 0
        yield Row(
            question=QUESTION,
            what=f"{what}: {spread(times).middle * 1e3:.0f} ms",
            answer=f"{found.middle:.2f} × ({found.low:.2f} to {found.high:.2f})",
            bar=f"at most {BAR:g} ×" if promised else "",
            kept=found.middle <= BAR if promised else None,
        )
