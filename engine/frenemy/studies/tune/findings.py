"""What tuning found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.model.experiment import Experiment, Target
from frenemy.model.resolved import Model
from frenemy.studies.knobs import Knob
from frenemy.studies.tune.alternatives import Solution
from frenemy.studies.tune.least_change import LeastChange
from frenemy.studies.tune.region import NO_REGION, Region

__all__ = ["TuningFindings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningFindings:
    """The numbers that reach the targets; `model` and `experiment` are those before."""

    model: Model
    experiment: Experiment
    knobs: tuple[Knob, ...]
    values: tuple[float, ...]  # of each number, after
    targets: tuple[Target, ...]
    before: NDArray[np.float64]  # (targets,) odds before
    least_change: LeastChange
    further: tuple[Solution, ...] = ()  # alternatives, each at least `apart` from all before
    max_solutions: int = 1
    apart: float = 1.0  # in elicited spreads
    region: Region = NO_REGION

    @property
    def solutions(self) -> tuple[Solution, ...]:
        """All solutions, the least change first."""
        least = self.least_change
        return Solution(z=least.z, reached=least.reached, reached_se=least.reached_se), *self.further

    def values_of(self, solution: Solution) -> tuple[float, ...]:
        """The value of each number in a solution."""
        return tuple(knob.value(float(z)) for knob, z in zip(self.knobs, solution.z, strict=True))
