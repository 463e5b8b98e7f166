"""Variants of an experiment against their base: changes in the odds, moves between scenarios, effects of edits.

At the medians the differences are taken path by path. With outer draws they are taken draw by draw, each draw of the
uncertain numbers on the same paths and with the same values in all worlds (a number's draws depend on its key alone).
Their mean, Monte Carlo error and bands come from the same analysis of variance as the odds of a run, here applied to
the *difference*: what moves base and variant together is not in its band.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.forecast.forecast import Reading
from frenemy.forecast.paired.differences import Difference, ScenarioMoves
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.studies.compare.edits import Edit
from frenemy.studies.compare.shapley import Split

__all__ = ["ComparisonFindings", "VariantFindings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFindings:
    """One variant against the base. `split` is None without edits, or if no split was requested."""

    name: str
    label: str
    model: Model
    experiment: Experiment
    edits: tuple[Edit, ...]
    differences: Mapping[Reading, Difference]
    moves: ScenarioMoves
    split: Split | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonFindings:
    """A base and its variants, on the same noise."""

    label: str  # of the base
    model: Model
    experiment: Experiment
    dates: NDArray[np.datetime64]  # (ticks + 1,) the start first
    report_ticks: tuple[int, ...]  # positions among the assessments
    paths: int  # for each draw, or in all
    draws: int
    split_size: Experiment  # the base with the draws and paths on which changes are split
    variants: tuple[VariantFindings, ...]
