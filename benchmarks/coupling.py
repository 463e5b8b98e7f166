"""How much smaller is the error of a difference on common noise than on independent noise?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.measure import Row
from benchmarks.reference import SEED
from frenemy.forecast.paired.differences import Contrast, paired_differences
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.ensemble import one_model
from frenemy.simulation.ensemble.run import Noise

__all__ = ["measure"]

QUESTION = "Variance of a difference, each trigger a quarter more often: independent noise against common noise"
RATE_FACTOR = 1.25
BAR = 10.0


def measure(compiled: Compiled, *, paths: int) -> Iterator[Row]:
    """One row a trigger: the odds of the scenario of highest priority, ever by the end and at the end."""
    scenarios = compiled.model.scenarios
    rare = max((j for j, item in enumerate(scenarios) if not item.default), key=lambda j: scenarios[j].priority)
    worlds = [compiled, *(_more_often(compiled, k) for k in range(len(compiled.trigger_names)))]
    found = paired_differences([one_model(world, paths) for world in worlds], noise=Noise(SEED))
    for name, contrast in zip(compiled.trigger_names, found, strict=True):
        ever, at = _gain(contrast, "ever", rare), _gain(contrast, "at", rare)
        yield Row(
            question=QUESTION,
            what=f"{name}: {scenarios[rare].name} ever; at the end {_times(at)}",
            answer=_times(ever),
            bar=f"at least {BAR:g} ×",
            kept=ever >= BAR,
        )


def _more_often(compiled: Compiled, trigger: int) -> Compiled:
    intercept = compiled.triggers.intercept.copy()
    intercept[trigger] += np.log(RATE_FACTOR)
    return replace(compiled, triggers=compiled.triggers._replace(intercept=intercept))


def _gain(contrast: Contrast, reading: str, scenario: int) -> float:
    """Variance of the difference of two independent samples over that of the paired one, at the last assessment."""
    n = int(contrast.groups.paths.sum())
    before = float(contrast.base[reading].sum(axis=0)[-1, scenario]) / n  # type: ignore[index]
    change = float(contrast.change[reading].sum(axis=0)[-1, scenario]) / n  # type: ignore[index]
    paired = float(contrast.change_squares[reading][-1, scenario]) / n - change**2  # type: ignore[index]
    after = before + change
    return (before * (1 - before) + after * (1 - after)) / paired if paired > 0 else float("inf")


def _times(value: float) -> str:
    return "no path differs" if value == float("inf") else f"{value:,.0f} ×"
