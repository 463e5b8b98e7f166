"""How much faster is a path of the ensemble than the same path as a storyline?"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Row, in_turns, spread
from benchmarks.reference import SEED
from frenemy.runtime.executors import cores
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import simulate
from frenemy.simulation.storyline.engine import tell

__all__ = ["measure"]

QUESTION = "Storyline (SimPy) against ensemble, time per path"
BAR = 300.0


def measure(compiled: Compiled, *, paths: int, stories: int, rounds: int) -> Iterator[Row]:
    """Storylines of the first paths against the reference ensemble with fresh noise, on two cores and on one."""
    workers = min(2, cores())

    def storylines() -> None:
        for path in range(stories):
            tell(compiled, seed=SEED, path=path)

    stories_taken, both, one = in_turns(
        [
            storylines,
            lambda: simulate(compiled, seed=SEED, paths=paths, workers=workers),
            lambda: simulate(compiled, seed=SEED, paths=paths, workers=1),
        ],
        rounds,
    )
    for times, on, promised in ((both, f"{workers} cores", True), (one, "1 core", False)):
        found = spread([(a / stories) / (b / paths) for a, b in zip(stories_taken, times, strict=True)])
        yield Row(
            question=QUESTION,
            what=f"{spread(stories_taken).middle / stories * 1e3:.1f} ms a storyline, "
            f"{spread(times).middle / paths * 1e6:.1f} µs a path of the ensemble on {on}",
            answer=f"{found.middle:,.0f} × ({found.low:,.0f} to {found.high:,.0f})",
            bar=f"at least {BAR:g} ×" if promised else "",
            kept=found.middle >= BAR if promised else None,
        )
