"""What does it cost to average over judgement, and to find out what moves the odds?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.measure import Row, Task, in_turns, ratio, slope, spread
from benchmarks.reference import BASELINE, SEED
from frenemy.forecast.run import prepare
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import Noise, simulate, simulate_ensemble
from frenemy.simulation.ensembles import ensemble_of, for_study, simulate_experiment
from frenemy.studies.sensitivity.findings import find_tornado
from frenemy.studies.sensitivity.tornado import ROUGHLY_CLEAR

__all__ = ["draws", "tornado"]

TORNADO = "The whole tornado, means over judgement, against one run with fresh noise"
MAX_RATIO = 30.0
DRAWS = "Outer draws, each with paths of its own"
SLOPE, SHARE = 1.1, 0.1


def tornado(compiled: Compiled, *, paths: int, rounds: int) -> Iterator[Row]:
    """Each uncertain number at its two ends, and all as they are, against one run with all sums."""
    model, experiment = prepare(BASELINE)
    experiment, futures = for_study(replace(experiment, paths=paths)), 0

    def whole() -> None:
        nonlocal futures
        noise = Noise(SEED, keep=True)
        found = find_tornado(model, experiment, noise=noise, workers=0, clear=ROUGHLY_CLEAR)
        futures = 2 * int(found.futures.sum())

    bars, fresh = in_turns([whole, lambda: simulate(compiled, seed=SEED, paths=paths)], rounds)
    found = ratio(bars, fresh)
    yield Row(
        question=TORNADO,
        what=f"{futures:,} futures in {spread(bars).middle:.1f} s, one run in {spread(fresh).middle:.2f} s",
        answer=f"{found.middle:.0f} × ({found.low:.0f} to {found.high:.0f})",
        bar=f"at most {MAX_RATIO:g} ×",
        kept=found.middle <= MAX_RATIO,
    )


def draws(*, sizes: tuple[int, ...], paths: int, rounds: int) -> Iterator[Row]:
    """What a draw costs beside its paths, what a path costs if a draw has few, and time against draws."""
    model, experiment = prepare(BASELINE)

    def of(count: int, each: int) -> Experiment:
        return replace(experiment, uncertainty=Uncertainty(draws=count, paths=each))

    def made(size: Experiment, seed: int) -> None:
        ensemble_of(model, replace(size, seed=seed)).laws  # noqa: B018 laid out as the kernel reads them

    seeds = iter(range(10**6))  # other numbers each time, or they would be remembered
    whole = ensemble_of(model, of(256, 64))
    make, run = in_turns(
        [lambda: made(of(256, 64), next(seeds)), lambda: simulate_ensemble(whole, seed=SEED, workers=1)], rounds
    )
    share = ratio(make, run)
    yield Row(
        question=DRAWS,
        what=f"making a draw ({spread(make).middle / 256 * 1e3:.2f} ms), against simulating 64 paths of it, 1 core",
        answer=f"{share.middle:.2f} × ({share.low:.2f} to {share.high:.2f})",
        bar=f"at most {SHARE:g} ×",
        kept=share.middle <= SHARE,
    )
    few, many = ensemble_of(model, of(max(paths // 8, 2), 8)), ensemble_of(model, of(max(paths // 1024, 2), 1024))
    tasks: list[Task] = [lambda e=e: simulate_ensemble(e, seed=SEED) for e in (few, many)]  # type: ignore[misc]
    one, other = in_turns(tasks, rounds)
    found = ratio([a / few.paths for a in one], [b / many.paths for b in other])
    yield Row(
        question=DRAWS,
        what="a path where a draw has 8, against one where it has 1,024",
        answer=f"{found.middle:.2f} × ({found.low:.2f} to {found.high:.2f})",
    )
    runs: list[Task] = [lambda n=n: simulate_experiment(model, of(n, 16)) for n in sizes]  # type: ignore[misc]
    seconds = [spread(times).middle for times in in_turns(runs, rounds)]
    times_text = ", ".join(f"{size:,}: {time:.1f} s" for size, time in zip(sizes, seconds, strict=True))
    rise = slope(sizes, seconds)
    yield Row(
        question=DRAWS,
        what=f"slope of log time on log draws, 16 paths each ({times_text})",
        answer=f"{rise:.2f}",
        bar=f"at most {SLOPE:g}",
        kept=rise <= SLOPE,
    )
