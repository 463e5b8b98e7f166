"""Does time grow in proportion to paths, ticks and triggers?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from benchmarks.measure import Row, in_turns, slope, spread
from benchmarks.reference import SEED, reference
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import simulate

__all__ = ["measure"]

QUESTION = "Time against size: slope of log time on log size"
BAR = 1.1
"""A slope of 1 is proportional; below 1, part of the time is fixed."""


def measure(
    *, paths: Sequence[int], years: Sequence[int], copies: Sequence[int], at: int, rounds: int
) -> Iterator[Row]:
    """Slopes over `paths`; over `years`, and over `copies` of every trigger, at `at` paths each."""
    base = reference()
    yield _row("paths", paths, lambda _: base, lambda size: size, rounds)
    yield _row("ticks", years, lambda size: reference(years=size), lambda _: at, rounds)
    yield _row("triggers", copies, lambda size: reference(copies=size), lambda _: at, rounds)


def _row(
    what: str, sizes: Sequence[int], build: Callable[[int], Compiled], paths: Callable[[int], int], rounds: int
) -> Row:
    models = [build(size) for size in sizes]
    tasks = [_task(model, paths(size)) for model, size in zip(models, sizes, strict=True)]
    seconds = [spread(times).middle for times in in_turns(tasks, rounds)]
    measured = {"paths": sizes, "ticks": [m.ticks for m in models], "triggers": [len(m.trigger_names) for m in models]}
    found = slope(measured[what], seconds)
    times_text = ", ".join(f"{size:,}: {time * 1e3:.0f} ms" for size, time in zip(measured[what], seconds, strict=True))
    return Row(
        question=QUESTION,
        what=f"{what} ({times_text})",
        answer=f"{found:.2f}",
        bar=f"at most {BAR:g}",
        kept=found <= BAR,
    )


def _task(compiled: Compiled, paths: int) -> Callable[[], object]:
    return lambda: simulate(compiled, seed=SEED, paths=paths, workers=1)
