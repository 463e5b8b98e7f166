"""What does it cost to find out what moves the odds?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.measure import Row, in_turns, ratio, slope, spread
from benchmarks.reference import BASELINE, SEED
from frenemy.forecast.run import prepare
from frenemy.simulation.compile.compile import Compiled, compile_model
from frenemy.simulation.ensemble.run import Noise, simulate
from frenemy.simulation.parameter_draws import outer_draws
from frenemy.studies.sensitivity.findings import find_tornado

__all__ = ["draws", "tornado"]

TORNADO = "The whole tornado against one run with fresh noise"
MAX_RATIO = 60.0
"""Promised when the shipped model had about 40 uncertain numbers; it has more now, and the promise stays."""
DRAWS = "Time against outer draws: slope of log time on log draws"
SLOPE = 1.1


def tornado(compiled: Compiled, *, paths: int, rounds: int) -> Iterator[Row]:
    """Each uncertain number at its two ends, and the medians, against one run with all sums."""
    model, experiment = prepare(BASELINE, paths=paths, draws=0)
    runs = 0

    def whole() -> None:
        nonlocal runs
        found = find_tornado(model, experiment, noise=Noise(SEED, keep=True), workers=0, step=int)
        runs = 1 + 2 * len(found.keys)

    bars, fresh = in_turns([whole, lambda: simulate(compiled, seed=SEED, paths=paths)], rounds)
    found = ratio(bars, fresh)
    yield Row(
        question=TORNADO,
        what=f"{runs} runs of {paths:,} paths in {spread(bars).middle:.1f} s, one run in {spread(fresh).middle:.2f} s",
        answer=f"{found.middle:.0f} × ({found.low:.0f} to {found.high:.0f})",
        bar=f"at most {MAX_RATIO:g} ×",
        kept=found.middle <= MAX_RATIO,
    )


def draws(*, sizes: tuple[int, ...], paths: int, rounds: int) -> Iterator[Row]:
    """Outer draws on the same noise, as a run simulates them."""
    model, experiment = prepare(BASELINE)

    def through(count: int) -> None:
        run = replace(experiment, uncertainty=replace(experiment.uncertainty, draws=count))
        noise = Noise(SEED, keep=True)
        for number, drawn in enumerate(outer_draws(model, run)):
            if number == count:
                break
            simulate(compile_model(*drawn), seed=noise, paths=paths)

    seconds = [spread(times).middle for times in in_turns([lambda n=n: through(n) for n in sizes], rounds)]  # type: ignore[misc]
    times_text = ", ".join(f"{size:,}: {time:.1f} s" for size, time in zip(sizes, seconds, strict=True))
    found = slope(sizes, seconds)
    yield Row(
        question=DRAWS,
        what=f"draws of {paths:,} paths ({times_text})",
        answer=f"{found:.2f}",
        bar=f"at most {SLOPE:g}",
        kept=found <= SLOPE,
    )
