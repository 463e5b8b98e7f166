"""What tuning found, ready to be shown and written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.model.experiment import Experiment, Target
from frenemy.model.resolved import Model
from frenemy.studies.knobs import Knob
from frenemy.studies.tune.alternatives import Solution
from frenemy.studies.tune.least_change import TuningResult
from frenemy.studies.tune.region import NO_REGION, Region

__all__ = ["TuningFindings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningFindings:
    """The numbers that bring the targets about; `model` and `experiment` are those before."""

    model: Model
    experiment: Experiment
    knobs: tuple[Knob, ...]
    values: tuple[float, ...]  # what to set each number to
    targets: tuple[Target, ...]
    before: NDArray[np.float64]  # (targets,) odds before
    found: TuningResult
    further: tuple[Solution, ...] = ()  # other ways to bring them about, each `apart` from all before
    asked: int = 1  # how many solutions were asked for
    apart: float = 1.0  # in elicited spreads
    region: Region = NO_REGION

    @property
    def solutions(self) -> tuple[Solution, ...]:
        """All of them, that of the least change first."""
        first = Solution(z=self.found.z, reached=self.found.reached, reached_se=self.found.reached_se)
        return first, *self.further

    def values_of(self, solution: Solution) -> tuple[float, ...]:
        """What a solution sets each number to."""
        return tuple(knob.value(float(z)) for knob, z in zip(self.knobs, solution.z, strict=True))
