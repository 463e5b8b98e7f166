"""What tuning found, ready to be shown and written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.analyse.aims import Knob
from frenemy.analyse.search import Found
from frenemy.model.experiment import Experiment, Target
from frenemy.model.resolved import Model

__all__ = ["Tuned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The numbers that bring the targets about; `model` and `experiment` are those before."""

    model: Model
    experiment: Experiment
    knobs: tuple[Knob, ...]
    values: tuple[float, ...]  # what to set each number to
    targets: tuple[Target, ...]
    before: NDArray[np.float64]  # (targets,) odds before
    found: Found
