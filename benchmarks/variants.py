"""What does a changed model cost on kept noise? That is the wait after a slider moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.measure import Row, in_turns, ratio, spread
from benchmarks.reference import SEED
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import Noise, simulate

__all__ = ["measure"]

QUESTION = "A variant on kept noise against a run with fresh noise"


def measure(compiled: Compiled, *, paths: int, rounds: int) -> Iterator[Row]:
    """Every trigger a tenth more often, odds only, on noise kept from the baseline; all cores."""
    more = compiled.triggers._replace(intercept=compiled.triggers.intercept + 0.1)
    variant = replace(compiled, triggers=more)
    kept = Noise(SEED, keep=True)
    simulate(compiled, seed=kept, paths=paths)
    fresh, changed = in_turns(
        [
            lambda: simulate(variant, seed=SEED, paths=paths, detail="odds"),
            lambda: simulate(variant, seed=kept, paths=paths, detail="odds"),
        ],
        rounds,
    )
    found = ratio(changed, fresh)
    yield Row(
        question=QUESTION,
        what=f"{spread(changed).middle * 1e3:.0f} ms against {spread(fresh).middle * 1e3:.0f} ms for {paths:,} paths",
        answer=f"{found.middle:.2f} × ({found.low:.2f} to {found.high:.2f})",
        bar="",
    )
