"""What an elicitation found, ready to be shown and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.forecast.forecast import Reading
from frenemy.forecast.paired.differences import Difference
from frenemy.model.experiment import Experiment
from frenemy.model.panel import Panel, Question
from frenemy.model.resolved import Model, Number
from frenemy.studies.elicit.expert_odds import ViewDifference, ViewOdds
from frenemy.studies.elicit.weights import ExpertWeights, Views

__all__ = ["DisagreementRange", "ElicitationFindings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementRange:
    """How far the odds go as one number goes from the lowest to the highest of the experts' medians.

    All other numbers are at their medians, those asked about at the pool's.
    """

    question: Question
    lowest: float
    highest: float
    at_lowest: Mapping[Reading, Difference]  # from the odds with every number at its median
    at_highest: Mapping[Reading, Difference]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElicitationFindings:
    """A panel, its pooled view of the numbers asked about, and the odds under each view.

    `before` is the world as the experiment's file has it; `model` and `experiment` are the pooled world.
    """

    panel: Panel
    views: Views
    weighing: ExpertWeights
    names: Mapping[str, str]  # expert -> what tables and pictures say
    pooled: Mapping[str, Number]  # question -> the pooled view; questions that nobody answered are not among them
    before: tuple[Model, Experiment]
    model: Model
    experiment: Experiment
    room: Mapping[str, Number]  # dotted key -> value of branches that make room for those that were asked about
    dates: NDArray[np.datetime64]  # (ticks + 1,) the start first
    paths: int
    draws: int
    odds: Mapping[Reading, ViewOdds]  # under the pool
    unasked: ViewDifference  # before the panel was asked
    voices: Mapping[str, ViewDifference]  # by expert, of those who answered a question about the model
    report_ticks: tuple[int, ...]
    reach: tuple[DisagreementRange, ...]  # of the questions on which medians differ

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions about the model that were answered."""
        return tuple(question for question in self.panel.questions if question.name in self.pooled)

    @property
    def scenario(self) -> int:
        """Position of the scenario asked about."""
        from frenemy.forecast.which_odds import scenario_place

        return scenario_place(self.model, self.experiment.sensitivity.scenario)

    @property
    def tick(self) -> int:
        """The assessment asked about."""
        from frenemy.forecast.which_odds import assessment

        return assessment(self.experiment, self.experiment.sensitivity.date)

    @property
    def reading(self) -> Reading:
        """The reading asked about."""
        return self.experiment.sensitivity.reading
