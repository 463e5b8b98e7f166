"""`python -m reliability invariants`: what must hold of the odds of any model, on random models."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from frenemy.arrays import Floats
from frenemy.forecast.assemble import assemble
from frenemy.forecast.forecast import READINGS, Forecast
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate, simulate_paths

__all__ = ["SeedsAgree", "broken", "examine", "forecast"]

MODELS = Path(__file__).parents[1] / "tests" / "engines_agree" / "random_models.py"
PATHS = 256
LARGEST = 6.0
"""Standard errors by which two seeds may differ in the worst of some ten thousand comparisons."""
ROUNDING = 1e-9


def forecast(model: Model, experiment: Experiment, *, seed: int, paths: int = PATHS) -> Forecast:
    """The forecast of a model, every uncertain number at its median."""
    compiled = compile_model(realise(model), realise(experiment))
    tally = simulate(compiled, seed=seed, paths=paths, workers=1)
    return assemble(model, experiment, tally, simulate_paths(compiled, seed=seed, numbers=(), workers=1))


def broken(found: Forecast) -> Iterator[str]:
    """The invariants that a forecast does not keep."""
    at, ever, share = (found.odds[reading].probability for reading in ("at", "ever", "time_share"))
    for reading, odds in found.odds.items():
        yield from _unless(_within(odds.probability, 0, 1), f"{reading}: odds outside 0 to 1")
        yield from _unless(bool(np.all(odds.mc_se > 0)), f"{reading}: an error that is not positive")
    for name, shares in (("at", at), ("time_share", share)):
        yield from _unless(
            np.allclose(shares.sum(axis=1), 1, atol=ROUNDING), f"{name}: the scenarios do not add up to 1"
        )
    yield from _unless(_rises(ever), "ever falls")
    yield from _unless(bool(np.all(ever >= at - ROUNDING)), "ever is below at")
    yield from _unless(bool(np.all(ever >= share - ROUNDING)), "ever is below the share of time")
    yield from _unless(_within(found.first_entry, 0, 1), "first entries outside 0 to 1")
    yield from _unless(
        bool(np.all(found.first_entry.cumsum(axis=0) <= ever + ROUNDING)), "more first entries than ever"
    )
    yield from _broken_levels(found)
    yield from _broken_events(found)


def _broken_levels(found: Forecast) -> Iterator[str]:
    for name, fan in (("all", found.drivers), *found.drivers_by_scenario.items()):
        yield from _unless(
            _within(fan.mean, 0, 100) and _within(fan.quantiles, 0, 100), f"{name}: levels outside 0 to 100"
        )
        yield from _unless(_within(fan.sd, 0, 50 + ROUNDING), f"{name}: an impossible standard deviation")
        yield from _unless(_rises(fan.quantiles), f"{name}: quantiles of levels fall")
    yield from _unless(_within(found.phase.density, 0, 1), "densities outside 0 to 1")


def _broken_events(found: Forecast) -> Iterator[str]:
    table = found.events
    yield from _unless(_within(table.expected, 0, math.inf), "expected events below 0")
    yield from _unless(
        _within(table.at_least_one, 0, 1) and _within(table.ever, 0, 1), "chances of events outside 0 to 1"
    )
    yield from _unless(
        bool(np.all(table.expected >= table.at_least_one - ROUNDING)), "fewer events than chances of one"
    )
    yield from _unless(_rises(table.ever), "the chance of an event so far falls")
    yield from _unless(
        np.allclose(table.year_expected.sum(axis=0), table.expected, atol=1e-6), "the years do not add up to the events"
    )
    for date, shares in table.branches.items():
        total = sum(shares.values())
        yield from _unless(min(abs(total - 1), abs(total)) < ROUNDING, f"{date}: the branches do not add up to 1")


def _unless(holds: bool, message: str) -> Iterator[str]:  # noqa: FBT001 reads as a sentence
    if not holds:
        yield message


def _within(values: Floats, low: float, high: float) -> bool:
    return bool(np.all(np.isfinite(values)) and np.all(values >= low - ROUNDING) and np.all(values <= high + ROUNDING))


def _rises(values: Floats) -> bool:
    return bool(np.all(np.diff(values, axis=0) >= -ROUNDING))


@dataclass(slots=True)
class SeedsAgree:
    """Whether two seeds differ by as much as their errors say: one at a time, and all together."""

    squares: list[float] = field(default_factory=list)
    worst: float = 0.0

    def add(self, one: Forecast, other: Forecast) -> Iterator[str]:
        """Compare two forecasts of the same model; where they differ by more than chance allows."""
        for reading in READINGS:
            first, second = one.odds[reading], other.odds[reading]
            gap = (first.probability - second.probability) / np.hypot(first.mc_se, second.mc_se)
            self.worst = max(self.worst, float(np.abs(gap).max(initial=0)))
            yield from _unless(bool(np.all(np.abs(gap) < LARGEST)), f"{reading}: two seeds differ by more than chance")
        middle = (one.odds["at"].probability[-1, 0] + other.odds["at"].probability[-1, 0]) / 2
        if 0.1 < middle < 0.9:  # one comparison of each model, where a normal distribution describes it
            first, second = one.odds["at"], other.odds["at"]
            variance = first.mc_se[-1, 0] ** 2 + second.mc_se[-1, 0] ** 2
            self.squares.append(float((first.probability[-1, 0] - second.probability[-1, 0]) ** 2 / variance))

    @property
    def excess(self) -> float:
        """By how many standard errors the mean square differs from 1, which it is if the errors are right."""
        size = len(self.squares)
        return (sum(self.squares) / size - 1) / math.sqrt(2 / size) if size else 0.0


def _random_models() -> Any:
    """The strategy of models with which the engines are compared."""
    spec = importlib.util.spec_from_file_location("random_models", MODELS)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(MODELS)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cases()


def examine(models: int, seed: int) -> tuple[list[str], SeedsAgree]:
    """Simulate random models with two seeds each: every invariant that was broken, and how the seeds agree."""
    found: list[str] = []
    agreement = SeedsAgree()
    seeds = count(seed << 32)  # each model its own: Hypothesis likes to repeat itself

    @seeded(seed)
    @settings(
        max_examples=models,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=[*HealthCheck],
    )
    @given(_random_models())
    def one(case: tuple[Model, Experiment]) -> None:
        model, experiment = case
        first, second = (forecast(model, experiment, seed=next(seeds)) for _ in range(2))
        found.extend(f"{message}: {model}, {experiment}" for message in (*broken(first), *agreement.add(first, second)))

    one()
    if abs(agreement.excess) > 5:
        found.append(f"differences between seeds are not as their errors say: {agreement.excess:.1f} standard errors")
    return found, agreement
